"""Every operator by {missing, null, "", [], wrong type}: only what is present and right is compared."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pyroaring import BitMap

from seggql.catalog.model import AttributeType, Catalog
from seggql.evaluation.evaluate import evaluate
from seggql.query import bound
from seggql.query.ast import ArithmeticOperator, ComparisonOperator, DatePart, QuantifierKind, TextOperator
from seggql.query.plan import Scan
from seggql.query.planning.negation import when_false, when_true
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.snapshot import SnapshotSources, take_snapshot
from tests.reference.storage import stored

T = AttributeType
PRESENT: Mapping[AttributeType, tuple[Any, Any]] = {
    T.BOOLEAN: (True, False),
    T.INT: (30, 31),
    T.LONG: (2**40, 2**41),
    T.DOUBLE: (0.5, 30.0),
    T.DECIMAL: (Decimal("0.1"), Decimal("30")),
    T.STRING: ("Ann", ""),
    T.DATETIME: (datetime(2024, 2, 29, tzinfo=UTC), datetime(1969, 1, 1, tzinfo=UTC)),
    T.GUID: ("0f8fad5b-d9cb-469f-a165-70867728950e", "00000000-0000-0000-0000-000000000000"),
}
"""Two values of each type; the first is the one that conditions name."""

WRONG: Mapping[AttributeType, Any] = {
    T.BOOLEAN: "true",
    T.INT: "30",
    T.LONG: "x",
    T.DOUBLE: True,
    T.DECIMAL: "0.1",
    T.STRING: 30,
    T.DATETIME: "2024-02-29",
    T.GUID: 7,
}
"""What ingest never stores, and a pipeline survives all the same: it compares with nothing.

