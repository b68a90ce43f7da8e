"""What people read when a query cannot be read."""

import os
import re
from pathlib import Path

import pytest

from seggql.errors import ProblemCode, QueryError, QueryProblem
from seggql.query.limits import MAX_PROBLEMS, Limits
from seggql.query.parser import parse

SNAPSHOT = Path(__file__).parent / "fixtures" / "syntax_errors.txt"
ENTRY = re.compile(r"^>>>\n(.*?)\n---\n(.*?)\n\.\.\.$", re.DOTALL | re.MULTILINE)
LIMITS = Limits()


def problems_of(text: str) -> tuple[QueryProblem, ...]:
    with pytest.raises(QueryError) as caught:
        parse(text, LIMITS)
    return caught.value.problems


def answer_to(text: str) -> str:
    return "\n\n".join(str(problem) for problem in problems_of(text))


def test_every_answer_reads_as_it_was_agreed() -> None:
    written = SNAPSHOT.read_text(encoding="utf-8")
    now = ENTRY.sub(lambda entry: f">>>\n{entry[1]}\n---\n{answer_to(entry[1])}\n...", written)
    if os.environ.get("SEGGQL_WRITE_SNAPSHOTS") == "1":
        SNAPSHOT.write_text(now, encoding="utf-8")

    assert now == written
    assert len(ENTRY.findall(written)) > 50


def test_each_faulty_part_is_reported() -> None:
    text = "A = PROFILE(T).FILTER(x 1)\nB = PROFILE(T).FILTR(y == 2).FILTER(z ==)\nC = PROFILE(T)\nA UNION B)"

    assert [(p.line, p.column) for p in problems_of(text)] == [(1, 25), (2, 16), (2, 41), (4, 10)]


def test_a_part_after_an_open_parenthesis_is_still_read() -> None:
    text = "A = PROFILE(T).FILTER((x == 1\nB = PROFILE(T).FILTER(y y)\nB"

    assert [p.line for p in problems_of(text)] == [2, 2]


def test_no_more_problems_are_reported_than_anybody_reads() -> None:
    assert len(problems_of("PROFILE(T)" + ".FILTR(x)" * 1_000)) == MAX_PROBLEMS


@pytest.mark.parametrize("character", ["\0", "\ud800"])
def test_characters_that_no_text_may_hold_are_named_and_not_repeated(character: str) -> None:
    (problem,) = problems_of(f"PROFILE(T)\n.FILTER(x == 'a{character}b')")

    assert (problem.code, problem.line, problem.column) == (ProblemCode.SYNTAX_ERROR, 2, 16)
    assert character not in str(problem)


@pytest.mark.parametrize(
    "text",
    [
        '{"$where": "sleep(1000)"}',
        "$$ROOT",
        "PROFILE(T).FILTER($where == 1)",
        "PROFILE($type)",
        "PROFILE('$type')",
        "PROFILE('a.b')",
        "PROFILE(T).FILTER(`$gt` == 1)",
        "PROFILE(T).FILTER(`a.b` == 1)",
        f"PROFILE({'N' * 101})",
    ],
)
def test_names_that_no_catalog_holds_are_refused_in_every_place(text: str) -> None:
    assert {p.code for p in problems_of(text)} == {ProblemCode.SYNTAX_ERROR}


def test_strings_may_hold_what_names_may_not() -> None:
    parse("PROFILE(T).FILTER(x IN ('$where', '{\"$gt\": \"\"}', '$$ROOT', 'a.b', '\U0001f600'))", LIMITS)


def test_a_window_that_is_no_positive_whole_number_is_a_bad_literal() -> None:
    for count in ("-7", "1.5", "'7'", "x"):
        (problem,) = problems_of(f"INTERACTION(I, L).HAVING(COUNT() > 1, UTCDAYS({count}))")
        assert problem.code is ProblemCode.BAD_LITERAL
