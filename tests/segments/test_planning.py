"""Planning has a time limit, does not hold up the event loop, and reads of segments what it must."""

import pytest

from seggql.errors import ProblemCode, QueryError
from seggql.segments.queries import preview_query, validate_query
from seggql.segments.query_draft import QueryDraft
from seggql.settings import Settings
from seggql.store.hub import Hub
from tests.segments.making import give_members, stored_segment
from tests.segments.world import make_world


async def test_planning_that_takes_too_long_is_refused_with_the_limit(hub: Hub, settings: Settings) -> None:
    await make_world(hub)
    hasty = settings.model_copy(update={"query_plan_timeout_s": 1e-9})
    condition = " OR ".join(f"Age == {age}" for age in range(900))
    draft = QueryDraft(text=f"PROFILE(Contact).FILTER({condition})")
    [problem] = (await validate_query(hub, hasty, draft)).errors
    assert problem.code is ProblemCode.QUERY_TOO_LARGE
    assert "SEGGQL_QUERY_PLAN_TIMEOUT_S" in problem.message
    assert not (await validate_query(hub, settings, draft)).errors


@pytest.mark.parametrize("text", ["PROFILE(Contact)", "PROFILE(Contact).FILTER(Age > 3)"])
async def test_a_query_that_is_bound_in_time_is_bound(hub: Hub, settings: Settings, text: str) -> None:
    await make_world(hub)
    validation = await validate_query(hub, settings, QueryDraft(text=text))
    assert (validation.canonical, validation.errors) == (text, ())


async def test_previews_use_segments_by_name_and_suggest_others(hub: Hub, settings: Settings) -> None:
    await make_world(hub)
    await give_members(hub, await stored_segment(hub, "regulars"), [1, 2])
    await give_members(hub, await stored_segment(hub, "newcomers"), [2, 3])
    both = await preview_query(hub, settings, QueryDraft(text="SEGMENT(`regulars`) INTERSECT newcomers"), 10)
    assert both.ordinals == (2,)
    with pytest.raises(QueryError) as caught:
        await preview_query(hub, settings, QueryDraft(text="SEGMENT(regulars) EXCEPT SEGMENT(newcomer)"), 10)
    assert caught.value.problems[0].hint == "Did you mean newcomers?"
