"""How aggregation expressions read a field."""

from seggql.query.bound import Field
from seggql.query.paths import AnyField, path_of


def field_expression(field: AnyField) -> str:
    """The aggregation expression that reads the field: of the document, or of the quantifier's item."""
    path = path_of(field)
    if not isinstance(field, Field) or field.depth == 0:
        return f"${path}"
    return f"$${item_variable(field.depth)}.{path}" if path else f"$${item_variable(field.depth)}"


def item_variable(depth: int) -> str:
    """Name of the variable that holds the item of the `depth`-th quantifier, from 1."""
    return f"item{depth}"
