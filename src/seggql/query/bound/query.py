"""The whole of a bound query: whom it finds, and in a listing which of them are shown how."""

from dataclasses import dataclass

from seggql.errors import QueryProblem
from seggql.query.ast import Document
from seggql.query.bound.sets import BoundSet
from seggql.query.bound.values import Field, KeyField


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedBy:
    """One key of a listing's order; missing values sort last whichever way, ties by Key ascending."""

    field: Field | KeyField
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """ORDERBY, SKIP, TAKE and SELECT; `select` None is every attribute."""

    order: tuple[OrderedBy, ...] = ()
    skip: int = 0
    take: int | None = None
    select: tuple[Field | KeyField, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundQuery:
    """A query that is right: its meaning, its canonical document (redundant REVERSE dropped) and its warnings."""

    set: BoundSet
    profile_type: str
    document: Document
    depends_on: frozenset[str]
    listing: Listing | None = None
    warnings: tuple[QueryProblem, ...] = ()
