"""Arithmetic in double and decimal, and comparison across number types."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seggql.catalog.model import AttributeType
from seggql.query.ast import ArithmeticOperator, ComparisonOperator
from seggql.query.bound import Scalar
from seggql.query.values.numbers import Number, arithmetic, compare, to_decimal

ADD, SUBTRACT = ArithmeticOperator.ADD, ArithmeticOperator.SUBTRACT
MULTIPLY, DIVIDE = ArithmeticOperator.MULTIPLY, ArithmeticOperator.DIVIDE
DOUBLE, DECIMAL = AttributeType.DOUBLE, AttributeType.DECIMAL


@pytest.mark.parametrize(
    ("operator", "left", "right", "type", "expected"),
    [
        (DIVIDE, 7, 2, DOUBLE, 3.5),
        (ADD, 0.1, 0.2, DOUBLE, 0.30000000000000004),
        (ADD, 2**53, 1, DOUBLE, float(2**53)),
        (SUBTRACT, 2, 5, DOUBLE, -3.0),
        (MULTIPLY, 3, 0.5, DOUBLE, 1.5),
        (ADD, Decimal("0.1"), Decimal("0.2"), DECIMAL, Decimal("0.3")),
        (ADD, Decimal("0.1"), 0.2, DECIMAL, Decimal("0.3")),
        (DIVIDE, Decimal(1), 3, DECIMAL, Decimal("0." + "3" * 34)),
        (ADD, Decimal(10**33), Decimal("0.5"), DECIMAL, Decimal(10**33)),
        (ADD, Decimal(10**33), Decimal("1.5"), DECIMAL, Decimal(10**33 + 2)),
        (MULTIPLY, 2**62, Decimal(2), DECIMAL, Decimal(2**63)),
    ],
)
def test_arithmetic_computes(
    operator: ArithmeticOperator, left: Number, right: Number, type: AttributeType, expected: Number
) -> None:
    result = arithmetic(operator, left, right, type)

    assert result == expected
    assert isinstance(result, Decimal if type is DECIMAL else float)


@pytest.mark.parametrize(
    ("operator", "left", "right", "type"),
    [
        (DIVIDE, 1, 0, DOUBLE),
        (DIVIDE, 0, 0, DOUBLE),
        (DIVIDE, 1.0, 0.0, DOUBLE),
        (DIVIDE, Decimal(1), 0, DECIMAL),
        (DIVIDE, Decimal(0), Decimal(0), DECIMAL),
        (MULTIPLY, 1e308, 10, DOUBLE),
        (SUBTRACT, float("inf"), float("inf"), DOUBLE),
        (ADD, float("nan"), 1, DOUBLE),
        (ADD, 10**400, 1, DOUBLE),
        (MULTIPLY, Decimal("1e6144"), Decimal(10), DECIMAL),
        (ADD, None, 1, DOUBLE),
        (ADD, Decimal(1), None, DECIMAL),
    ],
)
def test_arithmetic_without_a_finite_result_is_missing(
    operator: ArithmeticOperator, left: Number | None, right: Number | None, type: AttributeType
) -> None:
    assert arithmetic(operator, left, right, type) is None


@pytest.mark.parametrize(
    ("left", "right", "order"),
    [
        (2**53 + 1, float(2**53), 1),
        (1, 1.0, 0),
        (1, Decimal("1.000"), 0),
        (0.1, Decimal("0.1"), 1),
        (0.5, Decimal("0.5"), 0),
        (Decimal("1e400"), 1e308, 1),
        (-0.0, 0, 0),
        ("a", "B", 1),
        ("z", "\N{GRINNING FACE}", -1),
        ("\uffff", "\N{GRINNING FACE}", -1),
        (False, True, -1),
    ],
)
def test_comparison_is_exact(left: Scalar, right: Scalar, order: int) -> None:
    assert compare(ComparisonOperator.LESS, left, right) is (order < 0)
    assert compare(ComparisonOperator.LESS_OR_EQUAL, left, right) is (order <= 0)
    assert compare(ComparisonOperator.EQUAL, left, right) is (order == 0)
    assert compare(ComparisonOperator.NOT_EQUAL, left, right) is (order != 0)
    assert compare(ComparisonOperator.GREATER_OR_EQUAL, left, right) is (order >= 0)
    assert compare(ComparisonOperator.GREATER, left, right) is (order > 0)


@pytest.mark.parametrize("operator", ComparisonOperator)
def test_comparison_with_what_is_no_value_is_unknown(operator: ComparisonOperator) -> None:
    assert compare(operator, None, 1) is None
    assert compare(operator, 1, None) is None
    assert compare(operator, None, None) is None
    assert compare(operator, float("nan"), 1) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_keeps_fifteen_digits_as_a_decimal(number: float) -> None:
    decimal = to_decimal(number)

    assert len(decimal.as_tuple().digits) <= 15
    assert decimal == Decimal(f"{number:.14e}")
