"""The syntax tree of SegQL: what was written, before any name is looked up.

Nodes are values: equal when they say the same, wherever they stand (`span` takes no part in equality). Chains of
equal operators are flat, so that depth is bounded by the nesting of the text and not by its length.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from seggql.query.source import NOWHERE, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything in the tree; `span` is where it was written."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Node):
    """A name of a type, attribute, link, relationship or segment, without back-ticks or quotes."""

    text: str


# ---------------------------------------------------------------- sets


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
    steps: tuple["Step", ...]


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


# ---------------------------------------------------------------- steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Node):
    """`.FILTER(condition)`."""

    condition: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traverse(Node):
    """`.TRAVERSE(relationship [, REVERSE] [, FILTER(condition)])`; the printed form may lose REVERSE once bound."""

    relationship: Name
    reverse: bool = False
    condition: "Expression | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Having(Node):
    """`.HAVING(condition [, window])`."""

    condition: "Expression"
    window: "RelativeWindow | BetweenWindow | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct(Node):
    """`.DISTINCT()`: accepted, does nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderKey(Node):
    """One key of ORDERBY; ascending unless said otherwise."""

    path: "Path"
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

    paths: tuple["Path", ...]


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

    low: "Expression"
    high: "Expression"


# ---------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True, kw_only=True)
class Or(Node):
    """Two operands or more, none of them an Or."""

    operands: tuple["Expression", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class And(Node):
    """Two operands or more, none of them an And."""

    operands: tuple["Expression", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(Node):
    """`NOT operand`."""

    operand: "Expression"


class ComparisonOperator(Enum):
    """`=` is read as `==`, `<>` as `!=`."""

    EQUAL = "=="
    NOT_EQUAL = "!="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    LESS = "<"
    LESS_OR_EQUAL = "<="


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Node):
    """`left operator right`."""

    operator: ComparisonOperator
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Between(Node):
    """`value [NOT] BETWEEN low AND high`, inclusive at both ends."""

    value: "Expression"
    low: "Expression"
    high: "Expression"
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class In(Node):
    """`value [NOT] IN (options)`; at least one option."""

    value: "Expression"
    options: tuple["Expression", ...]
    negated: bool = False


class TextOperator(Enum):
    """Tests of text within text; MATCHES takes a regular expression of the linear-time kind."""

    CONTAINS = "CONTAINS"
    STARTSWITH = "STARTSWITH"
    ENDSWITH = "ENDSWITH"
    MATCHES = "MATCHES"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTest(Node):
    """`value [NOT] operator text [IGNORECASE]`."""

    operator: TextOperator
    value: "Expression"
    text: "Expression"
    ignores_case: bool = False
    negated: bool = False


class ArithmeticOperator(Enum):
    """The four; + and - bind weaker than * and /."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term(Node):
    """An operator and the value on its right."""

    operator: ArithmeticOperator
    operand: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic(Node):
    """`first op a op b …`, left to right, all + and - or all * and /; `first` is not of that rank."""

    first: "Expression"
    rest: tuple[Term, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Negation(Node):
    """`- operand`; at most one in a row."""

    operand: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class StringLiteral(Node):
    """`'value'`."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberLiteral(Node):
    """A number as written: int without a point or exponent, Decimal otherwise; never negative."""

    value: int | Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BooleanLiteral(Node):
    """TRUE or FALSE."""

    value: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Path(Node):
    """`name.name…`: an attribute, perhaps nested, perhaps with its type in front."""

    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IsNull(Node):
    """`ISNULL(path)`, or with `negated` `ISNOTNULL(path)`."""

    path: Path
    negated: bool = False


class QuantifierKind(Enum):
    """Over the items of an array."""

    ANY = "ANY"
    ALL = "ALL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantifier(Node):
    """`ANY(path, condition)` or `ALL(path, condition)`."""

    kind: QuantifierKind
    path: Path
    condition: "Expression"


class AggregateFunction(Enum):
    """Functions over a group of interactions; all but COUNT take a path."""

    COUNT = "COUNT"
    SUM = "SUM"
    AVG = "AVG"
    MIN = "MIN"
    MAX = "MAX"
    COUNTDISTINCT = "COUNTDISTINCT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate(Node):
    """`COUNT()`, `SUM(path)` and so on; in HAVING only."""

    function: AggregateFunction
    path: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Now(Node):
    """`DATETIMEUTCNOW()`: as_of with its seconds cut off."""


class DatePart(Enum):
    """Parts of a date; WEEKDAY (1 = Monday) in DATEPART only."""

    YEAR = "YEAR"
    MONTH = "MONTH"
    DAY = "DAY"
    HOUR = "HOUR"
    MINUTE = "MINUTE"
    SECOND = "SECOND"
    MILLISECOND = "MILLISECOND"
    WEEKDAY = "WEEKDAY"


@dataclass(frozen=True, slots=True, kw_only=True)
class DateLiteral(Node):
    """`DATE(year, month, day [, hour [, minute [, second [, millisecond]]]])`: 3 to 7 numbers."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DateAdd(Node):
    """`DATEADD(part, amount, date)`."""

    part: DatePart
    amount: "Expression"
    date: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class DateDiff(Node):
    """`DATEDIFF(part, start, end)`."""

    part: DatePart
    start: "Expression"
    end: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatePartOf(Node):
    """`DATEPART(part, date)`."""

    part: DatePart
    date: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Length(Node):
    """`LENGTH(path)`: code points of a string, elements of an array."""

    path: Path


Expression = (
    Or
    | And
    | Not
    | Comparison
    | Between
    | In
    | TextTest
    | Arithmetic
    | Negation
    | StringLiteral
    | NumberLiteral
    | BooleanLiteral
    | Path
    | IsNull
    | Quantifier
    | Aggregate
    | Now
    | DateLiteral
    | DateAdd
    | DateDiff
    | DatePartOf
    | Length
)
