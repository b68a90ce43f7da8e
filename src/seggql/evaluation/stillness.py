"""Until when the clock alone changes nothing of what a plan finds: the next record that a window or a date meets."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from seggql.evaluation.run import Run
from seggql.mongo.first import render_first_date, render_first_times
from seggql.query.clock import dates_of
from seggql.query.paths import path_of
from seggql.query.plan import Aggregate, Scan
from seggql.store.collections import interactions_collection, profiles_collection

FAR = datetime(9999, 1, 1, tzinfo=UTC)
"""Until when a query stands still that no clock has a say in."""

LOOK_AHEAD = timedelta(hours=1)
"""How far the next record is looked for: no further than the shortest window is long, so that one which a test of
Timestamp leaves nothing of, now and then, has nothing in between either."""

AT_ONCE = 500
"""Stretches of time that one pipeline looks into; MongoDB takes a thousand stages."""

MINUTE = timedelta(minutes=1)
"""`DATETIMEUTCNOW()` has no seconds: what counts from it moves by the minute."""

MANY = 1_000
"""Profiles whose dates are read one by one, at most."""

Probe = Scan | Aggregate


async def still_until(ahead: Mapping[str, Collection[Probe]], as_of: datetime, run: Run) -> dict[str, datetime]:
    """By name, the instant after `as_of` before which nothing but a write can change what a query finds.

    `ahead` are the probes of its plan at `as_of` and LOOK_AHEAD later, between which its bounds move evenly. Left out
    where it is not known. Of dates it is, where `run` has found the profiles that the clock will flip.

    Raises: UnavailableError, SnapshotExpired.
    """
    waits = await _waits({probe for each in ahead.values() for probe in each}, as_of, run)
    return {
        name: as_of + min([LOOK_AHEAD, *(waits[probe] for probe in each)])
        for name, each in ahead.items()
        if waits.keys() >= set(each)
    }


async def _waits(asked: Iterable[Probe], as_of: datetime, run: Run) -> Mapping[Probe, timedelta]:
    """How long until the moving bound of each probe comes to a record; left out where that is not known."""
    waits: dict[Probe, timedelta] = {}
    by_type: dict[str, list[Aggregate]] = {}
    for probe in asked:
        if isinstance(probe, Aggregate):
            by_type.setdefault(probe.interaction, []).append(probe)
        elif (wait := await _until_flipped(probe, as_of, run)) is not None:
            waits[probe] = wait
    for interaction, aggregates in by_type.items():
        waits |= await _until_moved(interaction, aggregates, as_of, run)
    return waits


def _until_minute(low: datetime, first: datetime, as_of: datetime) -> timedelta:
    """How long it takes a bound that is at `low` and moves by the minute to come to `first`."""
    minutes = -(-(first - low) // MINUTE)  # rounded up
    return minutes * MINUTE - timedelta(seconds=as_of.second, microseconds=as_of.microsecond)


async def _until_moved(
    interaction: str, aggregates: Sequence[Aggregate], as_of: datetime, run: Run
) -> Mapping[Probe, timedelta]:
    """The same of probes of one type, whoever its interactions are linked to; windows move evenly or by the minute."""
    stretches = {probe: (probe.interval.low, probe.interval.high) for probe in aggregates if probe.interval}
    lows = {low for low, high in stretches.values() if low and high and high - low == LOOK_AHEAD}
    first = await _first_times(interaction, sorted(lows), run)
    waits = {
        low: min(first[low] - low, _until_minute(low, first[low], as_of)) if low in first else LOOK_AHEAD
        for low in lows
    }
    return {probe: waits[low] for probe, (low, _) in stretches.items() if low in waits}


async def _first_times(interaction: str, lows: Sequence[datetime], run: Run) -> Mapping[datetime, datetime]:
    """The first time within LOOK_AHEAD of each of `lows`, where there is one."""
    first: dict[datetime, datetime] = {}
    for start in range(0, len(lows), AT_ONCE):
        some = lows[start : start + AT_ONCE]
        rows = run.rows(render_first_times(interactions_collection(interaction), some, LOOK_AHEAD))
        first |= {some[row["n"]]: row["t"] async for row in rows}
    return first


async def _until_flipped(probe: Scan, as_of: datetime, run: Run) -> timedelta | None:
    """The same of a probe of dates, None where it is not known."""
    known, dates = run.shared.get(probe), dates_of(probe)
    if known is None or dates is None or len(known) > MANY or dates.high - dates.low != LOOK_AHEAD:
        return None
    if not known:
        return LOOK_AHEAD
    collection = profiles_collection(probe.profile_type)
    rows = run.rows(render_first_date(collection, path_of(dates.field), dates.low, known))
    first = [row["t"] async for row in rows]
    return _until_minute(dates.low, first[0], as_of) if first else None
