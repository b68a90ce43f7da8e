"""The sweep: finds what was left lying, and sees that nothing stays stuck."""

import logging
from datetime import datetime, timedelta

from seggql.errors import UnavailableError
from seggql.ingest.deletion import sweep_batches
from seggql.packs.forgetting import prune_batches
from seggql.segments.incremental import COMPARED_FOR
from seggql.segments.leftovers import prune_ledgers, settle_deletions, sweep_memberships
from seggql.settings import Settings
from seggql.store.claims import expire_leases
from seggql.store.hub import Hub
from seggql.store.retention import prune_runs
from seggql.store.run_queue import PackQueue, RunQueue
from seggql.store.runs import take_due_run

logger = logging.getLogger(__name__)

ANNOUNCED_AT_ONCE = 20
"""Runs that one sweep announces: after an outage they come back one by one, and not all together."""

ORPHAN_AGE = timedelta(hours=1)
"""How long chunks stay that nothing points at: a commit may be about to."""

A_DAY = timedelta(days=1)
"""What batches stay longer than refreshes ask for them: clocks may differ, and a refresh may be slow."""


async def sweep_runs(hub: Hub, queue: RunQueue) -> int:
    """Queue jobs again whose lease ran out, and announce runs that nobody works on; returns how many runs.

    Each is announced again ever later, so that a poisoned one does not keep the workers busy.
    """
    if expired := await expire_leases(hub):
        logger.warning("leases ran out count=%s", expired)
    for announced in range(ANNOUNCED_AT_ONCE):
        run = await take_due_run(hub)
        if run is None:
            return announced
        try:
            queue.announce(run)
        except UnavailableError as error:
            logger.warning("run not announced run=%s error=%s", run, error)
            return announced
        logger.info("announced again run=%s", run)
    return ANNOUNCED_AT_ONCE


def sweep_packs(queue: PackQueue) -> None:
    """Have a worker see to the packs: that takes too long for a sweep."""
    try:
        queue.announce_packing()
    except UnavailableError as error:
        logger.warning("packing not announced: %s", error)


async def sweep_writes(hub: Hub, now: datetime) -> None:
    """Finish what dead writers left open, and book deletions in the ledgers."""
    await sweep_batches(hub, now)
    await settle_deletions(hub, now)


async def sweep_storage(hub: Hub, settings: Settings, now: datetime) -> None:
    """Clear away what attempts that came to nothing have left, and what is past the time for which it is kept."""
    await sweep_memberships(hub, now - ORPHAN_AGE)
    runs = await prune_runs(hub, now - timedelta(days=settings.job_retention_days))
    entries = await prune_ledgers(hub, now - timedelta(days=settings.ledger_retention_days))
    batches = await prune_batches(hub, COMPARED_FOR + A_DAY)
    if runs or entries or batches:
        logger.info("forgotten runs=%s ledger_documents=%s batches=%s", runs, entries, batches)
