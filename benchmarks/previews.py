"""Previews of queries with a window over GraphQL, against the best pipeline that one would write by hand for each.

Two are written for each query, one that starts from the interactions of the window and one that goes from profile to
profile; the faster one counts. Both sides hand over the attributes of a hundred profiles.

python -m benchmarks.previews [--people 100000] [--visits 1000000] [--rounds 40]
"""

import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
import typer
from rich.progress import track

from benchmarks.hub import BATCH, NoQueue, benchmark_hub, insert_people
from benchmarks.ingest import VISIT
from benchmarks.measuring import show
from seggql.asgi import create_app
from seggql.ingest.define_types import define_interaction_type
from seggql.settings import Settings
from seggql.store.hub import Document, Hub

AT_LEAST_ONE = typer.Option(min=1)
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 365
FIRST = 100
HOPELESS = 4
PREVIEW = """query ($query: String!, $asOf: DateTime!) { previewQuery(input: {query: $query, asOf: $asOf}) {
  profiles { key attributes } totalCount errors { message } } }"""

Pipeline = list[Document]
Ask = Callable[[], Awaitable[int]]
"""Asks once; returns how many profiles came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A query, and pipelines by hand over interactions and over profiles."""

    query: str
    from_interactions: Pipeline | None
    from_profiles: Pipeline


def questions() -> dict[str, Question]:
    """Frequent and rare matches, each alone and in compounds."""
    return {
        "count in 30 days, many": _grouped("COUNT() >= 2", 30, {"n": {"$sum": 1}}, {"n": {"$gte": 2}}),
        "sum in 30 days, one in 1,000": _grouped(
            "SUM(Seconds) > 9000", 30, {"n": {"$sum": "$a.Seconds"}}, {"n": {"$gt": 9000}}
        ),
        "count in 180 days, one in 200": _grouped("COUNT() >= 40", 180, {"n": {"$sum": 1}}, {"n": {"$gte": 40}}),
        "one page in 90 days": _grouped("COUNT() > 0", 90, {}, {}, page="/page/7"),
        "filter and count in 30 days": _grouped(
            "COUNT() >= 3", 30, {"n": {"$sum": 1}}, {"n": {"$gte": 3}}, profiles=("Country == 'DE'", {"Country": "DE"})
        ),
        "rare filter and count in 30 days": _grouped(
            "COUNT() >= 3", 30, {"n": {"$sum": 1}}, {"n": {"$gte": 3}}, profiles=("Score == 7", {"Score": 7})
        ),
        "filter without visits in 14 days": Question(
            query=f"PROFILE(Person).FILTER(IsCustomer) EXCEPT {_chain('COUNT() > 0', 14)}",
            from_interactions=None,
            from_profiles=[
                {"$match": {"a.IsCustomer": True}},
                _visits(14, {}, {}, last=[{"$limit": 1}]),
                {"$match": {"visits": []}},
                {"$limit": FIRST},
                {"$project": {"key": 1, "a": 1}},
            ],
        ),
    }


def _chain(having: str, days: int, page: str | None = None) -> str:
    condition = f".FILTER(Page == '{page}')" if page else ""
    return f"INTERACTION(Visit, Visitor){condition}.HAVING({having}, UTCDAYS({days}))"


def _grouped(
    having: str,
    days: int,
    sums: Document,
    test: Document,
    *,
    page: str | None = None,
    profiles: tuple[str, Document] | None = None,
) -> Question:
    """Of `profiles`, a filter as text and as attributes, those whose visits pass `test`."""
    condition: Document = {"a.Page": page} if page else {}
    filtered = {f"a.{name}": value for name, value in profiles[1].items()} if profiles else {}
    chain = _chain(having, days, page)
    person: list[Document] = [
        {"$lookup": {"from": "profiles.Person", "localField": "_id", "foreignField": "_id", "as": "p"}},
        *([{"$match": {f"p.{path}": value for path, value in filtered.items()}}] if filtered else []),
    ]
    return Question(
        query=f"PROFILE(Person).FILTER({profiles[0]}) INTERSECT {chain}" if profiles else chain,
        from_interactions=[
            {"$match": {"t": {"$gt": AS_OF - timedelta(days=days), "$lte": AS_OF}, **condition}},
            {"$group": {"_id": "$l.Visitor", **sums}},
            {"$match": test},
            *([*person, {"$limit": FIRST}] if filtered else [{"$limit": FIRST}, *person]),
            {"$project": {"p.key": 1, "p.a": 1}},
        ],
        from_profiles=[
            {"$match": filtered},
            _visits(days, condition, sums, last=[{"$match": test}]),
            {"$match": {"visits": {"$ne": []}}},
            {"$limit": FIRST},
            {"$project": {"key": 1, "a": 1}},
        ],
    )


