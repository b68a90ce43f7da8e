"""However many conditions interactions are gathered for, no more of them are held at once than may be."""

from collections.abc import Sequence

import pytest
from pyroaring import BitMap

from seggql.catalog.model import AttributeType
from seggql.columns.gathering import Gathering
from seggql.evaluation.packed import interactions
from seggql.evaluation.packed.opening import open_interactions
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.packed.together import evaluate_passes, plan_passes
from seggql.evaluation.run import Run
from seggql.ingest.interactions import record_interactions
from seggql.query.ast import AggregateFunction, ComparisonOperator
from seggql.query.bound import Aggregated, Constant, Field
from seggql.query.plan import Aggregate
from seggql.query.predicate import Always, Compares
from seggql.segments.once import live_sources
from seggql.settings import Settings
from seggql.store.catalog import load_catalog
from seggql.store.hub import Hub
from seggql.store.packs import Range
from tests.packs.world import make_parts_small, pack
from tests.segments.making import NOW
from tests.segments.world import make_world, put_purchase

KEYS = [f"k{number}" for number in range(20)]
COUNT = Aggregated(function=AggregateFunction.COUNT, field=None, type=AttributeType.LONG)


def buyers(amount: int) -> Aggregate:
    """Who twice bought something for more than `amount`."""
    return Aggregate(
        interaction="Purchase",
        link="Buyer",
        profile_type="Contact",
        predicate=_more(Field(names=("Amount",), type=AttributeType.INT), amount),
        having=_more(COUNT, 1),
    )


def _more(value: Field | Aggregated, than: int) -> Compares:
    constant = Constant(value=than, type=AttributeType.INT)
    return Compares(operator=ComparisonOperator.GREATER, left=value, right=constant)


async def test_many_conditions_are_decided_of_fewer_profiles_at_a_time(
    hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_parts_small(monkeypatch)
    await make_world(hub)
    for key in [*KEYS, *KEYS[::2]]:
        await put_purchase(hub, key, NOW)
    await pack(hub, settings, "interactions.Purchase", ["t", "l.Buyer", "a.Amount"])
    for key in KEYS[:3]:
        await put_purchase(hub, key, NOW)
    aggregates = [buyers(amount) for amount in range(-5, 0)]
    aggregates.append(
        Aggregate(
            interaction="Purchase", link="Buyer", profile_type="Contact", predicate=Always(), having=_more(COUNT, 2)
        )
    )
    run = Run(sources=await live_sources(hub), catalog=await load_catalog(hub), settings=settings)
    held: list[int] = []
    found = Gathering.found

    def found_of(gathering: Gathering) -> object:
        held.append(gathering.rows)
        return found(gathering)

    monkeypatch.setattr(interactions, "HELD_ROWS", 40)
    monkeypatch.setattr(Gathering, "found", found_of)
    await evaluate_passes(await plan_passes(aggregates, run), run)
    ordinals = {row["_id"]: row["o"] async for row in hub.collection("keys.Contact").find()}
    twice = {ordinals[key] for key in {*KEYS[::2], *KEYS[:3]}}
    assert [set(run.shared[one]) for one in aggregates] == [*([twice] * 5), {ordinals["k0"], ordinals["k2"]}]
    assert len(held) > 1
    assert max(held) <= 40


async def test_one_with_more_than_may_be_held_is_soon_alone(
    hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_parts_small(monkeypatch)
    await make_world(hub)
    keys = [*(f"k{number}" for number in range(500)), *(["k200"] * 100)]
    rows = [{"timestamp": NOW, "links": {"Buyer": key}, "attributes": {"Amount": 5}} for key in keys]
    await record_interactions(hub, "Purchase", rows)
    await pack(hub, settings, "interactions.Purchase", ["t", "l.Buyer", "a.Amount"])
    run = Run(sources=await live_sources(hub), catalog=await load_catalog(hub), settings=settings)
    readings: list[Range | None] = []
    aggregate_some = interactions.aggregate_some

    async def counted(
        aggregates: Sequence[Aggregate], run: Run, pack: OpenPack, some: Range | None, most_rows: int
    ) -> dict[Aggregate, BitMap]:
        readings.append(some)
        return await aggregate_some(aggregates, run, pack, some, most_rows)

    monkeypatch.setattr(interactions, "HELD_ROWS", 80)
    monkeypatch.setattr(interactions, "aggregate_some", counted)
    pack_of_purchases = await open_interactions(run, "Purchase")
    assert pack_of_purchases
    buyer = buyers(0)
    found = await counted([buyer], run, pack_of_purchases, None, 80)
    assert len(found[buyer]) == 1
    assert len(readings) <= 14
