"""Columns of exports: what they may be called."""

import pytest

from seggql.catalog.model import Attribute, AttributeType, ProfileType
from seggql.errors import RequestError
from seggql.exports.columns import resolve_columns
from seggql.store.exports import ExportField

CONTACT = ProfileType(name="Contact", attributes=(Attribute(name="Age", type=AttributeType.INT),))


@pytest.mark.parametrize("name", ["", "a\0b", "two\nlines", "\ud800", "x" * 1_001])
def test_a_column_that_nobody_could_read_is_refused(name: str) -> None:
    with pytest.raises(RequestError, match="A column's name has 1 to 1,000 printable characters"):
        resolve_columns(CONTACT, [ExportField(attribute="Age", name=name)])


def test_columns_may_be_called_anything_that_reads() -> None:
    (column,) = resolve_columns(CONTACT, [ExportField(attribute="Age", name="$where, “Alter” 😀")])
    assert column.name == "$where, “Alter” 😀"