def _visits(days: int, condition: Document, sums: Document, *, last: Pipeline) -> Document:
    """The visits of a profile in the window, grouped."""
    inside: Pipeline = [
        {"$match": {"t": {"$gt": AS_OF - timedelta(days=days), "$lte": AS_OF}, **condition}},
        *([{"$group": {"_id": None, **sums}}] if sums else [{"$limit": 1}]),
        *last,
    ]
    joined = {"from": "interactions.Visit", "localField": "_id", "foreignField": "l.Visitor"}
    return {"$lookup": {**joined, "pipeline": inside, "as": "visits"}}


def main(
    people: Annotated[int, AT_LEAST_ONE] = 100_000,
    visits: Annotated[int, AT_LEAST_ONE] = 1_000_000,
    rounds: Annotated[int, typer.Option(min=5)] = 40,
) -> None:
    """Measure, print, and exit with 1 where a figure is missed."""
    sys.exit(0 if asyncio.run(_measure(people, visits, rounds)) else 1)


async def _measure(people: int, visits: int, rounds: int) -> bool:
    async with benchmark_hub() as (hub, settings):
        await insert_people(hub, people)
        await insert_visits(hub, people, visits)
        return await compare(hub, settings, rounds)


async def insert_visits(hub: Hub, people: int, count: int) -> None:
    """Put `count` visits of a year straight into the storage: a tenth of the people make half of them."""
    await define_interaction_type(hub, VISIT)
    chance = random.Random(1)
    for start in track(range(0, count, BATCH), description="visits"):
        documents = [_visit(number, people, chance) for number in range(start, min(start + BATCH, count))]
        await hub.collection("interactions.Visit").insert_many(documents, ordered=False)


def _visit(number: int, people: int, chance: random.Random) -> Document:
    visitor = 1 + int(people * chance.random() ** 3) * 7919 % people  # those who visit often are anywhere
    return {
        "_id": f"v{number}",
        "t": AS_OF - timedelta(seconds=chance.randrange(DAYS * 86_400)),
        "l": {"Visitor": visitor},
        "a": {
            "Seconds": chance.randrange(600),
            "Page": f"/page/{chance.randrange(1000)}",
            "Spent": chance.random() * 10,
        },
        "b": "benchmark",
    }


async def compare(hub: Hub, settings: Settings, rounds: int) -> bool:
    """Ask each question all ways in turns; print a row for each."""
    rows = []
    async with _client(hub, settings) as client:
        for name, question in questions().items():
            asks = {"preview": _preview(client, question), "profiles": _by_hand(hub, "profiles.Person", question)}
            if question.from_interactions is not None:
                asks["interactions"] = _by_hand(hub, "interactions.Visit", question)
            p95 = {way: _p95(seconds) for way, seconds in (await _in_turns(asks, rounds)).items()}
            ours, best = p95.pop("preview"), min(p95.values())
            told = ", ".join(f"{way} {seconds * 1000:.0f}" for way, seconds in p95.items())
            print(f"{name}: preview {ours * 1000:.0f} ms, {told}", flush=True)
            rows.append((name, f"{ours / best:.2f} ({ours * 1000:.0f} ms / {told})", "<= 1", ours <= best))
    return show(f"p95 of previewQuery, first {FIRST}, over that of the best pipeline by hand", rows)


def _client(hub: Hub, settings: Settings) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(settings, hub, NoQueue()))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


async def _in_turns(asks: dict[str, Ask], rounds: int) -> dict[str, list[float]]:
    """The seconds of each way in each round, after one that does not count; a way that is hopeless is dropped then."""
    seconds: dict[str, list[float]] = {}
    for number in range(rounds + 1):
        found, took = {}, dict[str, float]()
        for way, ask in asks.items():
            began = time.perf_counter()
            found[way] = await ask()
            took[way] = time.perf_counter() - began
        assert len(set(found.values())) == 1, found
        if number:
            seconds = {way: [*seconds.get(way, []), took[way]] for way in took}
        else:
            by_hand = min(took[way] for way in took if way != "preview")
            asks = {way: ask for way, ask in asks.items() if way == "preview" or took[way] <= HOPELESS * by_hand}
    return seconds


def _preview(client: httpx.AsyncClient, question: Question) -> Ask:
    async def ask() -> int:
        variables = {"query": question.query, "asOf": AS_OF.isoformat()}
        answer = await client.post("/graphql", json={"query": PREVIEW, "variables": variables})
        found: dict[str, Any] = answer.json()["data"]["previewQuery"]
        assert not found["errors"], found
        return len(found["profiles"])

    return ask


def _by_hand(hub: Hub, collection: str, question: Question) -> Ask:
    pipeline = question.from_profiles if collection == "profiles.Person" else question.from_interactions
    assert pipeline is not None

    async def ask() -> int:
        return len(await (await hub.collection(collection).aggregate(pipeline)).to_list())

    return ask


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)]


if __name__ == "__main__":
    typer.run(main)
