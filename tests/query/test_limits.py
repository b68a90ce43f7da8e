"""Every limit is named where it is passed, and nothing that is too large takes long or overflows a stack."""

from itertools import pairwise
from pathlib import Path

import pytest

from seggql.errors import ProblemCode, QueryError, QueryProblem
from seggql.query.compile import compile_query
from seggql.query.limits import Limits
from seggql.query.parser import parse
from seggql.query.planner import plan
from seggql.query.planning.estimates import Statistics
from seggql.query.printer import print_document
from seggql.settings import Settings
from tests.docs_catalog import AS_OF, docs_scope

LIMITS = Limits()


def only_problem(text: str, limits: Limits = LIMITS) -> QueryProblem:
    with pytest.raises(QueryError) as caught:
        parse(text, limits)
    (problem,) = caught.value.problems
    return problem


def condition(text: str) -> str:
    return f"PROFILE(T).FILTER({text})"


def test_the_defaults_are_those_of_the_settings() -> None:
    assert Limits.of(Settings()) == Limits()


def test_limits_follow_the_settings() -> None:
    settings = Settings(
        query_max_bytes=1,
        query_max_nesting=2,
        query_max_predicates=3,
        query_max_traversals=4,
        query_max_in_literals=5,
        export_dir=Path(),
    )

    assert Limits.of(settings) == Limits(max_bytes=1, nesting=2, predicates=3, traversals=4, in_literals=5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("x" * 1024 * 1024, "MAX_BYTES", id="a text of 1 MiB"),
        pytest.param("\n" * 1024 * 1024, "MAX_BYTES", id="1 MiB of lines"),
        pytest.param("é" * 40_000, "MAX_BYTES", id="bytes are counted, not code points"),
        pytest.param("\ud800" * 70_000, "MAX_BYTES", id="halves of pairs count too"),
        pytest.param("(" * 10_000, "MAX_NESTING", id="10,000 open parentheses"),
        pytest.param(condition("(" * 10_000 + "x" + ")" * 10_000), "MAX_NESTING", id="10,000 nested parentheses"),
        pytest.param(condition("NOT " * 10_000 + "x"), "MAX_NESTING", id="10,000 NOTs"),
        pytest.param(condition("!" * 10_000 + "x"), "MAX_NESTING", id="10,000 times !"),
        pytest.param(condition("NOT (!(" * 20 + "x" + "))" * 20), "MAX_NESTING", id="NOTs and parentheses add up"),
        pytest.param(condition("-(" * 5_000 + "x" + ")" * 5_000), "MAX_NESTING", id="5,000 nested signs"),
        pytest.param("A.UNION(" * 5_000 + "A" + ")" * 5_000, "MAX_NESTING", id="5,000 nested sets"),
        pytest.param(condition(" AND ".join(["x == 1"] * 1_001)), "MAX_PREDICATES", id="1,001 predicates"),
        pytest.param(condition(" OR ".join(["x"] * 1_001)), "MAX_PREDICATES", id="1,001 lone booleans"),
        pytest.param("A" + ".TRAVERSE(R)" * 21, "MAX_TRAVERSALS", id="21 traversals"),
        pytest.param(condition(f"x IN ({', '.join(['1'] * 10_001)})"), "MAX_IN_LITERALS", id="10,001 in an IN"),
        pytest.param(condition("x == 1" + " + 1" * 64), "65 terms; at most 64", id="65 terms"),
        pytest.param(condition("x == 1" + " * 1" * 5_000), "5,001 terms", id="5,001 terms"),
        pytest.param(condition("x == " + "9" * 5_000), "5,000 characters long", id="a number of 5,000 digits"),
        pytest.param(condition("x == 1e" + "9" * 50), "exponent", id="an exponent of 50 digits"),
        pytest.param(f"A.TAKE({'9' * 101})", "101 characters long", id="a count of 101 digits"),
        pytest.param("A" + ".UNION(B).FILTER(x)" * 900, "200 operators deep", id="set steps and filters in turn"),
    ],
)
def test_what_is_too_large_is_refused_with_the_limit_and_its_place(text: str, words: str) -> None:
    problem = only_problem(text)

    assert problem.code is ProblemCode.QUERY_TOO_LARGE
    assert words in f"{problem.message} {problem.hint}"
    assert len(str(problem)) < 1_000


