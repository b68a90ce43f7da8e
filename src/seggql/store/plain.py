"""Values of documents as Python's own: what leaves the store has no types of the driver."""

from typing import Any

from bson.decimal128 import Decimal128


def plain(value: Any) -> Any:
    """`value` with decimals as Decimal, in arrays and objects too."""
    match value:
        case dict():
            return {name: plain(inner) for name, inner in value.items()}
        case list():
            return [plain(inner) for inner in value]
        case Decimal128():
            return value.to_decimal()
        case _:
            return value
