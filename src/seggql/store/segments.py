"""Segments in MongoDB: read by id or name, written field by field against the version that was read."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import bson
from bson import ObjectId
from pymongo import ReturnDocument, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from seggql.errors import RequestCode, RequestError
from seggql.store.hub import CODEC_OPTIONS, RAW, Document, Hub
from seggql.store.segment import Segment, SegmentId, SegmentKind, SegmentState, SegmentUsage
from seggql.store.segment_document import folded, new_document, segment_value, stored_warnings
from seggql.store.transaction import in_transaction

COLLECTION = "segments"
BATCH = 1_000
"""Segments in one reply of MongoDB, some 2 KB each; by itself the first has only 101."""

KEPT = 4_000
"""Segments whose values are kept, some 10 KB each with what they were read from."""

GUARD = {"_id": "segment_dependencies"}
"""Whoever changes what segments depend on writes this document (of `counters`), so that two such changes cannot make
a cycle together, nor one a reference to what the other deletes."""

ACTIVE_GUARD = {"_id": "active_segments"}
"""Whoever activates a segment writes this one, so that two together cannot pass the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentSummary:
    """What other queries have to know of a segment."""

    id: SegmentId
    name: str
    profile_type: str
    depends_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Generations:
    """Where the members in force are: in the chunks of `base`, and in the ledger from there to `last`."""

    base: int
    last: int


def new_segment_id() -> SegmentId:
    """An id that no segment has had."""
    return SegmentId(str(ObjectId()))


async def find_segment(hub: Hub, segment: SegmentId, session: AsyncClientSession | None = None) -> Segment | None:
    """The segment with an id."""
    stored = await hub.collection(COLLECTION).find_one({"_id": segment}, session=session)
    return segment_value(stored) if stored else None


async def find_segment_named(hub: Hub, name: str) -> Segment | None:
    """The segment with a name."""
    stored = await hub.collection(COLLECTION).find_one({"name": name})
    return segment_value(stored) if stored else None


async def find_segments(
    hub: Hub, ids: Iterable[SegmentId], session: AsyncClientSession | None = None
) -> dict[SegmentId, Segment]:
    """Those of the segments that are there, by id."""
    wanted = list(ids)
    found = await _find(hub, {"_id": {"$in": wanted}}, session) if wanted else []
    return {segment.id: segment for segment in found}


async def find_segments_named(hub: Hub, names: Iterable[str]) -> dict[str, Segment]:
    """Those of the segments that are there, by name."""
    return {segment.name: segment for segment in await _find(hub, {"name": {"$in": list(names)}})}


async def find_dependants(hub: Hub, names: Iterable[str], session: AsyncClientSession | None = None) -> list[Segment]:
    """The segments whose queries use one of these, by name."""
    return await _find(hub, {"depends_on": {"$in": list(names)}}, session)


async def find_active_segments(hub: Hub, profile_type: str | None = None) -> list[Segment]:
    """The active segments, of one type or of all, by name."""
    query: Document = {"state": SegmentState.ACTIVE.value}
    return await _find(hub, query | ({"profile_type": profile_type} if profile_type else {}))


async def find_generations(hub: Hub, profile_type: str) -> dict[SegmentId, Generations]:
    """The generations in force of the active segments of a type that have members; in one document, and narrow."""
    fields = {"ids": "$_id", "bases": "$pointer.base", "lasts": "$pointer.generation"}
    pipeline: list[Document] = [
        {"$match": {"state": SegmentState.ACTIVE.value, "profile_type": profile_type, "pointer.count": {"$gt": 0}}},
        {"$group": {"_id": None} | {name: {"$push": field} for name, field in fields.items()}},
    ]
    cursor = await hub.collection(COLLECTION).aggregate(pipeline)
    found: dict[SegmentId, Generations] = {}
    async for row in cursor:
        found |= zip(row["ids"], map(Generations, row["bases"], row["lasts"]), strict=True)
    return found


async def find_all_segments(hub: Hub) -> list[Segment]:
    """Every segment, by name."""
    return await _find(hub, {})


