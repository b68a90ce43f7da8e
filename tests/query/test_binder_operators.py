"""Which operator takes which types: the whole table, and arrays of each."""

from itertools import product

import pytest

from seggql.errors import ProblemCode, QueryError
from tests.query.binder_world import bind_text

ATTRIBUTES = {
    "number": ("Age", "Visits", "Score", "Price", "3", "2.5", "LENGTH(Name)", "Age + 1", "DATEPART(DAY, Born)"),
    "text": ("Name", "Key", "Address.City", "'abc'"),
    "date": ("Born", "DATETIMEUTCNOW()", "DATE(2020, 1, 1)", "DATEADD(DAY, 1, Born)"),
    "guid": ("Ref",),
    "boolean": ("Active", "TRUE"),
    "object": ("Address",),
    "numbers": ("Marks", "Prices"),
    "texts": ("Tags", "Address.Phones"),
    "dates": ("Days",),
    "guids": ("Refs",),
    "booleans": ("Flags",),
    "objects": ("Orders",),
}
REPRESENTATIVES = [texts[0] for texts in ATTRIBUTES.values()]
KIND_OF = {text: kind for kind, texts in ATTRIBUTES.items() for text in texts}

EQUALITY, ORDER, TEXT = ("==", "!="), ("<", "<=", ">", ">="), ("CONTAINS", "STARTSWITH", "ENDSWITH")
ARRAYS = {f"{kind}s": kind for kind in ("number", "text", "date", "guid", "boolean", "object")}


def _is_right(left: str, operator: str, right: str) -> bool:
    """The table of the language, by kinds."""
    if left in ARRAYS and right in ARRAYS:
        return False
    has_array = left in ARRAYS or right in ARRAYS
    left, right = ARRAYS.get(left, left), ARRAYS.get(right, right)
    if left != right:
        return False
    if operator in TEXT:
        return left == "text"
    if operator in ORDER:
        return not has_array and left in ("number", "text", "date")
    return left != "object"


def _is_literal_of_another_type(left: str, right: str) -> bool:
    """A string literal is read as what stands on the other side, which is another matter than types."""
    return "'abc'" in (left, right)


@pytest.mark.parametrize("operator", [*EQUALITY, *ORDER, *TEXT])
def test_an_operator_takes_the_types_of_the_table_and_no_others(operator: str) -> None:
    for left, right in product(KIND_OF, REPRESENTATIVES):
        if _is_literal_of_another_type(left, right):
            continue
        query = f"PROFILE(Contact).FILTER({left} {operator} {right})"
        if _is_right(KIND_OF[left], operator, KIND_OF[right]):
            bind_text(query)
        else:
            assert set(_codes(query)) == {ProblemCode.TYPE_MISMATCH}, query


@pytest.mark.parametrize(
    ("kind", "takes_order", "takes_in"),
    [
        ("number", True, True),
        ("text", True, True),
        ("date", True, True),
        ("guid", False, True),
        ("boolean", False, False),
        ("object", False, False),
        *[(array, False, array not in ("booleans", "objects")) for array in ARRAYS],
    ],
)
def test_between_goes_with_order_and_in_with_equality(kind: str, takes_order: bool, takes_in: bool) -> None:
    attribute, item = ATTRIBUTES[kind][0], ATTRIBUTES[ARRAYS.get(kind, kind)][0]
    between = f"PROFILE(Contact).FILTER({attribute} BETWEEN {item} AND {item})"
    among = f"PROFILE(Contact).FILTER({attribute} NOT IN ({item}, {item}))"
    assert (not _codes(between)) is takes_order
    assert (not _codes(among)) is takes_in


@pytest.mark.parametrize("operator", ["+", "-", "*", "/"])
def test_arithmetic_takes_single_numbers_only(operator: str) -> None:
    for text, kind in KIND_OF.items():
        codes = _codes(f"PROFILE(Contact).FILTER({text} {operator} 2 > 1 OR 2 {operator} {text} > 1)")
        assert codes == ([] if kind == "number" else [ProblemCode.TYPE_MISMATCH] * 2), text


@pytest.mark.parametrize("text", KIND_OF)
def test_only_one_boolean_stands_alone_as_a_condition(text: str) -> None:
    codes = _codes(f"PROFILE(Contact).FILTER(NOT {text})")
    assert codes == ([] if KIND_OF[text] == "boolean" else [ProblemCode.TYPE_MISMATCH])


def _codes(query: str) -> list[ProblemCode]:
    try:
        bind_text(query)
    except QueryError as error:
        return [problem.code for problem in error.problems]
    return []
