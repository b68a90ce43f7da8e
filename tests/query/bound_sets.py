"""Random bound sets over one profile type, and random worlds for them to be tried on."""

from datetime import timedelta

from hypothesis import strategies as st

from seggql.catalog.model import AttributeType
from seggql.query import bound
from seggql.query.ast import ComparisonOperator, SetOperator, WindowUnit
from seggql.query.bound import BoundSet, Condition, Direction
from seggql.query.values.interpreter import Record
from tests.query.conditions import NOW, constant
from tests.query.world import COUNT, Act, World

PERSON = "Person"
AGE = bound.Field(names=("age",), type=AttributeType.INT)
EVERYONE = bound.Everyone(profile_type=PERSON)

_AGES = st.fixed_dictionaries({}, optional={"age": st.none() | st.integers(0, 3)})
_ORDINALS = st.integers(0, 9)
_INSTANTS = st.builds(lambda hours: NOW + timedelta(hours=hours), st.sampled_from([-72, -48, -24, -1, 0, 1, 24]))
_ACTS = st.lists(
    st.builds(
        lambda profile, target, attributes, timestamp: Act(
            profile=profile, target=target, record=Record(attributes=attributes, timestamp=timestamp)
        ),
        _ORDINALS,
        _ORDINALS,
        _AGES,
        _INSTANTS,
    ),
    max_size=20,
).map(tuple)

WORLDS = st.builds(
    lambda profiles, visits, orders, knows, gold, silver: World(
        profiles={n: Record(attributes=attributes, key=f"k{n}") for n, attributes in enumerate(profiles)},
        interactions={"Visit": visits, "Order": orders},
        edges={"Knows": knows},
        segments={"Gold": gold, "Silver": silver},
    ),
    st.lists(_AGES, min_size=10, max_size=10),
    _ACTS,
    _ACTS,
    _ACTS,
    st.frozensets(_ORDINALS),
    st.frozensets(_ORDINALS),
)


def compare(value: bound.Value, operator: ComparisonOperator, limit: bound.Scalar) -> bound.Compare:
    """A comparison with a literal."""
    return bound.Compare(operator=operator, left=value, right=constant(limit))


def _comparisons(value: bound.Value) -> st.SearchStrategy[Condition]:
    compared = st.builds(
        lambda operator, limit: compare(value, operator, limit), st.sampled_from(ComparisonOperator), st.integers(-1, 4)
    )
    settled: list[Condition] = [
        compare(constant(1), ComparisonOperator.EQUAL, 1),
        compare(constant(1), ComparisonOperator.EQUAL, 2),
    ]
    return compared | compared.map(lambda each: bound.Not(operand=each)) | st.sampled_from(settled)


_TIMES = st.builds(
    lambda operator, instant: compare(bound.TimestampField(), operator, instant),
    st.sampled_from(ComparisonOperator),
    _INSTANTS,
)
_ACT_CONDITIONS = st.one_of(
    st.none(),
    _comparisons(AGE),
    _TIMES,
    st.lists(_TIMES | _comparisons(AGE), min_size=2, max_size=3).map(lambda each: bound.All(operands=tuple(each))),
)
_PERIODS = st.one_of(
    st.none(),
    st.builds(lambda n: bound.RelativePeriod(unit=WindowUnit.UTCDAYS, count=n), st.integers(1, 3)),
    st.builds(lambda a, b: bound.BetweenPeriod(low=constant(a), high=constant(b)), _INSTANTS, _INSTANTS),
    st.just(bound.BetweenPeriod(low=constant(NOW), high=bound.Constant(value=None, type=AttributeType.DATETIME))),
)
_SOURCES: st.SearchStrategy[BoundSet] = st.one_of(
    st.just(EVERYONE),
    st.sampled_from(["Gold", "Silver"]).map(lambda name: bound.MembersOf(segment=name, profile_type=PERSON)),
    st.builds(
        lambda name, condition, having, period: bound.Interacted(
            interaction=name, link="Who", profile_type=PERSON, condition=condition, having=having, period=period
        ),
        st.sampled_from(["Visit", "Order"]),
        _ACT_CONDITIONS,
        st.none() | _comparisons(COUNT),
        _PERIODS,
    ),
)


def _steps(sources: st.SearchStrategy[BoundSet]) -> st.SearchStrategy[BoundSet]:
    operands = st.lists(
        st.builds(
            lambda operator, operand: bound.CombinedOperand(operator=operator, operand=operand),
            st.sampled_from(SetOperator),
            sources,
        ),
        min_size=1,
        max_size=3,
    )
    return st.one_of(
        st.builds(
            lambda source, condition: bound.Filtered(source=source, condition=condition, profile_type=PERSON),
            sources,
            _comparisons(AGE),
        ),
        st.builds(
            lambda source, direction, condition: bound.Traversed(
                source=source, relationship="Knows", direction=direction, profile_type=PERSON, condition=condition
            ),
            sources,
            st.sampled_from(Direction),
            st.none() | _comparisons(AGE),
        ),
        st.builds(
            lambda first, rest: bound.Combined(first=first, rest=tuple(rest), profile_type=PERSON), sources, operands
        ),
    )


SETS = st.recursive(_SOURCES, _steps, max_leaves=8)
