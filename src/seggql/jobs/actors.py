"""The actors: they take ids, and MongoDB has the rest."""

import dramatiq
from dramatiq import Actor, Broker
from dramatiq.middleware import Shutdown

from seggql.jobs.broker import RUNS_QUEUE
from seggql.jobs.queue import KEEP_PACKS, PERFORM_RUN
from seggql.jobs.workplace import Workplace

RUN_TIME_LIMIT_MS = 6 * 3600 * 1000
"""Longest run; it is then interrupted, claimed again, and given up after five times."""

MAX_RETRIES = 3
"""Of a message whose run could not even be claimed; past them the sweep announces the run again, ever more slowly."""

MIN_BACKOFF_MS, MAX_BACKOFF_MS = 5_000, 300_000


def declare_actors(broker: Broker, workplace: Workplace) -> Actor[[str], None]:
    """Make the worker of `broker` do runs, and keep packs, at `workplace`."""
    _declare_packing(broker, workplace)

    async def perform_run(run_id: str) -> None:
        await workplace.perform(run_id)

    declare = dramatiq.actor(
        broker=broker,
        actor_name=PERFORM_RUN,
        queue_name=RUNS_QUEUE,
        max_retries=MAX_RETRIES,
        min_backoff=MIN_BACKOFF_MS,
        max_backoff=MAX_BACKOFF_MS,
        time_limit=RUN_TIME_LIMIT_MS,
        notify_shutdown=True,
        throws=Shutdown,  # no fault: HandingOver sees to it
    )
    actor: Actor[[str], None] = declare(perform_run)
    return actor


def _declare_packing(broker: Broker, workplace: Workplace) -> None:
    """Not tried again where it fails: it is announced again every minute."""

    async def keep_packs() -> None:
        await workplace.keep_packs()

    dramatiq.actor(
        broker=broker,
        actor_name=KEEP_PACKS,
        queue_name=RUNS_QUEUE,
        max_retries=0,
        time_limit=RUN_TIME_LIMIT_MS,
        notify_shutdown=True,
        throws=Shutdown,
    )(keep_packs)
