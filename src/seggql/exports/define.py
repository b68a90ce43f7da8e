"""Exports: created, changed, given segments, deleted; every name in them is held to what there is."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from seggql.errors import RequestCode, RequestError
from seggql.exporter import ExportMode
from seggql.exports.columns import resolve_columns
from seggql.exports.destinations import Exporters, checked_name, exporter_called, find_destination
from seggql.store import exports as store
from seggql.store.catalog import load_catalog
from seggql.store.exports import Export, ExportField
from seggql.store.hub import Hub
from seggql.store.jobs import cancel_jobs_of_export
from seggql.store.segment import Segment, SegmentId
from seggql.store.segments import find_segments, guard_dependencies
from seggql.store.transaction import Session, in_transaction

MOST_SEGMENTS = 1_000
"""Segments on one export: each is a delivery of its own, and they stand in one document."""


async def create_export(
    hub: Hub,
    exporters: Exporters,
    *,
    name: str,
    destination_id: str,
    segment_ids: Sequence[str],
    fields: Sequence[ExportField] | None,
    mode: ExportMode,
    is_scheduled: bool,
) -> Export:
    """Store an export. Raises: RequestError (INVALID, NOT_FOUND, NAME_TAKEN, LIMIT_REACHED)."""
    checked_name(name)
    unique = list(dict.fromkeys(segment_ids))
    _check_size(len(unique))

    async def write(session: Session) -> Export:
        await guard_dependencies(hub, session)
        destination = await find_destination(destination_id, field=("input", "destinationId"), session=session)
        _check_mode(exporters, destination.exporter, mode)
        await _check_fields(hub, await _segments(hub, unique, session), fields)
        return await store.insert_export(name, destination_id, unique, fields, mode, is_scheduled, session)

    return await in_transaction(hub, write)


async def update_export(hub: Hub, exporters: Exporters, id_: str, changes: dict[str, Any]) -> Export:
    """Change `name`, `fields` (None: Key and every attribute), `mode`, `is_scheduled`; what is left out stays.

    Raises: RequestError (NOT_FOUND, INVALID, NAME_TAKEN).
    """
    export = await find_export(id_)
    stored = dict(changes)
    if "name" in changes:
        checked_name(changes["name"])
    if "mode" in changes:
        destination = await find_destination(export.destination_id)
        _check_mode(exporters, destination.exporter, changes["mode"])
        stored["mode"] = changes["mode"].value
    if "fields" in changes:
        await _check_fields(hub, await _segments(hub, export.segment_ids), changes["fields"])
        stored["fields"] = store.stored_fields(changes["fields"])
    return await store.change_export(id_, stored) if stored else export


async def add_segment_to_export(hub: Hub, id_: str, segment_id: str) -> Export:
    """Deliver one segment more. Raises: RequestError (NOT_FOUND, INVALID, LIMIT_REACHED)."""
    export = await find_export(id_, field=("input", "exportId"))
    if segment_id in export.segment_ids:
        return export
    _check_size(len(export.segment_ids) + 1)

    async def write(session: Session) -> Export:
        await guard_dependencies(hub, session)
        await _check_fields(hub, await _segments(hub, [segment_id], session), export.fields)
        return await store.add_segment(id_, segment_id, session)

    return await in_transaction(hub, write)


async def remove_segment_from_export(id_: str, segment_id: str) -> Export:
    """Deliver a segment no longer. Raises: RequestError (NOT_FOUND)."""
    export = await find_export(id_, field=("input", "exportId"))
    if segment_id not in export.segment_ids:
        message = "The export does not have that segment."
        raise RequestError(RequestCode.NOT_FOUND, message, field=("input", "segmentId"))
    return await store.remove_segment(id_, segment_id)


async def delete_export(hub: Hub, id_: str) -> None:
    """Delete an export with the runs it has had; what was delivered stays, and what is under way is canceled.

    Raises: RequestError (NOT_FOUND).
    """
    await cancel_jobs_of_export(hub, id_, datetime.now(UTC))
    if not await store.delete_export(id_):
        raise RequestError(RequestCode.NOT_FOUND, "There is no such export.", field=("id",))


async def find_export(id_: str, *, field: tuple[str, ...] = ("input", "id")) -> Export:
    """The export with this id. Raises: RequestError (NOT_FOUND)."""
    for export in await store.find_exports(store.with_ids([id_])):
        return export
    raise RequestError(RequestCode.NOT_FOUND, "There is no such export.", field=field)


def _check_mode(exporters: Exporters, exporter: str, mode: ExportMode) -> None:
    modes = exporter_called(exporters, exporter).modes
    if mode not in modes:
        can = ", ".join(sorted(known.value for known in modes))
        message = f"The exporter {exporter!r} cannot deliver {mode.value}; it can: {can}."
        raise RequestError(RequestCode.INVALID, message, field=("input", "mode"))


def _check_size(segments: int) -> None:
    if segments > MOST_SEGMENTS:
        message = f"An export takes at most {MOST_SEGMENTS:,} segments; make another one for the rest."
        raise RequestError(RequestCode.LIMIT_REACHED, message, field=("input", "segmentIds"))


async def _segments(hub: Hub, ids: Sequence[str], session: Session | None = None) -> list[Segment]:
    """The segments, all of them. Raises: RequestError (NOT_FOUND)."""
    found = await find_segments(hub, [SegmentId(id_) for id_ in ids], session)
    if len(found) < len(ids):
        raise RequestError(RequestCode.NOT_FOUND, "There is no such segment.", field=("input", "segmentIds"))
    return list(found.values())


async def _check_fields(hub: Hub, segments: Iterable[Segment], fields: Sequence[ExportField] | None) -> None:
    """See that each field is an attribute of every segment's profile type."""
    if fields is None:
        return
    if not fields:
        raise RequestError(RequestCode.INVALID, "An export has one field or more.", field=("input", "fields"))
    catalog = await load_catalog(hub)
    for name in sorted({segment.profile_type for segment in segments}):
        resolve_columns(catalog.profile_types[name], fields)
