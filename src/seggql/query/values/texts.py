"""Tests of text within text, by code point, and simple case folding."""

from collections.abc import Sequence
from functools import cache
from typing import assert_never

from seggql.query.ast import TextOperator
from seggql.query.values.pattern import compile_pattern

LAST_CASED = 0x1E943
"""Highest code point that has upper and lower case (Adlam)."""

UNICODE_15_1_FOLDS = {0x1FD3: 0x0390, 0x1FE3: 0x03B0, 0xFB05: 0xFB06}
"""Simple foldings that RE2 knows and the Unicode tables of older Pythons do not."""


def fold(text: str) -> str:
    """`text` with simple case folding: one code point for one, so that lengths stay (`ß` is not `ss`).

    Source: Unicode CaseFolding.txt, statuses C and S; the same classes as `(?i)` of RE2.
    """
    return text.lower() if text.isascii() else text.translate(_simple_folds())


def length(value: str | Sequence[object] | None) -> int | None:
    """`LENGTH`: code points of a string, or elements of an array."""
    return None if value is None else len(value)


def text_test(
    operator: TextOperator, value: str | None, text: str | None, *, ignores_case: bool = False
) -> bool | None:
    """CONTAINS, STARTSWITH, ENDSWITH or MATCHES; None (unknown) where a side is missing."""
    if value is None or text is None:
        return None
    if operator is TextOperator.MATCHES:
        return compile_pattern(text, ignores_case).search(value) is not None
    if ignores_case:
        value, text = fold(value), fold(text)
    match operator:
        case TextOperator.CONTAINS:
            return text in value
        case TextOperator.STARTSWITH:
            return value.startswith(text)
        case TextOperator.ENDSWITH:
            return value.endswith(text)
        case _:
            assert_never(operator)


@cache
def _simple_folds() -> dict[int, int]:
    """What each code point folds to, for those that change."""
    folds = {code: _simple_fold(code) for code in range(LAST_CASED + 1)}
    return {code: folded for code, folded in folds.items() if folded != code} | UNICODE_15_1_FOLDS


def _simple_fold(code: int) -> int:
    """Full folding where it is one code point; else the lower case, which is then the simple folding."""
    folded = chr(code).casefold()
    if len(folded) > 1:
        folded = chr(code).lower()
    return ord(folded) if len(folded) == 1 else code
