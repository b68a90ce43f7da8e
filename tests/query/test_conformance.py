"""The statements of the language's published references: read, or refused at the right place."""

from pathlib import Path
from typing import TypedDict

import pytest
import yaml

from seggql.errors import ProblemCode, QueryError
from seggql.query.limits import Limits
from seggql.query.parser import parse
from seggql.query.printer import print_document

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT.parent / "shared" / "conformance" / "published.yaml"
OWN = Path(__file__).parent / "fixtures" / "statements.yaml"
LIMITS = Limits()


class Statement(TypedDict, total=False):
    """One statement; see the head of statements.yaml."""

    id: str
    verdict: str
    text: str
    near: str
    meant: str
    lenient: bool


def statements(file: Path) -> list[Statement]:
    loaded: list[Statement] = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else []
    return loaded


ALL = [pytest.param(s, id=s["id"]) for s in [*statements(OWN), *statements(PUBLISHED)]]


def test_the_published_statements_are_there() -> None:
    if not PUBLISHED.exists():
        pytest.skip("published.yaml is not beside the repository; its constructs are in fixtures/statements.yaml too")
    assert len(statements(PUBLISHED)) > 30


@pytest.mark.parametrize("statement", ALL)
def test_a_statement_has_its_verdict(statement: Statement) -> None:
    if statement["verdict"] == "parses":
        reads_and_prints(statement["text"])
    else:
        is_refused_near(statement["text"], statement["near"])
    if "meant" in statement:
        reads_and_prints(statement["meant"])


def reads_and_prints(text: str) -> None:
    document = parse(text, LIMITS)
    printed = print_document(document)

    assert parse(printed, LIMITS) == document
    assert print_document(parse(printed, LIMITS)) == printed


def is_refused_near(text: str, near: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text, LIMITS)
    problem = caught.value.problems[0]
    position = sum(len(line) + 1 for line in text.split("\n")[: problem.line - 1]) + problem.column - 1

    assert problem.code is ProblemCode.SYNTAX_ERROR
    assert text.startswith(near, position) or text.endswith(near, 0, position)
