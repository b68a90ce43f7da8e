"""Listings and previews: their order, where they end, and what they leave unread."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest
from pyroaring import BitMap

from seggql.catalog.model import AttributeType, Catalog
from seggql.evaluation import listing
from seggql.evaluation.listing import list_profiles, listed_members
from seggql.query.bound import Field, KeyField, Listing, OrderedBy
from seggql.query.plan import QueryPlan, Scan
from seggql.query.predicate import Always, Predicate
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.snapshot import SnapshotSources, take_snapshot
from tests.evaluation.small_world import AS_OF

AGE = Field(names=("Age",), type=AttributeType.INT)
ROWS = [{"Age": 3}, {}, {"Age": 1, "O": {"P": "x", "Q": 1}}, {"Age": None}, {"Age": 3}, {"Age": 2.5}]
"""Keys are f, e, d, c, b, a: the other way round than the ordinals."""


def query(predicate: Predicate, listing: Listing | None = None) -> QueryPlan:
    root = Scan(profile_type="Contact", predicate=predicate)
    return QueryPlan(root=root, profile_type="Contact", as_of=AS_OF, listing=listing)


class CountedSources(SnapshotSources):
    """Counts the rows that columns came with."""

    rows = 0

    async def columns(
        self, collection: str, pipeline: Sequence[Any], names: Sequence[str], *, hint: Any = None
    ) -> AsyncGenerator[Any, None]:
        async for columns in super().columns(collection, pipeline, names, hint=hint):
            self.rows += len(columns[0])
            yield columns


@pytest.fixture
async def sources(hub: Hub) -> CountedSources:
    async def no_members(segment: str) -> BitMap:
        raise AssertionError(segment)

    await hub.collection("profiles.Contact").insert_many(
        [{"_id": ordinal, "key": "fedcba"[ordinal], "a": row} for ordinal, row in enumerate(ROWS)]
    )
    return CountedSources(hub, await take_snapshot(hub), no_members)


async def keys(sources: SnapshotSources, settings: Settings, listing: Listing | None, at_most: int = 100) -> str:
    planned = query(Always(), listing)
    return "".join(p.key for p in await list_profiles(planned, sources, Catalog(), settings, at_most=at_most))


@pytest.mark.parametrize("batch", [2, 10_000])
async def test_missing_values_come_last_whichever_way_and_ties_by_key(
    sources: SnapshotSources, settings: Settings, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(listing, "BATCH", batch)
    up, down = (OrderedBy(field=AGE, descending=descending) for descending in (False, True))
    assert await keys(sources, settings, None) == "abcdef"
    assert await keys(sources, settings, Listing(order=(up,))) == "dabfce"
    assert await keys(sources, settings, Listing(order=(down,))) == "bfadce"
    assert await keys(sources, settings, Listing(order=(down,), skip=1, take=2)) == "fa"
    assert (
        await keys(sources, settings, Listing(order=(down, OrderedBy(field=KeyField(), descending=True)))) == "fbadec"
    )
    assert await keys(sources, settings, Listing(skip=5, take=5)) == "f"
    assert await keys(sources, settings, Listing(take=0)) == ""
    assert await keys(sources, settings, None, at_most=2) == "ab"


async def test_select_keeps_the_attributes_that_it_names(sources: SnapshotSources, settings: Settings) -> None:
    inner = Field(names=("O", "P"), type=AttributeType.STRING)
    selected = Listing(order=(OrderedBy(field=AGE),), take=1, select=(inner, KeyField()))
    [profile] = await list_profiles(query(Always(), selected), sources, Catalog(), settings, at_most=10)
    assert (profile.ordinal, profile.key, profile.attributes) == (2, "d", {"O": {"P": "x"}})


async def test_a_one_time_query_has_the_members_that_it_lists(sources: SnapshotSources, settings: Settings) -> None:
    first_two = Listing(order=(OrderedBy(field=AGE),), take=2)
    assert await listed_members(query(Always(), first_two), sources, Catalog(), settings) == BitMap([2, 5])
    assert len(await listed_members(query(Always()), sources, Catalog(), settings)) == len(ROWS)
