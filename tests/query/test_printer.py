"""The canonical form says the same as the text it came from, and is the only form of it."""

from decimal import Decimal

import pytest
from hypothesis import given

from seggql.query import ast
from seggql.query.limits import Limits
from seggql.query.parser import parse
from seggql.query.printer import print_document, print_expression
from tests.query.strategies import documents, expressions

LIMITS = Limits()


def canonical(text: str) -> str:
    return print_document(parse(text, LIMITS))


@given(documents())
def test_a_printed_document_is_read_as_the_same_document(document: ast.Document) -> None:
    assert parse(print_document(document), LIMITS) == document


@given(expressions(depth=4))
def test_a_printed_expression_is_read_as_the_same_expression(expression: ast.Expression) -> None:
    everyone = ast.ProfileSource(type=ast.Name(text="Contact"))
    document = ast.Document(result=ast.Chain(source=everyone, steps=(ast.Filter(condition=expression),)))

    assert parse(f"PROFILE(Contact).FILTER({print_expression(expression)})", LIMITS) == document


@given(documents())
def test_the_canonical_form_is_a_fixed_point(document: ast.Document) -> None:
    printed = print_document(document)

    assert canonical(printed) == printed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("profile ( Contact )", "PROFILE(Contact)"),
        ("PROFILE('Contact').traverse('HasCard')", "PROFILE(Contact).TRAVERSE(HasCard)"),
        ("SEGMENT(A) minus SEGMENT(B)", "SEGMENT(A) EXCEPT SEGMENT(B)"),
        ("A.UNION(B).FILTER(x=1)", "(A UNION B).FILTER(x == 1)"),
        ("(A UNION B) UNION C", "A UNION B UNION C"),
        ("A UNION (B UNION C)", "A UNION (B UNION C)"),
        ("((A))", "A"),
        ("(INTERACTION(I, L).FILTER(x == 1)).FILTER(y == 2)", "(INTERACTION(I, L).FILTER(x == 1)).FILTER(y == 2)"),
        ("(INTERACTION(I, L).TRAVERSE(R)).FILTER(y == 2)", "INTERACTION(I, L).TRAVERSE(R).FILTER(y == 2)"),
        ("(INTERACTION(I, L)).UNION(A)", "INTERACTION(I, L) UNION A"),
        ("((INTERACTION(I, L)))", "INTERACTION(I, L)"),
        ("(PROFILE(T).FILTER(a)).FILTER(b)", "PROFILE(T).FILTER(a).FILTER(b)"),
        ("X = A; X", "X = A\nX"),
        ("X = A X.FILTER(a)", "X = A\nX.FILTER(a)"),
        ("`Union` = A B UNION `Union`", "`Union` = A\nB UNION `Union`"),
        (
            "A.ORDERBY(x ASC, y desc).SKIP(1).TAKE(2).SELECT(x, y.z)",
            "A.ORDERBY(x, y DESC).SKIP(1).TAKE(2).SELECT(x, y.z)",
        ),
        ("A.FILTER(TRUE) -- all of them", "A.FILTER(TRUE)"),
    ],
)
def test_sets_have_one_form(text: str, expected: str) -> None:
    assert canonical(text) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("a=1&&b<>2||c", "a == 1 AND b != 2 OR c"),
        ("(a || b) && !(c && d)", "(a OR b) AND NOT (c AND d)"),
        ("(a == 1) && ((b))", "a == 1 AND b"),
        ("((a AND b) AND c)", "a AND b AND c"),
        ("a AND (b AND c)", "a AND b AND c"),
        ("NOT(NOT(a))", "NOT NOT a"),
        ("a - (b - c) - d", "a - (b - c) - d"),
        ("(a - b) - c", "a - b - c"),
        ("(a + b) * c / (d / e)", "(a + b) * c / (d / e)"),
        ("-(a + 1) - -b", "-(a + 1) - -b"),
        ("-(-a)", "-(-a)"),
        ("(a == b) == c", "(a == b) == c"),
        ("a between 1 and 2 and b not between 'x' and 'y'", "a BETWEEN 1 AND 2 AND b NOT BETWEEN 'x' AND 'y'"),
        ("a in(1,2.50) or b not in ('it''s')", "a IN (1, 2.50) OR b NOT IN ('it''s')"),
        ("a contains 'x' ignorecase and b not matches '^y'", "a CONTAINS 'x' IGNORECASE AND b NOT MATCHES '^y'"),
        ("`true`.x == TRUE and Contact.`Not` == `Count`", "`true`.x == TRUE AND Contact.Not == Count"),
        ("DateTimeNowUtc() > date(2020,1,2)", "DATETIMEUTCNOW() > DATE(2020, 1, 2)"),
        ("any(Tags, VALUE == 'a') or all(Items, Price > 1)", "ANY(Tags, VALUE == 'a') OR ALL(Items, Price > 1)"),
        ("datepart(weekday, x) == 1e3", "DATEPART(WEEKDAY, x) == 1E+3"),
    ],
)
def test_conditions_have_one_form(condition: str, expected: str) -> None:
    assert canonical(f"A.FILTER({condition})") == f"A.FILTER({expected})"


def test_a_decimal_keeps_what_makes_it_one() -> None:
    assert [print_expression(ast.NumberLiteral(value=Decimal(text))) for text in ("5", "5.0", "1E+2", "0.00")] == [
        "5.0",
        "5.0",
        "1E+2",
        "0.00",
    ]


LONG = "PROFILE(Contact).FILTER(City == 'Rome' AND Age > 30).TRAVERSE(HavingAccount).FILTER(Name == 'A' OR Name == 'B')"


def test_a_long_chain_takes_a_line_for_each_step() -> None:
    assert canonical(LONG) == "\n".join(
        [
            "PROFILE(Contact)",
            "    .FILTER(City == 'Rome' AND Age > 30)",
            "    .TRAVERSE(HavingAccount)",
            "    .FILTER(Name == 'A' OR Name == 'B')",
        ]
    )


def test_a_long_operation_takes_a_line_for_each_operand() -> None:
    text = f"Early = {LONG} ({LONG} UNION Early).TRAVERSE(Owns) EXCEPT (SEGMENT(A) UNION SEGMENT(B)) EXCEPT Early"

    assert canonical(text) == "\n".join(
        [
            "Early = PROFILE(Contact)",
            "        .FILTER(City == 'Rome' AND Age > 30)",
            "        .TRAVERSE(HavingAccount)",
            "        .FILTER(Name == 'A' OR Name == 'B')",
            "(",
            "    PROFILE(Contact)",
            "        .FILTER(City == 'Rome' AND Age > 30)",
            "        .TRAVERSE(HavingAccount)",
            "        .FILTER(Name == 'A' OR Name == 'B')",
            "    UNION Early",
            ")",
            "    .TRAVERSE(Owns)",
            "EXCEPT (SEGMENT(A) UNION SEGMENT(B))",
            "EXCEPT Early",
        ]
    )
