"""Explains parentheses that are missing, superfluous or around the wrong things."""

from seggql.query.names import nearest
from seggql.query.source import Span
from seggql.query.syntax.errors.advice import SHAPES, function_advice
from seggql.query.syntax.errors.place import Before, Explanation, Instead, Place, Skip, shown
from seggql.query.syntax.tokens import Kind, Token
from seggql.query.syntax.words import FUNCTIONS, SET_OPERATORS, SOURCES, STEPS

_CALLABLE = FUNCTIONS | SOURCES | STEPS


def closes_nothing(place: Place) -> Explanation | None:
    """A ) too many."""
    if place.token.text != ")" or place.opened:
        return None
    return Explanation(
        message="This ) closes nothing: every ( before it is closed already.",
        span=place.token.span,
        hint="Remove it, or add the ( that it belongs to.",
        mend=Skip(),
    )


def edge_filter_without_comma(place: Place) -> Explanation | None:
    """`TRAVERSE(R.FILTER(…))`."""
    is_step = place.token.text == "." and place.following.upper in ("FILTER", "REVERSE")
    if not is_step or place.owner is None or place.owner.upper != "TRAVERSE":
        return None
    return Explanation(
        message="Within TRAVERSE a comma stands before FILTER and REVERSE, not a point.",
        span=place.token.span,
        hint=f"Write {SHAPES['TRAVERSE']}.",
        mend=Instead(","),
    )


def never_closed(place: Place) -> Explanation | None:
    """A ) is missing at the end, or where a step, a set operator or a part cannot belong to what is in parentheses."""
    token = place.token
    ends = token.kind is Kind.END
    is_step = token.text == "." and place.following.upper in STEPS
    part = place.at(2)
    is_part = token.is_name and place.following.text == "=" and part is not None and part.upper in SOURCES
    if not place.opened or ")" not in place.accepts:
        return None
    if not (ends or is_step or is_part or token.upper in SET_OPERATORS):
        return None
    more = len(place.opened) - 1
    also = "" if not more or not ends else ", nor is the one around it" if more == 1 else f", nor {more} around it"
    before = f".{place.following.upper}" if is_step else shown(token)
    return Explanation(
        message=f"The ({_owned(place.owner)} at {place.position(place.opened[-1])} is not closed{also}.",
        span=token.span,
        hint="A ) is missing at the end." if ends else f"A ) is missing here, before {before}.",
        mend=None if ends or is_part else Before(")"),
    )


def _owned(owner: Token | None) -> str:
    return f" after {owner.upper}" if owner and owner.kind is Kind.WORD and owner.upper in _CALLABLE else ""


def step_within_parentheses(place: Place) -> Explanation | None:
    """`.FILTER(Age .TRAVERSE(…)`: read as a path Age.TRAVERSE."""
    word, point = place.previous, place.at(-2)
    if place.token.text != "(" or not place.expects_operator or not place.opened or word is None or point is None:
        return None
    if point.text != "." or nearest(word.text, STEPS) is None:
        return None
    return Explanation(
        message=f"The ({_owned(place.owner)} at {place.position(place.opened[-1])} is not closed.",
        span=Span(point.start, word.end),
        hint=f"A ) is missing before .{word.upper}.",
    )


def no_such_function(place: Place) -> Explanation | None:
    """`name (` where a name is no function: misspelt, of another language, or in the wrong place."""
    word = place.previous
    if place.token.text != "(" or word is None or word.kind is not Kind.WORD or word.upper in SET_OPERATORS:
        return None
    if word.upper in _CALLABLE:
        return Explanation(
            message=f"{word.upper}(…) cannot stand here.",
            span=word.span,
            hint="A set cannot stand within a condition: combine sets outside FILTER, or follow TRAVERSE."
            if word.upper in SOURCES
            else "Only the name of an attribute can.",
        )
    return Explanation(
        message=f"There is no function {shown(word)}.",
        span=word.span,
        hint=function_advice(word.text, FUNCTIONS if place.opened and place.expects_operator else SOURCES),
    )


def misspelt_source(place: Place) -> Explanation | None:
    """`X = PROFIL(Contact)` reads as a segment PROFIL and then a result in parentheses; what fails comes later."""
    for index in range(place.index - 1, place.start, -1):
        word, before, after = place.tokens[index], place.tokens[index - 1], place.tokens[index + 1]
        begins = before.text in ("=", "(") or before.upper in SET_OPERATORS
        if not (word.kind is Kind.WORD and begins and after.text == "(" and after.start == word.end):
            continue
        if word.upper not in _CALLABLE and (found := nearest(word.text, SOURCES)) is not None:
            message = f"There is no function {shown(word)}."
            return Explanation(message=message, span=word.span, hint=f"Did you mean {found}?")
    return None


def opening_is_missing(place: Place) -> Explanation | None:
    """FILTER, IN or PROFILE without its (."""
    word = place.previous
    if word is None or not (place.accepts == {"("} or (word.upper in SOURCES and place.follows_set)):
        return None
    return Explanation(
        message=f"After {word.upper} a ( is missing.",
        span=place.token.span,
        hint=f"Write {SHAPES.get(word.upper, f'{word.upper}(…)')}.",
    )
