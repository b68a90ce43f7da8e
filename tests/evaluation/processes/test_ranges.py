from datetime import UTC, datetime
from typing import Literal

import pytest
from bson import ObjectId

from seggql.evaluation.packed import interactions
from seggql.evaluation.packed.interactions import aggregate_ranges
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.packed.scans import scan_ranges
from seggql.evaluation.processes import pool
from seggql.evaluation.processes.pool import default_processes
from seggql.query.plan import Aggregate
from seggql.query.predicate import Always
from seggql.settings import Settings
from seggql.store.packs import Basis, ColumnStatistics, PackHead, Part, Range
from seggql.store.snapshot import Snapshot

BASIS = Basis(snapshot=Snapshot(seconds=1, increment=1), open=frozenset[ObjectId]())
AT_MS = datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000
EVERY = 2**32


def profiles(*ranges: tuple[int, int]) -> OpenPack:
    parts = [
        Part(number=number, rows=high - low, range=Range(path="_id", low=low, high=high), basis=BASIS, columns={})
        for number, (low, high) in enumerate(ranges)
    ]
    return OpenPack(source="profiles.Contact", head=PackHead(version=1, parts=tuple(parts)), batches=())


def purchases(rows: int, most: int) -> OpenPack:
    columns = {path: _column(0, most) for path in ("l.Buyer", "l.Shop")} | {"t": _column(AT_MS, AT_MS)}
    part = Part(number=1, rows=rows, range=None, basis=BASIS, columns=columns)
    return OpenPack(source="interactions.Purchase", head=PackHead(version=1, parts=(part,)), batches=())


def aggregate(link: Literal["Buyer", "Shop"]) -> Aggregate:
    return Aggregate(
        interaction="Purchase", link=link, profile_type="Contact", predicate=Always(), having=Always(), interval=None
    )


def test_ranges_of_profiles_hold_every_ordinal_once_and_whole_parts() -> None:
    packed = profiles((200, 300), (0, 100), (300, 400))
    ranges = scan_ranges(packed, 2)
    assert ranges == [Range(path="_id", low=0, high=200), Range(path="_id", low=200, high=EVERY)]
    assert scan_ranges(packed, 1) == [None]
    assert scan_ranges(profiles((0, 100)), 4) == [None]
    assert [some and (some.low, some.high) for some in scan_ranges(packed, 8)] == [(0, 200), (200, 300), (300, EVERY)]


def test_aggregates_that_one_process_holds_are_together_and_more_processes_have_a_range_of_each_link() -> None:
    buyers, shops = aggregate("Buyer"), aggregate("Shop")
    pack = purchases(rows=10, most=9)
    assert aggregate_ranges([buyers, shops], pack, 1) == [([buyers, shops], None)]
    assert [
        (of_link, some and (some.path, some.low, some.high))
        for of_link, some in aggregate_ranges([buyers, shops], pack, 2)
    ] == [
        ([buyers], ("l.Buyer", 0, 5)),
        ([buyers], ("l.Buyer", 5, EVERY)),
        ([shops], ("l.Shop", 0, 5)),
        ([shops], ("l.Shop", 5, EVERY)),
    ]


def test_processes_hold_together_what_one_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interactions, "HELD_ROWS", 100)
    pack = purchases(rows=300, most=999)
    assert len(aggregate_ranges([aggregate("Buyer")], pack, 1)) == 3
    assert len(aggregate_ranges([aggregate("Buyer")], pack, 4)) == 3 * 4


@pytest.mark.parametrize(("cpus", "processes"), [(1, 1), (2, 1), (4, 2), (8, 4), (64, 4)])
def test_by_default_half_of_the_cpus_are_left_to_mongodb_and_others(cpus: int, processes: int) -> None:
    assert default_processes(cpus) == processes


def test_processes_are_started_once_there_is_enough_work_in_a_short_time(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(pool, "monotonic", lambda: now)
    opened = pool.ProcessPool(settings, processes=2)
    assert not opened.is_worth_starting(2.0)
    assert opened.is_worth_starting(2.0)
    now += pool.IDLE_S * 2
    assert not opened.is_worth_starting(2.0)
    assert opened.is_worth_starting(20.0)


def _column(least: float, most: float) -> ColumnStatistics:
    return ColumnStatistics(version=1, nulls=0, least=least, most=most, size=10)


def test_no_process_is_taken_from_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "cpus", lambda: 8)
    found = []
    for load in (0.0, 1.0, 4.6, 7.4, 30.0):
        monkeypatch.setattr("os.getloadavg", lambda load=load: (load, 0.0, 0.0))
        found.append(pool.idle_cpus())
    assert found == [7, 7, 3, 1, 0]
