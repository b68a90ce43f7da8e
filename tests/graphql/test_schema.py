"""The schema: printed, described, and as the contract has it."""

from pathlib import Path

import pytest
from graphql import build_schema

from seggql.graphql.schema import print_schema
from tests.graphql.contract import differences, read_contract, undescribed

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT.parent / "shared" / "api.graphql"


def test_the_printed_schema_is_the_one_in_the_repository() -> None:
    kept = (ROOT / "schema.graphql").read_text()
    assert kept == print_schema(), "Print it anew: seggql schema > schema.graphql"


def test_everything_has_a_description() -> None:
    assert undescribed(build_schema(print_schema())) == []


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract of the API is not beside this checkout")
def test_every_name_of_the_contract_is_there() -> None:
    lines = differences(read_contract(CONTRACT.read_text()), build_schema(print_schema()))
    assert not lines, "The schema differs from the contract:\n" + "\n".join(lines)


def test_a_difference_from_a_contract_is_told() -> None:
    contract = read_contract('type Query { "a" b: Int! c(d: Int = 5): Int } # nothing')
    schema = build_schema("type Query { b: Int c(d: Int = 6, e: Int!): Int }")
    assert differences(contract, schema) == [
        "Query.b: is Int, not Int!",
        "Query.c(d): default is 6, not 5",
        "Query.c(e): is required, and the contract does not have it",
    ]
