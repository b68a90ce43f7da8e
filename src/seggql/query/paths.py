"""Where a field lives in a record: names come from the catalog only."""

from collections.abc import Iterable
from typing import assert_never

from seggql.catalog.model import NAME_PATTERN
from seggql.errors import InvariantError
from seggql.query.bound import Field, KeyField, TimestampField

AnyField = Field | KeyField | TimestampField


def path_of(field: AnyField) -> str:
    """The path from the record, or from the item for a Field of a quantifier ("" = the item)."""
    match field:
        case KeyField():
            return "key"
        case TimestampField():
            return "t"
        case Field():
            names = checked(field.names)
            return ".".join(("a", *names) if field.depth == 0 else names)
        case _:
            assert_never(field)


def outermost(paths: Iterable[str]) -> list[str]:
    """`paths` in order, without those that lie within another: MongoDB refuses to project them beside it."""
    kept: list[str] = []
    for path in sorted(paths):
        if not any(path.startswith(f"{whole}.") for whole in kept):
            kept.append(path)
    return kept


def checked(names: tuple[str, ...]) -> tuple[str, ...]:
    """`names`, which must be names as the catalog allows them: no dot, no dollar, no NUL.

    Raises: InvariantError otherwise.
    """
    for name in names:
        if not NAME_PATTERN.match(name):
            raise InvariantError(f"The name {name!r} is no catalog name and cannot stand in a path.")
    return names
