"""Packs with their tails find what the reference interpreter finds, whatever the queries and the rows."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from seggql.catalog.model import Attribute
from seggql.columns import groups
from seggql.evaluation import hops
from seggql.evaluation.evaluate import find
from seggql.evaluation.packed import interactions as packed_interactions
from seggql.evaluation.packed.together import evaluate_passes, plan_passes, plan_passes_within
from seggql.evaluation.run import Run
from seggql.packs.keep import keep_pack
from seggql.packs.shape import Shape, shapes_of
from seggql.query import bound
from seggql.settings import Settings
from seggql.store.batches import batch
from seggql.store.catalog import insert_type
from seggql.store.hub import Document, Hub
from seggql.store.snapshot import SnapshotSources
from tests.evaluation.random_queries import interacted, sets
from tests.evaluation.small_world import AS_OF, CATALOG, random_row, random_world
from tests.evaluation.test_properties import planned
from tests.packs.world import keeping, make_parts_small
from tests.reference.interpreter import members
from tests.reference.storage import sources_of, store_world, stored
from tests.reference.world import World

SHAPES = shapes_of(CATALOG)
QUERIES = st.lists(interacted("Contact") | sets(), min_size=1, max_size=4)


@pytest.fixture
async def world(hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> World:
    """A third of the records are written after everything was packed; of those some were packed as they were before."""
    make_parts_small(monkeypatch)
    world = random_world(seed=11)
    for shape in SHAPES.values():
        await insert_type(hub, shape.record_type)
    await store_world(hub, CATALOG, world)
    random = Random(11)
    written = {collection: await _taken_back(hub, shape, random) for collection, shape in SHAPES.items()}
    for shape in SHAPES.values():
        assert await keep_pack(hub, shape, frozenset(_paths(shape)), keeping(settings))
    for collection, documents in written.items():
        batch_id = ObjectId()
        async with batch(hub, batch_id, collection, _touched(SHAPES[collection], documents)):
            for document in documents:
                row = document | {"b": batch_id}
                await hub.collection(collection).replace_one({"_id": document["_id"]}, row, upsert=True)
    return world


@pytest.fixture
async def sources(hub: Hub, world: World) -> SnapshotSources:
    return await sources_of(hub, world)


@given(queries=QUERIES, held=st.sampled_from([30, 10**6]), far_apart=st.sampled_from([1, 100]))
async def test_queries_over_packs_find_what_the_reference_finds(
    queries: list[bound.BoundSet], held: int, far_apart: int, world: World, sources: SnapshotSources, settings: Settings
) -> None:
    run, plans = Run(sources=sources, catalog=CATALOG, settings=settings), [planned(query) for query in queries]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed_interactions, "HELD_ROWS", held)
        patch.setattr(groups, "FAR_APART", far_apart)
        patch.setattr(hops, "asked_us", lambda *_: 1e12)
        await evaluate_passes(await plan_passes(plans, run), run)
        for query, plan in zip(queries, plans, strict=True):
            assert set(await find(plan, run)) == members(query, world, AS_OF)


@given(queries=QUERIES, some=st.sets(st.integers(0, 250), max_size=60))
async def test_of_a_universe_packs_find_what_the_reference_finds(
    queries: list[bound.BoundSet], some: set[int], world: World, sources: SnapshotSources, settings: Settings
) -> None:
    run, plans = Run(sources=sources, catalog=CATALOG, settings=settings), [planned(query) for query in queries]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hops, "asked_us", lambda *_: 1e12)
        await evaluate_passes(await plan_passes(plans[::2], run), run)
        await evaluate_passes(plan_passes_within([(plan, BitMap(some)) for plan in plans], run), run)
        for query, plan in zip(queries, plans, strict=True):
            assert set(await find(plan, run, BitMap(some))) == members(query, world, AS_OF) & some


async def _taken_back(hub: Hub, shape: Shape, random: Random) -> list[Document]:
    """A third of the documents, which are gone then, or other than they were: interactions never change."""
    collection = hub.collection(shape.collection)
    documents = [document async for document in collection.find()]
    some = random.sample(documents, len(documents) // 3)
    for document in some:
        if not shape.near or random.random() < 0.5:
            await collection.delete_one({"_id": document["_id"]})
        else:
            other = stored(random_row(random, shape.record_type.attributes))
            await collection.update_one({"_id": document["_id"]}, {"$set": {"a": other}})
    return some


def _touched(shape: Shape, documents: list[Document]) -> dict[str, BitMap]:
    touched = {name: BitMap() for name in shape.profile_types.values()}
    for path, name in shape.profile_types.items():
        touched[name] |= BitMap([found for document in documents if (found := _at(document, path)) is not None])
    return touched


def _at(document: Document, path: str) -> Any:
    value: Any = document
    for name in path.split("."):
        value = value.get(name)
    return value


def _paths(shape: Shape) -> Iterator[str]:
    """Every column that there can be."""
    yield from (*shape.always, *shape.profile_types)
    if "_id" in shape.always:
        yield "key"
    yield from _attribute_paths(shape.record_type.attributes, "a.")


def _attribute_paths(attributes: tuple[Attribute, ...], prefix: str) -> Iterator[str]:
    for attribute in attributes:
        yield f"{prefix}{attribute.name}"
        if not attribute.is_array:
            yield from _attribute_paths(attribute.attributes, f"{prefix}{attribute.name}.")
