"""Each construct means what its fixture says; each fault is told with its place and hint."""

import pytest

from seggql.errors import ProblemCode, QueryError
from seggql.query.bound import BoundQuery
from seggql.query.printer import print_document
from tests.query.binder_world import bind_text, world_scope
from tests.query.bound_text import set_text, value_text
from tests.query.fixture_files import FIXTURES, Pair, check, pairs_in


def _meaning(query: BoundQuery) -> str:
    lines = [set_text(query.set)]
    if query.listing is not None:
        order = [f"{value_text(key.field)}{' desc' if key.descending else ''}" for key in query.listing.order]
        select = None if query.listing.select is None else [value_text(field) for field in query.listing.select]
        lines.append(f"listing order {order} skip {query.listing.skip} take {query.listing.take} select {select}")
    return "\n".join([*lines, *(f"\n{warning}" for warning in query.warnings)])


@pytest.mark.parametrize("pair", pairs_in("bound"))
def test_a_construct_means_what_its_fixture_says(pair: Pair) -> None:
    check(pair, _meaning(bind_text(pair.query, world_scope(allows_listing=pair.file.stem == "listing"))))


@pytest.mark.parametrize("pair", pairs_in("bound"))
def test_the_canonical_form_means_the_same(pair: Pair) -> None:
    scope = world_scope(allows_listing=pair.file.stem == "listing")
    query = bind_text(pair.query, scope)
    again = bind_text(print_document(query.document), scope)
    assert (again.set, again.listing, again.document) == (query.set, query.listing, query.document)


@pytest.mark.parametrize("pair", pairs_in("problems"))
def test_a_fault_is_told_with_place_and_hint(pair: Pair) -> None:
    scope = world_scope(segment_name="Mine", output_type="Contact", allows_listing=pair.file.stem == "listing")
    with pytest.raises(QueryError) as caught:
        bind_text(pair.query, scope)
    check(pair, "\n\n".join(map(str, caught.value.problems)))


def test_every_code_of_the_binder_has_a_fixture() -> None:
    text = "".join(file.read_text() for file in (FIXTURES / "problems").glob("*.txt"))
    told_elsewhere = {ProblemCode.SYNTAX_ERROR, ProblemCode.QUERY_TOO_LARGE, ProblemCode.WARNING}
    missing = [code.value for code in ProblemCode if code not in told_elsewhere and f"{code.value} at line" not in text]
    assert missing == []
