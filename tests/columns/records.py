"""Documents and frames as the interpreter's records, to be compared."""

from typing import Any

from seggql.catalog.model import RecordType
from seggql.columns.frame import Frame
from seggql.columns.layout import layout_of
from seggql.query.values.interpreter import Record


def record_of(document: dict[str, Any]) -> Record:
    """A document as the interpreter has it."""
    return Record(attributes=plain(document.get("a") or {}), key=document.get("key"), timestamp=document.get("t"))


def plain(value: Any) -> Any:
    """Values of MongoDB as Python's."""
    match value:
        case dict():
            return {name: plain(inner) for name, inner in value.items()}
        case list():
            return [plain(item) for item in value]
        case _:
            return value.to_decimal() if hasattr(value, "to_decimal") else value


def without_missing(record: Record) -> tuple[Any, ...]:
    """What a record holds, with what is null left out; doubles may be written as integers."""
    return record.key, record.timestamp, _without_null(record.attributes)


def _without_null(value: Any) -> Any:
    match value:
        case dict():
            return {name: _without_null(inner) for name, inner in value.items() if inner is not None}
        case list():
            return [_without_null(item) for item in value]
        case _:
            return value


def again(frame: Frame, record_type: RecordType) -> Frame:
    """The frame encoded and decoded."""
    bits = {path: frame.encode(path).bits for path in frame.paths}
    return Frame.of_encoded(frame.rows, bits, layout_of(record_type, frame.paths))
