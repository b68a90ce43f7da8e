"""DuckDB's side of the contest: the same questions over Parquet or over tables of its own, ids fetched as arrays."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
from pyroaring import BitMap

from benchmarks.contest.load import KINDS
from benchmarks.contest.questions import Asked, Compound
from benchmarks.contest.shared_sql import shared_passes, shared_sql
from benchmarks.contest.sql import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What one pass over all segments took, and the ids it found by name of segment."""

    seconds: float
    members: Mapping[str, BitMap]


@contextmanager
def over_parquet(folder: Path) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A database whose tables are the files of `folder`."""
    with _database(folder, "VIEW") as database:
        yield database


@contextmanager
def over_tables(folder: Path) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A database, in memory, that the files of `folder` have been loaded into."""
    with _database(folder, "TABLE") as database:
        yield database


def fetch_all(
    database: "duckdb.DuckDBPyConnection", segments: Sequence[Asked], as_of: datetime, *, is_shared: bool
) -> Fetched:
    """Find everyone in each segment, one by one or with passes that all share.

    What compounds use is kept as a table, so that it is found once.
    """
    used = _used(segments)
    began = time.perf_counter()
    for statement in shared_passes(segments, as_of) if is_shared else ():
        database.execute(statement)
    arrays = {}
    for segment in segments:
        statement = shared_sql(segment, as_of) if is_shared else sql(segment.question, as_of)
        if segment.name in used:
            database.execute(f"CREATE OR REPLACE TEMP TABLE {segment.name} AS {statement}")
            statement = f"SELECT _id FROM {segment.name}"
        arrays[segment.name] = database.execute(statement).fetchnumpy()["_id"]
    seconds = time.perf_counter() - began
    return Fetched(seconds=seconds, members={name: BitMap(array.astype("uint32")) for name, array in arrays.items()})


@contextmanager
def _database(folder: Path, kind: str) -> Iterator["duckdb.DuckDBPyConnection"]:
    with duckdb.connect() as database:
        for table in KINDS:
            files = f"{folder / table.name}/*.parquet"
            database.execute(f"CREATE {kind} {table.name} AS SELECT * FROM read_parquet('{files}')")
        yield database


def _used(segments: Sequence[Asked]) -> set[str]:
    compounds = [segment.question for segment in segments if isinstance(segment.question, Compound)]
    return {name for compound in compounds for name in (compound.first, compound.second)}
