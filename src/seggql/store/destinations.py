"""Destinations in MongoDB: configured targets of exports, by unique name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from beanie import Document as BeanieDocument
from bson import ObjectId
from pydantic import BaseModel, Field
from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from seggql.errors import RequestCode, RequestError
from seggql.store.hub import Document
from seggql.store.transaction import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationCheck:
    """Whether a destination answered when it was last asked."""

    at: datetime
    is_ok: bool
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A target: an exporter by name and its options, secrets included."""

    id: str
    name: str
    exporter: str
    options: Mapping[str, Any]
    last_check: DestinationCheck | None = None


class CheckDocument(BaseModel):
    """DestinationCheck as it is stored."""

    at: datetime
    is_ok: bool
    message: str | None = None


class DestinationDocument(BeanieDocument):
    """Destination as it is stored."""

    id: str = Field(alias="_id", default_factory=lambda: str(ObjectId()))  # type: ignore[assignment]  # Beanie allows keys of any type
    name: str
    exporter: str
    options: dict[str, Any]
    last_check: CheckDocument | None = None

    class Settings:
        name = "destinations"
        indexes = [IndexModel([("name", ASCENDING)], unique=True, name="name")]  # noqa: RUF012  # Beanie reads it


async def insert_destination(name: str, exporter: str, options: Mapping[str, Any]) -> Destination:
    """Store a new destination. Raises: RequestError (NAME_TAKEN)."""
    document = DestinationDocument(name=name, exporter=exporter, options=dict(options))
    try:
        await document.insert()
    except DuplicateKeyError:
        raise _name_taken(name) from None
    return _value(document)


async def find_destinations(ids: Sequence[str] | None = None, session: Session | None = None) -> list[Destination]:
    """Every destination, or those with the given ids, by name."""
    condition: Document = {} if ids is None else {"_id": {"$in": list(ids)}}
    return [_value(document) async for document in DestinationDocument.find(condition, session=session).sort("name")]


async def change_destination(id_: str, changes: Mapping[str, Any]) -> Destination:
    """Set the given fields: `name`, `options`, `last_check`. Raises: RequestError (NOT_FOUND, NAME_TAKEN)."""
    try:
        stored = await DestinationDocument.get_pymongo_collection().find_one_and_update(
            {"_id": id_}, {"$set": dict(changes)}, return_document=ReturnDocument.AFTER
        )
    except DuplicateKeyError:
        raise _name_taken(changes["name"]) from None
    if stored is None:
        raise RequestError(RequestCode.NOT_FOUND, "There is no such destination.", field=("input", "id"))
    return _value(DestinationDocument.model_validate(stored))


async def record_check(id_: str, check: DestinationCheck) -> Destination:
    """Store what a check found. Raises: RequestError (NOT_FOUND)."""
    stored = {"at": check.at, "is_ok": check.is_ok, "message": check.message}
    return await change_destination(id_, {"last_check": stored})


async def delete_destination(id_: str, session: Session) -> bool:
    """Delete it; False where there is none."""
    result = await DestinationDocument.get_pymongo_collection().delete_one({"_id": id_}, session=session)
    return result.deleted_count == 1


def _name_taken(name: str) -> RequestError:
    return RequestError(
        RequestCode.NAME_TAKEN, f"There is a destination called {name!r} already.", field=("input", "name")
    )


def _value(document: DestinationDocument) -> Destination:
    check = document.last_check
    return Destination(
        id=document.id,
        name=document.name,
        exporter=document.exporter,
        options=document.options,
        last_check=DestinationCheck(at=check.at, is_ok=check.is_ok, message=check.message) if check else None,
    )
