"""A small world of contacts and what they bought, and a queue that only remembers."""

from dataclasses import dataclass, field
from datetime import datetime

from seggql.catalog.model import Attribute, AttributeType, InteractionType, Link, ProfileType
from seggql.evaluation.evaluate import evaluate
from seggql.evaluation.processes.pool import ProcessPool
from seggql.ingest.define_types import define_interaction_type, define_profile_type
from seggql.ingest.interactions import record_interactions
from seggql.ingest.profiles import upsert_profiles
from seggql.segments.define import create_segment
from seggql.segments.draft import SegmentDraft
from seggql.segments.once import live_sources
from seggql.segments.planning import plan_query, read_surroundings
from seggql.segments.refresh import run_refresh
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.job import Job, JobId, RunId
from seggql.store.jobs import find_jobs
from seggql.store.members import read_members
from seggql.store.profiles import profiles_of
from seggql.store.segment import Segment, SegmentKind
from seggql.store.segments import find_segment_named
from tests.segments.making import NOW

AGES = {"ann": 20, "bob": 30, "cleo": 40, "dan": 50, "eve": None}


@dataclass(slots=True)
class ListQueue:
    """A WorkQueue that only remembers what was announced."""

    announced: list[str] = field(default_factory=list)
    packings: int = 0

    def announce(self, run_id: str) -> None:
        """Remember the run."""
        self.announced.append(run_id)

    def announce_packing(self) -> None:
        """Count it."""
        self.packings += 1


async def make_world(hub: Hub) -> None:
    """Five contacts: ann (20), bob (30), cleo (40), dan (50), eve (no age); ann and cleo bought something."""
    await define_profile_type(hub, ProfileType(name="Contact", attributes=(_int("Age"),)))
    await define_profile_type(hub, ProfileType(name="Product"))
    buyer = Link(name="Buyer", profile_type="Contact")
    await define_interaction_type(hub, InteractionType(name="Purchase", links=(buyer,), attributes=(_int("Amount"),)))
    await put_ages(hub, AGES)
    for key in ("ann", "cleo"):
        await put_purchase(hub, key, NOW)


async def put_ages(hub: Hub, ages: dict[str, int | None]) -> None:
    """Make or change contacts."""
    rows = [{"key": key, "attributes": {"Age": age}} for key, age in ages.items()]
    outcome = await upsert_profiles(hub, "Contact", rows)
    assert not outcome.rejected, outcome.rejections


async def put_purchase(hub: Hub, key: str, at: datetime) -> None:
    """Let a contact buy something."""
    row = {"timestamp": at, "links": {"Buyer": key}, "attributes": {"Amount": 5}}
    outcome = await record_interactions(hub, "Purchase", [row])
    assert not outcome.rejected, outcome.rejections


async def dynamic(
    hub: Hub,
    settings: Settings,
    name: str,
    query: str,
    *,
    queue: ListQueue | None = None,
    profile_type: str = "Contact",
) -> Segment:
    """An active dynamic segment, its first refresh queued but not run."""
    draft = SegmentDraft(name=name, profile_type=profile_type, query=query, activate=True)
    return await create_segment(hub, settings, queue or ListQueue(), draft)


async def static(hub: Hub, settings: Settings, name: str, *keys: str) -> Segment:
    """A static segment of these contacts."""
    draft = SegmentDraft(name=name, kind=SegmentKind.STATIC, profile_type="Contact", member_keys=keys)
    return await create_segment(hub, settings, ListQueue(), draft)


async def work_off(hub: Hub, settings: Settings, queue: ListQueue, pool: ProcessPool | None = None) -> None:
    """Do every announced run, as a worker would."""
    while queue.announced:
        await run_refresh(hub, settings, queue, RunId(queue.announced.pop(0)), owner="test", pool=pool)


async def keys_of(hub: Hub, name: str) -> set[str]:
    """The keys of the members of a segment."""
    segment = await find_segment_named(hub, name)
    assert segment is not None
    members = await read_members(hub, segment)
    return {profile.key for profile in (await profiles_of(hub, segment.profile_type, list(members))).values()}


async def job_now(hub: Hub, job: Job) -> Job:
    """The job as it is now."""
    return (await find_jobs(hub, [JobId(job.id)]))[job.id]


def _int(name: str) -> Attribute:
    return Attribute(name=name, type=AttributeType.INT)


async def found_now(
    hub: Hub, settings: Settings, query: str, as_of: datetime, *, profile_type: str = "Contact"
) -> set[int]:
    """Whom a query finds among all, at an instant, in the data as they are now."""
    surroundings = await read_surroundings(hub, settings)
    bound = await surroundings.bind(query, output_type=profile_type)
    plan = await plan_query(hub, surroundings, bound, as_of)
    return set(await evaluate(plan.root, await live_sources(hub), surroundings.catalog, settings))
