"""Facts about the MongoDB of a hub that decide whether seggql works well on it."""

import time
from dataclasses import dataclass
from datetime import UTC

from bson import SON
from pymongo import AsyncMongoClient, IndexModel
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

from seggql.store.catalog import load_catalog
from seggql.store.collections import (
    indexes_of,
    interactions_collection,
    profiles_collection,
    relationships_collection,
)
from seggql.store.hub import Document, Hub
from seggql.store.models import COLLECTIONS, MODELS

LOOK_TIMEOUT_MS = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What MongoDB says of itself; None is what this user may not ask.

    `clock_ahead_s` is how far its clock is ahead of ours, `disk_free` the share of its disk that is free.
    """

    release: tuple[int, ...]
    replica_set: str | None
    is_writable: bool
    members: int | None
    unhealthy: tuple[str, ...]
    snapshot_window_s: int | None
    is_majority_journaled: bool | None
    clock_ahead_s: float
    disk_free: float | None
    disk_free_bytes: int | None


async def examine(hub: Hub) -> Examination:
    """Ask a MongoDB that answers."""
    start = time.time()
    hello = await hub.database.command("hello")
    middle = (start + time.time()) / 2
    build = await hub.database.command("buildInfo")
    status = await _asked(hub, "replSetGetStatus") or {}
    config = (await _asked(hub, "replSetGetConfig") or {}).get("config", {})
    window = await _asked(hub, SON([("getParameter", 1), ("minSnapshotHistoryWindowInSeconds", 1)])) or {}
    sizes = await hub.database.command("dbStats")
    total, used = sizes.get("fsTotalSize"), sizes.get("fsUsedSize")
    states = status.get("members", [])
    return Examination(
        release=tuple(build["versionArray"][:3]),
        replica_set=hello.get("setName") or ("sharded" if hello.get("msg") == "isdbgrid" else None),
        is_writable=bool(hello.get("isWritablePrimary")),
        members=len(states) or None,
        unhealthy=tuple(m["name"] for m in states if not m["health"] or m["stateStr"] in ("RECOVERING", "DOWN")),
        snapshot_window_s=window.get("minSnapshotHistoryWindowInSeconds"),
        is_majority_journaled=config.get("writeConcernMajorityJournalDefault"),
        clock_ahead_s=hello["localTime"].replace(tzinfo=UTC).timestamp() - middle,
        disk_free=(total - used) / total if total else None,
        disk_free_bytes=int(total - used) if total else None,
    )


async def why_away(uri: str) -> str:
    """Why no MongoDB can be used at `uri`, as far as that can be found out by asking its first host alone."""
    parsed = parse_uri(uri if "://" in uri else f"mongodb://{uri}")
    host, port = parsed["nodelist"][0]
    client: AsyncMongoClient[Document] = AsyncMongoClient(
        host, port, directConnection=True, serverSelectionTimeoutMS=LOOK_TIMEOUT_MS
    )
    try:
        hello = await client.admin.command("hello")
    except PyMongoError:
        return f"no MongoDB answers at {host}:{port}"
    finally:
        await client.close()
    asked = parsed["options"].get("replicaSet")
    if not hello.get("setName"):
        return f"the MongoDB at {host}:{port} is no replica set"
    if asked and hello["setName"] != asked:
        return f"the MongoDB at {host}:{port} belongs to the replica set {hello['setName']!r}, not {asked!r}"
    if not hello.get("primary"):
        return f"the replica set {hello['setName']!r} has no primary now"
    return f"its members call themselves {', '.join(hello.get('hosts', []))}, which cannot all be reached from here"


async def missing_indexes(hub: Hub) -> list[str]:
    """The indexes that the code counts on and the hub has not, each as `collection: fields`."""
    expected: dict[str, list[list[str]]] = {
        str(model.Settings.name): [_fields(index) for index in getattr(model.Settings, "indexes", ())]
        for model in MODELS
    }
    expected |= {name: [_fields(index) for index in indexes] for name, indexes in COLLECTIONS.items()}
    expected |= await _of_types(hub)
    missing = []
    for name, wanted in expected.items():
        there = await hub.collection(name).index_information()
        found = [[field for field, _ in index["key"]] for index in there.values()]
        missing += [f"{name}: {', '.join(fields)}" for fields in wanted if fields not in found]
    return missing


async def _of_types(hub: Hub) -> dict[str, list[list[str]]]:
    catalog = await load_catalog(hub)
    kinds = (
        (profiles_collection, catalog.profile_types),
        (interactions_collection, catalog.interaction_types),
        (relationships_collection, catalog.relationship_types),
    )
    return {
        collection(name): [list(keys) for keys in indexes_of(record_type)]
        for collection, types in kinds
        for name, record_type in types.items()
    }


def _fields(index: IndexModel) -> list[str]:
    return list(index.document["key"])


async def _asked(hub: Hub, command: str | SON[str, object]) -> Document | None:
    """The answer of the server to its administrator; None where this user is none."""
    try:
        return await hub.client.admin.command(command)
    except OperationFailure:
        return None
