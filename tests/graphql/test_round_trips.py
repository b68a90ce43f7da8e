"""Nested queries cost as many round trips to MongoDB for many objects as for few."""

from datetime import timedelta

import pytest

from seggql.store.hub import Hub
from tests.graphql.client import GraphQLClient
from tests.graphql.conftest import RoundTrips
from tests.segments.making import NOW, give_members, stored_segment
from tests.segments.world import make_world

SEGMENTS = """{ segments(first: 50) { nodes { name memberCount profileType { name attributes { name } }
    dependsOn { name memberCount } dependents { name } lastRefresh { status segment { name } }
    usages { name } exports { name } } } }"""
MEMBERS = """{ segment(name: "S0") { members(first: 50) { nodes { key attributes
    type { name interactions { name links { profileType { name } } } }
    segments { name memberCount lastRefresh { status } } } } } }"""


@pytest.fixture
async def world(hub: Hub) -> Hub:
    """Contacts, and a first segment of one of them."""
    await make_world(hub)
    await make_segment(hub, 0, members=[1])
    return hub


async def make_segment(hub: Hub, number: int, *, members: list[int]) -> None:
    """A segment that depends on the one before it."""
    depends_on = (f"S{number - 1}",) if number else ()
    created_at = NOW + timedelta(seconds=number)
    segment = await stored_segment(hub, f"S{number}", depends_on=depends_on, created_at=created_at)
    await give_members(hub, segment, members)


async def test_a_list_of_segments_costs_the_same_for_twenty_as_for_two(
    world: Hub, client: GraphQLClient, round_trips: RoundTrips
) -> None:
    await make_segment(world, 1, members=[1])
    with round_trips as few:
        await client.run(SEGMENTS)
    for number in range(2, 20):
        await make_segment(world, number, members=[1, 2])
    with round_trips as many:
        answer = await client.run(SEGMENTS)
    assert len(answer["segments"]["nodes"]) == 20
    assert sorted(few) == sorted(many)
    assert len(many) <= 12, many


async def test_members_with_their_segments_cost_the_same_for_four_as_for_one(
    world: Hub, client: GraphQLClient, round_trips: RoundTrips
) -> None:
    with round_trips as few:
        await client.run(MEMBERS)
    await give_members(world, (await stored_segment(world, "Other")), [1, 2, 3, 4])
    with round_trips as many:
        answer = await client.run(MEMBERS.replace("S0", "Other"))
    assert len(answer["segment"]["members"]["nodes"]) == 4
    assert sorted(few) == sorted(many)
    assert len(many) <= 12, many
