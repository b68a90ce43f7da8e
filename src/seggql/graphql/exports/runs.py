"""The noun ExportRun: one delivery of one segment, and what became of each member."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from seggql.graphql.context import Context, Info
from seggql.graphql.ids import from_global_id, to_global_id
from seggql.graphql.jobs import Job, read_job
from seggql.graphql.node import Node
from seggql.graphql.noun import Noun
from seggql.graphql.scalars import Long
from seggql.store import export_runs as store
from seggql.store.hub import Hub
from seggql.store.job import JobStatus

if TYPE_CHECKING:
    from seggql.graphql.exports.export import Export
    from seggql.graphql.segments.segment import Segment

LazySegment = Annotated["Segment", strawberry.lazy("seggql.graphql.segments.segment")]
"""Segments lead to this noun too."""

KIND = "ExportRun"


@strawberry.type(
    description="One delivery of a segment. Where it succeeded, expected = delivered + rejected + withheld; "
    "where it did not, nothing of it was left at the destination."
)
class ExportRun(Node):
    """The GraphQL form of `store.export_runs.ExportRun`; its job knows how it stands."""

    stored: strawberry.Private[store.ExportRun]
    segment_name: str = strawberry.field(description="Name of the segment, which stays when the segment is deleted.")
    generation: int = strawberry.field(description="The segment's generation that was delivered.")
    expected: int = strawberry.field(description="Members in that generation.")
    delivered: int = strawberry.field(description="Members that the destination took.")
    rejected: int = strawberry.field(description="Members that it refused; the job's warnings have the first reasons.")
    withheld: int = strawberry.field(description="Members that were deleted meanwhile.")
    bytes: Long = strawberry.field(description="Size of what was delivered.")
    checksum: str | None = strawberry.field(description="SHA-256 of it in hexadecimal, where the exporter knows.")
    location: str | None = strawberry.field(description="Where it stands; null until it is complete.")

    @strawberry.field(description="What was run.")
    async def export(self, info: Info) -> Annotated["Export", strawberry.lazy("seggql.graphql.exports.export")]:
        from seggql.graphql.exports.export import read_export

        found = await read_export(info.context, self.stored.export_id)
        assert found is not None, "an export's runs are deleted with it"
        return found

    @strawberry.field(description="The segment; null once it has been deleted (`segmentName` stays).")
    async def segment(self, info: Info) -> LazySegment | None:
        from seggql.graphql.segments.segment import read_segment

        return await read_segment(info.context, self.stored.segment_id)

    @strawberry.field(description="The job that does it.")
    async def job(self, info: Info) -> Job:
        return await self._job(info.context)

    @strawberry.field(description="How it stands.")
    async def status(self, info: Info) -> JobStatus:
        return (await self._job(info.context)).status

    @strawberry.field(description="When a worker began.")
    async def started_at(self, info: Info) -> datetime | None:
        return (await self._job(info.context)).started_at

    @strawberry.field(description="When it ended, either way.")
    async def finished_at(self, info: Info) -> datetime | None:
        return (await self._job(info.context)).finished_at

    @strawberry.field(description="Why it failed.")
    async def error(self, info: Info) -> str | None:
        return (await self._job(info.context)).error

    async def _job(self, context: Context) -> Job:
        found = await read_job(context, self.stored.job_id)
        assert found is not None, "deliveries are forgotten before their jobs"
        return found


@strawberry.type
class ExportRunQuery:
    """Deliveries."""

    @strawberry.field(description="A delivery by its id; null where there is none.")
    async def export_run(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
    ) -> ExportRun | None:
        return await read_export_run(info.context, from_global_id(id, KIND))


def export_run_node(stored: store.ExportRun) -> ExportRun:
    """The GraphQL form of a stored delivery."""
    manifest = stored.manifest
    return ExportRun(
        id=to_global_id(KIND, stored.id),
        stored=stored,
        segment_name=stored.segment_name,
        generation=stored.generation,
        expected=manifest.expected,
        delivered=manifest.delivered,
        rejected=manifest.rejected,
        withheld=manifest.withheld,
        bytes=Long(manifest.bytes),
        checksum=manifest.checksum,
        location=manifest.location,
    )


async def export_runs_by_id(hub: Hub, ids: list[str]) -> Sequence[ExportRun | None]:
    """Deliveries for a loader, in the order of `ids`."""
    found = {stored.id: export_run_node(stored) for stored in await store.find_export_runs(ids)}
    return [found.get(id_) for id_ in ids]


async def read_export_run(context: Context, raw: str) -> ExportRun | None:
    """The delivery that storage knows as `raw`."""
    return await context.loaders.of(export_runs_by_id).load(raw)


NOUN = Noun(query=ExportRunQuery, nodes={KIND: read_export_run})
