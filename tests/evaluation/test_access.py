"""What a validated query says of how it would be answered."""

import pytest

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