An array where a scalar should be is left out: match language would look at its items.
"""


async def found(hub: Hub, settings: Settings, condition: bound.Condition) -> tuple[list[int], list[int]]:
    """The ordinals for which a condition is true, and for which it is false."""
    sources = SnapshotSources(hub, await take_snapshot(hub), no_members)
    plans = [Scan(profile_type="Thing", predicate=to_predicate(condition)) for to_predicate in (when_true, when_false)]
    true, false = [list(await evaluate(plan, sources, Catalog(), settings)) for plan in plans]
    return true, false


async def no_members(segment: str) -> BitMap:
    raise AssertionError(segment)


async def store(hub: Hub, *values: Any) -> None:
    """Profiles 0 and 1 without and with null for `X`, and one for each of `values`."""
    rows: list[dict[str, Any]] = [{}, {"X": None}, *({"X": stored(value)} for value in values)]
    await hub.collection("profiles.Thing").insert_many(
        [{"_id": ordinal, "key": f"k{ordinal}", "a": row} for ordinal, row in enumerate(rows)]
    )


def compare(operator: ComparisonOperator, left: bound.Value, right: bound.Value) -> bound.Compare:
    return bound.Compare(operator=operator, left=left, right=right)


@pytest.mark.parametrize("type", PRESENT, ids=lambda type: type.value)
async def test_equality_is_unknown_of_what_is_missing_or_wrong(
    hub: Hub, settings: Settings, type: AttributeType
) -> None:
    same, other = PRESENT[type]
    await store(hub, same, other, WRONG[type])
    field, constant = bound.Field(names=("X",), type=type), bound.Constant(value=same, type=type)
    assert await found(hub, settings, compare(ComparisonOperator.EQUAL, field, constant)) == ([2], [3])
    assert await found(hub, settings, compare(ComparisonOperator.NOT_EQUAL, constant, field)) == ([3], [2])
    assert await found(hub, settings, bound.OneOf(value=field, options=(constant,))) == ([2], [3])
    both = (constant, bound.Constant(value=other, type=type))
    assert await found(hub, settings, bound.OneOf(value=field, options=both)) == ([2, 3], [])
    missing = bound.Constant(value=None, type=type)
    assert await found(hub, settings, bound.OneOf(value=field, options=(constant, missing))) == ([2], [])
    assert await found(hub, settings, bound.Missing(field=field)) == ([0, 1], [2, 3, 4])
    assert await found(hub, settings, compare(ComparisonOperator.EQUAL, field, field)) == ([2, 3], [])


@pytest.mark.parametrize("type", [t for t in PRESENT if t not in (T.BOOLEAN, T.GUID)], ids=lambda type: type.value)
async def test_order_is_unknown_of_what_is_missing_or_wrong(hub: Hub, settings: Settings, type: AttributeType) -> None:
    low, high = sorted(PRESENT[type])
    await store(hub, low, high, WRONG[type])
    field, constant = bound.Field(names=("X",), type=type), bound.Constant(value=low, type=type)
    assert await found(hub, settings, compare(ComparisonOperator.GREATER, field, constant)) == ([3], [2])
    assert await found(hub, settings, compare(ComparisonOperator.LESS_OR_EQUAL, field, constant)) == ([2], [3])
    assert await found(hub, settings, compare(ComparisonOperator.LESS_OR_EQUAL, constant, field)) == ([2, 3], [])


@pytest.mark.parametrize("ignores_case", [False, True])
@pytest.mark.parametrize("operator", TextOperator)
async def test_text_is_unknown_of_what_is_missing_or_wrong(
    hub: Hub, settings: Settings, operator: TextOperator, ignores_case: bool
) -> None:
    await store(hub, "nan", "", "x\n", 7)
    field, text = bound.Field(names=("X",), type=T.STRING), bound.Constant(value="nan", type=T.STRING)
    condition = bound.Text(operator=operator, value=field, text=text, ignores_case=ignores_case)
    true, false = await found(hub, settings, condition)
    assert (true, [ordinal for ordinal in false if ordinal != 5]) == ([2], [3, 4])
    itself = bound.Text(operator=TextOperator.ENDSWITH, value=field, text=field)
    assert await found(hub, settings, itself) == ([2, 3, 4], [])


async def test_the_very_end_is_not_before_a_last_new_line(hub: Hub, settings: Settings) -> None:
    await store(hub, "x\n", "x")
    field, text = bound.Field(names=("X",), type=T.STRING), bound.Constant(value="x", type=T.STRING)
    ends = bound.Text(operator=TextOperator.ENDSWITH, value=field, text=text)
    assert await found(hub, settings, ends) == ([3], [2])


@pytest.mark.parametrize("operator", ArithmeticOperator)
async def test_arithmetic_of_what_is_missing_or_wrong_is_missing(
    hub: Hub, settings: Settings, operator: ArithmeticOperator
) -> None:
    await store(hub, 2, 2.0, Decimal(2), "2", [2])
    field, two = bound.Field(names=("X",), type=T.DOUBLE), bound.Constant(value=2, type=T.INT)
    computed = bound.Computed(operator=operator, left=field, right=two, type=T.DOUBLE)
    result = {"+": 4, "-": 0, "*": 4, "/": 1}[operator.value]
    equal = compare(ComparisonOperator.EQUAL, computed, bound.Constant(value=result, type=T.INT))
    assert await found(hub, settings, equal) == ([2, 3, 4], [])


async def test_division_by_zero_and_what_overflows_are_missing(hub: Hub, settings: Settings) -> None:
    await store(hub, 0, 0.0, 1e308)
    field, one = bound.Field(names=("X",), type=T.DOUBLE), bound.Constant(value=1, type=T.INT)
    inverse = bound.Computed(operator=ArithmeticOperator.DIVIDE, left=one, right=field, type=T.DOUBLE)
    square = bound.Computed(operator=ArithmeticOperator.MULTIPLY, left=field, right=field, type=T.DOUBLE)
    below_two = bound.Constant(value=2, type=T.INT)
    assert await found(hub, settings, compare(ComparisonOperator.LESS, inverse, below_two)) == ([4], [])
    assert await found(hub, settings, compare(ComparisonOperator.LESS, square, below_two)) == ([2, 3], [])


async def test_functions_of_what_is_missing_or_wrong_are_missing(hub: Hub, settings: Settings) -> None:
    date = datetime(2024, 1, 31, tzinfo=UTC)
    await store(hub, date, "2024-01-31", [date])
    field = bound.Field(names=("X",), type=T.DATETIME)
    constant = bound.Constant(value=date, type=T.DATETIME)
    same_month = bound.DateDifference(part=DatePart.MONTH, start=field, end=constant)
    next_month = bound.DateAdded(part=DatePart.MONTH, amount=bound.Constant(value=1, type=T.INT), date=field)
    zero, leap = (
        bound.Constant(value=0, type=T.INT),
        bound.Constant(value=datetime(2024, 2, 29, tzinfo=UTC), type=T.DATETIME),
    )
    weekday = bound.DateComponent(part=DatePart.WEEKDAY, date=field)
    for value, expected in ((same_month, zero), (next_month, leap), (weekday, bound.Constant(value=3, type=T.INT))):
        assert await found(hub, settings, compare(ComparisonOperator.EQUAL, value, expected)) == ([2], [])
    far = bound.DateAdded(part=DatePart.YEAR, amount=bound.Constant(value=9000, type=T.INT), date=field)
    assert await found(hub, settings, compare(ComparisonOperator.GREATER, far, constant)) == ([], [])


async def test_an_array_is_missing_empty_or_filled(hub: Hub, settings: Settings) -> None:
    await store(hub, [], [1], [1, 2], 1, "x")
    array = bound.Field(names=("X",), type=T.INT, is_array=True)
    item, one = bound.Field(names=(), type=T.INT, depth=1), bound.Constant(value=1, type=T.INT)
    for field_or_constant in ((item, one), (one, item)):
        equal = compare(ComparisonOperator.EQUAL, *field_or_constant)
        some = bound.Quantified(kind=QuantifierKind.ANY, array=array, condition=equal)
        every = bound.Quantified(kind=QuantifierKind.ALL, array=array, condition=equal)
        assert await found(hub, settings, some) == ([3, 4], [2])
        assert await found(hub, settings, every) == ([3], [2, 4])
    length = compare(ComparisonOperator.EQUAL, bound.LengthOf(field=array), one)
    assert await found(hub, settings, length) == ([3], [2, 4])


async def test_an_unknown_item_makes_any_and_all_unknown_unless_another_decides(hub: Hub, settings: Settings) -> None:
    await store(hub, [{"I": None}], [{}, {"I": 1}], [{"I": 1}, {"I": 2}], [{}, {"I": 2}])
    array = bound.Field(names=("X",), type=T.OBJECT, is_array=True)
    item, one = bound.Field(names=("I",), type=T.INT, depth=1), bound.Constant(value=1, type=T.INT)
    equal = compare(ComparisonOperator.EQUAL, item, one)
    some = bound.Quantified(kind=QuantifierKind.ANY, array=array, condition=equal)
    every = bound.Quantified(kind=QuantifierKind.ALL, array=array, condition=equal)
    assert await found(hub, settings, some) == ([3, 4], [])
    assert await found(hub, settings, every) == ([], [4, 5])


HUGE = (10**400, -(10**400), 2**63, -(2**63), 1e308, -1e308, Decimal("1E+6000"), 10**7000)


@pytest.mark.parametrize("number", HUGE, ids=range(len(HUGE)))
async def test_a_huge_number_is_a_number_wherever_it_stands(
    hub: Hub, settings: Settings, number: int | float | Decimal
) -> None:
    await store(hub, 0, "text")
    await hub.collection("profiles.Thing").update_one({"_id": 3}, {"$set": {"a.Y": [1]}})
    field, huge = bound.Field(names=("X",), type=T.INT), bound.Constant(value=number, type=T.DOUBLE)
    is_above = ([2], []) if number > 0 else ([], [2])
    less, equal = ComparisonOperator.LESS, ComparisonOperator.EQUAL
    assert await found(hub, settings, compare(less, field, huge)) == is_above
    assert await found(hub, settings, bound.OneOf(value=field, options=(huge,))) == ([], [2])
    for operator in ArithmeticOperator:
        for type in (T.DOUBLE, T.DECIMAL):
            computed = bound.Computed(operator=operator, left=field, right=huge, type=type)
            true, false = await found(hub, settings, compare(equal, computed, huge))
            assert {*true, *false} <= {2}
    date = bound.Constant(value=datetime(2024, 1, 1, tzinfo=UTC), type=T.DATETIME)
    far = bound.DateAdded(part=DatePart.MILLISECOND, amount=huge, date=date)
    assert await found(hub, settings, compare(less, date, far)) == ([], [])
    array = bound.Field(names=("Y",), type=T.INT, is_array=True)
    shorter = compare(less, bound.LengthOf(field=array), huge)
    assert await found(hub, settings, shorter) == (([3], []) if number > 0 else ([], [3]))


@pytest.mark.parametrize(
    "hostile", ["$where", '{"$gt": ""}', "$$ROOT", "$a.X", "a.b", "a\0b", "(?{1})", "a" * 60_000], ids=range(8)
)
async def test_a_hostile_text_is_a_text_wherever_it_stands(hub: Hub, settings: Settings, hostile: str) -> None:
    await store(hub, hostile, "else")
    await hub.collection("profiles.Thing").update_one({"_id": 3}, {"$set": {"a.Y": hostile}})
    field, other = (bound.Field(names=(name,), type=T.STRING) for name in "XY")
    text = bound.Constant(value=hostile, type=T.STRING)
    for value in (field, text):
        assert await found(hub, settings, compare(ComparisonOperator.EQUAL, field, value)) == (
            ([2, 3], []) if value is field else ([2], [3])
        )
        assert await found(hub, settings, compare(ComparisonOperator.EQUAL, value, other)) == (
            ([], [3]) if value is field else ([3], [])
        )
    assert await found(hub, settings, bound.OneOf(value=field, options=(text, other))) == ([2], [3])
    for operator in (TextOperator.CONTAINS, TextOperator.STARTSWITH, TextOperator.ENDSWITH):
        for ignores_case in (False, True):
            test = bound.Text(operator=operator, value=field, text=text, ignores_case=ignores_case)
            assert await found(hub, settings, test) == ([2], [3])
        assert await found(hub, settings, bound.Text(operator=operator, value=text, text=other)) == ([3], [])
