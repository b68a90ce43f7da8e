"""Export runs in MongoDB: each delivery of one segment, with its manifest."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from beanie import Document as BeanieDocument
from bson import ObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from seggql.store.hub import Document
from seggql.store.job import Job, JobId
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
    """A delivery of one segment's generation; how it stands (status, error, times) is its job's to say.

    `token` is the fencing token of the claim that began it last.
    """

    id: str
    export_id: str
    job_id: JobId
    segment_id: SegmentId
    segment_name: str
    generation: int
    manifest: Manifest
    token: int = 0


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
    token: int = 0

    class Settings:
        name = "export_runs"
        indexes = [  # noqa: RUF012  # Beanie reads it
            IndexModel([("job_id", ASCENDING)], unique=True, name="job_id"),
            IndexModel([("export_id", ASCENDING), ("_id", DESCENDING)], name="export_id"),
        ]


async def begin_export_run(job: Job, segment: Segment, generation: int, *, expected: int) -> ExportRun | None:
    """The run of a job, made on its first attempt and begun again, with nothing delivered, on later ones.

    None where a later claim has begun it: whoever slept past its lease must not undo what that delivers.
    """
    fresh = {
        "export_id": job.export,
        "segment_id": segment.id,
        "segment_name": segment.name,
        "generation": generation,
        "token": job.token,
    } | _stored(Manifest(expected=expected))
    ours = {"job_id": job.id, "$or": [{"token": {"$lte": job.token}}, {"token": {"$exists": False}}]}
    new_id = {"_id": str(ObjectId())}
    for _ in range(2):
        try:
            stored = await ExportRunDocument.get_pymongo_collection().find_one_and_update(
                ours, {"$set": fresh, "$setOnInsert": new_id}, upsert=True, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:  # made in the same moment, or begun with a greater token: the next look tells
            continue
        assert stored is not None, "it is made where there is none"
        return _value(stored)
    return None


async def finish_export_run(run: ExportRun, manifest: Manifest) -> bool:
    """Store what became of it; False where a later claim has begun it again."""
    ours = {"_id": run.id, "token": run.token}
    result = await ExportRunDocument.get_pymongo_collection().update_one(ours, {"$set": _stored(manifest)})
    return result.matched_count == 1


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
        token=stored.get("token", 0),
    )
