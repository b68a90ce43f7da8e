"""Explains what is wrong between sets, steps and named parts."""

from seggql.query.names import nearest
from seggql.query.syntax.errors.advice import STEP_ADVICE
from seggql.query.syntax.errors.place import Before, Explanation, Instead, Place, shown
from seggql.query.syntax.tokens import Kind
from seggql.query.syntax.words import SET_OPERATORS, SOURCES, SQL_BEGINNINGS, STEPS

_STEPS = "The steps are FILTER, TRAVERSE, HAVING, UNION, INTERSECT, EXCEPT, DISTINCT, ORDERBY, SKIP, TAKE and SELECT."
_ALGEBRA = "Sets are combined with INTERSECT (in both), UNION (in either) and EXCEPT (in the first only)."


def empty(place: Place) -> Explanation | None:
    """No token at all."""
    if place.token.kind is not Kind.END or place.index > 0:
        return None
    return Explanation(
        message="The query is empty.",
        span=place.token.span,
        hint="A query begins with a set, for example PROFILE(Contact).FILTER(Age > 30).",
    )


def sql(place: Place) -> Explanation | None:
    """SELECT … FROM, and what other languages begin with."""
    first, second = place.tokens[place.start], place.tokens[min(place.start + 1, len(place.tokens) - 1)]
    if first.kind is not Kind.WORD or first.upper not in SQL_BEGINNINGS or second.text in (".", "="):
        return None
    return Explanation(
        message=f"A query does not begin with {first.upper}: SegQL names the set that is wanted.",
        span=first.span,
        hint="For example PROFILE(Contact).FILTER(Age > 30).TRAVERSE(HavingAccount).",
    )


def step_is_unknown(place: Place) -> Explanation | None:
    """After the point of a step stands something else."""
    token = place.token
    if not {"FILTER", "TAKE"} <= place.accepts:
        return None
    advice = STEP_ADVICE.get(token.upper)
    found = nearest(token.text, STEPS) if token.kind is Kind.WORD and not advice else None
    return Explanation(
        message=f"After the point a step is expected, not {shown(token)}.",
        span=token.span,
        hint=advice or (f"Did you mean {found}?" if found else _STEPS),
        mend=Instead(found) if found and place.following.text == "(" else None,
    )


def point_is_missing(place: Place) -> Explanation | None:
    """A step without the point before it, or WHERE and its like."""
    token = place.token
    if not place.follows_set or token.kind is not Kind.WORD:
        return None
    if token.upper in STEPS and place.following.text == "(":
        message, hint = f"Before {token.upper} a point is missing.", f"Write .{token.upper}(…)."
        return Explanation(message=message, span=token.span, hint=hint, mend=Before("."))
    if advice := STEP_ADVICE.get(token.upper):
        return Explanation(message=f"SegQL has no {token.upper}.", span=token.span, hint=advice)
    return None


def set_operator_expected(place: Place) -> Explanation | None:
    """Two sets side by side, or joined as conditions are."""
    token, previous = place.token, place.previous
    if not place.follows_set or previous is None:
        return None
    if previous.kind is Kind.WORD and previous.upper in SET_OPERATORS:
        message = f"Before {previous.upper} a set is missing."
        return Explanation(message=message, span=previous.span, hint=f"For example A {previous.upper} B.")
    if token.text == ";":
        message, hint = "Nothing may follow the result.", "Only named parts end with ;. Remove it."
        return Explanation(message=message, span=token.span, hint=hint)
    if token.upper in ("AND", "OR", "&&", "||", "+", "-", ",", "*"):
        message = f"{token.upper} does not combine sets."
        return Explanation(message=message, span=token.span, hint=_ALGEBRA)
    if not (token.is_name or token.text == "("):
        return None
    found = nearest(token.text, SET_OPERATORS)
    return Explanation(
        message=f"{shown(token)} cannot stand here after {shown(previous)}.",
        span=token.span,
        hint=f"Did you mean {found}?" if found else f"{_ALGEBRA} A named part begins with Name =.",
        mend=Instead(found) if found else None,
    )


def set_is_missing(place: Place) -> Explanation | None:
    """The text ends, or goes on, where a set must stand."""
    if not place.accepts >= SOURCES:
        return None
    token, previous = place.token, place.previous
    if previous is not None and (previous.text in ("=", "(") or previous.upper in SET_OPERATORS):
        message = f"After {shown(previous)} a set is missing."
    elif token.kind is Kind.END:
        message = "The query has only named parts and no result."
    else:
        message = f"A query, or a part of it, cannot begin with {shown(token)}."
    return Explanation(
        message=message,
        span=token.span,
        hint="A set is PROFILE(…), INTERACTION(…), SEGMENT(…) or the name of a part or segment.",
    )
