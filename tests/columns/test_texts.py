"""Tests of texts over columns are those of the calculus, whatever stands in the texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seggql.columns import masks as deciding
from seggql.columns.frame import Frame
from seggql.columns.layout import layout_of
from seggql.columns.masks import masks
from seggql.query import bound
from seggql.query.ast import ComparisonOperator, TextOperator
from seggql.query.predicate import AllOf, AnyOf, Compares, HasText, IsOneOf, Predicate
from seggql.query.values.interpreter import Record, compile_predicate
from tests.evaluation.small_world import CATALOG, STRINGS, T

TYPE = CATALOG.profile_types["Contact"]
S, S2 = bound.Field(names=("S",), type=T.STRING), bound.Field(names=("S2",), type=T.STRING)

HOSTILE = [
    *STRINGS,
    "\0",
    "a\0",
    "\0a",
    "\ud7ff",
    "\ue000",
    "\uffff",
    "\U00010000",
    "\U0010ffff",
    "x" * 100_000 + "end",
]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.sampled_from(HOSTILE)
PIECES = st.sampled_from(["", "a", "\0", "end", "S", "\u212a", "\U00010000", "ss", "x" * 50])


def constant(text: str | None) -> bound.Constant:
    """A text as a literal."""
    return bound.Constant(value=text, type=T.STRING)


def check(values: list[str | None], predicates: list[Predicate]) -> None:
    """Whether the masks are what the interpreter says of each value."""
    rows = [{"S": value, "S2": values[-1 - number]} for number, value in enumerate(values)]
    frame = Frame.of_documents([{"a": row} for row in rows], layout_of(TYPE, ["a.S", "a.S2"]))

    assert [mask.tolist() for mask in masks(predicates, frame)] == [
        [test(Record(attributes=row)) for row in rows] for test in map(compile_predicate, predicates)
    ]


VALUES = st.lists(st.none() | TEXTS, min_size=1, max_size=12)


@given(values=VALUES, text=TEXTS | PIECES, operator=st.sampled_from(ComparisonOperator))
def test_comparisons_are_by_code_point(values: list[str | None], text: str, operator: ComparisonOperator) -> None:
    check(
        values,
        [
            Compares(operator=operator, left=S, right=constant(text)),
            Compares(operator=operator, left=constant(text), right=S),
            Compares(operator=operator, left=S, right=S2),
            Compares(operator=operator, left=S, right=constant(None)),
        ],
    )


@given(values=VALUES, text=PIECES | TEXTS, operator=st.sampled_from(TextOperator), shared=st.sampled_from([0, 4_096]))
def test_pieces_of_texts(
    values: list[str | None], text: str, operator: TextOperator, shared: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "MOST_SHARED", shared)
    pattern = "x+end$|^a" if operator is TextOperator.MATCHES else text
    tests: list[Predicate] = [
        HasText(operator=operator, value=S, text=constant(pattern), ignores_case=ignores_case, negated=negated)
        for ignores_case in (False, True)
        for negated in (False, True)
    ]
    longer = Compares(operator=ComparisonOperator.GREATER, left=bound.LengthOf(field=S), right=constant_number(1))

    check(
        values, [*tests, *(AllOf(predicates=(longer, test)) for test in tests), AnyOf(predicates=(*tests[1:], longer))]
    )
    if operator is not TextOperator.MATCHES:
        check(
            values,
            [HasText(operator=operator, value=S, text=S2), HasText(operator=operator, value=constant(text), text=S)],
        )


def constant_number(number: int) -> bound.Constant:
    """A number as a literal."""
    return bound.Constant(value=number, type=T.INT)


@given(values=VALUES, options=st.lists(st.none() | TEXTS, min_size=1, max_size=9), negated=st.booleans())
def test_one_of_some_texts(values: list[str | None], options: list[str | None], negated: bool) -> None:
    constants = tuple(constant(option) for option in options)
    check(
        values,
        [
            IsOneOf(value=S, options=constants, negated=negated),
            IsOneOf(value=S, options=(*constants, S2), negated=negated),
            IsOneOf(value=constant("a"), options=(S, S2), negated=negated),
        ],
    )


def test_as_many_texts_as_records() -> None:
    values: list[str | None] = [f"user{number * 7_919 % 70_000}@example{number % 50}.org" for number in range(70_000)]

    check(
        [*values, None],
        [
            Compares(operator=ComparisonOperator.LESS, left=S, right=constant("user5")),
            HasText(operator=TextOperator.CONTAINS, value=S, text=constant("example7.")),
            HasText(operator=TextOperator.ENDSWITH, value=S, text=constant("1.ORG"), ignores_case=True, negated=True),
            IsOneOf(value=S, options=(constant(values[5]), constant("nobody")), negated=True),
        ],
    )
