"""What the actors of one worker work with, and which use case does what a run asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from opentelemetry.trace import SpanKind

from seggql.errors import InvariantError
from seggql.evaluation.processes.pool import ProcessPool
from seggql.exporter import AnyExporter
from seggql.exports.run import run_exports, scheduled_exports
from seggql.logs import log_ids
from seggql.segments.packing import Packing
from seggql.segments.refresh import run_refresh
from seggql.settings import Settings
from seggql.stopping import cancellable
from seggql.store.hub import Hub
from seggql.store.job import JobKind, Run, RunId
from seggql.store.run_queue import RunQueue
from seggql.store.runs import find_run
from seggql.tracing import span, trace_ids


@dataclass(slots=True, kw_only=True)
class Workplace:
    """`hub` is None until the worker has booted; `owner` names the worker in leases; processes of `pool` take part in
    big refreshes."""

    settings: Settings
    exporters: Mapping[str, AnyExporter]
    queue: RunQueue
    owner: str
    hub: Hub | None = None
    pool: ProcessPool | None = None
    packing: Packing = field(default_factory=Packing)
    is_packing: bool = False

    async def perform(self, run_id: str) -> None:
        """Do what the run asks for; a run that is gone needs nothing."""
        await cancellable(self._perform(run_id))

    async def keep_packs(self) -> None:
        """See to the packs, unless this worker does so already: its other threads are for runs."""
        if self.hub is None:
            raise InvariantError("the worker keeps packs before its hub is open")
        if self.is_packing:
            return
        self.is_packing = True
        try:
            await cancellable(self.packing.keep(self.hub, self.settings, self.owner))
        finally:
            self.is_packing = False

    async def _perform(self, run_id: str) -> None:
        if self.hub is None:
            raise InvariantError("the worker takes runs before its hub is open")
        run = await find_run(self.hub, RunId(run_id))
        if run is None:
            return
        attributes = {"seggql.run.id": run.id, "seggql.run.kind": run.kind.value}
        with span("run", attributes, kind=SpanKind.CONSUMER, after=run.trace), log_ids(run=run.id, **trace_ids()):
            await self._do(self.hub, run)

    async def _do(self, hub: Hub, run: Run) -> None:
        match run.kind:
            case JobKind.REFRESH:
                follow = partial(scheduled_exports, hub)
                await run_refresh(
                    hub, self.settings, self.queue, run.id, owner=self.owner, follow=follow, pool=self.pool
                )
            case JobKind.EXPORT:
                await run_exports(hub, self.exporters, self.settings, self.queue, run.id, self.owner)
            case JobKind.ERASE:
                raise InvariantError("nobody asks for ERASE runs yet")
