"""Hops ask packs or documents by how many edges they read, which is not how many profiles they come from."""

from dataclasses import replace

import pytest
from pyroaring import BitMap

from seggql.catalog.model import AttributeType
from seggql.evaluation.packed.edges import asked_us, edges_us
from seggql.evaluation.packed.pack import OpenPack
from seggql.query.ast import ComparisonOperator
from seggql.query.bound import Constant, Direction, Field
from seggql.query.plan import Hop, Scan
from seggql.query.planning.estimates import COVERED_US, FETCHED_US, ROUND_TRIP_US, SOUGHT_US
from seggql.query.predicate import Always, Compares
from seggql.store.packs import Basis, ColumnStatistics, PackHead, Part, Range
from seggql.store.snapshot import Snapshot

BASIS = Basis(snapshot=Snapshot(seconds=1, increment=1), open=frozenset())
HOUSEHOLDS = 100_000


def part(number: int, end: str, low: int, high: int, rows: int) -> Part:
    """Edges of the ordinals from `low` up to, but not, `high`, all of which have some."""
    columns = {
        "f": ColumnStatistics(version=0, nulls=0, least=0, most=10**6, size=rows),
        "t": ColumnStatistics(version=0, nulls=0, least=0, most=10**6, size=rows),
    }
    columns[end] = ColumnStatistics(version=0, nulls=0, least=low, most=high - 1, size=rows)
    return Part(number=number, rows=rows, range=Range(path=end, low=low, high=high), basis=BASIS, columns=columns)


def homes(people_each: int) -> OpenPack:
    """Households with so many people each, packed by household in two parts, and by person in one."""
    half = HOUSEHOLDS // 2
    parts = (
        part(0, "t", 0, half, half * people_each),
        part(1, "t", half, HOUSEHOLDS, half * people_each),
        part(2, "f", 0, HOUSEHOLDS * people_each, HOUSEHOLDS * people_each),
    )
    return OpenPack(source="relationships.LivesIn", head=PackHead(version=1, parts=parts), batches=())


LIVING = Hop(
    relationship="LivesIn",
    direction=Direction.BACKWARD,
    source_type="Household",
    profile_type="Person",
    predicate=Always(),
    source=Scan(profile_type="Household", predicate=Always()),
)

ROLE = Field(names=("Role",), type=AttributeType.STRING)
OWNER = Constant(value="owner", type=AttributeType.STRING)
OWNING = replace(LIVING, predicate=Compares(operator=ComparisonOperator.EQUAL, left=ROLE, right=OWNER))


def test_documents_cost_what_their_edges_cost() -> None:
    some = BitMap(range(0, HOUSEHOLDS, 10))
    sought_us = ROUND_TRIP_US + len(some) * SOUGHT_US
    assert asked_us(LIVING, homes(50), "t", some) == pytest.approx(sought_us + 500_000 * COVERED_US)
    assert asked_us(LIVING, homes(2), "t", some) == pytest.approx(sought_us + 20_000 * COVERED_US)
    assert asked_us(LIVING, homes(2), "f", some) == pytest.approx(sought_us + 10_000 * COVERED_US)
    assert asked_us(OWNING, homes(2), "t", some) == pytest.approx(sought_us + 20_000 * FETCHED_US)
    beyond = BitMap([HOUSEHOLDS + 7])
    assert asked_us(LIVING, homes(50), "t", beyond) == ROUND_TRIP_US + SOUGHT_US


@pytest.mark.parametrize(("hop", "least"), [(LIVING, 5_000), (OWNING, 2_000)])
def test_packs_pay_where_documents_take_longer(hop: Hop, least: int) -> None:
    """A million homes: measured, packs are faster from some 2,600 households on, and from some 1,000 by condition."""
    pack = homes(10)
    for households, by_pack in ((least // 4, False), (least, True)):
        some = BitMap(range(0, HOUSEHOLDS, HOUSEHOLDS // households))
        assert (edges_us(hop, pack, "t", some) < asked_us(hop, pack, "t", some)) == by_pack
