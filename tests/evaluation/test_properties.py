"""MongoDB finds what the reference interpreter finds, whatever the query and the rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from seggql.evaluation import access, aggregates, hops, restrictions
from seggql.evaluation.evaluate import evaluate, find
from seggql.evaluation.packed.together import evaluate_passes, plan_passes_within
from seggql.evaluation.run import Run
from seggql.query import ast, bound
from seggql.query.plan import Plan
from seggql.query.planner import plan
from seggql.query.planning.estimates import Statistics
from seggql.settings import Settings
from seggql.store import snapshot
from seggql.store.hub import Hub
from seggql.store.snapshot import SnapshotSources
from tests.evaluation.random_queries import CONTACTS, conditions, interacted, sets
from tests.evaluation.small_world import AS_OF, CATALOG, random_world
from tests.reference.interpreter import members
from tests.reference.storage import sources_of, store_world
from tests.reference.world import World

NO_DOCUMENT = ast.Document(result=ast.ProfileSource(type=ast.Name(text="Contact")))


@pytest.fixture
async def world(hub: Hub) -> World:
    world = random_world(seed=1)
    await store_world(hub, CATALOG, world)
    return world


@pytest.fixture
async def sources(hub: Hub, world: World) -> SnapshotSources:
    return await sources_of(hub, world)


@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every batch, list and array is so short that the small world needs many; no collection is too small for hints."""
    monkeypatch.setattr(restrictions, "LIST_SIZE", 7)
    monkeypatch.setattr(aggregates, "TALLIED", 64)
    monkeypatch.setattr(snapshot, "COLUMN_ROWS_PER_BATCH", 12)
    monkeypatch.setattr(snapshot, "ROWS_PER_BATCH", 12)
    monkeypatch.setattr(access, "SMALL", 0)
    monkeypatch.setattr(hops, "ROWS", 5)


async def found(
    query: bound.BoundSet, sources: SnapshotSources, settings: Settings, universe: BitMap | None = None
) -> set[int]:
    return set(await evaluate(planned(query), sources, CATALOG, settings, universe))


def planned(query: bound.BoundSet) -> Plan:
    whole = bound.BoundQuery(set=query, profile_type=query.profile_type, document=NO_DOCUMENT, depends_on=frozenset())
    return plan(whole, AS_OF, Statistics()).root


@given(condition=conditions(CONTACTS))
async def test_a_filter_keeps_what_the_reference_keeps(
    condition: bound.Condition, world: World, sources: SnapshotSources, settings: Settings
) -> None:
    query = bound.Filtered(source=bound.Everyone(profile_type="Contact"), condition=condition, profile_type="Contact")
    assert await found(query, sources, settings) == members(query, world, AS_OF)


@given(query=sets())
async def test_a_query_finds_what_the_reference_finds(
    query: bound.BoundSet, world: World, sources: SnapshotSources, settings: Settings
) -> None:
    assert await found(query, sources, settings) == members(query, world, AS_OF)


@pytest.mark.usefixtures("tight")
@given(query=sets())
async def test_batches_lists_arrays_and_hints_change_nothing(
    query: bound.BoundSet, world: World, sources: SnapshotSources, settings: Settings
) -> None:
    assert await found(query, sources, settings) == members(query, world, AS_OF)


@pytest.mark.usefixtures("tight")
@given(query=sets(), some=st.sets(st.integers(0, 250), max_size=40), stretch=st.tuples(*[st.integers(0, 250)] * 2))
async def test_a_universe_leaves_of_the_members_those_that_are_in_it(
    query: bound.BoundSet,
    some: set[int],
    stretch: tuple[int, int],
    world: World,
    sources: SnapshotSources,
    settings: Settings,
) -> None:
    expected = members(query, world, AS_OF)
    for universe in (some, set(range(*sorted(stretch)))):
        assert await found(query, sources, settings, BitMap(universe)) == expected & universe


@given(
    queries=st.lists(interacted("Contact") | sets(), min_size=1, max_size=6),
    some=st.sets(st.integers(0, 250), min_size=20, max_size=80),
)
async def test_queries_answered_together_for_a_universe_find_what_each_finds_alone(
    queries: list[bound.BoundSet], some: set[int], world: World, sources: SnapshotSources, settings: Settings
) -> None:
    run = Run(sources=sources, catalog=CATALOG, settings=settings)
    plans = [planned(query) for query in queries]
    universe = BitMap(some)
    passes = plan_passes_within([(each, universe) for each in plans], run)
    await evaluate_passes(passes, run)
    for query, each in zip(queries, plans, strict=True):
        assert set(await find(each, run, universe)) == members(query, world, AS_OF) & some
