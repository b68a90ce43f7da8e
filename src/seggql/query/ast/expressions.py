"""The nodes of conditions and values."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from seggql.query.ast.nodes import Name, Node


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
