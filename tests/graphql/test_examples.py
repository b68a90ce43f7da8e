"""The examples that GraphiQL opens with are good documents."""

from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from seggql.graphql.schema import print_schema

EXAMPLES = sorted((Path(__file__).parents[2] / "web" / "graphiql" / "examples").glob("*.graphql"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.stem))
def test_an_example_fits_the_schema(path: Path) -> None:
    assert validate(build_schema(print_schema()), parse(path.read_text())) == []
