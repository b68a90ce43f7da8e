"""Groups over columns are those that the interpreter finds in groups made one by one."""

import math
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import numpy as np
import pytest
from bson.int64 import Int64
from hypothesis import given
from hypothesis import strategies as st

from seggql import columns
from seggql.columns.frame import Frame
from seggql.columns.gathering import Gathering, Groupings
from seggql.columns.groups import GroupRequest, fields_grouped, is_columnar
from seggql.columns.layout import layout_of
from seggql.columns.sums import parts_of, total_of
from seggql.query import bound
from seggql.query.ast import AggregateFunction, ArithmeticOperator, ComparisonOperator
from seggql.query.needs import aggregates_of
from seggql.query.paths import path_of
from seggql.query.plan import Aggregate, Interval
from seggql.query.planning.negation import when_true
from seggql.query.planning.predicate_rewrites import simplify
from seggql.query.predicate import Always, Compares, Predicate
from seggql.query.values.interpreter import Record, compile_predicate
from tests.columns.records import record_of
from tests.evaluation.random_queries import conditions, groups
from tests.evaluation.small_world import AS_OF, CATALOG, DATES, PLAIN, T, random_row
from tests.reference.storage import stored
from tests.reference.values import Scene, aggregated

OPENED = CATALOG.interaction_types["Opened"]
NOW = AS_OF.replace(second=0, microsecond=0)
Documents = list[dict[str, Any]]


def random_interactions(seed: int, count: int, *, ordinals: int = 12) -> Documents:
    """Interactions of a few profiles, some without a link, full of missing and boundary values."""
    random = Random(seed)
    return [
        {
            "t": random.choice(DATES),
            "l": {"By": random.randrange(ordinals)} if random.random() < 0.9 else {"With": 1},
            "a": stored(random_row(random, PLAIN)),
        }
        for _ in range(count)
    ]


DOCUMENTS = random_interactions(3, 250)


def wanted(documents: Documents, request: GroupRequest) -> list[int]:
    """The ordinals of the groups for which HAVING is true, one after the other."""
    grouped: dict[int, list[Scene]] = {}
    for document in documents:
        record = record_of(document)
        if "By" in document["l"] and _is_in(document["t"], request.interval):
            scene = Scene(as_of=AS_OF, attributes=record.attributes, timestamp=record.timestamp)
            grouped.setdefault(document["l"]["By"], []).append(scene)
    test = compile_predicate(request.having)
    found = []
    for ordinal, scenes in grouped.items():
        scene = Scene(as_of=AS_OF, attributes={}, group=tuple(scenes))
        values = {one: aggregated(one, scene) for one in aggregates_of(request.having)}
        if test(Record(aggregates=values)):
            found.append(ordinal)
    return sorted(found)


def _is_in(instant: Any, interval: Interval | None) -> bool:
    if interval is None:
        return True
    after = interval.low is None or instant > interval.low or (instant == interval.low and not interval.excludes_low)
    return after and (interval.high is None or instant <= interval.high)


def found(documents: Documents, requests: list[GroupRequest], slices: int = 1) -> list[list[int]]:
    """What the columns say, gathered from some slices."""
    fields = fields_grouped(request.having for request in requests)
    layout = layout_of(OPENED, {"t", "l.By", *map(path_of, fields)})
    gathering = Gathering([Groupings(link="l.By", predicate=Always(), requests=tuple(requests))])
    size = len(documents) // slices + 1
    for number in range(slices):
        gathering.add(Frame.of_documents(documents[number * size : (number + 1) * size], layout))
    return [list(ordinals) for ordinals in gathering.found()[0]]


INTERVALS = st.none() | st.builds(
    Interval,
    low=st.none() | st.sampled_from(DATES),
    high=st.none() | st.sampled_from(DATES),
    excludes_low=st.booleans(),
)


