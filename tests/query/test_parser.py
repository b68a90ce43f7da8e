"""Texts become the trees that they mean; nothing but QueryError is ever raised."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seggql.errors import QueryError, QueryProblem
from seggql.query import ast
from seggql.query.ast import Name, Path
from seggql.query.limits import Limits
from seggql.query.parser import parse
from seggql.query.printer import print_document
from tests.query.strategies import documents

LIMITS = Limits()


def condition(text: str) -> ast.Expression:
    match parse(f"PROFILE(T).FILTER({text})", LIMITS).result:
        case ast.Chain(steps=(ast.Filter(condition=found),)):
            return found
    raise AssertionError("not a single FILTER")


def path(*names: str) -> Path:
    return Path(names=tuple(Name(text=name) for name in names))


X, Y, Z = path("x"), path("y"), path("z")


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("x == 1", "x = 1"),
        ("x <> 1", "x != 1"),
        ("x && y || z", "(x AND y) OR z"),
        ("NOT x == 1", "NOT (x == 1)"),
        ("!x", "not x"),
        ("x + y * z", "x + (y * z)"),
        ("x BETWEEN 1 AND 2 AND y", "(x BETWEEN 1 AND 2) AND y"),
        ("x NOT IN (1, 2)", "x not\n  in -- comment\n (1,2)"),
        ("x == -y", "x == - y"),
        ("Date == `Count`", "`Date` == Count"),
        ("DATETIMEUTCNOW ( ) > x", "DateTimeNowUtc() > x"),
        ("In.And.Or == 1", "`In`.`And`.`Or` == 1"),
    ],
)
def test_two_ways_of_writing_are_one_tree(text: str, same_as: str) -> None:
    assert condition(text) == condition(same_as)


def test_operators_bind_as_the_grammar_says() -> None:
    assert condition("x OR NOT y AND z") == ast.Or(operands=(X, ast.And(operands=(ast.Not(operand=Y), Z))))


def test_chains_of_equal_operators_are_flat_whatever_the_parentheses() -> None:
    assert condition("x AND (y AND z)") == ast.And(operands=(X, Y, Z))
    assert condition("(x - y) - z") == condition("x - y - z")
    assert condition("x - (y - z)") != condition("x - y - z")


@pytest.mark.parametrize(("number", "kind"), [("5", int), ("5.0", Decimal), ("5e0", Decimal)])
def test_numbers_keep_whether_they_are_whole(number: str, kind: type) -> None:
    literal = condition(number)

    assert isinstance(literal, ast.NumberLiteral)
    assert type(literal.value) is kind


def test_function_names_are_names_except_before_a_parenthesis() -> None:
    assert condition("Count == Date") == ast.Comparison(
        operator=ast.ComparisonOperator.EQUAL, left=path("Count"), right=path("Date")
    )
    assert (
        parse("Profile.FILTER(x) UNION Segment", LIMITS).result
        == parse("`Profile`.FILTER(x) UNION `Segment`", LIMITS).result
    )


def test_set_operators_are_of_equal_rank_and_left_associative() -> None:
    assert parse("A UNION B EXCEPT C", LIMITS) == parse("(A UNION B) EXCEPT C", LIMITS)
    assert parse("A UNION (B EXCEPT C)", LIMITS) != parse("(A UNION B) EXCEPT C", LIMITS)


def test_an_operator_written_as_a_step_binds_tighter() -> None:
    assert parse("A EXCEPT B.UNION(C)", LIMITS) == parse("A EXCEPT (B UNION C)", LIMITS)


def test_parentheses_around_interactions_matter_to_the_steps_after_them() -> None:
    inside = parse("INTERACTION(I, L).FILTER(x)", LIMITS).result
    outside = parse("(INTERACTION(I, L)).FILTER(x)", LIMITS).result

    assert isinstance(inside, ast.Chain)
    assert isinstance(inside.source, ast.InteractionSource)
    assert isinstance(outside, ast.Chain)
    assert isinstance(outside.source, ast.Grouped)


def test_a_part_ends_where_the_next_begins() -> None:
    spaced = parse("A = PROFILE(T) B = A.FILTER(x); (A UNION B).FILTER(y)", LIMITS)

    assert [part.name.text for part in spaced.parts] == ["A", "B"]
    assert spaced == parse("A=PROFILE(T);B=A.FILTER(x);(A UNION B).FILTER(y)", LIMITS)


def test_every_node_knows_where_it_was_written() -> None:
    text = "A = PROFILE(T)\n  .FILTER((x == 1) OR NOT y)\nA EXCEPT B"
    document = parse(text, LIMITS)
    places = {type(node).__name__: text[node.span.start : node.span.end] for node in every_node(document)}

    assert places["Document"] == text
    assert places["Part"] == "A = PROFILE(T)\n  .FILTER((x == 1) OR NOT y)"
    assert places["Filter"] == ".FILTER((x == 1) OR NOT y)"
    assert places["Or"] == "(x == 1) OR NOT y"
    assert places["Comparison"] == "x == 1"
    assert places["Not"] == "NOT y"
    assert places["SetOperand"] == "EXCEPT B"
    assert places["ProfileSource"] == "PROFILE(T)"


def every_node(value: object) -> list[ast.Node]:
    if isinstance(value, tuple):
        return [node for item in value for node in every_node(item)]
    if not isinstance(value, ast.Node):
        return []
    fields = [getattr(value, name) for name in value.__dataclass_fields__ if name != "span"]
    return [*every_node(tuple(fields)), value]


@given(documents())
def test_no_node_of_a_text_is_without_a_place(document: ast.Document) -> None:
    text = print_document(document)

    assert all(0 <= n.span.start < n.span.end <= len(text) for n in every_node(parse(text, LIMITS)))


WORDS = st.sampled_from(
    [
        *("PROFILE", "SEGMENT", "INTERACTION", "FILTER", "TRAVERSE", "HAVING", "UNION", "EXCEPT", "AND", "OR", "NOT"),
        *("IN", "BETWEEN", "CONTAINS", "ISNULL", "ANY", "COUNT", "DATEDIFF", "MONTH", "UTCDAYS", "A", "x", "TRUE"),
        *"((()))..,,=<;+-*!&'\"`$é",
        *("==", "--", "\n", "1", "2.5", "'a'"),
    ]
)


def problems_or_none(text: str) -> tuple[QueryProblem, ...]:
    try:
        parse(text, LIMITS)
    except QueryError as error:
        return error.problems
    return ()


def reads_or_refuses(text: str) -> None:
    problems = problems_or_none(text)

    assert all(p.line >= 1 and p.column >= 1 and p.message and "__" not in str(p) for p in problems)
    if not problems:
        assert parse(print_document(parse(text, LIMITS)), LIMITS) == parse(text, LIMITS)


@given(st.text(max_size=60))
@example("\ud800")
@example("'\0'")
@example("A.")
def test_any_text_is_read_or_refused(text: str) -> None:
    reads_or_refuses(text)


@given(st.lists(WORDS, max_size=25))
def test_any_row_of_words_is_read_or_refused(words: list[str]) -> None:
    reads_or_refuses(" ".join(words))


@given(documents(), st.data())
def test_a_good_query_with_a_piece_cut_out_is_read_or_refused(document: ast.Document, data: st.DataObject) -> None:
    text = print_document(document)
    start = data.draw(st.integers(0, len(text)))
    reads_or_refuses(text[:start] + text[start + data.draw(st.integers(1, 5)) :])
