"""The one door by which user values enter a pipeline."""

import decimal
from datetime import datetime
from decimal import Decimal

from bson.decimal128 import Decimal128
from bson.int64 import Int64

from seggql.query.bound import Scalar

BsonScalar = bool | int | float | str | datetime | Decimal128
"""What a user value may become; never a document, so nothing a user writes is read as an operator."""

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)

DECIMAL128 = decimal.Context(
    prec=34, rounding=decimal.ROUND_HALF_EVEN, Emin=-6143, Emax=6144, capitals=1, clamp=1, traps=[]
)
"""Rounds as MongoDB does: what is too large for Decimal128 becomes an infinity, which compares as it should."""


def operand(value: Scalar) -> BsonScalar:
    """`value` as the operand of an explicit match operator (`{"$eq": operand(v)}`), and nowhere else.

    Decimals, and integers past 64 bits, become Decimal128.
    """
    match value:
        case bool() | float() | str() | datetime():
            return value
        case int():
            if INT64_MIN <= value <= INT64_MAX:
                return value if -(2**31) <= value < 2**31 else Int64(value)
            return Decimal128(DECIMAL128.create_decimal(value))
        case Decimal():
            return Decimal128(DECIMAL128.create_decimal(value))


def literal(value: Scalar) -> dict[str, BsonScalar]:
    """`value` as an aggregation expression: dollars and dots in it mean nothing."""
    return {"$literal": operand(value)}
