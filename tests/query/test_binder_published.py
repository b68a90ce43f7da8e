"""Every published statement binds against a catalog that has what it speaks of, as written and as meant."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from seggql.query.compile import compile_query
from seggql.query.limits import Limits
from tests.query.published_catalog import published_scope

PUBLISHED = Path(__file__).parents[3] / "shared" / "conformance" / "published.yaml"
"""The statements stand beside the repository; where they do not, this test is skipped."""

SUBSCRIPTIONS = {"M9": "Subscription"}
"""Where InSubscription leads to, for the statements in which it is not Membership."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One text of the references, or of their repaired form."""

    id: str
    text: str


def _statements() -> list[Statement]:
    if not PUBLISHED.exists():
        return []
    statements: list[Statement] = []
    for entry in yaml.safe_load(PUBLISHED.read_text()):
        if entry["verdict"] == "parses":
            statements.append(Statement(f"{entry['id']}-text", entry["text"]))
        if "meant" in entry:
            statements.append(Statement(f"{entry['id']}-meant", entry["meant"]))
    return statements


@pytest.mark.skipif(not PUBLISHED.exists(), reason="published.yaml is not beside the repository")
@pytest.mark.parametrize("statement", _statements(), ids=lambda statement: statement.id)
def test_a_published_statement_binds(statement: Statement) -> None:
    subscribing_type = SUBSCRIPTIONS.get(statement.id.partition("-")[0], "Membership")
    query = compile_query(statement.text, published_scope(subscribing_type), Limits())
    assert query.profile_type in published_scope().catalog.profile_types
