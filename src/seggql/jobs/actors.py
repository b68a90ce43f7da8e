"""The actors: they take ids, and MongoDB has the rest."""

import dramatiq
from dramatiq import Actor, Broker
from dramatiq.middleware import Shutdown

from seggql.jobs.broker import RUNS_QUEUE
from seggql.jobs.queue import PERFORM_RUN
from seggql.jobs.workplace import Workplace

RUN_TIME_LIMIT_MS = 6 * 3600 * 1000
"""Longest run; it is then interrupted, claimed again, and given up after five times."""

MAX_RETRIES = 3
"""Of a message whose run could not even be claimed; past them the sweep announces the run again, ever more slowly."""

MIN_BACKOFF_MS, MAX_BACKOFF_MS = 5_000, 300_000


def declare_actors(broker: Broker, workplace: Workplace) -> Actor[[str], None]:
    """Make the worker of `broker` do runs at `workplace`."""

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
