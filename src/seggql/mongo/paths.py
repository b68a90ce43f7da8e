"""Where a field lives in a document: names come from the catalog only."""

from typing import assert_never

from seggql.catalog.model import NAME_PATTERN
from seggql.errors import InvariantError
from seggql.query.bound import Field, KeyField, TimestampField

AnyField = Field | KeyField | TimestampField


def match_path(field: AnyField) -> str:
    """The path for match language, from the document, or from the item for a Field of a quantifier ("" = the item)."""
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


def field_expression(field: AnyField) -> str:
    """The aggregation expression that reads the field: of the document, or of the quantifier's item."""
    path = match_path(field)
    if not isinstance(field, Field) or field.depth == 0:
        return f"${path}"
    return f"$${item_variable(field.depth)}.{path}" if path else f"$${item_variable(field.depth)}"


def item_variable(depth: int) -> str:
    """Name of the variable that holds the item of the `depth`-th quantifier, from 1."""
    return f"item{depth}"


def checked(names: tuple[str, ...]) -> tuple[str, ...]:
    """`names`, which must be names as the catalog allows them: no dot, no dollar, no NUL.

    Raises: InvariantError otherwise.
    """
    for name in names:
        if not NAME_PATTERN.match(name):
            raise InvariantError(f"The name {name!r} is no catalog name and cannot stand in a pipeline.")
    return names
