"""What a bound query says of itself: type, dependencies, canonical document, shared parts."""

from contextlib import suppress
from dataclasses import replace

import pytest

from seggql.errors import ProblemCode, QueryError
from seggql.query import bound
from seggql.query.printer import print_document
from seggql.query.scope import SegmentReference
from tests.query.binder_world import bind_text, world_scope


def test_it_depends_on_the_segments_that_its_result_reads() -> None:
    query = bind_text("Unused = C  Used = A UNION B  Used EXCEPT PROFILE(Card).TRAVERSE(HasCard)")
    assert query.depends_on == {"A", "B"}


def test_a_part_comes_before_a_segment_of_the_same_name() -> None:
    query = bind_text("A = PROFILE(Contact)  A UNION SEGMENT(A)")
    assert query.depends_on == {"A"}
    assert isinstance(query.set, bound.Combined)
    assert query.set.first == bound.Everyone(profile_type="Contact")


def test_whoever_names_a_part_shares_what_it_stands_for() -> None:
    query = bind_text("X = PROFILE(Contact).FILTER(Age > 3)  X UNION X.FILTER(Active)")
    assert isinstance(query.set, bound.Combined)
    filtered = query.set.rest[0].operand
    assert isinstance(filtered, bound.Filtered)
    assert filtered.source is query.set.first


def test_a_reverse_that_says_nothing_is_dropped_from_the_canonical_form() -> None:
    text = "X = PROFILE(Card).TRAVERSE(HasCard, REVERSE)\nX UNION PROFILE(Contact).TRAVERSE(Knows, REVERSE)"
    assert print_document(bind_text(text).document) == (
        "X = PROFILE(Card).TRAVERSE(HasCard)\nX UNION PROFILE(Contact).TRAVERSE(Knows, REVERSE)"
    )


def test_a_reverse_within_parentheses_and_before_a_listing_is_dropped_too() -> None:
    text = "(A UNION PROFILE(Card).TRAVERSE(HasCard, REVERSE)).FILTER(Age > 3).TAKE(5)"
    document = bind_text(text, world_scope(allows_listing=True)).document
    assert print_document(document) == "(A UNION PROFILE(Card).TRAVERSE(HasCard)).FILTER(Age > 3).TAKE(5)"


def test_the_result_must_be_of_the_type_that_is_asked_for() -> None:
    assert bind_text("PROFILE(Card)", world_scope(output_type="Card")).profile_type == "Card"
    with pytest.raises(QueryError, match=r"profiles of Contact, but profiles of Card are wanted"):
        bind_text("PROFILE(Contact)", world_scope(output_type="Card"))


def test_a_dynamic_segment_refuses_a_listing_that_a_preview_takes() -> None:
    text = "PROFILE(Contact).ORDERBY(Age).TAKE(5)"
    assert bind_text(text, world_scope(allows_listing=True)).listing is not None
    with pytest.raises(QueryError, match="NOT_ALLOWED_HERE"):
        bind_text(text)


def test_a_segment_may_be_read_by_another_but_not_by_itself() -> None:
    assert bind_text("Deep", world_scope(segment_name="Other")).depends_on == {"Deep"}
    with pytest.raises(QueryError, match="Mine → Deep → UsesMine → Mine"):
        bind_text("Deep", world_scope(segment_name="Mine"))


def test_parts_of_parts_that_stand_for_billions_of_sets_are_refused() -> None:
    parts = ["P0 = PROFILE(Contact) UNION A"]
    parts += [f"P{number} = P{number - 1} UNION P{number - 1}" for number in range(1, 60)]
    with pytest.raises(QueryError) as caught:
        bind_text(" ".join([*parts, "P59"]))
    assert {problem.code for problem in caught.value.problems} == {ProblemCode.QUERY_TOO_LARGE}


def test_traversals_count_wherever_a_part_is_used() -> None:
    ten = "X = PROFILE(Contact)" + ".TRAVERSE(Knows)" * 10
    assert bind_text(f"{ten} X UNION X").profile_type == "Contact"
    with pytest.raises(QueryError, match="QUERY_TOO_LARGE"):
        bind_text(f"{ten} X UNION X.TRAVERSE(Knows)")


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 60 + "Age" + " + 1 * 2)" * 60 + " > 3",
        "(" * 60 + "Age" + " * 2 + 1)" * 60 + " > 3",
        "(" * 60 + "Age > 3" + " AND Active OR Active)" * 60,
        "NOT (" * 30 + "Age > 3" + " AND Active)" * 30,
        "ANY(Tags, " * 60 + "VALUE == 'a'" + ")" * 60,
        "DATEADD(DAY, 1, " * 60 + "Born" + ")" * 60 + " > Born",
    ],
)
def test_whatever_the_parser_lets_through_is_bound_or_refused_without_overflowing_the_stack(expression: str) -> None:
    with suppress(QueryError):
        bind_text(f"PROFILE(Contact).FILTER({expression})")


def test_long_chains_of_sets_bind_without_overflowing_the_stack() -> None:
    text = "PROFILE(Contact)" + ".UNION(A).FILTER(Age > 3)" * 90
    assert bind_text(text).profile_type == "Contact"


def test_ten_thousand_literals_bind() -> None:
    numbers = ", ".join(map(str, range(10_000)))
    query = bind_text(f"PROFILE(Contact).FILTER(Age IN ({numbers}))")
    assert isinstance(query.set, bound.Filtered)
    assert isinstance(query.set.condition, bound.OneOf)
    assert len(query.set.condition.options) == 10_000


def test_hints_stop_searching_after_many_names_but_every_problem_is_told() -> None:
    segments = {f"segment_{i}": SegmentReference(name=f"segment_{i}", profile_type="Contact") for i in range(5_000)}
    text = " UNION ".join(f"segmnt_{number}x" for number in range(30))
    with pytest.raises(QueryError) as caught:
        bind_text(text, replace(world_scope(), segments=segments))
    hints = [problem.hint for problem in caught.value.problems]
    assert len(hints) == 30
    assert hints[0] is not None
    assert hints[-1] is None
