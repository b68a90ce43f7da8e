"""MongoDB's own expressions compute what the calculus does, so that either may answer."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from bson import Decimal128
from bson.codec_options import CodecOptions

from seggql.catalog.model import AttributeType
from seggql.mongo.dates import date_added, date_component, date_difference
from seggql.mongo.literal import literal
from seggql.mongo.values import value_expression
from seggql.query.ast import ArithmeticOperator, ComparisonOperator, DatePart
from seggql.query.bound import Computed, Constant
from seggql.query.values.calculus import (
    FIRST_INSTANT,
    LAST_INSTANT,
    arithmetic,
    compare,
    date_add,
    date_diff,
    date_part,
)
from seggql.query.values.numbers import Number
from seggql.store.hub import Hub

DECIMAL = AttributeType.DECIMAL
NUMBERS: list[Number] = [
    0, 1, -7, 3, 2**53 + 1, 0.1, -0.5, 1.1, 1e300, 123456789.123456789, 2 / 3, 5e-324,
    Decimal("0.1"), Decimal(1) / 3, Decimal("-12345678901234567890.12345678901234"), Decimal("1e-6000"),
]  # fmt: skip
INSTANTS = [
    datetime(2024, 1, 31, tzinfo=UTC),
    datetime(2024, 2, 29, 23, 59, 59, 999000, tzinfo=UTC),
    datetime(2023, 12, 31, 12, 30, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
    datetime(1900, 3, 1, 0, 0, 0, 1000, tzinfo=UTC),
    FIRST_INSTANT,
    FIRST_INSTANT.replace(day=31, microsecond=1000),
    LAST_INSTANT,
]
AMOUNTS: list[Number] = [-13, -1, 0, 1, 2, 48, 1.9, -1.9, Decimal("2.5"), 10**7, -(10**9), 10**15, 1e300, -1e300]
PARTS = [part for part in DatePart if part is not DatePart.WEEKDAY]


async def computed(hub: Hub, expressions: list[object]) -> list[object]:
    """What MongoDB makes of each expression; decimals as Decimal, dates aware."""
    values = hub.database.get_collection("values", codec_options=CodecOptions(tz_aware=True, tzinfo=UTC))
    await values.replace_one({"_id": 1}, {"_id": 1}, upsert=True)
    cursor = await values.aggregate([{"$project": {"found": expressions}}])
    (document,) = await cursor.to_list()
    return [each.to_decimal() if isinstance(each, Decimal128) else each for each in document["found"]]


@pytest.mark.parametrize("type", [AttributeType.DOUBLE, AttributeType.DECIMAL])
@pytest.mark.parametrize("operator", ArithmeticOperator)
async def test_arithmetic(hub: Hub, operator: ArithmeticOperator, type: AttributeType) -> None:
    pairs = [(a, b) for a in NUMBERS for b in NUMBERS if (DECIMAL in (type_of(a), type_of(b))) is (type is DECIMAL)]

    found = await computed(
        hub,
        [
            value_expression(Computed(operator=operator, left=constant(a), right=constant(b), type=type))
            for a, b in pairs
        ],
    )

    assert found == [arithmetic(operator, a, b, type) for a, b in pairs]


def constant(number: Number) -> Constant:
    """A number as a constant."""
    return Constant(value=number, type=type_of(number))


def type_of(number: Number) -> AttributeType:
    """The type of attribute that holds `number`."""
    if isinstance(number, Decimal):
        return DECIMAL
    return AttributeType.DOUBLE if isinstance(number, float) else AttributeType.LONG


async def test_comparison_across_number_types(hub: Hub) -> None:
    pairs = [(a, b) for a in NUMBERS for b in NUMBERS]

    found = await computed(hub, [{"$cmp": [literal(a), literal(b)]} for a, b in pairs])

    for (a, b), order in zip(pairs, found, strict=True):
        assert compare(ComparisonOperator.LESS, a, b) is (order == -1), (a, b)
        assert compare(ComparisonOperator.EQUAL, a, b) is (order == 0), (a, b)


@pytest.mark.parametrize("part", PARTS)
async def test_differences_and_additions_of_dates(hub: Hub, part: DatePart) -> None:
    pairs = [(a, b) for a in INSTANTS for b in INSTANTS]
    moves = [(a, n) for a in INSTANTS for n in AMOUNTS]

    differences = await computed(hub, [date_difference(part, literal(a), literal(b)) for a, b in pairs])
    additions = await computed(hub, [date_added(part, literal(n), literal(a)) for a, n in moves])

    assert differences == [date_diff(part, a, b) for a, b in pairs]
    assert additions == [date_add(part, n, a) for a, n in moves]


@pytest.mark.parametrize("part", DatePart)
async def test_parts_of_dates(hub: Hub, part: DatePart) -> None:
    assert await computed(hub, [date_component(part, literal(a)) for a in INSTANTS]) == [
        date_part(part, a) for a in INSTANTS
    ]
