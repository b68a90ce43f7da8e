"""What a worker has in hand: its claim on segments of a run, and each of them with its job."""

from dataclasses import dataclass

from seggql.evaluation.processes.pool import ProcessPool
from seggql.settings import Settings
from seggql.store.claims import Claim
from seggql.store.hub import Hub
from seggql.store.job import Job
from seggql.store.lease import KeptClaim
from seggql.store.run_queue import RunQueue
from seggql.store.segment import Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimInHand:
    """A claim whose lease is kept; others hear by `queue` of what it leaves them, processes of `pool` take part."""

    hub: Hub
    settings: Settings
    queue: RunQueue
    claim: Claim
    kept: KeptClaim
    pool: ProcessPool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshItem:
    """A segment to refresh, the job that says so, and warnings that the job is to have besides its own."""

    job: Job
    segment: Segment
    notes: tuple[str, ...] = ()
