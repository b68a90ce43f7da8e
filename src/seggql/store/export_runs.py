"""Export runs in MongoDB: each delivery of one segment, with its manifest."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from beanie import Document as BeanieDocument
from bson import ObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from seggql.store.hub import Document
from seggql.store.job import JobId
from seggql.store.segment import Segment, SegmentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What became of a delivery: expected = delivered + rejected + withheld; `reasons` are the first rejections'.

    Where it failed, nothing was delivered, and everything but `expected` is zero.
    """

    expected: int = 0
    delivered: int = 0
    rejected: int = 0
    withheld: int = 0
    reasons: tuple[str, ...] = ()
    bytes: int = 0
    checksum: str | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRun:
    """A delivery of one segment's generation; how it stands (status, error, times) is its job's to say."""

    id: str
    export_id: str
    job_id: JobId
    segment_id: SegmentId
    segment_name: str
    generation: int
    manifest: Manifest


class ExportRunDocument(BeanieDocument):
    """ExportRun as it is stored: the manifest's fields beside the others."""

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows keys of any type
    export_id: str
    job_id: str
    segment_id: str
    segment_name: str
    generation: int
    expected: int
    delivered: int
    rejected: int
    withheld: int
    reasons: list[str]
    bytes: int
    checksum: str | None
    location: str | None

    class Settings:
        name = "export_runs"
        indexes = [  # noqa: RUF012  # Beanie reads it
            IndexModel([("job_id", ASCENDING)], unique=True, name="job_id"),
            IndexModel([("export_id", ASCENDING), ("_id", DESCENDING)], name="export_id"),
        ]


async def begin_export_run(
    export_id: str, job_id: JobId, segment: Segment, generation: int, *, expected: int
) -> ExportRun:
    """The run of a job, made on its first attempt and begun again, with nothing delivered, on later ones."""
    fresh = {
        "export_id": export_id,
        "segment_id": segment.id,
        "segment_name": segment.name,
        "generation": generation,
    } | _stored(Manifest(expected=expected))
    collection = ExportRunDocument.get_pymongo_collection()
    new_id = {"_id": str(ObjectId())}
    await collection.update_one({"job_id": job_id}, {"$set": fresh, "$setOnInsert": new_id}, upsert=True)
    stored = await collection.find_one({"job_id": job_id})
    assert stored is not None  # nothing deletes runs
    return _value(stored)


async def finish_export_run(run: ExportRun, manifest: Manifest) -> ExportRun:
    """Store what became of it."""
    collection = ExportRunDocument.get_pymongo_collection()
    await collection.update_one({"_id": run.id}, {"$set": _stored(manifest)})
    return replace(run, manifest=manifest)


async def find_export_runs(ids: Sequence[str]) -> list[ExportRun]:
    """The runs with these ids that are there."""
    cursor = ExportRunDocument.get_pymongo_collection().find({"_id": {"$in": list(ids)}})
    return [_value(stored) async for stored in cursor]


async def page_of_export_runs(export_id: str, *, after: str | None, limit: int) -> list[ExportRun]:
    """At most `limit` runs of an export, newest first, from behind the run `after`."""
    query: Document = {"export_id": export_id} | ({"_id": {"$lt": after}} if after else {})
    cursor = ExportRunDocument.get_pymongo_collection().find(query).sort("_id", DESCENDING).limit(limit)
    return [_value(stored) async for stored in cursor]


async def count_export_runs(export_id: str) -> int:
    """How many runs an export has had."""
    return await ExportRunDocument.get_pymongo_collection().count_documents({"export_id": export_id})


def _stored(manifest: Manifest) -> Document:
    return asdict(manifest) | {"reasons": list(manifest.reasons)}


def _value(stored: Document) -> ExportRun:
    manifest = Manifest(
        expected=stored["expected"],
        delivered=stored["delivered"],
        rejected=stored["rejected"],
        withheld=stored["withheld"],
        reasons=tuple(stored["reasons"]),
        bytes=stored["bytes"],
        checksum=stored["checksum"],
        location=stored["location"],
    )
    return ExportRun(
        id=stored["_id"],
        export_id=stored["export_id"],
        job_id=JobId(stored["job_id"]),
        segment_id=SegmentId(stored["segment_id"]),
        segment_name=stored.get("segment_name", ""),
        generation=stored["generation"],
        manifest=manifest,
    )
