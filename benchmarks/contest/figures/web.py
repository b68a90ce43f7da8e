"""Answers over HTTP, in the 95th percentile, against the least that MongoDB and Starlette take for the same."""

import random
import time
from collections.abc import Awaitable, Sequence
from dataclasses import replace

import httpx
from pymongo import monitoring
from starlette.requests import Request

from benchmarks.contest.arena import Arena
from benchmarks.contest.conditions import compared
from benchmarks.contest.figure import Figure
from benchmarks.contest.pipelines import Written, looking_up, written
from benchmarks.contest.questions import Acted, PeopleWhoActed, segql
from benchmarks.hub import hub_on
from benchmarks.web import Read, Reads, ask, compare_with_reads, get, p95, served
from seggql.dev.mongod import Mongod
from seggql.graphql.segments.segment import segments_of_profiles
from seggql.segments.planning import request_instant
from seggql.store.hub import Document, Hub

LIST = """{ segments(first: 50) {
    nodes { name displayName state memberCount lastRefresh { status finishedAt } }
    pageInfo { hasNextPage endCursor } } }"""
FIRST = 100
PREVIEWS: Sequence[Acted | PeopleWhoActed] = (
    Acted(interaction="Purchase", least=2, days=30),
    Acted(interaction="Purchase", summed="Amount", least=200.005, days=90),
    PeopleWhoActed(
        condition=compared("Country", "==", "DE"), acted=Acted(interaction="Visit", least=2, days=30), did=True
    ),
)
"""The unsaved queries: a count, a sum, and a count among some people."""


async def measure_web(mongod: Mongod, arena: Arena, requests: int) -> list[Figure]:
    """Measure over a hub that tells of its reads."""
    reads = Reads()
    monitoring.register(reads)
    async with hub_on(mongod, arena.settings.database) as (hub, settings):
        watched = replace(arena, hub=hub, settings=settings)
        return [
            await _segments_of_one_profile(watched, requests),
            await _list_of_segments(watched, reads, requests),
            await _preview(watched, requests),
        ]


async def _segments_of_one_profile(arena: Arena, requests: int) -> Figure:
    """What resolves `Profile.segments` against one `find_one`, in turns, of people chosen at random.

    Neither goes over HTTP; how long both take over it is among the numbers. Half of the requests come first and do not
    count: what a process reads for the first time it keeps.
    """
    chance = random.Random(arena.scale.seed)
    profiles = arena.hub.collection("profiles.Person")

    async def one(request: Request) -> object:
        return await profiles.find_one({"_id": int(request.query_params["ordinal"])})

    async def find_one(ordinal: int) -> None:
        assert await profiles.find_one({"_id": ordinal})

    async def resolve(ordinal: int) -> None:
        await segments_of_profiles(arena.hub, [("Person", ordinal)])

    seconds: dict[str, list[float]] = {"find_one": [], "resolver": [], "bare_route": [], "graphql": []}
    async with served(arena.hub, arena.settings, {"/one": one}) as http:
        for _ in range(requests + requests // 2):
            ordinal = chance.randrange(arena.scale.people)
            document = f'{{ profile(type: "Person", key: "p{ordinal}") {{ segments {{ name }} }} }}'
            seconds["find_one"].append(await _timed(find_one(ordinal)))
            seconds["resolver"].append(await _timed(resolve(ordinal)))
            seconds["bare_route"].append(await get(http, f"/one?ordinal={ordinal}"))
            seconds["graphql"].append(await ask(http, document))
    measured = {name: p95(values[requests // 2 :]) for name, values in seconds.items()}
    return Figure(
        what=f"segments of one profile of {len(arena.segments):,}, against one `find_one`",
        ratio=measured["resolver"] / measured["find_one"],
        asked=10,
        bound="most",
        numbers={f"{name}_p95_s": value for name, value in measured.items()},
    )


async def _timed(work: Awaitable[None]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def _list_of_segments(arena: Arena, reads: Reads, requests: int) -> Figure:
    graphql, bare = await compare_with_reads(arena.hub, arena.settings, reads, LIST, requests)
    return Figure(
        what="list of 50 segments with counts and last refresh, against a bare route that makes the same reads",
        ratio=graphql / bare,
        asked=3,
        bound="most",
        numbers={"graphql_p95_s": graphql, "bare_p95_s": bare},
    )


async def _preview(arena: Arena, requests: int) -> Figure:
    """The preview that compares worst, against the better of two pipelines for it."""
    numbers: dict[str, float] = {}
    for place, question in enumerate(PREVIEWS):
        routes = _routes(arena, question)
        async with served(arena.hub, arena.settings, routes) as http:
            document = (
                f'{{ previewQuery(input: {{query: "{segql(question)}"}}, first: {FIRST}) {{ profiles {{ key }} }} }}'
            )
            await _require_some(arena, http, document, question)
            seconds: dict[str, list[float]] = {name: [] for name in ("graphql", *routes)}
            for _ in range(max(20, requests // 5)):
                seconds["graphql"].append(await ask(http, document))
                for path in routes:
                    seconds[path].append(await get(http, path))
        numbers |= {f"{place}{name}_p95_s": p95(values) for name, values in seconds.items()}
        numbers[f"{place}_ratio"] = p95(seconds["graphql"]) / min(p95(seconds[path]) for path in routes)
    return Figure(
        what=f"preview of the first {FIRST} of an unsaved query with a window, against the better of two pipelines",
        ratio=max(value for name, value in numbers.items() if name.endswith("_ratio")),
        asked=1,
        bound="most",
        numbers=numbers,
    )


async def _require_some(arena: Arena, http: httpx.AsyncClient, document: str, question: Acted | PeopleWhoActed) -> None:
    """Raises: AssertionError where the preview has others than the pipeline finds, or too few."""
    answer = (await http.post("/graphql", json={"query": document})).json()
    keys = {profile["key"] for profile in answer["data"]["previewQuery"]["profiles"]}
    everyone = {f"p{row['_id']}" for row in await _rows(arena.hub, written(question, request_instant(), {}), [])}
    assert keys <= everyone
    assert len(keys) == min(FIRST, len(everyone))


def _routes(arena: Arena, question: Acted | PeopleWhoActed) -> dict[str, Read]:
    """Two ways to find some profiles: from the interactions, and profile by profile until there are enough."""
    person: Document = {"from": "profiles.Person", "localField": "_id", "foreignField": "_id", "as": "profile"}

    async def from_interactions(request: Request) -> object:
        ending: list[Document] = [{"$limit": FIRST}, {"$lookup": person}]
        return await _rows(arena.hub, written(question, request_instant(), {}), ending)

    async def by_profile(request: Request) -> object:
        return await _rows(arena.hub, looking_up(question, request_instant()), [{"$limit": FIRST}])

    return {"/interactions": from_interactions, "/profiles": by_profile}


async def _rows(hub: Hub, pipeline: Written, ending: list[Document]) -> list[Document]:
    cursor = await hub.collection(pipeline.collection).aggregate([*pipeline.stages, *ending], allowDiskUse=True)
    return await cursor.to_list()
