"""Ids and cursors that somebody made up: refused or unknown, never an internal error."""

import pytest

from seggql.graphql.ids import to_global_id
from seggql.graphql.pages import encode_cursor
from seggql.graphql.schema import node_reads
from seggql.store.hub import Hub
from seggql.store.segment_pages import SegmentSort
from tests.graphql.client import GraphQLClient
from tests.segments.making import stored_segment
from tests.segments.world import make_world

FORGED = (
    "x",
    "17",
    "a" * 24,
    "Contact:x",
    "Contact:-1",
    f"Contact:{10**30}",
    "Nothing:1",
    "$where",
    "\0",
    "a.b",
    "é" * 200,
)
POSITIONS: tuple[object, ...] = (
    "x",
    "$where",
    17,
    -1,
    10**30,
    [],
    ["x"],
    [1, 2],
    [None, None],
    ["x", 1, "y"],
    [[]],
    [10**30, "x"],
    [-1, "x"],
    ["x", "x"],
)

LISTS = {
    **{
        f"segments:{sort.name}": "query ($after: String) { segments(after: $after, orderBy: {by: "
        + sort.name
        + "}) { nodes { name } } }"
        for sort in SegmentSort
    },
    "jobs": "query ($after: String) { jobs(after: $after) { nodes { id } } }",
    "exports": "query ($after: String) { exports(after: $after) { nodes { id } } }",
    "profiles:Contact": 'query ($after: String) { profiles(type: "Contact", after: $after) { nodes { id } } }',
}
SEGMENT_LISTS = ("members", "changes", "refreshes")
CODES = {"INVALID", "NOT_FOUND"}


@pytest.mark.parametrize("kind", sorted(node_reads()))
async def test_an_id_that_somebody_made_up_finds_nothing(hub: Hub, client: GraphQLClient, kind: str) -> None:
    await make_world(hub)
    for raw in FORGED:
        answer = await client.post("query ($id: ID!) { node(id: $id) { id } }", id=to_global_id(kind, raw))
        codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
        assert codes <= CODES, (raw, answer)
        assert codes or answer["data"]["node"] is None, raw


@pytest.mark.parametrize("name", sorted(LISTS))
async def test_a_cursor_that_somebody_made_up_is_refused_or_shows_some_page(
    hub: Hub, client: GraphQLClient, name: str
) -> None:
    await make_world(hub)
    for list_name in (name, name.partition(":")[0], f"{name}:"):
        for position in POSITIONS:
            cursor = encode_cursor(list_name, position)  # type: ignore[arg-type]  # whatever JSON allows
            answer = await client.post(LISTS[name], after=cursor)
            codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
            assert codes <= CODES, (position, answer)


@pytest.mark.parametrize("name", SEGMENT_LISTS)
async def test_a_cursor_of_a_segments_list_likewise(hub: Hub, client: GraphQLClient, name: str) -> None:
    await make_world(hub)
    segment = await stored_segment(hub, "Some")
    document = f'query ($after: String) {{ segment(name: "Some") {{ {name}(after: $after) {{ totalCount }} }} }}'
    for position in POSITIONS:
        cursor = encode_cursor(f"{name}:{segment.id}", position)  # type: ignore[arg-type]  # whatever JSON allows
        answer = await client.post(document, after=cursor)
        codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
        assert codes <= CODES, (position, answer)


async def test_a_cursor_past_all_instants_is_refused_in_the_argument_where_it_stands(
    hub: Hub, client: GraphQLClient
) -> None:
    cursor = encode_cursor("segments:CREATED_AT", [2**62, "x"])
    for argument in ("after", "before"):
        document = f"query ($c: String) {{ segments({argument}: $c, orderBy: {{by: CREATED_AT}}) {{ totalCount }} }}"
        assert (await client.error(document, c=cursor))["extensions"]["field"] == [argument]
