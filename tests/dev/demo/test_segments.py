"""The demo's segments fit its types, and together they use every element of the language."""

from collections.abc import Iterator
from dataclasses import fields
from enum import Enum

import pytest

from seggql.catalog.model import Catalog
from seggql.dev.demo.model import INTERACTION_TYPES, PROFILE_TYPES, RELATIONSHIP_TYPES
from seggql.dev.demo.segments import DEMO_SEGMENTS, DemoSegment
from seggql.query import ast
from seggql.query.compile import compile_query
from seggql.query.limits import Limits
from seggql.query.parser import parse
from seggql.query.scope import Scope, SegmentReference

CATALOG = Catalog(
    profile_types={type_.name: type_ for type_ in PROFILE_TYPES},
    relationship_types={type_.name: type_ for type_ in RELATIONSHIP_TYPES},
    interaction_types={type_.name: type_ for type_ in INTERACTION_TYPES},
)
SEGMENTS = {s.name: SegmentReference(name=s.name, profile_type=s.profile_type) for s in DEMO_SEGMENTS}
WITH_QUERY = [segment for segment in DEMO_SEGMENTS if segment.query]


@pytest.mark.parametrize("segment", WITH_QUERY, ids=lambda segment: segment.name)
def test_each_query_binds_to_the_demos_types_without_a_warning(segment: DemoSegment) -> None:
    scope = Scope(
        catalog=CATALOG,
        segments=SEGMENTS,
        output_type=segment.profile_type,
        segment_name=segment.name,
        allows_listing=segment.is_static,
    )
    bound = compile_query(segment.query or "", scope, Limits())
    assert [str(warning) for warning in bound.warnings] == []


NOT_IN_THE_DATA = {"BooleanLiteral"}
"""No column of The Complete Journey is a BOOLEAN."""

OPERATORS: tuple[type[Enum], ...] = (
    ast.SetOperator,
    ast.WindowUnit,
    ast.ComparisonOperator,
    ast.TextOperator,
    ast.ArithmeticOperator,
    ast.QuantifierKind,
    ast.AggregateFunction,
)


def test_together_they_use_every_element_of_the_language() -> None:
    used = [node for s in WITH_QUERY for node in nodes_of(parse(s.query or "", Limits()))]
    elements = {name for name, kind in vars(ast).items() if isinstance(kind, type) and issubclass(kind, ast.Node)}
    assert elements - {type(node).__name__ for node in used} - {"Node"} - NOT_IN_THE_DATA == set()


@pytest.mark.parametrize("operators", OPERATORS, ids=lambda operators: operators.__name__)
def test_together_they_use_every_operator(operators: type[Enum]) -> None:
    used = {
        node for s in WITH_QUERY for node in nodes_of(parse(s.query or "", Limits())) if isinstance(node, operators)
    }
    assert {operator.name for operator in operators} - {operator.name for operator in used} == set()


def nodes_of(node: object) -> Iterator[object]:
    """A node of the syntax tree and everything below it, operators included."""
    yield node
    if isinstance(node, tuple):
        for item in node:
            yield from nodes_of(item)
    elif isinstance(node, ast.Node):
        for field in fields(node):
            yield from nodes_of(getattr(node, field.name))