async def find_segments_behind(hub: Hub, profile_type: str, deleted: int) -> list[Segment]:
    """The segments of a type whose last generation does not know of all `deleted` profiles yet, by name."""
    return await _find(hub, {"profile_type": profile_type, "pointer.deleted": {"$lt": deleted}})


async def summarize_segments(
    hub: Hub, session: AsyncClientSession | None = None, *, names: Collection[str] | None = None
) -> dict[str, SegmentSummary]:
    """What queries may refer to: every segment, or those called one of `names`, by name."""
    fields = {"name": 1, "profile_type": 1, "depends_on": 1}
    called = {} if names is None else {"name": {"$in": list(names)}}
    cursor = hub.collection(COLLECTION).find(called, fields, session=session)
    return {
        row["name"]: SegmentSummary(
            id=SegmentId(row["_id"]),
            name=row["name"],
            profile_type=row["profile_type"],
            depends_on=tuple(row["depends_on"]),
        )
        async for row in cursor
    }


async def guard_dependencies(hub: Hub, session: AsyncClientSession) -> None:
    """Make sure that no other transaction changes what depends on what while this one does.

    Segments that use segments, and exports that use segments and destinations. What is decided by them is read in the
    same session: a read outside of it may not see yet what the last such transaction has written.
    """
    await hub.collection("counters").update_one(GUARD, {"$inc": {"changes": 1}}, upsert=True, session=session)


async def is_taken(hub: Hub, name: str) -> bool:
    """Whether a segment has this name."""
    return await hub.collection(COLLECTION).find_one({"name": name}, {"_id": 1}) is not None


async def find_templates(hub: Hub, templates: Iterable[str]) -> frozenset[str]:
    """Those of the templates that a segment was made from."""
    found = hub.collection(COLLECTION).find({"template": {"$in": list(templates)}}, {"template": 1})
    return frozenset([row["template"] async for row in found])


async def insert_template(hub: Hub, segment: Segment) -> None:
    """Store a segment that is made from a template; nothing where its name or its template was taken just now."""
    with suppress(RequestError):
        await insert_segment(hub, segment)


async def count_active(hub: Hub, session: AsyncClientSession) -> int:
    """How many dynamic segments are active; transactions that ask this conflict with each other."""
    await hub.collection("counters").update_one(ACTIVE_GUARD, {"$inc": {"changes": 1}}, upsert=True, session=session)
    active = {"state": SegmentState.ACTIVE.value, "kind": SegmentKind.DYNAMIC.value}
    return await hub.collection(COLLECTION).count_documents(active, session=session)


async def insert_segment(hub: Hub, segment: Segment, session: AsyncClientSession | None = None) -> None:
    """Store a new segment, at its first generation where it has a pointer. Raises: RequestError (NAME_TAKEN)."""
    document = new_document(segment).model_dump(by_alias=True, mode="python", exclude={"revision_id"})
    try:
        await hub.collection(COLLECTION).insert_one(_plain(document), session=session)
    except DuplicateKeyError:
        raise RequestError(
            RequestCode.NAME_TAKEN, f"There is a segment called {segment.name!r} already.", field=("name",)
        ) from None


