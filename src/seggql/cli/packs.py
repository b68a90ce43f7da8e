"""`seggql repack` and `seggql audit`: packs made anew, and packs compared with their documents."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from seggql.catalog.names import did_you_mean, shown
from seggql.errors import RequestCode, RequestError
from seggql.packs.audit import Audited, audit_pack
from seggql.packs.keep import Keeping, keep_pack
from seggql.packs.needs import Needs
from seggql.packs.shape import Shape, shapes_of
from seggql.segments.packing import Packing
from seggql.segments.planning import read_surroundings, request_instant
from seggql.settings import Settings
from seggql.store.hub import Hub, open_hub
from seggql.store.models import open_models
from seggql.store.outage import OUTAGES, outage
from seggql.store.pack_writes import read_head
from seggql.store.presence import process_name

WAIT_S = 1.0
"""How often a pack is asked for that another process is at work on."""


def repack_types(settings: Settings, types: Sequence[str], console: Console) -> None:
    """Pack the types anew, or all.

    Raises: RequestError (INVALID, NOT_FOUND), UnavailableError.
    """
    if not settings.packs:
        raise RequestError(RequestCode.INVALID, "Packing is off (SEGGQL_PACKS=false).")
    asyncio.run(_repack(settings, types, console))


def audit_types(settings: Settings, types: Sequence[str], console: Console) -> bool:
    """Print what differs between packs and documents; whether nothing does. Raises: RequestError, UnavailableError."""
    return asyncio.run(_audit(settings, types, console))


async def _repack(settings: Settings, types: Sequence[str], console: Console) -> None:
    async with _opened(settings) as hub:
        surroundings = await read_surroundings(hub, settings)
        needs = await Packing().needs(hub, surroundings)
        shapes = _chosen(shapes_of(surroundings.catalog), types)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console) as progress:
            for shape in shapes:
                await _repack_one(hub, settings, shape, needs, progress)
        for shape in shapes:
            console.print(await _told(hub, settings, shape, needs))


async def _repack_one(hub: Hub, settings: Settings, shape: Shape, needs: Needs, progress: Progress) -> None:
    rows = await hub.collection(shape.collection).estimated_document_count() * max(1, len(shape.near))
    task = progress.add_task(shape.collection, total=rows)
    keeping = Keeping(
        settings=settings,
        owner=process_name(),
        now=request_instant(),
        share=1.0,
        anew=True,
        tell=lambda packed: progress.advance(task, packed),
    )
    while await keep_pack(hub, shape, needs.get(shape.collection, frozenset()), keeping) is None:
        progress.update(task, description=f"{shape.collection} (another process is at work on it)")
        await asyncio.sleep(WAIT_S)
    progress.update(task, description=shape.collection, completed=rows)


async def _told(hub: Hub, settings: Settings, shape: Shape, needs: Needs) -> str:
    head = await read_head(hub, shape.collection)
    if head.parts:
        columns = ", ".join(sorted(head.paths))
        size = head.size / 1_000_000
        return f"{shape.collection}: {head.rows:,} rows in {len(head.parts)} parts, {size:,.1f} MB: {columns}"
    if not needs.get(shape.collection):
        return f"{shape.collection}: not packed, no active segment reads it"
    return f"{shape.collection}: not packed, it has fewer than {settings.pack_after:,} records (SEGGQL_PACK_AFTER)"


async def _audit(settings: Settings, types: Sequence[str], console: Console) -> bool:
    is_right = True
    async with _opened(settings) as hub:
        catalog = (await read_surroundings(hub, settings)).catalog
        for shape in _chosen(shapes_of(catalog), types):
            parts: set[int] = set()
            rows = 0
            async for audited in audit_pack(hub, shape):
                rows += sum(part.rows for part in audited.parts if part.number not in parts)
                parts |= {part.number for part in audited.parts}
                if found := _found(shape, audited):
                    is_right = False
                    console.print(found, style="red")
            console.print(f"{shape.collection}: {len(parts)} parts, {rows:,} rows compared")
    return is_right


def _found(shape: Shape, audited: Audited) -> str | None:
    """What is wrong, if anything is."""
    parts = ", ".join(str(part.number) for part in audited.parts)
    if audited.unreadable:
        return f"{shape.collection}, part {parts}: cannot be read, pack it anew. {audited.unreadable}"
    if audited.difference is None:
        return None
    columns = ", ".join(audited.difference.paths)
    packed, documents = len(audited.difference.packed), audited.difference.documents
    return (
        f"{shape.collection}, part {parts}, column {columns}: "
        f"{packed} rows are packed that no document has, {documents} rows of documents are not packed"
    )


def _chosen(shapes: Mapping[str, Shape], types: Sequence[str]) -> list[Shape]:
    """The shapes of the types with these names, of all where there are none."""
    known = {shape.record_type.name for shape in shapes.values()}
    for name in types:
        if name not in known:
            message = f"There is no type {shown(name)}.{did_you_mean(name, known)}"
            raise RequestError(RequestCode.NOT_FOUND, message)
    return [shape for shape in shapes.values() if not types or shape.record_type.name in types]


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Hub]:
    hub = open_hub(settings)
    try:
        await open_models(hub)
        yield hub
    except OUTAGES as error:
        raise outage(error) from error
    finally:
        await hub.close()