@st.composite
def requests(draw: st.DrawFn) -> GroupRequest:
    """A window and a HAVING over aggregates that columns have."""
    condition = draw(st.none() | groups().flatmap(lambda here: conditions(here, 2)))
    having = Always() if condition is None else simplify(when_true(condition), NOW)
    return GroupRequest(interval=draw(INTERVALS), having=having)


def _plan(having: Predicate) -> Aggregate:
    return Aggregate(interaction="Opened", link="By", profile_type="Contact", predicate=Always(), having=having)


@given(drawn=st.lists(requests(), min_size=1, max_size=6), slices=st.integers(1, 3))
def test_groups_are_those_made_one_by_one(drawn: list[GroupRequest], slices: int) -> None:
    columnar = [request for request in drawn if is_columnar(_plan(request.having))]

    assert found(DOCUMENTS, columnar, slices) == [wanted(DOCUMENTS, request) for request in columnar]


@given(
    drawn=st.lists(requests(), min_size=1, max_size=3),
    seed=st.integers(0, 2**32),
    size=st.integers(1, 9),
    width=st.sampled_from([1, 3, 65_536]),
)
def test_groups_of_some_ordinals_at_a_time(drawn: list[GroupRequest], seed: int, size: int, width: int) -> None:
    columnar = [request for request in drawn if is_columnar(_plan(request.having))]
    documents = random_interactions(seed, 60, ordinals=size)
    for document in documents:
        document["l"] = {name: ordinal * width for name, ordinal in document["l"].items()}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns.groups, "PLACES_AT_ONCE", width)
        patch.setattr(columns.groups, "FAR_APART", width)
        assert found(documents, columnar, slices=2) == [wanted(documents, request) for request in columnar]


@given(drawn=requests(), seed=st.integers(0, 2**32), count=st.integers(0, 40), scale=st.sampled_from([1, 50_000]))
def test_groups_that_are_few_or_far_apart(drawn: GroupRequest, seed: int, count: int, scale: int) -> None:
    documents = random_interactions(seed, count, ordinals=5)
    for document in documents:
        document["l"] = {name: ordinal * scale for name, ordinal in document["l"].items()}
    if is_columnar(_plan(drawn.having)):
        assert found(documents, [drawn], slices=2) == [wanted(documents, drawn)]


def test_windows_share_their_counts() -> None:
    count = bound.Aggregated(function=AggregateFunction.COUNT, field=None, type=T.LONG)
    asked = [
        GroupRequest(interval=interval, having=_compares(ComparisonOperator.GREATER_OR_EQUAL, count, least))
        for days in (0, 1, 30, 300, 40_000)
        for least in (1, 2, 5)
        for interval in (
            Interval(low=AS_OF - timedelta(days=days), high=AS_OF, excludes_low=True),
            Interval(low=AS_OF - timedelta(days=days), high=None),
            Interval(low=AS_OF - timedelta(days=days + 30), high=AS_OF - timedelta(days=days)),
        )
    ]

    assert found(DOCUMENTS, asked) == [wanted(DOCUMENTS, request) for request in asked]


def test_groups_by_several_links_and_conditions_are_gathered_together() -> None:
    is_seven = _compares(ComparisonOperator.EQUAL, bound.Field(names=("I",), type=T.INT), 7)
    count = bound.Aggregated(function=AggregateFunction.COUNT, field=None, type=T.LONG)
    twice = GroupRequest(interval=None, having=_compares(ComparisonOperator.GREATER_OR_EQUAL, count, 2))
    recent = GroupRequest(interval=Interval(low=AS_OF - timedelta(days=30), high=AS_OF), having=Always())
    gathering = Gathering(
        [
            Groupings(link="l.By", predicate=is_seven, requests=(recent, twice)),
            Groupings(link="l.By", predicate=Always(), requests=(recent,)),
            Groupings(link="l.With", predicate=Always(), requests=(twice,)),
        ]
    )

    for part in (DOCUMENTS[:100], DOCUMENTS[100:]):
        gathering.add(Frame.of_documents(part, layout_of(OPENED, ["t", "l.By", "l.With", "a.I"])))

    seven = [document for document in DOCUMENTS if document["a"].get("I") == 7]
    assert [[list(bitmap) for bitmap in bitmaps] for bitmaps in gathering.found()] == [
        [wanted(seven, recent), wanted(seven, twice)],
        [wanted(DOCUMENTS, recent)],
        [[1]],
    ]


