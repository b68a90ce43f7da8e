"""Pages that are too long and cursors of other lists, in every list that the schema has."""

import pytest
from graphql import GraphQLObjectType

from seggql.graphql.schema import NOUNS, make_schema
from seggql.store.hub import Hub
from tests.graphql.client import GraphQLClient
from tests.graphql.segments import OLD, create
from tests.segments.world import make_world

AT = "2026-01-01T00:00:00Z"
MILLIONS = "first: 10000000"
PAGES = {
    "Query.segments": f"{{ segments({MILLIONS}) {{ totalCount }} }}",
    "Query.jobs": f"{{ jobs({MILLIONS}) {{ totalCount }} }}",
    "Query.exports": f"{{ exports({MILLIONS}) {{ totalCount }} }}",
    "Query.profiles": f'{{ profiles(type: "Contact", {MILLIONS}) {{ totalCount }} }}',
    "Query.previewQuery": f'{{ previewQuery(input: {{query: "PROFILE(Contact)"}}, {MILLIONS}) {{ totalCount }} }}',
    "Segment.members": f'{{ segment(name: "A") {{ members({MILLIONS}) {{ totalCount }} }} }}',
    "Segment.membersAt": f'{{ segment(name: "A") {{ membersAt(at: "{AT}", {MILLIONS}) {{ totalCount }} }} }}',
    "Segment.changes": f'{{ segment(name: "A") {{ changes({MILLIONS}) {{ totalCount }} }} }}',
    "Segment.refreshes": f'{{ segment(name: "A") {{ refreshes({MILLIONS}) {{ totalCount }} }} }}',
    "Profile.interactions": f"""{{ profile(type: "Contact", key: "ann") {{
        interactions(type: "Purchase", {MILLIONS}) {{ totalCount }} }} }}""",
    "Export.runs": f"{{ exports {{ nodes {{ runs({MILLIONS}) {{ totalCount }} }} }} }}",
    "SystemSchedule.nextRuns": f"{{ systemSchedule {{ nextRuns({MILLIONS}) }} }}",
    "IngestPayload.rejections": f"""mutation {{ upsertProfiles(type: "Contact", profiles: []) {{
        rejections({MILLIONS}) {{ index }} }} }}""",
    "RemovePayload.rejections": f"""mutation {{ deleteProfiles(type: "Contact", keys: []) {{
        rejections({MILLIONS}) {{ index }} }} }}""",
}
"""Every list that is read in pages, by its field."""


@pytest.fixture
async def world(hub: Hub, client: GraphQLClient) -> Hub:
    """The contacts of tests/segments/world.py, a segment and an export of it."""
    await make_world(hub)
    segment = await create(client, name="A", query=OLD)
    made = await client.run("""mutation { createDestination(input: {name: "Files", exporter: "file", options: {}}) {
      destination { id } } }""")
    export = """mutation ($input: CreateExportInput!) { createExport(input: $input) { export { id } } }"""
    destination = made["createDestination"]["destination"]["id"]
    await client.run(export, input={"name": "E", "destinationId": destination, "segmentIds": [segment["id"]]})
    return hub


def test_every_list_of_the_schema_is_asked_for_too_much() -> None:
    types = make_schema(NOUNS)._schema.type_map.values()
    objects = [type_ for type_ in types if isinstance(type_, GraphQLObjectType)]
    paged = {f"{type_}.{name}" for type_ in objects for name, field in type_.fields.items() if "first" in field.args}
    assert paged == PAGES.keys()


@pytest.mark.parametrize("document", PAGES.values(), ids=PAGES.keys())
async def test_a_page_of_ten_million_is_refused(world: Hub, client: GraphQLClient, document: str) -> None:
    error = await client.error(document)
    assert error["extensions"]["code"] in ("INVALID", "QUERY_TOO_EXPENSIVE"), error


async def test_a_cursor_from_another_list_is_refused(world: Hub, client: GraphQLClient) -> None:
    profiles = await client.run('{ profiles(type: "Contact") { pageInfo { endCursor } } }')
    cursor = profiles["profiles"]["pageInfo"]["endCursor"]
    for list_ in (
        "segments(after: $c)",
        "segments(before: $c, last: 3)",
        "jobs(after: $c)",
        "exports(after: $c)",
        'profiles(type: "Product", after: $c)',
    ):
        error = await client.error(f"query ($c: String) {{ {list_} {{ totalCount }} }}", c=cursor)
        assert (error["extensions"]["code"], "cursor" in error["message"]) == ("INVALID", True)
    for list_ in (
        'segment(name: "A") { members(after: $c)',
        f'segment(name: "A") {{ membersAt(at: "{AT}", after: $c)',
        'segment(name: "A") { changes(after: $c)',
        'segment(name: "A") { refreshes(after: $c)',
        'profile(type: "Contact", key: "ann") { interactions(type: "Purchase", after: $c)',
    ):
        document = f"query ($c: String) {{ {list_} {{ totalCount }} }} }}"
        error = await client.error(document, c=cursor)
        assert error["extensions"]["code"] == "INVALID"
