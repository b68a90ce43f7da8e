"""Import of new rows, against raw `insert_many` of the documents that it stores into collections with the same indexes.

python -m benchmarks.ingest [--rows 200000] [--rounds 3]
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from pymongo import IndexModel

from benchmarks.hub import PERSON, SINCE, benchmark_hub, person_attributes
from benchmarks.measuring import Contender, in_turns, ratio, show
from seggql.catalog.model import Attribute, AttributeType, InteractionType, Link, ProfileType, RecordType
from seggql.garbage import collect_seldom
from seggql.ingest.columns import ColumnOptions
from seggql.ingest.define_types import define_interaction_type, define_profile_type
from seggql.ingest.formats import RowFormat
from seggql.ingest.import_file import FileImport, import_file
from seggql.ingest.kinds import RowKind
from seggql.store.collections import indexes_of, make_collections
from seggql.store.hub import Document, Hub

AT_LEAST_ONE = typer.Option(min=1)
BATCH = 10_000
LEAST = 0.5
ROW_MAX_BYTES = 15 * 1024 * 1024

VISIT = InteractionType(
    name="Visit",
    links=(Link(name="Visitor", profile_type="Person"),),
    attributes=(
        Attribute(name="Seconds", type=AttributeType.INT, is_indexed=True),
        Attribute(name="Page", type=AttributeType.STRING),
        Attribute(name="Spent", type=AttributeType.DOUBLE),
    ),
)


def main(rows: Annotated[int, AT_LEAST_ONE] = 200_000, rounds: Annotated[int, AT_LEAST_ONE] = 3) -> None:
    """Measure, print, and exit with 1 where a figure is missed."""
    collect_seldom()  # as the process of an import does
    with tempfile.TemporaryDirectory(prefix="seggql-benchmark-") as folder:
        sys.exit(0 if asyncio.run(_measure(Path(folder), rows, rounds)) else 1)


async def _measure(folder: Path, rows: int, rounds: int) -> bool:
    people, visits = folder / "people.ndjson", folder / "visits.ndjson"
    _write(people, [{"key": f"p{n}", "attributes": _json(person_attributes(n))} for n in range(rows)])
    _write(visits, [_visit(n, rows) for n in range(rows)])
    async with benchmark_hub() as (hub, _):
        await define_profile_type(hub, PERSON)
        await define_interaction_type(hub, VISIT)
        contenders: dict[str, Contender] = {
            "import, profiles": _import(hub, people, RowKind.PROFILES, PERSON),
            "raw, profiles": _raw(hub, "profiles.Person", "keys.Person"),
            "import, interactions": _import(hub, visits, RowKind.INTERACTIONS, VISIT),
            "raw, interactions": _raw(hub, "interactions.Visit"),
        }
        seconds = await in_turns(contenders, rounds)
    for name, values in seconds.items():
        print(f"{name:>24} {rows / median(values):10,.0f} rows/s")
    figures = []
    for kind in ("profiles", "interactions"):
        share = ratio(seconds[f"raw, {kind}"], seconds[f"import, {kind}"])
        figures.append((f"rate of import / raw, {kind}", f"{share:.2f}", f">= {LEAST}", share >= LEAST))
    return show(f"Import of {rows:,} new rows", figures)


def _import(hub: Hub, path: Path, kind: RowKind, type_: ProfileType | InteractionType) -> Contender:
    wanted = FileImport(
        path=path,
        row_format=RowFormat.NDJSON,
        kind=kind,
        type_name=type_.name,
        columns=ColumnOptions(),
        row_max_bytes=ROW_MAX_BYTES,
    )
    collections = [f"{kind.value}.{type_.name}"] + ([f"keys.{type_.name}"] if kind is RowKind.PROFILES else [])

    async def run() -> float:
        """The file imported into new collections; for interactions the profiles are there already."""
        for name in collections:
            await hub.collection(name).drop()
        await make_collections(hub, type_, None)
        began = time.perf_counter()
        stored = sum([step.outcome.stored async for step in import_file(hub, wanted)])
        elapsed = time.perf_counter() - began
        assert stored == await hub.collection(collections[0]).count_documents({})
        return elapsed

    return run


def _raw(hub: Hub, *names: str) -> Contender:
    """The documents of the collections, inserted again into new ones with the same indexes."""
    types: dict[str, RecordType] = {"profiles.Person": PERSON, "interactions.Visit": VISIT}

    async def run() -> float:
        elapsed = 0.0
        for name in names:
            copy = hub.collection(f"raw.{name}")
            await copy.drop()
            if name in types:
                await copy.create_indexes([IndexModel([(key, 1) for key in keys]) for keys in indexes_of(types[name])])
            async for documents in _batches(hub, name):
                began = time.perf_counter()
                await copy.insert_many(documents, ordered=False)
                elapsed += time.perf_counter() - began
        return elapsed

    return run


async def _batches(hub: Hub, name: str) -> AsyncIterator[list[Document]]:
    batch: list[Document] = []
    async for document in hub.collection(name).find({}, batch_size=BATCH):
        batch.append(document)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _visit(number: int, people: int) -> Document:
    at = SINCE + timedelta(seconds=number)
    attributes = {"Seconds": number % 600, "Page": f"/page/{number % 1000}", "Spent": number / 7}
    links = {"Visitor": f"p{number * 7919 % people}"}
    return {"id": f"v{number}", "timestamp": at.isoformat(), "links": links, "attributes": attributes}


def _json(attributes: Document) -> Document:
    return attributes | {"JoinedAt": attributes["JoinedAt"].isoformat()}


def _write(path: Path, rows: list[Document]) -> None:
    with path.open("w") as file:
        file.writelines(f"{json.dumps(row)}\n" for row in rows)


if __name__ == "__main__":
    typer.run(main)
