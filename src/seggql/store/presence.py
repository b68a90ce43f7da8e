"""Which processes are there: each writes down every few seconds that it is, so that operators and metrics can tell."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from importlib.metadata import version

from pymongo import IndexModel
from pymongo.errors import PyMongoError

from seggql.stopping import cancel_for_certain
from seggql.store.hub import Document, Hub
from seggql.store.outage import OUTAGES

logger = logging.getLogger(__name__)

COLLECTION = "processes"

BEAT_S, GONE_AFTER_S, FORGOTTEN_AFTER_S = 10.0, 45, 24 * 3600
"""How often a process says that it is there, when it counts as gone, and when it is forgotten."""

INDEXES = [IndexModel([("seen_at", 1)], name="seen_at", expireAfterSeconds=FORGOTTEN_AFTER_S)]

RELEASE = version("seggql")


class ProcessKind(Enum):
    """What a process does; `seggql dev` is all three."""

    API = "API"
    WORKER = "WORKER"
    SCHEDULER = "SCHEDULER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """A process, and how long ago it said that it is there."""

    kind: ProcessKind
    name: str
    release: str
    started_at: datetime
    silent_s: float


def process_name() -> str:
    """This process among all of a hub: host and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"


@asynccontextmanager
async def present(hub: Hub, *kinds: ProcessKind) -> AsyncIterator[None]:
    """Be seen as each of `kinds` while the block runs; where MongoDB is away, nobody is seen."""
    heart = asyncio.create_task(_beat(hub, kinds))
    try:
        yield
    finally:
        await cancel_for_certain([heart])
        try:
            async with asyncio.timeout(1.0):
                await hub.collection(COLLECTION).delete_many({"_id": {"$in": [_id(kind) for kind in kinds]}})
        except (TimeoutError, PyMongoError):
            logger.debug("presence not withdrawn")


async def find_present(hub: Hub) -> list[Presence]:
    """The processes that are there, by MongoDB's clock."""
    silent: Document = {"$divide": [{"$subtract": ["$$NOW", "$seen_at"]}, 1000]}
    pipeline: list[Document] = [
        {"$set": {"silent_s": silent}},
        {"$match": {"silent_s": {"$lt": GONE_AFTER_S}}},
        {"$sort": {"_id": 1}},
    ]
    return [
        Presence(
            kind=ProcessKind(row["kind"]),
            name=row["name"],
            release=row["release"],
            started_at=row["started_at"],
            silent_s=row["silent_s"],
        )
        async for row in await hub.collection(COLLECTION).aggregate(pipeline)
    ]


async def _beat(hub: Hub, kinds: tuple[ProcessKind, ...]) -> None:
    while True:
        try:
            for kind in kinds:
                fields = {"kind": kind.value, "name": process_name(), "release": RELEASE, "seen_at": "$$NOW"}
                begun: Document = {"started_at": {"$ifNull": ["$started_at", "$$NOW"]}}
                await hub.collection(COLLECTION).update_one({"_id": _id(kind)}, [{"$set": fields | begun}], upsert=True)
        except OUTAGES as error:
            logger.debug("presence not told error=%s", type(error).__name__)
        await asyncio.sleep(BEAT_S)


def _id(kind: ProcessKind) -> str:
    return f"{kind.value} {process_name()}"
