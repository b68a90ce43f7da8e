"""Documents as records, for testing in the worker what a pipeline could not say."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from bson.decimal128 import Decimal128

from seggql.query.predicate import Predicate
from seggql.query.values.interpreter import Record, compile_predicate

Document = Mapping[str, Any]


def document_test(predicate: Predicate | None) -> Callable[[Document], bool]:
    """Whether `predicate` holds for a document; None holds for all."""
    if predicate is None:
        return lambda document: True
    test = compile_predicate(predicate)
    return lambda document: test(record_of(document))


def record_of(document: Document) -> Record:
    """A profile, interaction or edge as a record."""
    attributes = plain(document.get("a"))
    return Record(
        attributes=attributes if isinstance(attributes, dict) else {},
        key=document.get("key"),
        timestamp=document.get("t"),
    )


def plain(value: Any) -> Any:
    """`value` with MongoDB's decimals as Python's."""
    match value:
        case Decimal128():
            decimal: Decimal = value.to_decimal()
            return decimal
        case dict():
            return {name: plain(inner) for name, inner in value.items()}
        case list():
            return [plain(item) for item in value]
        case _:
            return value
