"""Bound sets of profiles."""

from dataclasses import dataclass
from enum import Enum

from seggql.query.ast import SetOperator, WindowUnit
from seggql.query.bound.conditions import Condition
from seggql.query.bound.values import Value


class Direction(Enum):
    """Which way a relationship is walked."""

    FORWARD = "FORWARD"
    BACKWARD = "BACKWARD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Everyone:
    """`PROFILE(profile_type)`."""

    profile_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersOf:
    """`SEGMENT(segment)`."""

    segment: str
    profile_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativePeriod:
    """(as_of - count units, as_of]."""

    unit: WindowUnit
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BetweenPeriod:
    """[low, high]; both are functions of constants and as_of."""

    low: Value
    high: Value


Period = RelativePeriod | BetweenPeriod


@dataclass(frozen=True, slots=True, kw_only=True)
class Interacted:
    """Profiles linked by `link` to interactions in `period` for which `condition` is true, and `having` of the group.

    `having` None means at least one interaction.
    """

    interaction: str
    link: str
    profile_type: str
    condition: Condition | None = None
    having: Condition | None = None
    period: Period | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered:
    """The profiles of `source` for which `condition` is true."""

    source: "BoundSet"
    condition: Condition
    profile_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Traversed:
    """The other ends of the edges of `relationship` from `source`, over edges for which `condition` is true."""

    source: "BoundSet"
    relationship: str
    direction: Direction
    profile_type: str
    condition: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinedOperand:
    """An operator and the set on its right."""

    operator: SetOperator
    operand: "BoundSet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """`first op a op b …`, left to right."""

    first: "BoundSet"
    rest: tuple[CombinedOperand, ...]
    profile_type: str


BoundSet = Everyone | MembersOf | Interacted | Filtered | Traversed | Combined
