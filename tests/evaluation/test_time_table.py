"""The time table of the language: who is in each relative window and date test, at the instants calendars trip over.

Each row says by hand which timestamps (of an interaction) or dates (of a profile) belong at `as_of`, to the
millisecond. MongoDB, the reference interpreter and the row must agree, in whatever zone the process lives: the
language knows only UTC, so that a day has 24 hours also where clocks change.
"""

import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter

import pytest
from pyroaring import BitMap

from seggql.dev.mongod import Mongod
from seggql.evaluation.evaluate import evaluate
from seggql.query.compile import compile_query
from seggql.query.limits import Limits
from seggql.query.planner import plan
from seggql.query.planning.estimates import Statistics, indexed_paths
from seggql.query.scope import Scope
from seggql.settings import Settings
from seggql.store.hub import open_hub
from seggql.store.snapshot import SnapshotSources, take_snapshot
from tests.evaluation.fixture_world import CATALOG
from tests.reference.interpreter import members
from tests.reference.storage import store_world
from tests.reference.world import Interaction, Profile, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Instants are UTC; `inside` and `outside` are the nearest ones on both sides of every edge."""

    name: str
    test: str
    as_of: str
    inside: tuple[str, ...]
    outside: tuple[str, ...]


def window(name: str, text: str, as_of: str, low: str) -> Row:
    """A row of a relative window: (low, as_of]."""
    return Row(name=name, test=text, as_of=as_of, inside=(later(low), as_of), outside=(low, later(as_of)))


def between(name: str, low: str, high: str, as_of: str, first: str, last: str) -> Row:
    """A row of a BETWEEN window: from `first` to `last`, both included."""
    outside = (earlier(first), later(last))
    return Row(name=name, test=f"BETWEEN({low}, {high})", as_of=as_of, inside=(first, last), outside=outside)


def date(name: str, text: str, as_of: str, inside: tuple[str, ...], outside: tuple[str, ...]) -> Row:
    """A row of a test of the date X of a profile."""
    return Row(name=name, test=text, as_of=as_of, inside=inside, outside=outside)


def later(text: str) -> str:
    """A millisecond later."""
    return datetime.fromtimestamp((round(instant(text).timestamp() * 1000) + 1) / 1000, UTC).isoformat()


def earlier(text: str) -> str:
    """A millisecond earlier."""
    return datetime.fromtimestamp((round(instant(text).timestamp() * 1000) - 1) / 1000, UTC).isoformat()


def instant(text: str) -> datetime:
    """To the millisecond."""
    found = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return found.replace(microsecond=round(found.microsecond / 1000) * 1000)


NOW = "DATETIMEUTCNOW()"
WINDOWS = (
    # Days and hours are 24 and 1 hours long, also across a change of clocks: Berlin 01:00Z, New York 07:00Z and 06:00Z,
    # Lord Howe (half an hour) 15:30Z and 15:00Z.
    window("a day over Berlin's gap", "UTCDAYS(1)", "2026-03-29T12:00", "2026-03-28T12:00"),
    window("an hour that ends with Berlin's gap", "UTCHOURS(1)", "2026-03-29T01:00", "2026-03-29T00:00"),
    window("an hour in Berlin's gap", "UTCHOURS(1)", "2026-03-29T01:30", "2026-03-29T00:30"),
    window("a day over Berlin's overlap", "UTCDAYS(1)", "2026-10-25T12:00", "2026-10-24T12:00"),
    window("two hours over Berlin's overlap", "UTCHOURS(2)", "2026-10-25T02:00", "2026-10-25T00:00"),
    window("a day over New York's gap", "UTCDAYS(1)", "2026-03-08T12:00", "2026-03-07T12:00"),
    window("a day over New York's overlap", "UTCDAYS(1)", "2026-11-01T12:00", "2026-10-31T12:00"),
    window("a day over Lord Howe's gap", "UTCDAYS(1)", "2026-10-03T16:00", "2026-10-02T16:00"),
    window("a day over Lord Howe's overlap", "UTCDAYS(1)", "2026-04-04T16:00", "2026-04-03T16:00"),
    window("a month over Berlin's gap", "UTCMONTHS(1)", "2026-04-15T01:30", "2026-03-15T01:30"),
    window("a year over all changes", "UTCYEARS(1)", "2026-10-25T01:30", "2025-10-25T01:30"),
    # Midnight.
    window("a day at midnight", "UTCDAYS(1)", "2026-06-02T00:00", "2026-06-01T00:00"),
    window("a day just before midnight", "UTCDAYS(1)", "2026-06-01T23:59:59.999", "2026-05-31T23:59:59.999"),
    window("an hour over midnight", "UTCHOURS(1)", "2026-06-01T00:30", "2026-05-31T23:30"),
    window("24 hours are a day", "UTCHOURS(24)", "2026-06-02T00:00", "2026-06-01T00:00"),
    # Ends of months: clamped to the last day.
    window("a month from the 31st to a month of 30 days", "UTCMONTHS(1)", "2026-05-31T08:00", "2026-04-30T08:00"),
    window("a month from 31 March", "UTCMONTHS(1)", "2026-03-31T08:00", "2026-02-28T08:00"),
    window("a month from 31 March of a leap year", "UTCMONTHS(1)", "2028-03-31T08:00", "2028-02-29T08:00"),
    window("a month from 29 March of a leap year", "UTCMONTHS(1)", "2028-03-29T08:00", "2028-02-29T08:00"),
    window("a month from 28 February", "UTCMONTHS(1)", "2026-02-28T08:00", "2026-01-28T08:00"),
    window("a month from the 30th to the 30th", "UTCMONTHS(1)", "2026-04-30T23:59:59.999", "2026-03-30T23:59:59.999"),
    window("two months are not twice one", "UTCMONTHS(2)", "2026-03-31T08:00", "2026-01-31T08:00"),
    window("thirteen months", "UTCMONTHS(13)", "2026-03-31T08:00", "2025-02-28T08:00"),
    window("a day over the end of February", "UTCDAYS(1)", "2026-03-01T08:00", "2026-02-28T08:00"),
    # Leap days.
    window("a day over a leap day", "UTCDAYS(1)", "2028-03-01T08:00", "2028-02-29T08:00"),
    window("365 days from a leap day", "UTCDAYS(365)", "2028-02-29T08:00", "2027-03-01T08:00"),
    window("a year from a leap day", "UTCYEARS(1)", "2028-02-29T08:00", "2027-02-28T08:00"),
    window("four years from a leap day", "UTCYEARS(4)", "2028-02-29T08:00", "2024-02-29T08:00"),
    window("a year to the day before a leap day", "UTCYEARS(1)", "2029-02-28T08:00", "2028-02-28T08:00"),
    window("twelve months from a leap day", "UTCMONTHS(12)", "2028-02-29T08:00", "2027-02-28T08:00"),
    window("over 2100, which is no leap year", "UTCDAYS(1)", "2100-03-01T00:00", "2100-02-28T00:00"),
    # Ends of years.
    window("an hour over new year", "UTCHOURS(1)", "2027-01-01T00:00", "2026-12-31T23:00"),
    window("a month over new year", "UTCMONTHS(1)", "2027-01-31T00:00", "2026-12-31T00:00"),
    window("a year at its last millisecond", "UTCYEARS(1)", "2026-12-31T23:59:59.999", "2025-12-31T23:59:59.999"),
    window("a year at its first", "UTCYEARS(1)", "2027-01-01T00:00", "2026-01-01T00:00"),
    # BETWEEN with dates of as_of, whose seconds DATETIMEUTCNOW() cuts off.
    between(
        *("a month back, to the minute", f"DATEADD(MONTH, -1, {NOW})", NOW),
        *("2026-03-31T08:00:59.999", "2026-02-28T08:00", "2026-03-31T08:00"),
    ),
    between(
        *("a day back over Berlin's gap", f"DATEADD(DAY, -1, {NOW})", NOW),
        *("2026-03-29T12:00", "2026-03-28T12:00", "2026-03-29T12:00"),
    ),
    between(
        *("past as_of", NOW, f"DATEADD(YEAR, 1, {NOW})"),
        *("2028-02-29T00:00:30", "2028-02-29T00:00", "2029-02-28T00:00"),
    ),
    between(
        *("literals are midnight", "'2026-12-31'", "'2027-01-01'"),
        *("2026-06-01T00:00", "2026-12-31T00:00", "2027-01-01T00:00"),
    ),
)
DATES = (
    date(
        *("under a day by days crossed", f"DATEDIFF(DAY, Born, {NOW}) == 1", "2026-03-29T00:00"),
        *(("2026-03-28T00:00", "2026-03-28T23:59:59.999"), ("2026-03-27T23:59:59.999", "2026-03-29T00:00")),
    ),
    date(
        *("days crossed over a leap day", f"DATEDIFF(DAY, Born, {NOW}) <= 2", "2028-03-01T00:00"),
        *(("2028-02-28T00:00", "2028-02-29T23:59:59.999"), ("2028-02-27T23:59:59.999",)),
    ),
    date(
        *("months crossed", f"DATEDIFF(MONTH, Born, {NOW}) == 1", "2026-03-01T00:00"),
        *(("2026-02-01T00:00", "2026-02-28T23:59:59.999"), ("2026-01-31T23:59:59.999", "2026-03-01T00:00")),
    ),
    date(
        *("years crossed", f"DATEDIFF(YEAR, Born, {NOW}) == 1", "2027-01-01T00:00"),
        *(("2026-01-01T00:00", "2026-12-31T23:59:59.999"), ("2025-12-31T23:59:59.999", "2027-01-01T00:00")),
    ),
    date(
        *("hours crossed over Berlin's overlap", f"DATEDIFF(HOUR, Born, {NOW}) == 2", "2026-10-25T02:00"),
        *(("2026-10-25T00:00", "2026-10-25T00:59:59.999"), ("2026-10-24T23:59:59.999", "2026-10-25T01:00")),
    ),
    date(
        *("a month added is clamped", f"DATEADD(MONTH, 1, Born) == {NOW}", "2026-02-28T00:00:59"),
        *(("2026-01-28T00:00", "2026-01-29T00:00", "2026-01-31T00:00"), ("2026-01-27T00:00", "2026-02-01T00:00")),
    ),
    date(
        *("a year added to a leap day", f"DATEADD(YEAR, 1, Born) <= {NOW}", "2029-02-28T00:00"),
        *(("2028-02-28T00:00", "2028-02-29T00:00"), ("2028-02-28T00:00:00.001", "2028-03-01T00:00")),
    ),
    date(
        *("a week by hours", f"Born > DATEADD(HOUR, -168, {NOW})", "2026-03-29T12:00"),
        *(("2026-03-22T12:00:00.001",), ("2026-03-22T12:00",)),
    ),
    date(
        *("the day of the month", f"DATEPART(DAY, Born) == DATEPART(DAY, {NOW})", "2028-02-29T00:00"),
        *(("2026-01-29T23:59:59.999", "2028-02-29T00:00"), ("2026-01-28T23:59:59.999", "2028-03-01T00:00")),
    ),
    date(
        *("a Sunday is the seventh day", "DATEPART(WEEKDAY, Born) == 7", "2026-03-29T00:00"),
        *(("2026-03-29T00:00", "2026-03-29T23:59:59.999"), ("2026-03-28T23:59:59.999", "2026-03-30T00:00")),
    ),
    date(
        *("the last year", "DATEPART(YEAR, Born) == 2026", "2027-01-01T00:00"),
        *(("2026-01-01T00:00", "2026-12-31T23:59:59.999"), ("2025-12-31T23:59:59.999", "2027-01-01T00:00")),
    ),
)


def made_world() -> World:
    """A contact for each instant of each row: its City is the row and the instant."""
    contacts, opened = list[Profile](), list[Interaction]()
    for row in (*WINDOWS, *DATES):
        for text in (*row.inside, *row.outside):
            ordinal, attributes = len(contacts) + 1, {"City": row.name, "Born": instant(text)}
            contacts.append(Profile(ordinal=ordinal, key=f"{row.name} {text}", attributes=attributes))
            links, fields = {"Opened_Contact": ordinal}, {"Campaign": row.name}
            opened.append(Interaction(timestamp=instant(text), links=links, attributes=fields))
    return World(profiles={"Contact": contacts, "Card": []}, interactions={"Opened": opened})


WORLD = made_world()


@pytest.fixture(scope="module")
def own_settings(mongod: Mongod) -> Settings:
    """Settings for the one database that all rows read."""
    return Settings(mongodb_uri=mongod.uri, database="time_table")


@pytest.fixture(scope="module")
async def sources(own_settings: Settings) -> AsyncIterator[SnapshotSources]:
    """The world of all rows."""

    async def members_of(segment: str) -> BitMap:
        raise AssertionError(segment)

    hub = open_hub(own_settings)
    await store_world(hub, CATALOG, WORLD)
    yield SnapshotSources(hub, await take_snapshot(hub), members_of)
    await hub.client.drop_database(hub.database.name)
    await hub.close()


@pytest.fixture(params=["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def local_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The zone that the process takes for its own."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


async def found_at(text: str, row: Row, sources: SnapshotSources, settings: Settings) -> set[str]:
    """The keys whom MongoDB finds; fails where the reference interpreter finds others."""
    as_of = instant(row.as_of)
    query = compile_query(text, Scope(catalog=CATALOG, segments={}), Limits())
    planned = plan(query, as_of, Statistics(indexed=indexed_paths(CATALOG)))
    found = set(await evaluate(planned.root, sources, CATALOG, settings))
    assert found == members(query.set, WORLD, as_of)
    return {contact.key for contact in WORLD.profiles["Contact"] if contact.ordinal in found}


def expected(row: Row) -> set[str]:
    return {f"{row.name} {text}" for text in row.inside}


@pytest.mark.usefixtures("local_zone")
@pytest.mark.parametrize("row", WINDOWS, ids=attrgetter("name"))
async def test_a_window_holds_what_its_row_says(row: Row, sources: SnapshotSources, own_settings: Settings) -> None:
    campaign = row.name.replace("'", "''")
    text = f"INTERACTION(Opened, Opened_Contact).FILTER(Campaign == '{campaign}').HAVING(COUNT() > 0, {row.test})"
    assert await found_at(text, row, sources, own_settings) == expected(row)


@pytest.mark.usefixtures("local_zone")
@pytest.mark.parametrize("row", DATES, ids=attrgetter("name"))
async def test_a_date_test_holds_for_what_its_row_says(
    row: Row, sources: SnapshotSources, own_settings: Settings
) -> None:
    city = row.name.replace("'", "''")
    text = f"PROFILE(Contact).FILTER(City == '{city}').FILTER({row.test})"
    assert await found_at(text, row, sources, own_settings) == expected(row)
