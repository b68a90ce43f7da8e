"""Previews: the same first profiles however they are found, and no more read than it takes."""

from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from pyroaring import BitMap

from seggql.catalog.model import Attribute, AttributeType, Catalog, InteractionType, Link, ProfileType
from seggql.evaluation import previews
from seggql.evaluation.evaluate import evaluate
from seggql.evaluation.previews import first_matches
from seggql.query.ast import AggregateFunction, ComparisonOperator, SetOperator
from seggql.query.bound import Aggregated, Constant, Field
from seggql.query.plan import Aggregate, Algebra, AlgebraOperand, Interval, Plan, Scan
from seggql.query.planning.estimates import Statistics
from seggql.query.predicate import Always, Compares, Never
from seggql.settings import Settings
from seggql.store.collections import make_collections
from seggql.store.hub import Hub
from seggql.store.snapshot import SnapshotSources, take_snapshot
from tests.evaluation.small_world import AS_OF
from tests.segments.making import delete_ordinals

PEOPLE = 12_000
CONTACT = ProfileType(name="Contact", attributes=(Attribute(name="Age", type=AttributeType.INT),))
OPENED = InteractionType(name="Opened", links=(Link(name="By", profile_type="Contact"),))
CATALOG = Catalog(profile_types={"Contact": CONTACT}, interaction_types={"Opened": OPENED})
AGE = Field(names=("Age",), type=AttributeType.INT)
COUNT = Aggregated(function=AggregateFunction.COUNT, field=None, type=AttributeType.LONG)


class CountedSources(SnapshotSources):
    """Counts the rows that came."""

    rows = 0

    async def columns(
        self, collection: str, pipeline: Sequence[Any], names: Sequence[str], *, hint: Any = None
    ) -> AsyncGenerator[Any, None]:
        async for columns in super().columns(collection, pipeline, names, hint=hint):
            self.rows += len(columns[0])
            yield columns


@pytest.fixture
async def sources(hub: Hub) -> CountedSources:
    """12,000 contacts of age 0 to 999, ordinals 2, 4, …; each opened once this month, one in 1,000 four times."""
    await make_collections(hub, CONTACT, None)
    await make_collections(hub, OPENED, None)
    ordinals = range(2, 2 * PEOPLE + 2, 2)
    people = [{"_id": ordinal, "key": f"k{ordinal}", "a": {"Age": ordinal // 2 % 1000}} for ordinal in ordinals]
    await hub.collection("profiles.Contact").insert_many(people, ordered=False)
    opened = [
        {"_id": f"{ordinal}-{n}", "t": AS_OF - timedelta(days=n), "l": {"By": ordinal}}
        for ordinal in ordinals
        for n in range(4 if ordinal % 2000 == 0 else 1)
    ]
    await hub.collection("interactions.Opened").insert_many(opened, ordered=False)
    await delete_ordinals(hub, [4, 2000])

    async def no_members(segment: str) -> BitMap:
        raise AssertionError(segment)

    return CountedSources(hub, await take_snapshot(hub), no_members)


def younger(age: int) -> Scan:
    limit = Constant(value=age, type=AttributeType.INT)
    return Scan(profile_type="Contact", predicate=Compares(operator=ComparisonOperator.LESS, left=AGE, right=limit))


def opened(times: int, *, days: int = 30) -> Aggregate:
    limit = Constant(value=times, type=AttributeType.LONG)
    return Aggregate(
        interaction="Opened",
        link="By",
        profile_type="Contact",
        predicate=Always(),
        having=Compares(operator=ComparisonOperator.GREATER_OR_EQUAL, left=COUNT, right=limit),
        interval=Interval(low=AS_OF - timedelta(days=days), high=AS_OF, excludes_low=True),
    )


def algebra(first: Plan, operator: SetOperator, second: Plan) -> Algebra:
    rest = (AlgebraOperand(operator=operator, operand=second),)
    return Algebra(first=first, rest=rest, profile_type="Contact")


PLANS: dict[str, Plan] = {
    "everyone": Scan(profile_type="Contact", predicate=Always()),
    "nobody": Scan(profile_type="Contact", predicate=Never()),
    "half": younger(500),
    "a few": younger(3),
    "often in a window": opened(1),
    "rare in a window": opened(4),
    "an empty window": opened(1, days=0),
    "intersect": algebra(younger(500), SetOperator.INTERSECT, opened(4)),
    "except": algebra(younger(500), SetOperator.EXCEPT, opened(1)),
    "except rare": algebra(opened(1), SetOperator.EXCEPT, opened(4)),
    "union": algebra(younger(3), SetOperator.UNION, opened(4)),
}


@pytest.mark.parametrize("limit", [1, 7, 100, 1_000, 20_000])
@pytest.mark.parametrize("first_universe", [10, 500])
async def test_whatever_way_it_goes_the_first_matches_by_ordinal_are_shown(
    sources: CountedSources, settings: Settings, monkeypatch: pytest.MonkeyPatch, limit: int, first_universe: int
) -> None:
    monkeypatch.setattr(previews, "FIRST_UNIVERSE", first_universe)
    for name, plan in PLANS.items():
        every = await evaluate(plan, sources, CATALOG, settings)
        found = await first_matches(plan, sources, CATALOG, settings, limit, Statistics())
        assert found.first == every[:limit], name
        assert found.total in (None, len(every)), name
        if len(every) < limit:
            assert found.total == len(every), name


async def test_frequent_matches_are_found_without_reading_on(sources: CountedSources, settings: Settings) -> None:
    for name in ("half", "often in a window", "except rare"):
        sources.rows = 0
        found = await first_matches(PLANS[name], sources, CATALOG, settings, 100, Statistics())
        assert (len(found.first), found.total) == (100, None)
        assert sources.rows < 1_500, name


async def test_of_rare_matches_all_are_found_at_once_and_counted(sources: CountedSources, settings: Settings) -> None:
    found = await first_matches(PLANS["rare in a window"], sources, CATALOG, settings, 100, Statistics())
    assert (list(found.first)[:2], found.total) == ([4000, 6000], PEOPLE // 1000 - 1)
    assert sources.rows < 2 * PEOPLE, "the window was read once, and not again with every universe"


async def test_how_many_there_are_is_known_of_a_small_type(hub: Hub, settings: Settings) -> None:
    await make_collections(hub, CONTACT, None)
    people = [{"_id": ordinal, "key": f"k{ordinal}", "a": {"Age": ordinal}} for ordinal in range(300)]
    await hub.collection("profiles.Contact").insert_many(people)

    async def no_members(segment: str) -> BitMap:
        raise AssertionError(segment)

    small = SnapshotSources(hub, await take_snapshot(hub), no_members)
    found = await first_matches(younger(200), small, CATALOG, settings, 5, Statistics())
    assert (list(found.first), found.total) == ([0, 1, 2, 3, 4], 200)
