"""The nodes of sets, named parts and documents."""

from dataclasses import dataclass
from enum import Enum

from seggql.query.ast.nodes import Name, Node
from seggql.query.ast.steps import Step


class SetOperator(Enum):
    """Set algebra; MINUS is read as EXCEPT."""

    UNION = "UNION"
    INTERSECT = "INTERSECT"
    EXCEPT = "EXCEPT"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileSource(Node):
    """`PROFILE(type)`."""

    type: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentSource(Node):
    """`SEGMENT(segment)`."""

    segment: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionSource(Node):
    """`INTERACTION(type, link)`."""

    type: Name
    link: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference(Node):
    """A bare name: a part defined before, or else a segment."""

    name: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped(Node):
    """`( set )` where the parentheses matter: around an interaction chain that steps follow.

    Inside the chain FILTER is on interactions; after the parentheses it is on profiles. All other parentheses are
    dropped by the parser and put back by the printer.
    """

    set: "Set"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain(Node):
    """A source and the steps after it, from left to right; at least one step; the source is never a Chain."""

    source: "ProfileSource | SegmentSource | InteractionSource | Reference | Grouped | SetOperation"
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOperand(Node):
    """An operator and the set on its right."""

    operator: SetOperator
    operand: "Set"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOperation(Node):
    """`first op a op b …`, left to right; at least one of `rest`; `first` is never a SetOperation itself."""

    first: "Set"
    rest: tuple[SetOperand, ...]


Set = ProfileSource | SegmentSource | InteractionSource | Reference | Grouped | Chain | SetOperation


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Node):
    """`name = set`."""

    name: Name
    set: Set


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Node):
    """A whole query: its named parts, in order, and its result."""

    parts: tuple[Part, ...] = ()
    result: Set