@pytest.mark.parametrize(
    "text",
    [
        condition(" AND ".join(["x == 1"] * 1_000)),
        condition("(" * 63 + "x" + ")" * 63),
        condition(f"x IN ({','.join(['1'] * 10_000)})"),
        condition("x == 1" + " + 1" * 63),
        "A" + ".TRAVERSE(R)" * 20,
        condition("x == 1e6144"),
        "A" + " UNION B" * 5_000,
        condition("x == '" + "''" * 30_000 + "'"),
    ],
)
def test_what_just_fits_is_read_and_printed(text: str) -> None:
    assert print_document(parse(text, LIMITS))


def test_the_place_is_where_the_limit_is_passed() -> None:
    assert only_problem(condition(" OR ".join(["x"] * 3)), Limits(predicates=2)).column == 29
    assert only_problem("A\n.TRAVERSE(R)\n.TRAVERSE(R)", Limits(traversals=1)).line == 3
    assert only_problem(condition("x IN (1, 2, 3)"), Limits(in_literals=2)).column == 31
    assert only_problem("ab\ncd", Limits(max_bytes=4)).line == 2
    assert only_problem("((A))", Limits(nesting=1)).column == 2


def test_a_part_counts_wherever_it_is_used() -> None:
    doubled = "\n".join(f"{b} = {a} UNION {a}" for a, b in pairwise("ABCDEFGHIJK"))

    assert "1,000 predicates" in only_problem(f"A = PROFILE(T).FILTER(x)\n{doubled}\nK").message


def test_parts_of_parts_cannot_multiply_without_end() -> None:
    names = [f"N{i}" for i in range(90)]
    doubled = "\n".join(f"{b} = {a}.UNION({a})" for a, b in pairwise(names))

    assert "10,000 sets" in only_problem(f"{doubled}\n{names[-1]}").message


def test_parts_of_parts_cannot_nest_without_end() -> None:
    names = [f"N{i}" for i in range(1_500)]
    nested = "\n".join(f"{b} = {a}.FILTER(x)" for a, b in pairwise(names))

    with pytest.raises(QueryError) as caught:
        parse(f"{nested}\n{names[-1]}", LIMITS)

    assert any("200 operators deep" in problem.message for problem in caught.value.problems)


def test_limits_and_faults_elsewhere_are_reported_together() -> None:
    with pytest.raises(QueryError) as caught:
        parse(f"A = PROFILE(T).FILTER(x == {'9' * 200})\nB = PROFILE(T).FILTR(y)\nA UNION B", LIMITS)

    assert [p.code.value for p in caught.value.problems] == ["QUERY_TOO_LARGE", "SYNTAX_ERROR"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("-(1 + 2 * " * 60 + "Age" + ")" * 60 + " > 1", id="arithmetic"),
        pytest.param("NOT " * 62 + "Newsletter", id="NOTs"),
        pytest.param("(Age < 1 OR Income > 2 AND NOT " * 30 + "Newsletter" + ")" * 30, id="conditions"),
        pytest.param(f"({' + '.join(['1'] * 63)} + ({' * '.join(['2'] * 63)} * Age)) > 1", id="long calculations"),
    ],
)
def test_the_deepest_condition_that_fits_is_bound_and_planned(text: str) -> None:
    query = compile_query(condition(text).replace("(T)", "(Contact)"), docs_scope(), LIMITS)

    assert plan(query, AS_OF, Statistics())


def test_the_longest_row_of_parts_that_fits_is_bound_and_planned() -> None:
    parts = [f"P{i} = Romans EXCEPT P{i - 1}" for i in range(1, 98)]

    assert plan(compile_query("\n".join(["P0 = Buyers", *parts, "P97"]), docs_scope(), LIMITS), AS_OF, Statistics())
