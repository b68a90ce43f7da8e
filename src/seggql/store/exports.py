"""Exports in MongoDB: which segments' members go to which destination, with which columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from beanie import Document as BeanieDocument
from bson import ObjectId
from pydantic import BaseModel, Field
from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from seggql.errors import RequestCode, RequestError
from seggql.exporter import ExportMode
from seggql.store.export_runs import ExportRunDocument
from seggql.store.hub import Document
from seggql.store.transaction import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportField:
    """What to deliver, `Key`, an attribute or a path like `Address.City`, and the column's name at the destination."""

    attribute: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What goes where; `fields` None is Key and every attribute."""

    id: str
    name: str
    destination_id: str
    segment_ids: tuple[str, ...]
    fields: tuple[ExportField, ...] | None
    mode: ExportMode
    is_scheduled: bool


class FieldDocument(BaseModel):
    """ExportField as it is stored."""

    attribute: str
    name: str


class ExportDocument(BeanieDocument):
    """Export as it is stored."""

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows keys of any type
    name: str
    destination_id: str
    segment_ids: list[str]
    fields: list[FieldDocument] | None
    mode: ExportMode
    is_scheduled: bool

    class Settings:
        name = "exports"
        indexes = [  # noqa: RUF012  # Beanie reads it
            IndexModel([("name", ASCENDING)], unique=True, name="name"),
            IndexModel([("segment_ids", ASCENDING)], name="segment_ids"),
            IndexModel([("destination_id", ASCENDING)], name="destination_id"),
        ]


async def insert_export(
    name: str,
    destination_id: str,
    segment_ids: Sequence[str],
    fields: Sequence[ExportField] | None,
    mode: ExportMode,
    is_scheduled: bool,
    session: Session,
) -> Export:
    """Store a new export. Raises: RequestError (NAME_TAKEN)."""
    document = {
        "_id": str(ObjectId()),
        "name": name,
        "destination_id": destination_id,
        "segment_ids": list(segment_ids),
        "fields": stored_fields(fields),
        "mode": mode.value,
        "is_scheduled": is_scheduled,
    }
    try:
        await ExportDocument.get_pymongo_collection().insert_one(document, session=session)
    except DuplicateKeyError:
        raise _name_taken(name) from None
    return _value(document)


def stored_fields(fields: Sequence[ExportField] | None) -> list[Document] | None:
    """`fields` as they are stored."""
    return None if fields is None else [{"attribute": field.attribute, "name": field.name} for field in fields]


async def find_exports(condition: Mapping[str, Any] | None = None, session: Session | None = None) -> list[Export]:
    """Exports by name; `condition` from the functions below."""
    cursor = ExportDocument.get_pymongo_collection().find(condition or {}, session=session).sort("name", ASCENDING)
    return [_value(document) async for document in cursor]


def with_ids(ids: Sequence[str]) -> Document:
    """The exports with these ids."""
    return {"_id": {"$in": list(ids)}}


def of_destinations(ids: Sequence[str]) -> Document:
    """The exports to these destinations."""
    return {"destination_id": {"$in": list(ids)}}


def of_segments(ids: Sequence[str]) -> Document:
    """The exports of any of these segments."""
    return {"segment_ids": {"$in": list(ids)}}


def scheduled(segment_ids: Sequence[str]) -> Document:
    """The exports that deliver any of these segments whenever their schedule refreshes them."""
    return of_segments(segment_ids) | {"is_scheduled": True}


def without_segment(id_: str) -> Document:
    """The exports that this segment could still be added to."""
    return {"segment_ids": {"$ne": id_}}


def all_of(conditions: Sequence[Document]) -> Document:
    """The exports that every condition selects; all where there are none."""
    return {"$and": list(conditions)} if conditions else {}


async def page_of_exports(condition: Document, first: int, after: str | None) -> list[Export]:
    """The `first` exports past the name `after`, by name."""
    clause: Document = {"name": {"$gt": after}} if after is not None else {}
    cursor = ExportDocument.get_pymongo_collection().find({"$and": [condition, clause]}).sort("name").limit(first)
    return [_value(document) async for document in cursor]


async def count_exports(condition: Document) -> int:
    """How many exports `condition` selects."""
    return await ExportDocument.get_pymongo_collection().count_documents(condition)


async def change_export(id_: str, changes: Mapping[str, Any]) -> Export:
    """Set the given fields. Raises: RequestError (NOT_FOUND, NAME_TAKEN)."""
    try:
        return await _update(id_, {"$set": dict(changes)})
    except DuplicateKeyError:
        raise _name_taken(changes["name"]) from None


async def add_segment(id_: str, segment_id: str, session: Session) -> Export:
    """Put a segment on the export; nothing where it is there already. Raises: RequestError (NOT_FOUND)."""
    return await _update(id_, {"$addToSet": {"segment_ids": segment_id}}, session)


async def remove_segment(id_: str, segment_id: str) -> Export:
    """Take a segment off the export. Raises: RequestError (NOT_FOUND)."""
    return await _update(id_, {"$pull": {"segment_ids": segment_id}})


async def delete_export(id_: str) -> bool:
    """Delete it, and before that the runs it has had; False where there is none."""
    await ExportRunDocument.get_pymongo_collection().delete_many({"export_id": id_})
    result = await ExportDocument.get_pymongo_collection().delete_one({"_id": id_})
    return result.deleted_count == 1


async def _update(id_: str, update: Document, session: Session | None = None) -> Export:
    stored = await ExportDocument.get_pymongo_collection().find_one_and_update(
        {"_id": id_}, update, return_document=ReturnDocument.AFTER, session=session
    )
    if stored is None:
        raise RequestError(RequestCode.NOT_FOUND, "There is no such export.", field=("input", "id"))
    return _value(stored)


def _name_taken(name: str) -> RequestError:
    return RequestError(RequestCode.NAME_TAKEN, f"There is an export called {name!r} already.", field=("input", "name"))


def _value(stored: Mapping[str, Any]) -> Export:
    fields = stored["fields"]
    return Export(
        id=stored["_id"],
        name=stored["name"],
        destination_id=stored["destination_id"],
        segment_ids=tuple(stored["segment_ids"]),
        fields=None if fields is None else tuple(ExportField(**field) for field in fields),
        mode=ExportMode(stored["mode"]),
        is_scheduled=stored["is_scheduled"],
    )
