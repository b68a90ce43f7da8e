"""Says what is wrong where a query cannot be read, in the words of the person who wrote it."""

from collections.abc import Callable

from seggql.query.names import nearest
from seggql.query.syntax.errors.advice import SHAPES, expected
from seggql.query.syntax.errors.brackets import (
    closes_nothing,
    edge_filter_without_comma,
    misspelt_source,
    never_closed,
    no_such_function,
    opening_is_missing,
    step_within_parentheses,
)
from seggql.query.syntax.errors.expressions import (
    date_part_expected,
    no_such_comparison,
    operator_is_missing,
    operator_of_another_language,
    second_bound_is_missing,
    value_is_missing,
    whole_number_expected,
)
from seggql.query.syntax.errors.place import Before, Explanation, Instead, Place, Skip, shown
from seggql.query.syntax.errors.quotes import double_quotes, quote_is_missing, stray_character
from seggql.query.syntax.errors.sets import (
    empty,
    point_is_missing,
    set_is_missing,
    set_operator_expected,
    sql,
    step_is_unknown,
)
from seggql.query.syntax.tokens import Kind

__all__ = ["Before", "Explanation", "Instead", "Place", "Skip", "explain"]

RULES: tuple[Callable[[Place], Explanation | None], ...] = (
    empty,
    quote_is_missing,
    double_quotes,
    stray_character,
    sql,
    misspelt_source,
    closes_nothing,
    edge_filter_without_comma,
    never_closed,
    step_within_parentheses,
    no_such_function,
    opening_is_missing,
    step_is_unknown,
    point_is_missing,
    whole_number_expected,
    date_part_expected,
    no_such_comparison,
    value_is_missing,
    operator_of_another_language,
    second_bound_is_missing,
    operator_is_missing,
    set_operator_expected,
    set_is_missing,
)
"""In order: the first that fits explains."""


def explain(place: Place) -> Explanation:
    """Why `place.token` cannot stand where it does."""
    for rule in RULES:
        if (explanation := rule(place)) is not None:
            return explanation
    return _misspelt_word(place) or _cannot_stand_here(place)


def _misspelt_word(place: Place) -> Explanation | None:
    words = place.accepts - {"NAME", "STRING", "INTEGER", "NUMBER", "END"}
    if place.token.kind is not Kind.WORD or (found := nearest(place.token.text, words)) is None:
        return None
    return Explanation(
        message=f"{shown(place.token)} cannot stand here.",
        span=place.token.span,
        hint=f"Did you mean {found}?",
        mend=Instead(found) if place.following.text == "(" else None,
    )


def _cannot_stand_here(place: Place) -> Explanation:
    after = f" after {shown(place.previous)}" if place.previous else ""
    ends = place.token.kind is Kind.END
    shape = SHAPES.get(place.owner.upper) if place.owner else None
    return Explanation(
        message=f"The query ends too early{after}." if ends else f"{shown(place.token)} cannot stand here{after}.",
        span=place.token.span,
        hint=f"Write {shape}." if shape else expected(place.accepts),
    )
