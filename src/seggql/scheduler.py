"""The scheduler process: sweeps from time to time; any number of them may run."""

import asyncio
import logging
import signal
from time import monotonic

from seggql.errors import UnavailableError
from seggql.jobs.queue import open_queue
from seggql.jobs.sweep import sweep_packs, sweep_runs, sweep_storage, sweep_writes
from seggql.segments.due import do_what_is_due
from seggql.segments.planning import request_instant
from seggql.segments.predefined import make_predefined
from seggql.settings import Settings
from seggql.stopping import cancellable, end_in_time
from seggql.store.abandoned import end_abandoned_transactions
from seggql.store.hub import Hub, open_hub
from seggql.store.models import open_models
from seggql.store.outage import OUTAGES, outage
from seggql.store.presence import ProcessKind, present
from seggql.store.run_queue import WorkQueue

logger = logging.getLogger(__name__)

SWEEP_INTERVAL_S, SWEEPS_PER_LEASE = 2.0, 2
"""How soon is noticed what is due, or a run that nobody works on; sooner where leases are short."""

WRITES_INTERVAL_S, STORAGE_INTERVAL_S = 60.0, 3600.0
"""How soon open ends of dead writers are closed, and how soon their leftovers are cleared away."""

ABANDONED_INTERVAL_S = 2.0
"""How often transactions of dead processes are looked for."""


async def schedule(hub: Hub, settings: Settings, queue: WorkQueue, sweep_interval_s: float = SWEEP_INTERVAL_S) -> None:
    """Sweep until cancelled; where MongoDB does not answer, try again the next time."""
    async with asyncio.TaskGroup() as group:
        group.create_task(cancellable(_sweep(hub, settings, queue, sweep_interval_s)))
        group.create_task(cancellable(_end_abandoned(hub)))


async def _sweep(hub: Hub, settings: Settings, queue: WorkQueue, interval_s: float) -> None:
    writes_due = storage_due = monotonic()
    while True:
        try:
            await do_what_is_due(hub, settings, queue)
            await sweep_runs(hub, queue)
            if monotonic() >= writes_due:
                writes_due = monotonic() + WRITES_INTERVAL_S
                await sweep_writes(hub, request_instant())
                await make_predefined(hub, settings)
                sweep_packs(queue)
            if monotonic() >= storage_due:
                storage_due = monotonic() + STORAGE_INTERVAL_S
                await sweep_storage(hub, settings, request_instant())
        except UnavailableError as error:
            logger.warning("sweep put off: %s", error)
        except OUTAGES as error:
            logger.warning("sweep put off: %s", outage(error))
        except Exception:  # process edge: what is wrong with one thing that is due must not stop all others for ever
            logger.exception("sweep failed")
        await asyncio.sleep(interval_s)


async def _end_abandoned(hub: Hub) -> None:
    """Beside the sweep, which itself waits for what an abandoned transaction holds."""
    while True:
        try:
            if ended := await end_abandoned_transactions(hub):
                logger.warning("abandoned transactions ended count=%s", ended)
        except OUTAGES as error:
            logger.warning("abandoned transactions not looked for: %s", outage(error))
        await asyncio.sleep(ABANDONED_INTERVAL_S)


def run_scheduler(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM. Raises: UnavailableError where MongoDB does not answer at the start."""
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    hub = open_hub(settings)
    try:
        await open_models(hub)
        with open_queue(settings.broker_url) as queue:
            interval_s = min(SWEEP_INTERVAL_S, settings.lease_s / SWEEPS_PER_LEASE)
            work = asyncio.ensure_future(cancellable(schedule(hub, settings, queue, interval_s)))

            def stop() -> None:
                end_in_time(settings.stop_timeout_s)
                work.cancel()

            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, stop)
            logger.info("scheduler started")
            async with present(hub, ProcessKind.SCHEDULER):
                await asyncio.wait([work])
    except OUTAGES as error:
        raise outage(error) from error
    finally:
        await hub.close()
