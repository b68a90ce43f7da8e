"""Random conditions, and random records full of missing, null and empty values for them to be tried on."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache

from hypothesis import strategies as st

from seggql.catalog.model import AttributeType
from seggql.query import bound
from seggql.query.ast import ArithmeticOperator, ComparisonOperator, DatePart, QuantifierKind, TextOperator
from seggql.query.values.interpreter import Record

NOW = datetime(2024, 2, 29, 12, 30, tzinfo=UTC)

INT, DOUBLE, DECIMAL = AttributeType.INT, AttributeType.DOUBLE, AttributeType.DECIMAL
STRING, DATETIME, OBJECT = AttributeType.STRING, AttributeType.DATETIME, AttributeType.OBJECT

NUMBERS = bound.Field(names=("numbers",), type=INT, is_array=True)
LINES = bound.Field(names=("lines",), type=OBJECT, is_array=True)
BORN = bound.Field(names=("born",), type=DATETIME)
NAME = bound.Field(names=("name",), type=STRING)


def constant(value: bound.Scalar | None) -> bound.Constant:
    """A constant of the type that `value` has."""
    types = {int: INT, float: DOUBLE, Decimal: DECIMAL, str: STRING, datetime: DATETIME, type(None): STRING}
    return bound.Constant(value=value, type=types[type(value)])


# ---------------------------------------------------------------- records

SMALL = st.integers(-2, 3)
TEXTS = st.sampled_from(["", "a", "b", "ab", "ba", "aba"])
DATES = st.one_of(
    st.builds(lambda days: NOW + timedelta(days=days), st.integers(-3, 3)),
    st.builds(lambda months, ms: NOW.replace(month=months) + timedelta(milliseconds=ms), st.integers(1, 12), SMALL),
)


def _optional(attributes: dict[str, st.SearchStrategy[object]]) -> st.SearchStrategy[dict[str, object]]:
    """Attributes that may be absent, null or there."""
    return st.fixed_dictionaries({}, optional={name: st.none() | each for name, each in attributes.items()})


LINE = _optional({"price": SMALL, "tags": st.lists(TEXTS, max_size=2)})
RECORDS = st.builds(
    lambda attributes, key, timestamp: Record(attributes=attributes, key=key, timestamp=timestamp),
    _optional(
        {
            "age": SMALL,
            "weight": st.sampled_from([-1.5, 0.0, 0.1, 1.0]),
            "balance": st.sampled_from([Decimal("0.1"), Decimal(1), Decimal(-2)]),
            "home": _optional({"rooms": SMALL}),
            "name": TEXTS,
            "born": DATES,
            "numbers": st.lists(SMALL, max_size=3),
            "lines": st.lists(LINE, max_size=3),
        }
    ),
    TEXTS,
    DATES,
)

# ---------------------------------------------------------------- values

_NUMERIC_FIELDS: list[bound.Value] = [
    bound.Field(names=("age",), type=INT),
    bound.Field(names=("weight",), type=DOUBLE),
    bound.Field(names=("balance",), type=DECIMAL),
    bound.Field(names=("home", "rooms"), type=INT),
    bound.LengthOf(field=NAME),
    bound.LengthOf(field=NUMBERS),
]
_ITEM_FIELDS: dict[str, list[bound.Value]] = {
    "record": [],
    "number": [bound.Field(names=(), type=INT, depth=1)],
    "line": [bound.Field(names=("price",), type=INT, depth=1)],
    "tag": [bound.Field(names=("price",), type=INT, depth=1)],
}
_LITERALS: list[bound.Scalar] = [-1, 0, 1, 2, 0.1, 1.0, 2.5, Decimal("0.1"), Decimal(1)]
_NUMBER_CONSTANTS = st.sampled_from(_LITERALS).map(constant)
_PARTS = st.sampled_from([part for part in DatePart if part is not DatePart.WEEKDAY])


def _computed(operator: ArithmeticOperator, left: bound.Value, right: bound.Value) -> bound.Computed:
    type = DECIMAL if DECIMAL in (left.type, right.type) else DOUBLE
    return bound.Computed(operator=operator, left=left, right=right, type=type)


def numbers(place: str) -> st.SearchStrategy[bound.Value]:
    """Numbers at a place: in the record, or in an item of one of its arrays."""
    plain = st.sampled_from(_NUMERIC_FIELDS + 2 * _ITEM_FIELDS[place]) | _NUMBER_CONSTANTS
    date_functions = st.one_of(
        st.builds(lambda part, a, b: bound.DateDifference(part=part, start=a, end=b), _PARTS, dates(), dates()),
        st.builds(lambda part, date: bound.DateComponent(part=part, date=date), st.sampled_from(DatePart), dates()),
    )
    return plain | st.builds(_computed, st.sampled_from(ArithmeticOperator), plain, plain) | date_functions


def dates() -> st.SearchStrategy[bound.Value]:
    """Dates of the record, constants, the present, and additions to them."""
    plain: st.SearchStrategy[bound.Value] = st.one_of(
        st.just(BORN), st.just(bound.TimestampField()), st.just(constant(NOW)), DATES.map(constant)
    )
    return plain | st.builds(
        lambda part, n, date: bound.DateAdded(part=part, amount=constant(n), date=date), _PARTS, SMALL, plain
    )


def texts(place: str) -> st.SearchStrategy[bound.Value]:
    """Texts at a place."""
    fields: list[bound.Value] = [NAME, bound.KeyField()]
    if place == "tag":
        fields += [bound.Field(names=(), type=STRING, depth=2)] * 2
    return st.sampled_from(fields) | TEXTS.map(constant)


# ---------------------------------------------------------------- conditions

_ROOMS = bound.Field(names=("home", "rooms"), type=INT)
_PERHAPS_MISSING: list[bound.Field | bound.KeyField] = [NAME, NUMBERS, LINES, _ROOMS, bound.KeyField()]
_MISSING = st.sampled_from(_PERHAPS_MISSING)
_COMPARISONS = st.sampled_from(ComparisonOperator)


def _compare(values: st.SearchStrategy[bound.Value]) -> st.SearchStrategy[bound.Condition]:
    return st.builds(
        lambda operator, left, right: bound.Compare(operator=operator, left=left, right=right),
        _COMPARISONS,
        values,
        values,
    )


def _one_of(values: st.SearchStrategy[bound.Value]) -> st.SearchStrategy[bound.Condition]:
    options = st.lists(values, min_size=1, max_size=3).map(tuple)
    return st.builds(lambda value, options: bound.OneOf(value=value, options=options), values, options)


@st.composite
def leaves(draw: st.DrawFn, place: str) -> bound.Condition:
    """A condition without operands at a place; drawn so that the strategy's own description stays short."""
    return draw(_leaves(place))


