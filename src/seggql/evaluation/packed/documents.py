"""Reads documents as columns: of the records that packs do not cover, or of a few that are asked for alone."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from bson import ObjectId

from seggql.columns.frame import Frame
from seggql.columns.layout import Layout
from seggql.evaluation.run import Run
from seggql.mongo.pipeline import Hint, Pipeline
from seggql.mongo.records import render_records
from seggql.mongo.restriction import OrdinalRange, Restriction
from seggql.query.plan import Interval
from seggql.store.packs import Range

FRAME_ROWS = 65_536
"""Documents past which a frame is made of what was read."""

BATCHES_AT_ONCE = 1_000
"""Batches that are named in one pipeline."""

BY_BATCH: Hint = {"b": 1}


async def frames_within(
    run: Run,
    collection: str,
    layout: Layout,
    path: str,
    restrictions: Iterable[Restriction],
    hint: Hint,
    interval: Interval | None = None,
) -> AsyncGenerator[Frame, None]:
    """The columns of the documents whose ordinal at `path` lies within one of `restrictions`, and in the interval."""
    paths = layout.columns.keys()
    for restriction in restrictions:
        pipeline = render_records(collection, paths, within=(path, restriction), interval=interval, hint=hint)
        async with aclosing(_frames(run, pipeline, layout)) as frames:
            async for frame in frames:
                yield frame


async def frames_of_batches(
    run: Run, collection: str, layout: Layout, batches: Sequence[ObjectId], some: Range | None = None
) -> AsyncGenerator[Frame, None]:
    """The columns of the documents that `batches` wrote, of some profiles or of all."""
    within = (some.path, OrdinalRange(first=some.low, last=some.high - 1)) if some else None
    for start in range(0, len(batches), BATCHES_AT_ONCE):
        named = batches[start : start + BATCHES_AT_ONCE]
        pipeline = render_records(collection, layout.columns.keys(), within=within, batches=named, hint=BY_BATCH)
        async with aclosing(_frames(run, pipeline, layout)) as frames:
            async for frame in frames:
                yield frame


async def _frames(run: Run, pipeline: Pipeline, layout: Layout) -> AsyncGenerator[Frame, None]:
    documents: list[Mapping[str, Any]] = []
    async with aclosing(run.documents(pipeline)) as parts:
        async for part in parts:
            documents += part
            if len(documents) >= FRAME_ROWS:
                yield await asyncio.to_thread(Frame.of_documents, documents, layout)
                documents = []
    if documents:
        yield await asyncio.to_thread(Frame.of_documents, documents, layout)
