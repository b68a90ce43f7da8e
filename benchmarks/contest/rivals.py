"""MongoDB's side of the contest: each segment by a pipeline of its own, on a sample of them where there are many."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyroaring import BitMap

from benchmarks.contest.pipelines import MEMBERS, Written, members_of, merged, per_profile, written
from benchmarks.contest.questions import Acted, Asked
from seggql.store.collections import make_collection
from seggql.store.hub import Document, Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """The seconds that each of some segments took, by name."""

    seconds: Mapping[str, float]

    def scaled(self, segments: Sequence[Asked]) -> float:
        """What all `segments` take: the mean of each kind, for as many as there are of it."""
        total = 0.0
        for kind in {segment.kind for segment in segments}:
            of_kind = [segment.name for segment in segments if segment.kind is kind]
            measured = [self.seconds[name] for name in of_kind if name in self.seconds]
            total += len(of_kind) * sum(measured) / len(measured)
        return total


class Pipelines:
    """The hand-written pipelines over one hub; `numbers` are those of all segments by name."""

    def __init__(self, hub: Hub, segments: Sequence[Asked]) -> None:
        self._hub = hub
        self._numbers = {segment.name: segment.number for segment in segments}

    async def merge(self, segments: Sequence[Asked], as_of: datetime) -> Timed:
        """Store the members of each, a document a member, into an empty collection."""
        await self._hub.collection(MEMBERS).drop()
        await make_collection(self._hub, MEMBERS)
        seconds = {}
        for segment in segments:
            pipeline = written(segment.question, as_of, self._numbers)
            began = time.perf_counter()
            await self._run(pipeline, merged(segment.number))
            seconds[segment.name] = time.perf_counter() - began
        return Timed(seconds=seconds)

    async def merged_members(self, segment: Asked) -> BitMap:
        """The members that `merge` stored."""
        rows = self._hub.collection(MEMBERS).find(members_of(segment.number), {"_id.p": 1}, batch_size=50_000)
        return BitMap([row["_id"]["p"] async for row in rows])

    async def count(self, segments: Sequence[Asked], as_of: datetime) -> tuple[Timed, Mapping[str, int]]:
        """Only count the members of each, which is the least that MongoDB has to do; compounds need what was merged."""
        seconds, counts = {}, {}
        for segment in segments:
            pipeline = written(segment.question, as_of, self._numbers)
            began = time.perf_counter()
            rows = await self._run(pipeline, [{"$count": "n"}])
            seconds[segment.name] = time.perf_counter() - began
            counts[segment.name] = rows[0]["n"] if rows else 0
        return Timed(seconds=seconds), counts

    async def look_up(self, question: Acted, as_of: datetime, first: int, last: int) -> tuple[float, BitMap]:
        """Ask each profile from `first` to `last` by a `$lookup`."""
        began = time.perf_counter()
        rows = await self._run(per_profile(question, as_of, first, last), [])
        return time.perf_counter() - began, BitMap([row["_id"] for row in rows])

    async def _run(self, pipeline: Written, ending: Sequence[Document]) -> list[Document]:
        options: dict[str, Any] = {} if pipeline.hint is None else {"hint": pipeline.hint}
        stages = [*pipeline.stages, *ending]
        cursor = await self._hub.collection(pipeline.collection).aggregate(stages, allowDiskUse=True, **options)
        return await cursor.to_list()
