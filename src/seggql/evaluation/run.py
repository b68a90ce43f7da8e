"""One evaluation under way: where it reads, what it knows already, what it costs."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from pyroaring import BitMap

from seggql.catalog.model import Catalog
from seggql.columns.bitmaps import bitmap_of
from seggql.columns.frame import Frame
from seggql.evaluation.cost import Cost, Meter
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.processes.pool import Beside
from seggql.evaluation.sources import Columns, Sources
from seggql.mongo.pipeline import CoveringIndex, Pipeline
from seggql.query.plan import Plan
from seggql.settings import Settings

Shared = dict[Plan, BitMap]
"""Whole results of plans, found once in a run and used by every segment that has the same part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """Which of `universe` a plan finds."""

    universe: BitMap
    found: BitMap


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What the operators of one evaluation share: results, packs, parts of them by collection, number and paths.

    `unreadable` are the packs that could not be read, in this version, and are done without. `counts` are of documents,
    by collection, condition and index; `beside` are processes that take part in big passes.
    """

    sources: Sources
    catalog: Catalog
    settings: Settings
    shared: Shared = field(default_factory=dict)
    within: dict[Plan, Within] = field(default_factory=dict)
    packs: dict[str, OpenPack | None] = field(default_factory=dict)
    unreadable: dict[str, int] = field(default_factory=dict)
    frames: dict[tuple[str, int, tuple[str, ...]], Frame] = field(default_factory=dict)
    counts: dict[tuple[str, str, str], int] = field(default_factory=dict)
    meter: Meter = field(default_factory=Meter)
    beside: Beside | None = None

    @property
    def cost(self) -> Cost:
        """What was read so far."""
        meter = self.meter
        return Cost(
            pipelines=meter.pipelines,
            documents=meter.documents,
            keys=meter.keys,
            bytes=self.sources.bytes_read + meter.bytes,
        )

    async def rows(self, pipeline: Pipeline) -> AsyncGenerator[Mapping[str, Any], None]:
        """The documents that `pipeline` yields; its residue is not applied."""
        self.meter.pipelines += 1
        is_covered = isinstance(pipeline.hint, CoveringIndex)
        async for row in self.sources.aggregate(pipeline.collection, pipeline.stages, hint=pipeline.hint):
            self.meter.count(1, is_covered=is_covered)
            yield row

    async def documents(self, pipeline: Pipeline) -> AsyncGenerator[Sequence[Mapping[str, Any]], None]:
        """The same, many at a time, in a fraction of the time."""
        self.meter.pipelines += 1
        is_covered = isinstance(pipeline.hint, CoveringIndex)
        async for documents in self.sources.documents(pipeline.collection, pipeline.stages, hint=pipeline.hint):
            self.meter.count(len(documents), is_covered=is_covered)
            yield documents

    async def columns(self, pipeline: Pipeline, *names: str) -> AsyncGenerator[Columns, None]:
        """Fields of what `pipeline` yields as arrays, a batch at a time."""
        self.meter.pipelines += 1
        is_covered = isinstance(pipeline.hint, CoveringIndex)
        async for columns in self.sources.columns(pipeline.collection, pipeline.stages, names, hint=pipeline.hint):
            self.meter.count(len(columns[0]), is_covered=is_covered)
            yield columns

    async def ordinals(self, pipeline: Pipeline, name: str = "_id") -> BitMap:
        """The set of ordinals in one field of what `pipeline` yields."""
        found = BitMap()
        async with aclosing(self.columns(pipeline, name)) as batches:
            async for (column,) in batches:
                found |= bitmap_of(column)
        return found
