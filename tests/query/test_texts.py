"""Texts: simple case folding, code points, tests of text within text."""

import pytest
import re2  # type: ignore[import-untyped]  # google-re2 ships no types

from seggql.query.ast import TextOperator
from seggql.query.values.texts import LAST_CASED, fold, length, text_test

CONTAINS, STARTSWITH = TextOperator.CONTAINS, TextOperator.STARTSWITH
ENDSWITH, MATCHES = TextOperator.ENDSWITH, TextOperator.MATCHES


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ABC xyz 1", "abc xyz 1"),
        ("STRASSE", "strasse"),
        ("Straße", "straße"),
        ("STRAẞE", "straße"),
        ("ΣΊΣΥΦΟς", "σίσυφοσ"),
        ("\N{KELVIN SIGN}", "k"),
        ("\N{LATIN SMALL LETTER LONG S}", "s"),
        ("İı", "İı"),
        ("ﬁ", "ﬁ"),
        ("ᾈ", "ᾀ"),
        ("Ⅷ", "ⅷ"),
    ],
)
def test_folding_is_simple_and_keeps_the_length(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert len(fold(text)) == len(text)


def test_folding_makes_the_same_classes_as_re2() -> None:
    """Each code point matches its folding, and no other near one that folds elsewhere, under `(?i)`."""
    for code in range(0x80, LAST_CASED + 1):
        character = chr(code)
        near = {character.lower(), character.upper(), character.title(), character.casefold(), fold(character)}
        for other in near - {character}:
            if len(other) == 1:
                matches = re2.fullmatch("(?i)" + character, other) is not None
                assert matches is (fold(character) == fold(other)), (hex(code), other)


@pytest.mark.parametrize(
    ("operator", "value", "text", "ignores_case", "expected"),
    [
        (CONTAINS, "abc", "b", False, True),
        (CONTAINS, "abc", "B", False, False),
        (CONTAINS, "abc", "B", True, True),
        (CONTAINS, "abc", "", False, True),
        (CONTAINS, "", "", False, True),
        (CONTAINS, "Straße", "SS", True, False),
        (CONTAINS, "a.c", ".", False, True),
        (CONTAINS, "abc", ".", False, False),
        (STARTSWITH, "Ärger", "ä", True, True),
        (STARTSWITH, "Ärger", "r", True, False),
        (ENDSWITH, "Odysseus ς", "Σ", True, True),
        (ENDSWITH, "abc\n", "c", False, False),
        (MATCHES, "abc", "^a.c$", False, True),
        (MATCHES, "ABC", "b", False, False),
        (MATCHES, "ABC", "b", True, True),
        (MATCHES, "abc\n", "c$", False, False),
        (MATCHES, "a\nc", "a.c", False, False),
        (MATCHES, "٣", r"\d", False, False),
        (MATCHES, "\N{GRINNING FACE}", "^.$", False, True),
    ],
)
def test_text_within_text(operator: TextOperator, value: str, text: str, ignores_case: bool, expected: bool) -> None:
    assert text_test(operator, value, text, ignores_case=ignores_case) is expected


@pytest.mark.parametrize("operator", TextOperator)
def test_a_missing_side_is_unknown(operator: TextOperator) -> None:
    assert text_test(operator, None, "a") is None
    assert text_test(operator, "a", None) is None


def test_length_counts_code_points_and_elements() -> None:
    assert length("\N{GRINNING FACE}é") == 2
    assert length([]) == 0
    assert length(["", ""]) == 2
    assert length(None) is None
