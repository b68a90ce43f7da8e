"""Which types go together, which operators they take, and how messages call them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from seggql.catalog.model import AttributeType
from seggql.query import ast, bound
from seggql.query.ast import ComparisonOperator


class Family(Enum):
    """Types that compare with one another, under the name that messages use."""

    NUMBER = "number"
    TEXT = "text"
    INSTANT = "date"
    GUID = "GUID"
    BOOLEAN = "BOOLEAN"
    OBJECT = "OBJECT"


FAMILIES: Mapping[AttributeType, Family] = {
    AttributeType.INT: Family.NUMBER,
    AttributeType.LONG: Family.NUMBER,
    AttributeType.DOUBLE: Family.NUMBER,
    AttributeType.DECIMAL: Family.NUMBER,
    AttributeType.STRING: Family.TEXT,
    AttributeType.DATETIME: Family.INSTANT,
    AttributeType.GUID: Family.GUID,
    AttributeType.BOOLEAN: Family.BOOLEAN,
    AttributeType.OBJECT: Family.OBJECT,
}


class ComparisonKind(Enum):
    """Kinds of comparison."""

    EQUALITY = "== and !="
    MEMBERSHIP = "IN"
    ORDER = "< <= > >= and BETWEEN"


COMPARISON_KINDS: Mapping[Family, frozenset[ComparisonKind]] = {
    Family.NUMBER: frozenset(ComparisonKind),
    Family.TEXT: frozenset(ComparisonKind),
    Family.INSTANT: frozenset(ComparisonKind),
    Family.GUID: frozenset({ComparisonKind.EQUALITY, ComparisonKind.MEMBERSHIP}),
    Family.BOOLEAN: frozenset({ComparisonKind.EQUALITY}),
    Family.OBJECT: frozenset(),
}

EQUALITIES = frozenset({ComparisonOperator.EQUAL, ComparisonOperator.NOT_EQUAL})


def kind_of(operator: ComparisonOperator) -> ComparisonKind:
    """The kind of comparison that `operator` makes."""
    return ComparisonKind.EQUALITY if operator in EQUALITIES else ComparisonKind.ORDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Operand:
    """One side of a test: as written, and as bound; `is_item` where it is an item of the array that was written."""

    expression: ast.Expression
    value: bound.Value
    is_item: bool = False

    @property
    def array(self) -> bound.Field | None:
        """The value, where it is an array."""
        return self.value if isinstance(self.value, bound.Field) and self.value.is_array else None

    @property
    def family(self) -> Family:
        """What the value, or each of its items, compares with."""
        return FAMILIES[self.value.type]

    def item(self, depth: int) -> "Operand":
        """One item of the array, in the quantifier at `depth`."""
        return replace(self, value=bound.Field(names=(), type=self.value.type, depth=depth), is_item=True)


def is_number(value: bound.Value) -> bool:
    """Whether the value is one number."""
    return FAMILIES[value.type] is Family.NUMBER and not is_array(value)


def is_array(value: bound.Value) -> bool:
    """Whether the value is an array."""
    return isinstance(value, bound.Field) and value.is_array


def type_name(value: bound.Value) -> str:
    """The type of `value` with its article, as messages say it."""
    if is_array(value):
        return f"an array of {value.type.value}"
    article = "an" if value.type.value[0] in "AEIOU" else "a"
    return f"{article} {value.type.value}"
