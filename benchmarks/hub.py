"""A hub for a benchmark: a mongod of its own in a temporary folder, and a type with a million synthetic people."""

import os
import random
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.progress import track

from seggql.catalog.model import Attribute, AttributeType, ProfileType
from seggql.dev.mongod import Mongod, running_mongod
from seggql.ingest.define_types import define_profile_type
from seggql.settings import Settings
from seggql.store.hub import Document, Hub, open_hub
from seggql.store.models import open_models

CACHE_GB = 4.0
MOST_SEGMENTS = 5_000
BATCH = 10_000
COUNTRIES = ("DE", "FR", "PL", "US", "JP", "BR", "IN", "NG")
SINCE = datetime(2020, 1, 1, tzinfo=UTC)

PERSON = ProfileType(
    name="Person",
    attributes=(
        Attribute(name="Score", type=AttributeType.INT, is_indexed=True),
        Attribute(name="Income", type=AttributeType.DOUBLE),
        Attribute(name="Country", type=AttributeType.STRING, is_indexed=True),
        Attribute(name="JoinedAt", type=AttributeType.DATETIME),
        Attribute(name="IsCustomer", type=AttributeType.BOOLEAN),
        Attribute(name="Tags", type=AttributeType.STRING, is_array=True),
        *(Attribute(name=f"Number{n}", type=AttributeType.DOUBLE) for n in range(12)),
        *(Attribute(name=f"Text{n}", type=AttributeType.STRING) for n in range(12)),
    ),
)
"""30 attributes. Score is uniform in 0 to 999 and Income in [0, 1), so that a condition's share is in its text."""


class NoQueue:
    """Nobody is told of runs."""

    def announce(self, run_id: str) -> None:
        pass


@asynccontextmanager
async def benchmark_hub() -> AsyncIterator[tuple[Hub, Settings]]:
    """An empty hub over a mongod of its own, gone afterwards."""
    with benchmark_mongod() as mongod:
        async with hub_on(mongod) as opened:
            yield opened


@contextmanager
def benchmark_mongod() -> Iterator[Mongod]:
    """A mongod in a temporary folder, gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="seggql-benchmark-") as folder,
        running_mongod(Path(folder), cache_gb=CACHE_GB) as mongod,
    ):
        yield mongod


@asynccontextmanager
async def hub_on(mongod: Mongod, database: str = "benchmark") -> AsyncIterator[tuple[Hub, Settings]]:
    """The hub of a database. Beanie's models are bound to the one opened last; benchmarks do without them."""
    settings = Settings(
        mongodb_uri=mongod.uri,
        database=database,
        export_dir=mongod.log.parent / "exports",
        max_active_segments=MOST_SEGMENTS,
    )
    hub = open_hub(settings)
    try:
        await open_models(hub)
        yield hub, settings
    finally:
        await hub.close()


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment of another process that packs what this one does."""
    return os.environ | {"SEGGQL_PACK_AFTER": str(settings.pack_after)}


async def insert_people(hub: Hub, count: int) -> None:
    """Put `count` people straight into the storage, with the indexes that the type's definition makes."""
    await define_profile_type(hub, PERSON)
    profiles, keys = hub.collection("profiles.Person"), hub.collection("keys.Person")
    for batch in track(list(_batches(count)), description="people"):
        documents = [person_document(ordinal) for ordinal in batch]
        await profiles.insert_many(documents, ordered=False)
        await keys.insert_many([{"_id": d["key"], "o": d["_id"]} for d in documents], ordered=False)


def person_document(ordinal: int) -> Document:
    """A person as stored; the same for the same ordinal."""
    return {"_id": ordinal, "key": f"p{ordinal}", "a": person_attributes(ordinal), "b": "benchmark", "u": SINCE}


def person_attributes(number: int) -> Document:
    """A person's attributes; the same for the same number."""
    chance = random.Random(number)
    return {
        "Score": chance.randrange(1000),
        "Income": chance.random(),
        "Country": chance.choice(COUNTRIES),
        "JoinedAt": SINCE + timedelta(minutes=chance.randrange(3_000_000)),
        "IsCustomer": chance.random() < 0.5,
        "Tags": [f"tag{chance.randrange(50)}" for _ in range(chance.randrange(4))],
        **{f"Number{n}": chance.random() for n in range(12)},
        **{f"Text{n}": f"value {chance.randrange(1000)}" for n in range(12)},
    }


def _batches(count: int) -> Iterator[range]:
    for start in range(1, count + 1, BATCH):
        yield range(start, min(start + BATCH, count + 1))
