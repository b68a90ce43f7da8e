"""What a validated query says of how it would be answered."""

import pytest

from seggql.catalog.model import RelationshipType
from seggql.ingest.define_types import define_relationship_type
from seggql.ingest.relationships import relate_profiles
from seggql.segments.queries import validate_query
from seggql.segments.query_draft import QueryDraft
from seggql.settings import Settings
from seggql.store.hub import Hub
from tests.packs.world import make_parts_small, pack
from tests.segments.making import NOW
from tests.segments.world import make_world, put_ages, put_purchase

QUERY = "PROFILE(Contact).FILTER(Age > 20) INTERSECT INTERACTION(Purchase, Buyer).HAVING(COUNT() > 1)"


async def test_a_plan_tells_what_packs_answer(hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    make_parts_small(monkeypatch)
    await make_world(hub)
    await put_ages(hub, {f"c{number}": number for number in range(30)})
    for _ in range(8):
        await put_purchase(hub, "ann", NOW)
    draft = QueryDraft(text=QUERY)
    plan = (await validate_query(hub, settings, draft)).plan
    assert plan is not None
    assert plan.count("pipeline)") == 2
    await pack(hub, settings, "profiles.Contact", ["_id", "a.Age"])
    plan = (await validate_query(hub, settings, draft)).plan
    assert plan is not None
    assert "packs: columns 2, parts " in plan
    assert plan.count("pipeline)") == 1
    await pack(hub, settings, "interactions.Purchase", ["t", "l.Buyer"])
    plan = (await validate_query(hub, settings, draft)).plan
    assert plan is not None
    assert plan.count("packs: columns 2, parts ") == 1
    assert plan.count("packs: columns 1, parts ") == 1, "where all time counts no times are read"


async def test_a_hop_asks_for_the_edges_of_few_profiles_by_a_pipeline(hub: Hub, settings: Settings) -> None:
    await make_world(hub)
    knows = RelationshipType(name="Knows", source="Contact", target="Contact")
    await define_relationship_type(hub, knows)
    await relate_profiles(hub, "Knows", [{"source": "ann", "target": "bob"}])
    draft = QueryDraft(text="PROFILE(Contact).TRAVERSE(Knows)")
    plan = (await validate_query(hub, settings, draft)).plan
    assert plan is not None
    assert "pipeline)" in plan.splitlines()[1]
    await pack(hub, settings, "relationships.Knows", ["f", "t"])
    plan = (await validate_query(hub, settings, draft)).plan
    assert plan is not None
    assert plan.splitlines()[1].endswith("MB 0.0; from few profiles a pipeline)")