@cache
def _leaves(place: str) -> st.SearchStrategy[bound.Condition]:
    matches = st.builds(
        lambda value, text: bound.Text(operator=TextOperator.MATCHES, value=value, text=constant(text)),
        texts(place),
        TEXTS,
    )
    others = [test for test in TextOperator if test is not TextOperator.MATCHES]
    contains = st.builds(
        lambda test, value, text: bound.Text(operator=test, value=value, text=text),
        st.sampled_from(others),
        texts(place),
        texts(place),
    )
    missing = _MISSING.map(lambda field: bound.Missing(field=field))
    return st.one_of(
        _compare(numbers(place)), _compare(texts(place)), _compare(dates()), _one_of(numbers(place)),
        _one_of(texts(place)), contains, matches, missing,
    )  # fmt: skip


def _connected(operands: st.SearchStrategy[bound.Condition]) -> st.SearchStrategy[bound.Condition]:
    several = st.lists(operands, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        several.map(lambda each: bound.All(operands=each)),
        several.map(lambda each: bound.Any(operands=each)),
        operands.map(lambda each: bound.Not(operand=each)),
    )


def _quantified(array: bound.Field, inner: st.SearchStrategy[bound.Condition]) -> st.SearchStrategy[bound.Condition]:
    return st.builds(
        lambda kind, condition: bound.Quantified(kind=kind, array=array, condition=condition),
        st.sampled_from(QuantifierKind),
        inner,
    )


def _conditions_at(place: str) -> st.SearchStrategy[bound.Condition]:
    return st.recursive(leaves(place), _connected, max_leaves=4)


def _conditions() -> st.SearchStrategy[bound.Condition]:
    tags = bound.Field(names=("tags",), type=STRING, is_array=True, depth=1)
    of_lines = _conditions_at("line") | _quantified(tags, _conditions_at("tag"))
    quantified = _quantified(NUMBERS, _conditions_at("number")) | _quantified(LINES, of_lines)
    return st.recursive(leaves("record") | quantified, _connected, max_leaves=6)


CONDITIONS = _conditions()
