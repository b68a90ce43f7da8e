"""What every node of the tree has: its place; and names."""

from dataclasses import dataclass, field

from seggql.query.source import NOWHERE, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything in the tree; `span` is where it was written."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Node):
    """A name of a type, attribute, link, relationship or segment, without back-ticks or quotes."""

    text: str