async def change_segment(
    hub: Hub,
    segment: Segment,
    changes: Mapping[str, Any],
    at: datetime,
    *,
    changes_definition: bool = False,
    session: AsyncClientSession | None = None,
) -> Segment:
    """Set fields of the segment as it was read; what others wrote since stays, and is a conflict.

    Raises: RequestError (CONFLICT, NOT_FOUND).
    """
    fields = dict(changes) | {"updated_at": at}
    if "warnings" in fields:
        fields["warnings"] = stored_warnings(fields["warnings"])
    if "display_name" in fields:
        fields["folded"] = folded(segment.name, fields["display_name"])
    counters = {"version": 1} | ({"definition": 1} if changes_definition else {})
    stored = await hub.collection(COLLECTION).find_one_and_update(
        {"_id": segment.id, "version": segment.version},
        {"$set": _plain(fields), "$inc": counters},
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    if stored is None:
        raise await _gone_or_changed(hub, segment, session)
    return segment_value(stored)


async def delete_segment(hub: Hub, segment: SegmentId, session: AsyncClientSession) -> bool:
    """Delete the segment itself; its chunks are swept."""
    return (await hub.collection(COLLECTION).delete_one({"_id": segment}, session=session)).deleted_count == 1


async def draw_generations(hub: Hub, counts: Mapping[SegmentId, int]) -> dict[SegmentId, int]:
    """Draw generation numbers that nobody had, so many for each segment; the last of each.

    Segments that have been deleted are left out.
    """
    if not counts:
        return {}

    async def write(session: AsyncClientSession) -> dict[SegmentId, int]:
        segments = hub.collection(COLLECTION)
        draws = [UpdateOne({"_id": segment}, {"$inc": {"drawn": count}}) for segment, count in counts.items()]
        await segments.bulk_write(draws, session=session, ordered=False)
        drawn = segments.find({"_id": {"$in": list(counts)}}, {"drawn": 1}, session=session)
        return {SegmentId(row["_id"]): int(row["drawn"]) async for row in drawn}

    return await in_transaction(hub, write)


async def add_usage(hub: Hub, segment: SegmentId, usage: SegmentUsage) -> Segment | None:
    """Note that something uses the segment, in place of what it said before, whoever else does the same."""
    pairs = (("$$usage.kind", usage.kind), ("$$usage.name", usage.name))
    is_another = {"$or": [{"$ne": [path, {"$literal": text}]} for path, text in pairs]}
    others = {"$filter": {"input": "$usages", "as": "usage", "cond": is_another}}
    added = {"$literal": {"kind": usage.kind, "name": usage.name, "is_active": usage.is_active}}
    return await _update(hub, segment, [{"$set": {"usages": {"$concatArrays": [others, [added]]}}}])


async def remove_usage(hub: Hub, segment: SegmentId, kind: str, name: str) -> Segment | None:
    """Forget that something uses the segment."""
    return await _update(hub, segment, {"$pull": {"usages": {"kind": kind, "name": name}}})


async def _update(hub: Hub, segment: SegmentId, update: Document | list[Document]) -> Segment | None:
    stored = await hub.collection(COLLECTION).find_one_and_update(
        {"_id": segment}, update, return_document=ReturnDocument.AFTER
    )
    return segment_value(stored) if stored else None


async def _find(hub: Hub, query: Document, session: AsyncClientSession | None = None) -> list[Segment]:
    undecoded = hub.collection(COLLECTION).with_options(codec_options=RAW)
    cursor = undecoded.find(query, session=session, batch_size=BATCH).sort("name", 1)
    return [_decoded(stored.raw) for stored in await cursor.to_list()]


@lru_cache(maxsize=KEPT)
def _decoded(stored: bytes) -> Segment:
    """The value of a segment as MongoDB sends it: most come as they came before, and decoding takes 20 times as long
    as seeing that."""
    return segment_value(bson.decode(stored, CODEC_OPTIONS))


async def _gone_or_changed(hub: Hub, segment: Segment, session: AsyncClientSession | None) -> RequestError:
    if await find_segment(hub, segment.id, session) is None:
        return RequestError(RequestCode.NOT_FOUND, f"The segment {segment.name!r} has been deleted.", field=("id",))
    return RequestError(
        RequestCode.CONFLICT,
        f"Somebody changed the segment {segment.name!r} since it was read: read it again, then repeat the change.",
        field=("expectedUpdatedAt",),
    )


def _plain(fields: Mapping[str, Any]) -> Document:
    """Enums as their values and tuples as lists, all the way down."""
    return {name: _plain_value(value) for name, value in fields.items()}


def _plain_value(value: Any) -> Any:
    match value:
        case Mapping():
            return _plain(value)
        case str() | bytes():
            return value
        case Sequence():
            return [_plain_value(item) for item in value]
        case _:
            return getattr(value, "value", value)
