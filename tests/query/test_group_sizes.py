"""Which numbers of interactions a HAVING on COUNT() takes, held to counting."""

from hypothesis import given
from hypothesis import strategies as st

from seggql.catalog.model import AttributeType
from seggql.query import bound
from seggql.query.ast import AggregateFunction, ArithmeticOperator, ComparisonOperator
from seggql.query.binding.group_sizes import sizes_of
from seggql.query.values.numbers import COMPARISONS

COUNT = bound.Aggregated(function=AggregateFunction.COUNT, field=None, type=AttributeType.LONG)
TESTED = range(40)
"""Sizes that are counted through; every random condition turns below the last of them."""

numbers = st.integers(-3, 12) | st.sampled_from([0.5, 2.5, -0.5])
constants = numbers.map(lambda number: bound.Constant(value=number, type=AttributeType.DOUBLE))


def _computed(operator: ArithmeticOperator, left: bound.Value, right: bound.Value) -> bound.Computed:
    return bound.Computed(operator=operator, left=left, right=right, type=AttributeType.DOUBLE)


values: st.SearchStrategy[bound.Value] = st.one_of(
    constants,
    st.just(COUNT),
    st.builds(lambda n: _computed(ArithmeticOperator.ADD, COUNT, n), constants),
    st.builds(lambda n: _computed(ArithmeticOperator.SUBTRACT, n, COUNT), constants),
    st.just(_computed(ArithmeticOperator.MULTIPLY, COUNT, bound.Constant(value=2, type=AttributeType.INT))),
)
compares = st.builds(bound.Compare, operator=st.sampled_from(ComparisonOperator), left=values, right=values)
one_ofs = st.builds(bound.OneOf, value=values, options=st.lists(values, min_size=1, max_size=3).map(tuple))
conditions: st.SearchStrategy[bound.Condition] = st.recursive(
    compares | one_ofs,
    lambda inner: st.one_of(
        st.builds(bound.All, operands=st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(bound.Any, operands=st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(bound.Not, operand=inner),
    ),
    max_leaves=6,
)


def _value(value: bound.Value, size: int) -> float:
    match value:
        case bound.Constant(value=int() | float() as number):
            return float(number)
        case bound.Aggregated():
            return float(size)
        case bound.Computed(operator=ArithmeticOperator.ADD, left=left, right=right):
            return _value(left, size) + _value(right, size)
        case bound.Computed(operator=ArithmeticOperator.SUBTRACT, left=left, right=right):
            return _value(left, size) - _value(right, size)
        case bound.Computed(left=left, right=right):
            return _value(left, size) * _value(right, size)
        case _:
            raise AssertionError(value)


def _holds(condition: bound.Condition, size: int) -> bool:
    match condition:
        case bound.All(operands=operands):
            return all(_holds(operand, size) for operand in operands)
        case bound.Any(operands=operands):
            return any(_holds(operand, size) for operand in operands)
        case bound.Not(operand=operand):
            return not _holds(operand, size)
        case bound.Compare(operator=operator, left=left, right=right):
            return bool(COMPARISONS[operator](_value(left, size), _value(right, size)))
        case bound.OneOf(value=value, options=options):
            return any(_value(value, size) == _value(option, size) for option in options)
        case _:
            raise AssertionError(condition)


@given(conditions)
def test_sizes_are_those_for_which_the_condition_holds(condition: bound.Condition) -> None:
    sizes = sizes_of(condition)
    assert sizes is not None
    held = [size for size in TESTED if _holds(condition, size)]
    assert [size for size in TESTED if sizes.holds(size)] == held
    assert sizes.last == (None if held and held[-1] == TESTED[-1] else held[-1] if held else -1)
    assert sizes.holds_from_one == (set(held) >= set(TESTED[1:]))


def test_what_depends_on_more_than_the_count_has_no_sizes() -> None:
    total = bound.Aggregated(
        function=AggregateFunction.SUM,
        field=bound.Field(names=("x",), type=AttributeType.INT),
        type=AttributeType.DOUBLE,
    )
    compare = bound.Compare(operator=ComparisonOperator.GREATER, left=COUNT, right=total)
    assert sizes_of(compare) is None
    assert sizes_of(bound.Not(operand=bound.Any(operands=(compare, compare)))) is None


def test_counts_times_counts_and_divisions_by_zero_have_no_sizes() -> None:
    zero = bound.Constant(value=0, type=AttributeType.INT)
    for value in (
        _computed(ArithmeticOperator.MULTIPLY, COUNT, COUNT),
        _computed(ArithmeticOperator.DIVIDE, COUNT, zero),
        _computed(ArithmeticOperator.DIVIDE, zero, COUNT),
    ):
        assert sizes_of(bound.Compare(operator=ComparisonOperator.LESS, left=value, right=zero)) is None
