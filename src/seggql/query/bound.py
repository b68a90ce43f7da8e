"""The bound tree: a query whose every name is resolved and every type checked, with three-valued meaning.

The binder removes what is only a way of writing: BETWEEN becomes two comparisons, `!=` on an array becomes Not of a
Quantified equality, a lone boolean becomes `== TRUE`, part names are replaced by what they stand for. Missing is None.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from seggql.catalog.model import AttributeType
from seggql.errors import QueryProblem
from seggql.query.ast import (
    AggregateFunction,
    ArithmeticOperator,
    ComparisonOperator,
    DatePart,
    Document,
    QuantifierKind,
    SetOperator,
    TextOperator,
    WindowUnit,
)

# ---------------------------------------------------------------- values

Scalar = bool | int | float | Decimal | str | datetime
"""A value that is not missing: datetimes are aware UTC to the millisecond, GUIDs are lower-case strings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A literal; `value` None is missing (the result of folding, never written)."""

    value: Scalar | None
    type: AttributeType


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyField:
    """`Key` of the profile at hand."""

    type: AttributeType = AttributeType.STRING


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampField:
    """`Timestamp` of the interaction at hand."""

    type: AttributeType = AttributeType.DATETIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """An attribute of the record at hand (`depth` 0) or of the item of the `depth`-th quantifier around it (from 1).

    `names` is the path inside the record's attributes or inside the item; empty is the item itself (VALUE).
    """

    names: tuple[str, ...]
    type: AttributeType
    is_array: bool = False
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """`DATETIMEUTCNOW()`: as_of with seconds cut off; the planner puts the instant in its place."""

    type: AttributeType = AttributeType.DATETIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """`left operator right` in double precision, or in decimal where `type` is DECIMAL; division by zero is missing."""

    operator: ArithmeticOperator
    left: "Value"
    right: "Value"
    type: AttributeType


@dataclass(frozen=True, slots=True, kw_only=True)
class DateAdded:
    """`DATEADD(part, amount, date)`."""

    part: DatePart
    amount: "Value"
    date: "Value"
    type: AttributeType = AttributeType.DATETIME


@dataclass(frozen=True, slots=True, kw_only=True)
class DateDifference:
    """`DATEDIFF(part, start, end)`: boundaries of `part` crossed from start to end."""

    part: DatePart
    start: "Value"
    end: "Value"
    type: AttributeType = AttributeType.LONG


@dataclass(frozen=True, slots=True, kw_only=True)
class DateComponent:
    """`DATEPART(part, date)`."""

    part: DatePart
    date: "Value"
    type: AttributeType = AttributeType.INT


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthOf:
    """`LENGTH(field)`: code points of a string, or elements of an array."""

    field: "Field | KeyField"
    type: AttributeType = AttributeType.LONG


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregated:
    """An aggregate over the interactions of one profile; `field` is None for COUNT only."""

    function: AggregateFunction
    field: "Field | TimestampField | None"
    type: AttributeType


Value = (
    Constant
    | KeyField
    | TimestampField
    | Field
    | AsOf
    | Computed
    | DateAdded
    | DateDifference
    | DateComponent
    | LengthOf
    | Aggregated
)

# ---------------------------------------------------------------- conditions: true, false or unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class All:
    """AND."""

    operands: tuple["Condition", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Any:
    """OR."""

    operands: tuple["Condition", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """NOT."""

    operand: "Condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """A comparison of two scalars of comparable types."""

    operator: ComparisonOperator
    left: Value
    right: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """`value IN (options)`: true if one is equal, else unknown if the value or an option is missing, else false."""

    value: Value
    options: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """CONTAINS and its kin; unknown when a side is missing; the text of MATCHES is a Constant that RE2 compiles."""

    operator: TextOperator
    value: Value
    text: Value
    ignores_case: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """ISNULL: never unknown."""

    field: Field | KeyField | TimestampField


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantified:
    """ANY or ALL over the items of `array`; inside, the items are Fields of depth one more than here."""

    kind: QuantifierKind
    array: Field
    condition: "Condition"


Condition = All | Any | Not | Compare | OneOf | Text | Missing | Quantified

# ---------------------------------------------------------------- sets


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

# ---------------------------------------------------------------- the whole


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
