"""Explains what is wrong within conditions, values and windows."""

from seggql.errors import ProblemCode
from seggql.query.names import nearest
from seggql.query.source import Span
from seggql.query.syntax.errors.advice import OPERATOR_ADVICE
from seggql.query.syntax.errors.place import Explanation, Instead, Place, shown
from seggql.query.syntax.tokens import Kind, Token
from seggql.query.syntax.words import DATE_PARTS, OPERATORS, WINDOWS

_VALUES = "A value is an attribute, text in quotes, a number, TRUE, FALSE or a function."
_COMPARISONS = "The comparisons are ==, !=, <, <=, > and >=."
_LITERALS = frozenset({Kind.STRING, Kind.INTEGER, Kind.NUMBER})


def whole_number_expected(place: Place) -> Explanation | None:
    """Windows, DATE, SKIP and TAKE take digits only."""
    if place.accepts != {"INTEGER"}:
        return None
    owner = place.owner.upper if place.owner else "This"
    is_window = owner in WINDOWS
    found = "a negative one" if place.token.text == "-" else shown(place.token)
    return Explanation(
        message=f"{owner} takes a whole number{' above 0' if is_window else ''}, not {found}.",
        span=place.token.span,
        hint=f"Write it in digits: {owner}(7)." if is_window else "Write it in digits, without a sign.",
        code=ProblemCode.BAD_LITERAL if is_window else ProblemCode.SYNTAX_ERROR,
    )


def date_part_expected(place: Place) -> Explanation | None:
    """DATEADD and its kin begin with a part of a date, which is a word."""
    if "MILLISECOND" not in place.accepts:
        return None
    found = nearest(place.token.text.strip("'\""), place.accepts & set(DATE_PARTS))
    parts = ", ".join(part for part in DATE_PARTS if part in place.accepts)
    return Explanation(
        message=f"A part of a date is expected here, not {shown(place.token)}.",
        span=place.token.span,
        hint=f"Did you mean {found}, without quotes?" if found else f"The parts are {parts}, without quotes.",
        mend=Instead(found) if found else None,
    )


def no_such_comparison(place: Place) -> Explanation | None:
    """`=<`, `= =`, `===`."""
    token, previous = place.token, place.previous
    if not place.expects_value or previous is None or previous.text not in ("=", "==", "<", ">", "!", "!="):
        return None
    if token.text not in ("=", "==", "<", ">", "!="):
        return None
    span = Span(previous.start, token.end)
    return Explanation(message=f"There is no operator {previous.text}{token.text}.", span=span, hint=_COMPARISONS)


def value_is_missing(place: Place) -> Explanation | None:
    """An operator, a bracket or the end where a value must stand."""
    token, previous = place.token, place.previous
    if swallowed := _swallowed_operator(place):
        return Explanation(message=f"Before {swallowed.upper} a value is missing.", span=swallowed.span, hint=_VALUES)
    if not place.expects_value:
        return None
    if token.text == "." and place.following.kind is Kind.INTEGER:
        hint = f"Write 0.{place.following.text}."
        return Explanation(message="A number begins with a digit.", span=token.span, hint=hint)
    where = "at the end" if token.kind is Kind.END else f"before {shown(token)}"
    after = f"after {shown(previous)}, " if previous else ""
    return Explanation(message=f"A value is missing {after}{where}.", span=token.span, hint=_VALUES)


def _swallowed_operator(place: Place) -> Token | None:
    """The operator word that was read as a name, because only a value can stand where it does: `Age > AND …`."""
    word, before = place.previous, place.at(-2)
    if word is None or before is None or not place.expects_operator or place.token.kind is Kind.END:
        return None
    hangs = (before.kind is Kind.SYMBOL and before.text not in (")", ".")) or before.upper in OPERATORS
    return word if hangs and word.kind is Kind.WORD and word.upper in OPERATORS and word.upper != "NOT" else None


def operator_of_another_language(place: Place) -> Explanation | None:
    """LIKE, IS NULL and so on."""
    token = place.token
    if not place.expects_operator or token.kind is not Kind.WORD or token.upper not in OPERATOR_ADVICE:
        return None
    names = (name for name in (place.at(-1), place.at(-2)) if name and name.is_name and name.upper != "NOT")
    name = next(names, None)
    return Explanation(
        message=f"SegQL has no operator {token.upper}.",
        span=token.span,
        hint=OPERATOR_ADVICE[token.upper].format(name=name.text if name else "Name"),
    )


def second_bound_is_missing(place: Place) -> Explanation | None:
    """`BETWEEN 1, 2`."""
    if not {"AND", "+"} <= place.accepts or place.accepts & {"OR", ")"}:
        return None
    return Explanation(
        message=f"BETWEEN takes two values with AND between them; {shown(place.token)} cannot stand here.",
        span=place.token.span,
        hint="For example Age BETWEEN 20 AND 30.",
    )


def operator_is_missing(place: Place) -> Explanation | None:
    """Two values side by side, or a misspelt word where an operator should be."""
    token = place.token
    if not place.expects_operator:
        return None
    found = nearest(token.text, place.accepts & OPERATORS) if token.kind is Kind.WORD else None
    if found is not None:
        return Explanation(
            message=f"An operator is expected here, not {shown(token)}.",
            span=token.span,
            hint=f"Did you mean {found}?",
            mend=Instead(found),
        )
    if token.text == "," and place.owner is not None and place.owner.upper == "FILTER":
        hint = "Conditions are joined with AND (&&) or OR (||)."
        return Explanation(message="FILTER takes one condition.", span=token.span, hint=hint)
    if not (token.is_name or token.kind in _LITERALS or token.text in ("(", "!")):
        return None
    if "==" in place.accepts:
        message, hint = f"Before {shown(token)} an operator is missing.", "Compare with ==, !=, <, <=, > or >=."
    else:
        message, hint = f"Before {shown(token)} AND or OR is missing.", "Conditions are joined with AND or OR."
    return Explanation(message=message, span=token.span, hint=hint)
