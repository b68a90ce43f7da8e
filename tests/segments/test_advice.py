"""Advice on indexes: what is wanted is told with what it saves, and is no longer once it is there."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from io import StringIO

import httpx
import pytest
from rich.console import Console

from seggql.asgi import create_app
from seggql.catalog.model import Attribute, AttributeType, InteractionType, Link, ProfileType
from seggql.cli.advise import mutation, show_advice
from seggql.errors import RequestError
from seggql.evaluation import access, wanted_indexes
from seggql.ingest import define_types
from seggql.ingest.define_types import define_interaction_type, define_profile_type
from seggql.ingest.profiles import upsert_profiles
from seggql.packs.keep import Keeping, keep_packs
from seggql.packs.shape import shapes_of
from seggql.segments.advice import Advice, advise
from seggql.segments.packing import Packing
from seggql.segments.planning import read_surroundings, request_instant
from seggql.settings import Settings
from seggql.store.catalog import load_catalog
from seggql.store.hub import Document, Hub
from tests.graphql.client import GraphQLClient
from tests.segments.world import ListQueue, dynamic

PEOPLE, VISITS = 3_000, 6_000
T = AttributeType
CONTACT = ProfileType(
    name="Contact",
    attributes=(
        Attribute(name="Score", type=T.INT),
        Attribute(name="Level", type=T.INT),
        Attribute(name="Tags", type=T.STRING, is_array=True),
        Attribute(name="Name", type=T.STRING, is_indexed=True),
        Attribute(name="Address", type=T.OBJECT, attributes=(Attribute(name="City", type=T.STRING),)),
    ),
)
VISIT = InteractionType(
    name="Visit",
    links=(Link(name="Visitor", profile_type="Contact"),),
    attributes=(Attribute(name="Page", type=T.STRING), Attribute(name="Spent", type=T.DOUBLE)),
)


@pytest.fixture
async def world(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """3,000 contacts of all scores, two levels and many cities, and 6,000 visits of a year; none is too few."""
    monkeypatch.setattr(access, "SMALL", 100)
    monkeypatch.setattr(wanted_indexes, "SMALL", 100)
    await define_profile_type(hub, CONTACT)
    await define_interaction_type(hub, VISIT)
    people: list[Document] = [
        {
            "key": f"k{n}",
            "attributes": {
                "Score": n % 1000,
                "Level": n % 2,
                "Tags": ["x"],
                "Name": f"n{n}",
                "Address": {"City": f"c{n % 90}"},
            },
        }
        for n in range(PEOPLE)
    ]
    now = request_instant()
    visits: list[Document] = [
        {
            "_id": n,
            "t": now - timedelta(hours=n % 8760, seconds=1),
            "l": {"Visitor": n % PEOPLE},
            "a": {"Page": f"/{n % 500}", "Spent": n / 7},
        }
        for n in range(VISITS)
    ]
    outcome = await upsert_profiles(hub, "Contact", people)
    assert not outcome.rejected
    await hub.collection("interactions.Visit").insert_many(visits)
    return hub


async def advised(hub: Hub, settings: Settings, **queries: str) -> Advice:
    """The advice for active segments with these queries."""
    for name, query in queries.items():
        await dynamic(hub, settings, name, query, queue=ListQueue())
    return await advise(hub, settings)


def told(advice: Advice) -> Mapping[str, list[str]]:
    """The segments that gain, by attribute."""
    return {
        f"{index.record_type}.{'.'.join(index.attribute)}": [gain.segment for gain in index.gains]
        for index in advice.indexes
    }


async def test_a_rare_value_wants_an_index_and_a_frequent_one_or_an_array_does_not(
    world: Hub, settings: Settings
) -> None:
    advice = await advised(
        world,
        settings,
        Rare="PROFILE(Contact).FILTER(Score == 7 AND Tags CONTAINS 'x')",
        Range="PROFILE(Contact).FILTER(Score < 20 AND LENGTH(Name) > 1)",
        Wide="PROFILE(Contact).FILTER(Score > 3 AND LENGTH(Name) > 1)",
        Level="PROFILE(Contact).FILTER(Level == 1 AND LENGTH(Name) > 1)",
        City="PROFILE(Contact).FILTER(Address.City == 'c5' AND Level == 1)",
        Array="PROFILE(Contact).FILTER(Tags == 'x')",
        Named="PROFILE(Contact).FILTER(Name == 'n3' AND Score == 3)",
        Everyone="PROFILE(Contact)",
    )
    assert advice.segments == 8
    assert told(advice) == {"Contact.Score": ["Rare", "Range"], "Contact.Address.City": ["City"]}
    score = advice.indexes[0]
    assert (score.documents, advice.unread) == (PEOPLE, ())
    assert [round(gain.share, 2) for gain in score.gains] == [0.0, 0.02]
    assert all(gain.after_ms < gain.before_ms / 2 for gain in score.gains)
    assert score.saved_ms == pytest.approx(sum(gain.before_ms - gain.after_ms for gain in score.gains))


async def test_interactions_want_one_for_a_rare_field_and_one_that_having_is_covered_by(
    world: Hub, settings: Settings
) -> None:
    advice = await advised(
        world,
        settings,
        Page="INTERACTION(Visit, Visitor).FILTER(Page == '/7')",
        Spent="INTERACTION(Visit, Visitor).HAVING(SUM(Spent) > 500, UTCDAYS(30))",
        Counted="INTERACTION(Visit, Visitor).HAVING(COUNT() > 1, UTCDAYS(30))",
    )
    assert told(advice) == {"Visit.Page": ["Page"], "Visit.Spent": ["Spent"]}


async def test_types_of_two_kinds_may_have_the_same_name(world: Hub, settings: Settings) -> None:
    await define_profile_type(world, ProfileType(name="Visit", attributes=(Attribute(name="Place", type=T.STRING),)))
    [page] = (await advised(world, settings, Page="INTERACTION(Visit, Visitor).FILTER(Page == '/7')")).indexes
    assert page.kind == "interaction"
    assert "defineInteractionType" in mutation(page, await load_catalog(world))


async def test_what_segments_share_is_saved_once_and_what_is_restricted_already_is_not_saved(
    world: Hub, settings: Settings
) -> None:
    rare = "PROFILE(Contact).FILTER(Score == 7)"
    advice = await advised(world, settings, One=rare, Two=f"{rare} UNION INTERACTION(Visit, Visitor)")
    [score] = advice.indexes
    assert {gain.segment for gain in score.gains} == {"One", "Two"}
    assert score.saved_ms == pytest.approx(score.gains[0].before_ms - score.gains[0].after_ms)
    few = "PROFILE(Contact).FILTER(Key == 'k1') INTERSECT INTERACTION(Visit, Visitor).FILTER(Page == '/7')"
    assert "Visit.Page" not in told(await advised(world, settings, Few=few))


async def test_what_one_index_saves_is_not_saved_by_another_again(world: Hub, settings: Settings) -> None:
    both = "PROFILE(Contact).FILTER(Score == 7 AND Address.City == 'c5')"
    assert told(await advised(world, settings, Both=both)) == {"Contact.Score": ["Both"]}
    advice = await advised(world, settings, City="PROFILE(Contact).FILTER(Address.City == 'c5' AND Level == 1)")
    city, score = advice.indexes
    assert (city.attribute, score.attribute) == (("Address", "City"), ("Score",))
    assert {gain.segment for gain in city.gains} == {"Both", "City"}
    [with_city] = [gain.after_ms for gain in city.gains if gain.segment == "Both"]
    assert [(gain.segment, gain.before_ms) for gain in score.gains] == [("Both", with_city)]


async def test_what_was_advised_is_not_advised_again_once_it_is_there_and_the_planner_takes_it(
    world: Hub, settings: Settings
) -> None:
    advice = await advised(
        world,
        settings,
        Rare="PROFILE(Contact).FILTER(Score == 7 AND Level == 1)",
        City="PROFILE(Contact).FILTER(Address.City == 'c5')",
        Page="INTERACTION(Visit, Visitor).FILTER(Page == '/7')",
        Spent="INTERACTION(Visit, Visitor).HAVING(SUM(Spent) > 500, UTCDAYS(30))",
    )
    assert len(advice.indexes) == 4
    catalog = await load_catalog(world)
    async with client_of(world, settings) as http:
        for index in advice.indexes:
            answer = await GraphQLClient(http=http).run(mutation(index, catalog))
            assert [payload["errors"] for payload in answer.values()] == [[]]
    assert (await advise(world, settings)).indexes == ()
    sizes = (await world.database.command("collStats", "profiles.Contact"))["indexSizes"]
    assert {"a.Score_1__id_1", "a.Address.City_1__id_1"} <= set(sizes)


def client_of(hub: Hub, settings: Settings) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(settings, hub, ListQueue()))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


async def test_what_reads_packs_wants_no_index(world: Hub, settings: Settings) -> None:
    packed = settings.model_copy(update={"pack_after": 0})
    rare = "PROFILE(Contact).FILTER(Score == 7 AND Level == 1)"
    assert told(await advised(world, packed, Rare=rare)) == {"Contact.Score": ["Rare"]}
    surroundings = await read_surroundings(world, packed)
    needs = await Packing().needs(world, surroundings)
    keeping = Keeping(settings=packed, owner="test", now=request_instant(), share=1.0, anew=True)
    assert await keep_packs(world, shapes_of(surroundings.catalog), needs, keeping)
    advice = await advise(world, packed)
    assert (advice.packed, advice.indexes) == (1, ())


async def test_small_types_want_none(world: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wanted_indexes, "SMALL", 10_000)
    assert (await advised(world, settings, Rare="PROFILE(Contact).FILTER(Score == 7)")).indexes == ()


async def test_it_is_told_to_people_and_as_json_and_nothing_is_made(world: Hub, settings: Settings) -> None:
    rare = "PROFILE(Contact).FILTER(Score == 7 AND Level == 1)"
    advice = await advised(world, settings, Rare=rare)
    before = await world.collection("profiles.Contact").index_information()
    catalog = await load_catalog(world)
    [score] = advice.indexes
    assert mutation(score, catalog) == (
        'mutation { defineProfileType(input: {name: "Contact", buildsIndexes: true, attributes: '
        '[{name: "Score", type: INT, isIndexed: true}]}) { errors { message } } }'
    )
    shown = StringIO()
    await asyncio.to_thread(show_advice, settings, as_json=False, console=Console(file=shown, soft_wrap=True))
    assert "Contact.Score: saves about" in shown.getvalue()
    assert "Rare: " in shown.getvalue()
    assert "Nothing was made." in shown.getvalue()
    assert await world.collection("profiles.Contact").index_information() == before


async def test_json_has_every_field(world: Hub, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    await advised(world, settings, Rare="PROFILE(Contact).FILTER(Score == 7 AND Level == 1)")
    await asyncio.to_thread(show_advice, settings, as_json=True, console=Console())
    document = json.loads(capsys.readouterr().out)
    assert (document["segments"], document["packed"], document["unread"]) == (1, 0, [])
    [index] = document["indexes"]
    assert set(index) == {
        *("kind", "record_type", "attribute", "documents", "bytes", "build_s", "saved_ms", "gains", "mutation"),
    }
    assert set(index["gains"][0]) == {"segment", "before_ms", "after_ms", "share"}


async def test_an_index_of_many_documents_is_made_only_where_that_is_said(
    world: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(define_types, "LARGE", PEOPLE)
    indexed = ProfileType(name="Contact", attributes=(Attribute(name="Score", type=T.INT, is_indexed=True),))
    before = await world.collection("profiles.Contact").index_information()
    with pytest.raises(
        RequestError, match=r"3,000 documents, and this makes 1 index of them: it takes about 0 s"
    ) as no:
        await define_profile_type(world, indexed)
    assert (no.value.code, no.value.field) == ("NOT_ALLOWED", ("buildsIndexes",))
    assert await world.collection("profiles.Contact").index_information() == before
    assert not [
        a.name
        for a in (await load_catalog(world)).profile_types["Contact"].attributes
        if a.is_indexed and a.name == "Score"
    ]
    unindexed = ProfileType(name="Contact", attributes=(Attribute(name="New", type=T.INT),))
    assert len((await define_profile_type(world, unindexed)).attributes) == 6
    await define_profile_type(world, indexed, builds_indexes=True)
    assert len(await world.collection("profiles.Contact").index_information()) == len(before) + 1


async def test_a_link_more_over_many_interactions_is_asked_about_too(
    world: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(define_types, "LARGE", VISITS)
    more = InteractionType(name="Visit", links=(*VISIT.links, Link(name="Host", profile_type="Contact")))
    with pytest.raises(RequestError, match="this makes 2 indexes"):
        await define_interaction_type(world, more)
