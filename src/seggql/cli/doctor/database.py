"""What the doctor sees of MongoDB: reachable, a replica set, new enough, roomy enough, with its indexes and version."""

from collections.abc import AsyncIterator, Iterator

from pymongo.errors import OperationFailure, PyMongoError

from seggql.cli.doctor.finding import Finding, ok, problem, warn
from seggql.errors import SchemaError
from seggql.settings import Settings
from seggql.store.examination import Examination, examine, missing_indexes, why_away
from seggql.store.hub import Hub
from seggql.store.schema import VERSION, schema_version

OLDEST_RELEASE, TESTED_RELEASE = (5, 0), (6, 0)
"""Reads at a cluster time need the first; the tests run on the second."""

LONG_ENOUGH_S = 3600
CLOCK_WARN_S, CLOCK_PROBLEM_S = 2.0, 30.0
DISK_WARN, DISK_PROBLEM = 0.15, 0.05
GIB = 2**30

RAISE_WINDOW = (
    "db.adminCommand({setParameter: 1, minSnapshotHistoryWindowInSeconds: 3600}), or start mongod with "
    "--setParameter minSnapshotHistoryWindowInSeconds=3600"
)
START_REPLICA_SET = "start mongod with --replSet rs0 and call rs.initiate() once in mongosh; one node will do"


async def look_at_connection(hub: Hub, settings: Settings) -> Finding:
    """Whether MongoDB can be used at all."""
    try:
        await hub.database.command("ping")
        await hub.collection("schema").find_one()
    except OperationFailure as error:
        to_do = "correct user and password in SEGGQL_MONGODB_URI, and grant readWrite on the database"
        return problem("MongoDB", f"refuses this user: {error.details and error.details.get('codeName')}", to_do)
    except PyMongoError:
        cause = await why_away(settings.mongodb_uri)
        to_do = START_REPLICA_SET if "no replica set" in cause else "start MongoDB, or correct SEGGQL_MONGODB_URI"
        return problem("MongoDB", f"cannot be used: {cause}", to_do)
    return ok("MongoDB", f"answers, database {settings.database}")


async def look_at_database(hub: Hub) -> AsyncIterator[Finding]:
    """A MongoDB that answers."""
    facts = await examine(hub)
    for finding in _of_server(facts):
        yield finding
    try:
        version = await schema_version(hub)
    except SchemaError as error:
        yield problem("schema", str(error), "start the newer release of seggql on this machine too")
        return
    if version == 0:
        to_do = "start any process (seggql serve, worker or scheduler): it makes the collections"
        yield warn("schema", "no process has opened this database yet", to_do)
        return
    if version < VERSION:
        to_do = "make a backup, then start any process of this release: it migrates the database"
        yield warn("schema", f"version {version}, this release has {VERSION}", to_do)
        return
    yield ok("schema", f"version {version}")
    if missing := await missing_indexes(hub):
        to_do = "start any process again, it makes those of collections; redefine the type for those of types"
        yield problem("indexes", f"missing: {'; '.join(missing)}", to_do)
    else:
        yield ok("indexes", "all there")


def _of_server(facts: Examination) -> Iterator[Finding]:
    release = ".".join(map(str, facts.release))
    if facts.release < OLDEST_RELEASE:
        yield problem("MongoDB release", f"{release} is too old", "upgrade to 6.0 or newer")
    elif facts.release < TESTED_RELEASE:
        yield warn("MongoDB release", f"{release} is older than what is tested", "upgrade to 6.0 or newer")
    else:
        yield ok("MongoDB release", release)
    yield from _of_replica_set(facts)
    window = facts.snapshot_window_s
    if window is None:
        yield warn("snapshot window", "this user may not read it", f"see that it is {LONG_ENOUGH_S} s: {RAISE_WINDOW}")
    elif window < LONG_ENOUGH_S:
        yield warn("snapshot window", f"{window} s: a refresh that takes longer begins again and again", RAISE_WINDOW)
    else:
        yield ok("snapshot window", f"{window} s")
    yield _of_clock(facts.clock_ahead_s)
    if facts.disk_free is not None and facts.disk_free_bytes is not None:
        found = f"{facts.disk_free:.0%} free, {facts.disk_free_bytes / GIB:.1f} GiB"
        if facts.disk_free < DISK_PROBLEM or facts.disk_free_bytes < GIB:
            yield problem("disk of MongoDB", found, "make room: MongoDB stops where its disk is full")
        elif facts.disk_free < DISK_WARN:
            yield warn("disk of MongoDB", found, "make room soon")
        else:
            yield ok("disk of MongoDB", found)


def _of_replica_set(facts: Examination) -> Iterator[Finding]:
    if facts.replica_set is None:
        yield problem("replica set", "MongoDB is none; snapshots and transactions need it", START_REPLICA_SET)
    elif not facts.is_writable:
        yield problem("replica set", "there is no primary", "see rs.status() in mongosh")
    elif facts.unhealthy:
        to_do = "see rs.status(); without a majority nothing can be written"
        yield warn("replica set", f"not healthy: {', '.join(facts.unhealthy)}", to_do)
    else:
        members = f", {facts.members} member{'' if facts.members == 1 else 's'}" if facts.members else ""
        yield ok("replica set", f"{facts.replica_set}{members}")
    if facts.is_majority_journaled is False:
        to_do = "rs.reconfig() with writeConcernMajorityJournalDefault: true"
        yield warn("write concern", "the majority may acknowledge before its journal is written", to_do)
    else:
        yield ok("write concern", "writes wait for the majority")


def _of_clock(ahead_s: float) -> Finding:
    found = f"MongoDB's is {abs(ahead_s):.1f} s {'ahead' if ahead_s > 0 else 'behind'}"
    if abs(ahead_s) >= CLOCK_PROBLEM_S:
        return problem("clocks", found, "have both machines keep time by NTP: schedules and relative dates go by it")
    if abs(ahead_s) >= CLOCK_WARN_S:
        return warn("clocks", found, "have both machines keep time by NTP")
    return ok("clocks", "agree")
