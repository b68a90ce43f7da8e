"""The nodes of steps and windows."""

from dataclasses import dataclass
from enum import Enum

from seggql.query.ast.expressions import Expression, Path
from seggql.query.ast.nodes import Name, Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Node):
    """`.FILTER(condition)`."""

    condition: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Traverse(Node):
    """`.TRAVERSE(relationship [, REVERSE] [, FILTER(condition)])`; the printed form may lose REVERSE once bound."""

    relationship: Name
    reverse: bool = False
    condition: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Having(Node):
    """`.HAVING(condition [, window])`."""

    condition: Expression
    window: "RelativeWindow | BetweenWindow | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct(Node):
    """`.DISTINCT()`: accepted, does nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderKey(Node):
    """One key of ORDERBY; ascending unless said otherwise."""

    path: Path
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBy(Node):
    """`.ORDERBY(path [ASC|DESC], …)`."""

    keys: tuple[OrderKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip(Node):
    """`.SKIP(count)`."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Take(Node):
    """`.TAKE(count)`."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Select(Node):
    """`.SELECT(path, …)`."""

    paths: tuple[Path, ...]


Step = Filter | Traverse | Having | Distinct | OrderBy | Skip | Take | Select
"""`.UNION(B)` and its kin are no steps of the tree: they parse to SetOperation."""


class WindowUnit(Enum):
    """Units of a window that ends at `as_of`."""

    UTCHOURS = "UTCHOURS"
    UTCDAYS = "UTCDAYS"
    UTCMONTHS = "UTCMONTHS"
    UTCYEARS = "UTCYEARS"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeWindow(Node):
    """`UTCDAYS(count)` and its kin: the half-open interval (as_of - count units, as_of]."""

    unit: WindowUnit
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BetweenWindow(Node):
    """`BETWEEN(low, high)`, inclusive at both ends."""

    low: Expression
    high: Expression
