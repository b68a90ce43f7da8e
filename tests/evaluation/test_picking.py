"""What is picked for operators: packs or pipelines, by sizes and selectivities, for all of them together."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId
from pyroaring import BitMap

from seggql.catalog.model import AttributeType
from seggql.evaluation.packed.costs import PackCosts
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.packed.shares import Operator
from seggql.evaluation.packed.unit_costs import GROUPED_US, LOAD_US, SCANNED_US, VALUE_US, WRITTEN_US
from seggql.evaluation.weighing import TOLD, Group, Told, Weighing, told_of
from seggql.query.ast import ComparisonOperator, SetOperator
from seggql.query.bound import Constant, Field
from seggql.query.plan import Aggregate, Algebra, AlgebraOperand, Interval, Plan, Scan
from seggql.query.planning.estimates import Statistics
from seggql.query.predicate import Always, Compares
from seggql.store.packs import Basis, Bound, ColumnStatistics, PackHead, Part
from seggql.store.snapshot import Snapshot
from seggql.store.tail import WrittenBatch

DAY_MS = 86_400_000
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
SINCE_MS = int(SINCE.timestamp() * 1000)
PEOPLE, PART_ROWS = 1_000_000, 65_536
VISITS = 20 * PART_ROWS
BASIS = Basis(snapshot=Snapshot(seconds=1, increment=1), open=frozenset())


def part(number: int, rows: int, paths: Sequence[str], least: Bound = None, most: Bound = None) -> Part:
    columns = {path: ColumnStatistics(version=0, nulls=0, least=least, most=most, size=rows) for path in paths}
    return Part(number=number, rows=rows, range=None, basis=BASIS, columns=columns)


def people_pack(batches: tuple[WrittenBatch, ...] = ()) -> OpenPack:
    """A million people in one part."""
    head = PackHead(version=1, parts=(part(0, PEOPLE, ["_id", "a.Age", "a.Score"]),))
    return OpenPack(source="profiles.Person", head=head, batches=batches)


def visits_pack() -> OpenPack:
    """20 slices of visits, of a day each."""
    paths = ["t", "l.Visitor", "a.Seconds"]
    slices = [part(n, PART_ROWS, paths, SINCE_MS + n * DAY_MS, SINCE_MS + (n + 1) * DAY_MS) for n in range(20)]
    return OpenPack(source="interactions.Visit", head=PackHead(version=1, parts=tuple(slices)), batches=())


def scan(attribute: str, number: int) -> Scan:
    field = Field(names=(attribute,), type=AttributeType.INT)
    predicate = Compares(
        operator=ComparisonOperator.EQUAL, left=field, right=Constant(value=number, type=AttributeType.INT)
    )
    return Scan(profile_type="Person", predicate=predicate)


def visited(first: int, last: int) -> Aggregate:
    """Those who visited from the noon of one day to that of another."""
    interval = Interval(low=SINCE + timedelta(days=first, hours=12), high=SINCE + timedelta(days=last, hours=12))
    return Aggregate(
        interaction="Visit",
        link="Visitor",
        profile_type="Person",
        predicate=Always(),
        having=Always(),
        interval=interval,
    )


def meet(first: Plan, second: Plan) -> Plan:
    rest = (AlgebraOperand(operator=SetOperator.INTERSECT, operand=second),)
    return Algebra(first=first, rest=rest, profile_type="Person")


def group(pack: OpenPack, *operators: Operator) -> Group:
    return Group(operators=operators, costs=PackCosts(pack, operators))


def weighed(plans: Sequence[Plan], groups: Sequence[Group], left_by_index: dict[Scan, int]) -> dict[Plan, Told]:
    """What is picked where indexes leave so much, and everything else is as large as it is."""
    costs = [one.costs for one in groups if isinstance(one.operators[0], Aggregate)]
    windows = [one for group in groups for one in group.operators if isinstance(one, Aggregate)]
    statistics = Statistics(
        profiles={"Person": PEOPLE},
        interactions={"Visit": VISITS},
        left_by_index=left_by_index,
        in_intervals={("Visit", one.interval): int(costs[0].rows_in(one.interval)) for one in windows if one.interval},
    )
    weighing = Weighing(plans, groups, statistics)
    weighing.leave_packs()
    return weighing.told()


def packed(told: dict[Plan, Told]) -> list[bool]:
    return [how.by_packs for how in told.values()]


def test_a_pass_is_as_long_as_what_it_reads_and_tests() -> None:
    costs = PackCosts(people_pack(), [scan("Age", 1), scan("Score", 2), scan("Age", 3)])
    assert costs.us([0]) == pytest.approx(LOAD_US + 2 * PEOPLE * VALUE_US + PEOPLE * SCANNED_US)
    assert costs.us([0, 2]) == pytest.approx(LOAD_US + 2 * PEOPLE * VALUE_US + 2 * PEOPLE * SCANNED_US)
    assert costs.us() == pytest.approx(LOAD_US + 3 * PEOPLE * VALUE_US + 3 * PEOPLE * SCANNED_US)
    assert costs.us([]) == 0


def test_what_was_written_since_is_read_from_documents() -> None:
    touched = {"Person": BitMap(range(500))}
    written = WrittenBatch(id=ObjectId(), collection="profiles.Person", closed=None, touched=touched)
    of_others = WrittenBatch(id=ObjectId(), collection="interactions.Visit", closed=None, touched=touched)
    costs = PackCosts(people_pack((written, of_others)), [scan("Age", 1)])
    assert costs.us() == pytest.approx(PackCosts(people_pack(), [scan("Age", 1)]).us() + 500 * WRITTEN_US)


def test_slices_outside_of_a_window_are_not_read() -> None:
    costs = PackCosts(visits_pack(), [visited(3, 4), visited(3, 5), visited(30, 40)])
    assert costs.us([0]) == pytest.approx(LOAD_US + 2 * 2 * PART_ROWS * VALUE_US + 2 * PART_ROWS * GROUPED_US)
    assert costs.us([0, 1]) < costs.us([0]) + costs.us([1]) - LOAD_US
    assert costs.us([2]) == pytest.approx(LOAD_US)


def test_slices_tell_how_much_lies_in_an_interval() -> None:
    costs = PackCosts(visits_pack(), [visited(0, 1)])
    assert costs.rows_in(Interval(low=SINCE, high=SINCE + timedelta(days=2, hours=12))) == pytest.approx(
        2.5 * PART_ROWS
    )
    assert costs.rows_in(Interval(low=SINCE + timedelta(days=18), high=None)) == pytest.approx(2 * PART_ROWS)


def test_one_scan_of_few_leaves_packs_and_one_of_many_does_not() -> None:
    few, many = scan("Score", 7), scan("Age", 20)
    assert packed(weighed([few], [group(people_pack(), few)], {few: 1_000})) == [False]
    assert packed(weighed([many], [group(people_pack(), many)], {many: 300_000})) == [True]
    assert packed(weighed([many], [group(people_pack(), many)], {})) == [True]


def test_a_scan_of_few_stays_where_others_read_its_column_anyway() -> None:
    few, many = scan("Age", 7), scan("Age", 20)
    told = weighed([few, many], [group(people_pack(), few, many)], {few: 1_500, many: 300_000})
    assert packed(told) == [True, True]
    own = scan("Score", 7)
    assert packed(weighed([own, many], [group(people_pack(), own, many)], {own: 1_500, many: 300_000})) == [False, True]


def test_many_scans_of_few_leave_packs_only_together() -> None:
    """The first to leave would save but its test, for the column is read for the others."""
    scans = [scan("Age", number) for number in range(4)]
    told = weighed(scans, [group(people_pack(), *scans)], dict.fromkeys(scans, 1_500))
    assert packed(told) == [False] * 4


def test_what_few_were_found_for_is_looked_up_where_little_else_is_read() -> None:
    few, long = scan("Score", 7), visited(0, 19)
    groups = [group(people_pack(), few), group(visits_pack(), long)]
    assert packed(weighed([meet(few, long)], groups, {few: 100})) == [False, False]
    assert packed(weighed([meet(few, long), long], groups, {few: 100})) == [False, True]


def test_guesses_of_how_many_were_found_are_not_relied_on() -> None:
    guessed, long = scan("Age", 7), visited(0, 19)
    rare = meet(meet(guessed, scan("Score", 8)), scan("Score", 9))
    groups = [group(people_pack(), guessed, scan("Score", 8), scan("Score", 9)), group(visits_pack(), long)]
    assert packed(weighed([meet(rare, long)], groups, {})) == [True] * 4
    assert packed(weighed([meet(rare, long)], groups, {guessed: 100}))[3] is False


def test_it_is_told_why() -> None:
    few = scan("Score", 7)
    told = weighed([few], [group(people_pack(), few)], {few: 1_000})
    assert told_of(few, told) == "Person: pipeline, about 4 ms, packs 35 ms"
    assert told_of(visited(1, 2), told) == ""
    many: dict[Plan, Told] = {few: Told(by_packs=True, shared=40)}
    assert told_of(few, many) == "Person: packs, 40 operators share the reading"


def test_of_many_operators_only_some_are_told() -> None:
    scans = [scan("Age", number) for number in range(TOLD + 2)]
    told: dict[Plan, Told] = {
        one: Told(by_packs=True, shared=9, packs_us=n * 1e3, pipeline_us=n * 1e6) for n, one in enumerate(scans)
    }
    plan: Plan = scans[0]
    for one in scans[1:]:
        plan = meet(plan, one)
    assert told_of(plan, told).endswith("; and 2 more")
