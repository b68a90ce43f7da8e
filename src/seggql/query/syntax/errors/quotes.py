"""Explains quotes that are missing or of the wrong kind, and characters that no query may hold."""

from seggql.query.source import Span
from seggql.query.syntax.errors.place import Explanation, Instead, Place, cut, shown
from seggql.query.syntax.tokens import Kind

NAME_RULE = "Names are made of the letters A to Z, digits and underscores."

_ADVICE = {
    "&": "Write && or AND.",
    "|": "Write || or OR.",
    "[": "Write ( and ); a name is quoted with back-ticks: `Name`.",
    "{": "Write ( and ) around a list: IN (1, 2).",
    "%": "In CONTAINS, STARTSWITH and ENDSWITH no wildcard is needed.",
    "`": "The back-tick that begins a quoted name has no partner in this line.",
    '"': "Text stands between single quotes: 'text'.",
    "#": "A comment begins with --.",
    "\ufeff": "It is a byte order mark; save the text as UTF-8 without one.",
}


def quote_is_missing(place: Place) -> Explanation | None:
    """A string that never ends, or that ends in the middle because the one before it has no end of its own."""
    token, previous = place.token, place.previous
    if previous and previous.kind is Kind.STRING and previous.end == token.start and token.kind is not Kind.SYMBOL:
        begin = previous
    elif token.kind is Kind.OPEN_STRING:
        begin = token
    else:
        return None
    return Explanation(
        message=f"The text that begins here, {shown(begin)}, has no closing quote of its own.",
        span=Span(begin.start, begin.start + 1),
        hint="Close it with ', and write '' for a quote within text: 'O''Brien'.",
    )


def double_quotes(place: Place) -> Explanation | None:
    """Text in double or in typographic quotes."""
    if place.token.kind is not Kind.DOUBLE_QUOTED:
        return None
    text = cut(place.token.text[1:-1].replace("'", "''"))
    fits = "STRING" in place.accepts
    return Explanation(
        message="Text stands between straight single quotes.",
        span=place.token.span,
        hint=f"Write '{text}'." if fits else f"Write '{text}'; a name is quoted with back-ticks: `{text}`.",
        mend=Instead("STRING") if fits else None,
    )


def stray_character(place: Place) -> Explanation | None:
    """A character, or a word with letters, that can stand only within quotes."""
    token = place.token
    if token.kind is not Kind.UNKNOWN:
        return None
    instead = {"&": "&&", "|": "||"}.get(token.text, "")
    return Explanation(
        message=f"{shown(token)} is no part of a query outside quotes.",
        span=token.span,
        hint=_ADVICE.get(token.text, NAME_RULE if token.text[0].isalpha() else "Text stands between single quotes."),
        mend=Instead(instead) if instead in place.accepts else None,
    )
