"""Patterns of MATCHES mean what the language says, and faulty ones say what is wrong."""

import pytest

from seggql.query.values.pattern import PatternError, compile_pattern


@pytest.mark.parametrize(
    ("pattern", "text", "is_found"),
    [
        ("b", "abc", True),
        ("^b", "abc", False),
        ("a$", "a", True),
        ("a$", "a\n", False),
        ("(?m)a$", "a\nb", True),
        ("a.c", "a\nc", False),
        ("(?s)a.c", "a\nc", True),
        (r"\d", "٣", False),
        (r"\w", "é", False),
        (r"\s", "\u00a0", False),
        (r"\bb", "éb", True),
        ("^.$", "𝄞", True),
        ("É", "é", False),
        ("", "", True),
    ],
)
def test_a_pattern_is_searched_for_anywhere(pattern: str, text: str, is_found: bool) -> None:
    assert (compile_pattern(pattern).search(text) is not None) is is_found


@pytest.mark.parametrize(("pattern", "text"), [("É", "é"), ("straße", "STRAẞE"), ("K", "\u212a"), ("ж", "Ж")])
def test_case_is_ignored_by_simple_folding(pattern: str, text: str) -> None:
    assert compile_pattern(pattern, ignores_case=True).search(text) is not None


@pytest.mark.parametrize(
    ("pattern", "message", "piece"),
    [
        ("(a", "missing ): (a", "(a"),
        ("x(?=a)", "invalid perl operator: (?=", "(?="),
        (r"(a)\1", r"invalid escape sequence: \1", r"\1"),
        ("a{1001}", "invalid repetition size: {1001}", "{1001}"),
        ("a\ud800", "half of a surrogate pair", "\ud800"),
    ],
)
def test_a_faulty_pattern_says_what_is_wrong_and_where(pattern: str, message: str, piece: str) -> None:
    with pytest.raises(PatternError) as caught:
        compile_pattern(pattern)
    assert (str(caught.value), caught.value.piece) == (message, piece)


def test_a_pattern_that_is_exponential_elsewhere_answers_at_once() -> None:
    assert compile_pattern("(a*)*(a|aa)+$").search("a" * 100_000 + "b") is None