def _compares(operator: ComparisonOperator, left: bound.Value, right: Any) -> Predicate:
    return Compares(operator=operator, left=left, right=bound.Constant(value=right, type=T.DOUBLE))


def sum_of(name: str, type: Any, result: Any) -> bound.Aggregated:
    """SUM of an attribute."""
    field = bound.Field(names=(name,), type=type)
    return bound.Aggregated(function=AggregateFunction.SUM, field=field, type=result)


@pytest.mark.parametrize("total", [2**63 - 1, 2**63, 3 * 2**62, 2**64 - 2, -(2**63), -(2**64)])
def test_sums_of_longs_are_exact_past_64_bits(total: int) -> None:
    halves = [Int64(total // 2), Int64(total - total // 2)]
    documents = [{"t": AS_OF, "l": {"By": 1}, "a": {"L": half}} for half in halves]
    documents.append({"t": AS_OF, "l": {"By": 2}, "a": {"L": Int64(1)}})
    summed = sum_of("L", T.LONG, T.LONG)
    tripled = bound.Computed(
        operator=ArithmeticOperator.MULTIPLY, left=summed, right=bound.Constant(value=3, type=T.INT), type=T.DOUBLE
    )
    sides: list[tuple[bound.Value, Any]] = [
        (summed, total),
        (summed, total + 1),
        (summed, Decimal(total) + Decimal("0.5")),
        (tripled, 0),
    ]
    asked = [
        GroupRequest(interval=None, having=_compares(operator, value, constant))
        for operator in ComparisonOperator
        for value, constant in sides
    ]

    assert found(documents, asked) == [wanted(documents, request) for request in asked]


def test_sums_of_doubles_do_not_depend_on_the_order() -> None:
    amounts = [0.1] * 10 + [1e15, 0.3, -1e15] + [7.7, 1e-9] * 5
    expected = math.fsum(amounts)
    having = _compares(ComparisonOperator.EQUAL, sum_of("D", T.DOUBLE, T.DOUBLE), expected)
    for seed in range(20):
        Random(seed).shuffle(amounts)
        documents = [{"t": AS_OF, "l": {"By": 1}, "a": {"D": amount}} for amount in amounts]
        assert found(documents, [GroupRequest(interval=None, having=having)]) == [[1]]


@given(numbers=st.lists(st.floats(-1e150, 1e150), min_size=1, max_size=60), seed=st.integers(0, 9))
def test_parts_of_doubles_add_up_to_what_exact_addition_gives(numbers: list[float], seed: int) -> None:
    parts = parts_of(np.array(numbers), len(numbers), max(map(abs, numbers)))
    shuffled = [Random(seed).sample(part.tolist(), len(numbers)) for part in parts]
    sums = [np.array([sum(part)]) for part in shuffled]

    assert all(sum(part) == math.fsum(part) for part in shuffled)
    assert np.array_equal(np.sum(parts, axis=0), np.array(numbers))
    assert total_of(sums, is_whole=False)[0] == math.fsum(numbers)


@given(numbers=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=60), most=st.sampled_from([60, 2**24]))
def test_parts_of_integers_add_up_exactly(numbers: list[int], most: int) -> None:
    parts = parts_of(np.array(numbers, dtype=np.int64), most, max(map(abs, numbers)))
    sums = [np.array([math.fsum(part)]) for part in parts]

    assert total_of(sums, is_whole=True).tolist() == [sum(numbers)]


def test_decimals_are_left_to_pipelines() -> None:
    summed = sum_of("M", T.DECIMAL, T.DECIMAL)

    assert not is_columnar(_plan(_compares(ComparisonOperator.GREATER, summed, 1)))
    assert is_columnar(_plan(Always()))
