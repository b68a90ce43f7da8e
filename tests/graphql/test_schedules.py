"""Schedules over the API."""

from datetime import UTC, datetime, timedelta

import pytest

from seggql.store.hub import Hub
from tests.graphql.client import GraphQLClient, Json
from tests.graphql.segments import create
from tests.segments.world import make_world

SCHEDULE = """mutation ($input: ScheduleSegmentInput!) { scheduleSegment(input: $input) {
  segment { nextRefreshAt schedule { intervalMinutes cron timeZone activateAt deactivateAt } }
  errors { code message field } } }"""
SYSTEM = """mutation ($input: SystemScheduleInput!) { setSystemSchedule(input: $input) {
  systemSchedule { isEnabled days times timeZone nextRuns(first: 3) } errors { code message field } } }"""


@pytest.fixture
async def world(hub: Hub) -> Hub:
    await make_world(hub)
    return hub


async def scheduled(client: GraphQLClient, **fields: object) -> Json:
    answer: Json = (await client.run(SCHEDULE, input=fields))["scheduleSegment"]
    return answer


async def test_a_segment_is_scheduled_and_shows_when_it_is_next(world: Hub, client: GraphQLClient) -> None:
    segment = await create(client, name="Old", query="PROFILE(Contact).FILTER(Age >= 40)", activate=True)
    answer = await scheduled(client, id=segment["id"], cron="0 6 L * *", timeZone="Europe/Berlin")
    assert answer["errors"] == []
    assert answer["segment"]["schedule"] == {
        "intervalMinutes": None,
        "cron": "0 6 L * *",
        "timeZone": "Europe/Berlin",
        "activateAt": None,
        "deactivateAt": None,
    }
    due = datetime.fromisoformat(answer["segment"]["nextRefreshAt"])
    assert due > datetime.now(UTC)
    assert (due + timedelta(days=1, hours=2)).day == 1, "the next day is the first of a month"
    later = "2999-01-01T00:00:00Z"
    answer = await scheduled(client, id=segment["id"], deactivateAt=later)
    assert (answer["segment"]["schedule"]["cron"], answer["segment"]["schedule"]["deactivateAt"]) == (
        "0 6 L * *",
        later,
    )
    answer = await scheduled(client, id=segment["id"], cron=None, deactivateAt=None)
    assert answer["segment"] == {"nextRefreshAt": None, "schedule": None}


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"cron": "99 * * * *"}, ["cron"], "the minute, is wrong at column 1"),
        ({"cron": "0 6 * * *", "timeZone": "Europe/Berln"}, ["timeZone"], "Did you mean Europe/Berlin?"),
        ({"activateAt": "2020-01-01T00:00:00Z"}, ["activateAt"], "past already"),
    ],
)
async def test_what_is_wrong_with_a_schedule_is_told(
    world: Hub, client: GraphQLClient, fields: Json, field: list[str], message: str
) -> None:
    segment = await create(client, name="Old", query="PROFILE(Contact).FILTER(Age >= 40)", activate=True)
    answer = await scheduled(client, id=segment["id"], **fields)
    [error] = answer["errors"]
    assert (answer["segment"], error["code"], error["field"]) == (None, "INVALID", field)
    assert message in error["message"]


async def test_the_system_schedule_is_off_until_it_is_set(world: Hub, client: GraphQLClient) -> None:
    ask = '{ systemSchedule { isEnabled days times timeZone nextRuns } segment(name: "Old") { nextRefreshAt } }'
    await create(client, name="Old", query="PROFILE(Contact).FILTER(Age >= 40)", activate=True)
    before = await client.run(ask)
    assert before["systemSchedule"] == {
        "isEnabled": False,
        "days": [1, 2, 3, 4, 5, 6, 7],
        "times": [],
        "timeZone": "UTC",
        "nextRuns": [],
    }
    assert before["segment"]["nextRefreshAt"] is None
    wanted = {"isEnabled": True, "days": [7, 1], "times": ["18:00", "06:30"], "timeZone": "America/New_York"}
    answer = (await client.run(SYSTEM, input=wanted))["setSystemSchedule"]
    assert answer["errors"] == []
    runs = answer["systemSchedule"].pop("nextRuns")
    assert answer["systemSchedule"] == wanted | {"days": [1, 7], "times": ["06:30", "18:00"]}
    assert len(runs) == 3
    assert (await client.run(ask))["segment"]["nextRefreshAt"] == runs[0]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"times": []}, "times"),
        ({"times": ["1:00", "2:00", "3:00", "4:00", "5:00"]}, "times"),
        ({"times": ["01:00", "02:00", "03:00", "04:00", "05:00"]}, "times"),
        ({"times": ["24:00"]}, "times"),
        ({"days": []}, "days"),
        ({"days": [0]}, "days"),
        ({"timeZone": "CEST!"}, "timeZone"),
    ],
)
async def test_a_faulty_system_schedule_is_refused(
    world: Hub, client: GraphQLClient, changes: Json, field: str
) -> None:
    wanted = {"isEnabled": True, "times": ["06:30"], "timeZone": "UTC"} | changes
    answer = (await client.run(SYSTEM, input=wanted))["setSystemSchedule"]
    assert answer["systemSchedule"] is None
    assert [error["field"] for error in answer["errors"]] == [[field]]
    assert not (await client.run("{ systemSchedule { isEnabled } }"))["systemSchedule"]["isEnabled"]


async def test_the_system_schedule_is_turned_off_without_times(world: Hub, client: GraphQLClient) -> None:
    on = {"isEnabled": True, "times": ["06:30"], "timeZone": "UTC"}
    await client.run(SYSTEM, input=on)
    answer = (await client.run(SYSTEM, input=on | {"isEnabled": False, "times": []}))["setSystemSchedule"]
    assert answer["errors"] == []
    assert (answer["systemSchedule"]["isEnabled"], answer["systemSchedule"]["nextRuns"]) == (False, [])


async def test_a_zone_left_out_stays_also_where_the_input_is_no_variable(world: Hub, client: GraphQLClient) -> None:
    segment = await create(client, name="Old", query="PROFILE(Contact).FILTER(Age >= 40)", activate=True)
    await scheduled(client, id=segment["id"], cron="0 6 * * *", timeZone="Europe/Berlin")
    left_out = await scheduled(client, id=segment["id"], cron="0 7 * * *")
    assert left_out["segment"]["schedule"]["timeZone"] == "Europe/Berlin"
    given = f'{{id: "{segment["id"]}", cron: "0 8 * * *"}}'
    inline = f"mutation {{ scheduleSegment(input: {given}) {{ segment {{ schedule {{ timeZone }} }} }} }}"
    assert (await client.run(inline))["scheduleSegment"]["segment"]["schedule"]["timeZone"] == "Europe/Berlin"
    utc = await scheduled(client, id=segment["id"], timeZone="UTC")
    assert utc["segment"]["schedule"]["timeZone"] == "UTC"


async def test_the_next_refresh_is_that_of_a_planned_activation_and_none_after_a_deactivation(
    world: Hub, client: GraphQLClient
) -> None:
    segment = await create(client, name="Old", query="PROFILE(Contact).FILTER(Age >= 40)")
    activate_at, soon = "2999-01-01T00:00:00Z", (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    planned = await scheduled(client, id=segment["id"], activateAt=activate_at)
    assert planned["segment"]["nextRefreshAt"] == activate_at
    other = await create(client, name="Other", query="PROFILE(Contact).FILTER(Age >= 40)", activate=True)
    ending = await scheduled(client, id=other["id"], intervalMinutes=60, deactivateAt=soon)
    assert ending["segment"]["nextRefreshAt"] is None
