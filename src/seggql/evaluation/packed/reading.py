"""Reads columns of packs: what fits together in one reply is asked for together, the next while the last is used."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing

from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.run import Run
from seggql.mongo.pipeline import Pipeline
from seggql.stopping import cancel_for_certain
from seggql.store.packs import Part, column_of, columns_pipeline

LOAD_BYTES = 8 * 1024 * 1024
"""Bytes of columns that are read together: two such loads are held at once, and MongoDB's replies end at 16 MB."""

PackedPart = tuple[Part, Mapping[str, bytes]]
"""A part, and columns of it by path, encoded."""


async def packed_parts(
    run: Run, pack: OpenPack, parts: Sequence[Part], paths: Sequence[str]
) -> AsyncGenerator[list[PackedPart], None]:
    """The columns at `paths` of `parts`, in their order, some parts at a time."""
    loads = list(_loads(parts, paths))
    coming = [asyncio.ensure_future(_read(run, pack, load, paths)) for load in loads[:1]]
    try:
        for following in [*loads[1:], None] if loads else []:
            read = await coming.pop()
            if following is not None:
                coming.append(asyncio.ensure_future(_read(run, pack, following, paths)))
            yield read
    finally:
        await cancel_for_certain(coming)


async def _read(run: Run, pack: OpenPack, parts: Sequence[Part], paths: Sequence[str]) -> list[PackedPart]:
    keys = [key for part in parts for key in part.keys(paths)]
    pipeline = Pipeline(collection=pack.collection, stages=tuple(columns_pipeline(keys)))
    found: dict[int, dict[str, bytes]] = {part.number: {} for part in parts}
    async with aclosing(run.rows(pipeline)) as rows:
        async for row in rows:
            column = column_of(dict(row))
            found[column.key.part][column.key.path] = column.bits
    return [(part, found[part.number]) for part in parts]


def _loads(parts: Sequence[Part], paths: Sequence[str]) -> Iterator[list[Part]]:
    """The parts, in groups whose columns have some MB together."""
    load: list[Part] = []
    size = 0
    for part in parts:
        of_part = sum(part.columns[path].size for path in paths)
        if load and size + of_part > LOAD_BYTES:
            yield load
            load, size = [], 0
        load.append(part)
        size += of_part
    if load:
        yield load
