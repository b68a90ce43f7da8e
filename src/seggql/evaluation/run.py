"""One evaluation under way: where it reads, what it knows already, what it costs."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from pyroaring import BitMap

from seggql.catalog.model import Catalog
from seggql.evaluation.cost import Cost
from seggql.evaluation.sources import Columns, Sources
from seggql.mongo.pipeline import Pipeline
from seggql.query.plan import Plan
from seggql.settings import Settings

Shared = dict[Plan, BitMap]
"""Whole results of plans, found once in a run and used by every segment that has the same part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What the operators of one evaluation share."""

    sources: Sources
    catalog: Catalog
    settings: Settings
    shared: Shared = field(default_factory=dict)
    cost: Cost = field(default_factory=Cost)

    async def rows(self, pipeline: Pipeline) -> AsyncGenerator[Mapping[str, Any], None]:
        """The documents that `pipeline` yields; its residue is not applied."""
        with self.cost.reading():
            async for row in self.sources.aggregate(pipeline.collection, pipeline.stages, hint=pipeline.hint):
                self.cost.rows += 1
                yield row

    async def columns(self, pipeline: Pipeline, *names: str) -> AsyncGenerator[Columns, None]:
        """Fields of what `pipeline` yields as arrays, a batch at a time."""
        with self.cost.reading():
            async for columns in self.sources.columns(pipeline.collection, pipeline.stages, names, hint=pipeline.hint):
                self.cost.rows += len(columns[0])
                yield columns

    async def ordinals(self, pipeline: Pipeline, name: str = "_id") -> BitMap:
        """The set of ordinals in one field of what `pipeline` yields."""
        found = BitMap()
        async with aclosing(self.columns(pipeline, name)) as batches:
            async for (column,) in batches:
                found |= bitmap_of(column)
        return found


def bitmap_of(ordinals: Any) -> BitMap:
    """The set of an array of ordinals."""
    return BitMap(ordinals.astype("uint32", copy=False))
