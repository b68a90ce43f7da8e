"""Says what is wrong where a query cannot be read, in the words of the person who wrote it."""

from collections.abc import Callable
from dataclasses import dataclass

from seggql.errors import ProblemCode
from seggql.query.names import nearest
from seggql.query.source import Source, Span
from seggql.query.syntax_words import (
    DATE_PARTS,
    FUNCTIONS,
    OPERATOR_ADVICE,
    OPERATORS,
    SET_OPERATORS,
    SOURCES,
    SQL_BEGINNINGS,
    STEP_ADVICE,
    STEPS,
    WINDOWS,
    expected_words,
    function_advice,
)
from seggql.query.tokens import Kind, Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where reading stopped: at `tokens[index]`; `accepts` are the keywords, symbols and terminals that may stand there.

    `start` is the index where this document, or what is left of it, begins; `opened` are the parentheses still open.
    """

    source: Source
    tokens: list[Token]
    index: int
    start: int
    opened: tuple[int, ...]
    accepts: frozenset[str]

    @property
    def token(self) -> Token:
        """What cannot stand here."""
        return self.tokens[self.index]

    @property
    def previous(self) -> Token | None:
        """What stands before it, where anything does."""
        return self.tokens[self.index - 1] if self.index > self.start else None

    @property
    def following(self) -> Token:
        """What stands after it."""
        return self.tokens[min(self.index + 1, len(self.tokens) - 1)]


@dataclass(frozen=True, slots=True)
class Skip:
    """Reading can go on as if the token were not there."""


@dataclass(frozen=True, slots=True)
class Instead:
    """Reading can go on as if `text` stood there instead."""

    text: str


@dataclass(frozen=True, slots=True)
class Before:
    """Reading can go on as if `text` stood before it."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What is wrong and, where one mend is beyond doubt, how to read on to find what else is."""

    message: str
    span: Span
    hint: str | None = None
    code: ProblemCode = ProblemCode.SYNTAX_ERROR
    mend: Skip | Instead | Before | None = None


def explain(place: Place) -> Explanation:
    """The first explanation that fits."""
    for rule in RULES:
        if (explanation := rule(place)) is not None:
            return explanation
    return _cannot_stand_here(place)


# ---------------------------------------------------------------- what holds of the whole text


def _is_empty(place: Place) -> Explanation | None:
    if place.token.kind is not Kind.END or place.index > 0:
        return None
    return Explanation(
        message="The query is empty.",
        span=place.token.span,
        hint="A query begins with a set, for example PROFILE(Contact).FILTER(Age > 30).",
    )


def _quote_is_missing(place: Place) -> Explanation | None:
    token, previous = place.token, place.previous
    if previous and previous.kind is Kind.STRING and previous.end == token.start and token.kind is not Kind.SYMBOL:
        begin = previous
    elif token.kind is Kind.OPEN_STRING:
        begin = token
    else:
        return None
    return Explanation(
        message=f"The text that begins here, {_shown(begin)}, has no closing quote of its own.",
        span=Span(begin.start, begin.start + 1),
        hint="Close it with ', and write '' for a quote within text: 'O''Brien'.",
    )


def _is_sql(place: Place) -> Explanation | None:
    first, second = place.tokens[place.start], place.tokens[min(place.start + 1, len(place.tokens) - 1)]
    if first.kind is not Kind.WORD or first.upper not in SQL_BEGINNINGS or second.text in (".", "="):
        return None
    return Explanation(
        message=f"A query does not begin with {first.upper}: SegQL names the set that is wanted.",
        span=first.span,
        hint="For example PROFILE(Contact).FILTER(Age > 30).TRAVERSE(HavingAccount).",
    )


# ---------------------------------------------------------------- characters and quotes


def _double_quotes(place: Place) -> Explanation | None:
    if place.token.kind is not Kind.DOUBLE_QUOTED:
        return None
    text = place.token.text[1:-1].replace("'", "''")
    names = "" if "STRING" in place.accepts else f" A name is quoted with back-ticks: `{_cut(text)}`."
    return Explanation(
        message="Text stands between straight single quotes.",
        span=place.token.span,
        hint=f"Write '{_cut(text)}'.{names}",
        mend=Instead("STRING") if "STRING" in place.accepts else None,
    )


def _stray_character(place: Place) -> Explanation | None:
    token = place.token
    if token.kind is not Kind.UNKNOWN:
        return None
    instead = {"&": "&&", "|": "||"}.get(token.text)
    hints = {
        "&": "Write && or AND.",
        "|": "Write || or OR.",
        "[": "Names are quoted with back-ticks: `Name`. Lists stand in parentheses: IN (1, 2).",
        "{": "Lists stand in parentheses: IN (1, 2).",
        "%": "In CONTAINS, STARTSWITH and ENDSWITH no wildcard is needed.",
        "`": "The back-tick that begins a quoted name has no partner in this line.",
        '"': "Text stands between single quotes: 'text'.",
        "\ufeff": "It is a byte order mark; save the text as UTF-8 without one.",
    }
    return Explanation(
        message=f"{_shown(token)} is no part of a query outside quotes.",
        span=token.span,
        hint=hints.get(token.text),
        mend=Instead(instead) if instead in place.accepts else None,
    )


# ---------------------------------------------------------------- parentheses


def _closes_nothing(place: Place) -> Explanation | None:
    if place.token.text != ")" or place.opened:
        return None
    return Explanation(
        message="This ) closes nothing: every ( before it is closed already.",
        span=place.token.span,
        hint="Remove it, or add the ( that it belongs to.",
        mend=Skip(),
    )


def _is_never_closed(place: Place) -> Explanation | None:
    """A ) is missing where the text ends, or where a step or a set operator cannot belong to what is in parentheses."""
    token = place.token
    ends = token.kind is Kind.END
    goes_on = (token.text == "." and place.following.upper in STEPS) or token.upper in SET_OPERATORS
    if not place.opened or ")" not in place.accepts or not (ends or goes_on):
        return None
    opened = place.opened[-1]
    owner = place.tokens[opened - 1] if opened > place.start else None
    named = f" after {owner.upper}" if owner and owner.kind is Kind.WORD and owner.upper in STEPS | FUNCTIONS else ""
    more = len(place.opened) - 1
    also = f" ({more} more around it {'is' if more == 1 else 'are'} open too)" if more and ends else ""
    return Explanation(
        message=f"The ({named} at {_position(place, opened)} is not closed{also}.",
        span=token.span,
        hint=f"A ) is missing here, before {_shown(token)}." if not ends else "A ) is missing at the end.",
        mend=None if ends else Before(")"),
    )


def _no_such_function(place: Place) -> Explanation | None:
    """`name (` where a name is no function: misspelt, of another language, or in the wrong place."""
    previous = place.previous
    if place.token.text != "(" or previous is None or previous.kind is not Kind.WORD:
        return None
    before = place.tokens[place.index - 2] if place.index - 2 >= place.start else None
    in_expression = "==" in place.accepts
    if in_expression and before and before.text == "." and nearest(previous.text, STEPS) is not None:
        return Explanation(
            message=f"The ( at {_position(place, place.opened[-1])} is not closed.",
            span=before.span,
            hint=f"A ) is missing before .{previous.upper}.",
        )
    known = FUNCTIONS if in_expression or place.opened else SOURCES
    if previous.upper in FUNCTIONS | SOURCES | STEPS:
        return Explanation(
            message=f"{previous.upper}(…) cannot stand here.",
            span=previous.span,
            hint=_expected(place) or None,
        )
    return Explanation(
        message=f"There is no function {_shown(previous)}.",
        span=previous.span,
        hint=function_advice(previous.text, known),
    )


def _misspelt_source(place: Place) -> Explanation | None:
    """`X = PROFIL(Contact)` reads as a segment PROFIL and then a result in parentheses; what fails comes later."""
    for index in range(place.index - 1, place.start, -1):
        word, before, after = place.tokens[index], place.tokens[index - 1], place.tokens[index + 1]
        begins = before.text in ("=", "(") or before.upper in SET_OPERATORS
        if not (word.kind is Kind.WORD and begins and after.text == "(" and after.start == word.end):
            continue
        if word.upper not in SOURCES | FUNCTIONS and (found := nearest(word.text, SOURCES)) is not None:
            return Explanation(
                message=f"There is no function {word.text}.", span=word.span, hint=f"Did you mean {found}?"
            )
    return None


def _opening_is_missing(place: Place) -> Explanation | None:
    previous = place.previous
    if place.accepts != {"("} or previous is None:
        return None
    return Explanation(
        message=f"After {previous.upper} a ( is missing.",
        span=place.token.span,
        hint=f"Write {previous.upper}(…).",
    )


# ---------------------------------------------------------------- words


def _step_is_unknown(place: Place) -> Explanation | None:
    if "FILTER" not in place.accepts or "TAKE" not in place.accepts:
        return None
    token = place.token
    found = nearest(token.text, STEPS) if token.kind is Kind.WORD else None
    advice = STEP_ADVICE.get(token.upper) or (f"Did you mean {found}?" if found else None)
    return Explanation(
        message=f"After the point a step is expected, not {_shown(token)}.",
        span=token.span,
        hint=advice
        or "The steps are FILTER, TRAVERSE, HAVING, UNION, INTERSECT, EXCEPT, DISTINCT and those of a listing.",
        mend=Instead(found) if found and place.following.text == "(" and token.upper not in STEP_ADVICE else None,
    )


def _operator_is_missing(place: Place) -> Explanation | None:
    """Two values side by side, or a word where an operator should be."""
    token, previous = place.token, place.previous
    if "AND" not in place.accepts and "==" not in place.accepts:
        return None
    if previous is not None and token.kind is Kind.WORD and token.upper in OPERATOR_ADVICE:
        return Explanation(
            message=f"SegQL has no operator {token.upper}.",
            span=token.span,
            hint=OPERATOR_ADVICE[token.upper].format(name=previous.text if previous.is_name else "Name"),
        )
    if token.kind is Kind.WORD and (found := nearest(token.text, place.accepts & OPERATORS)) is not None:
        return Explanation(
            message=f"An operator is expected here, not {_shown(token)}.",
            span=token.span,
            hint=f"Did you mean {found}?",
            mend=Instead(found),
        )
    if not (token.is_name or token.kind in (Kind.STRING, Kind.INTEGER, Kind.NUMBER) or token.text in ("(", "!")):
        return None
    if "==" not in place.accepts:
        message, hint = (
            f"Before {_shown(token)} an AND or OR is missing.",
            "Conditions are joined with AND (&&) or OR (||).",
        )
    else:
        message, hint = f"Before {_shown(token)} an operator is missing.", "Compare with ==, !=, <, <=, > or >=."
    return Explanation(message=message, span=token.span, hint=hint)


def _value_is_missing(place: Place) -> Explanation | None:
    token, previous = place.token, place.previous
    swallowed = _swallowed_keyword(place)
    if swallowed is not None:
        return Explanation(
            message=f"Before {swallowed.upper} a value is missing.",
            span=swallowed.span,
            hint="A value is an attribute, text in quotes, a number, TRUE, FALSE or a function.",
        )
    if "ISNULL" not in place.accepts:
        return None
    if token.text in ("=", "==", ">", "<") and previous is not None and previous.text in ("=", "==", "<", ">", "!"):
        return Explanation(
            message=f"There is no operator {previous.text}{token.text}.",
            span=Span(previous.start, token.end),
            hint="The comparisons are ==, !=, <, <=, > and >=.",
        )
    if (previous is not None and previous.text == ".") or (token.text == "." and place.following.kind is Kind.INTEGER):
        return Explanation(
            message="A number begins with a digit.", span=token.span, hint=f"Write 0.{place.following.text}."
        )
    where = "at the end" if token.kind is Kind.END else f"before {_shown(token)}"
    after = f" after {_shown(previous)}" if previous else ""
    return Explanation(
        message=f"A value or condition is missing{after}, {where}.",
        span=token.span,
        hint="A value is an attribute, text in quotes, a number, TRUE, FALSE or a function.",
    )


def _swallowed_keyword(place: Place) -> Token | None:
    """The operator word that was read as a name, because only a value can stand where it does: `Age > AND …`."""
    word = place.previous
    if word is None or place.index - 2 < place.start or "==" not in place.accepts or place.token.kind is Kind.END:
        return None
    before = place.tokens[place.index - 2]
    hangs = (before.kind is Kind.SYMBOL and before.text not in (")", ".")) or before.upper in OPERATORS
    is_operator = word.kind is Kind.WORD and word.upper in OPERATORS - {"NOT"}
    return word if hangs and is_operator and place.token.text not in OPERATORS | {")", ",", "."} else None


def _whole_number_expected(place: Place) -> Explanation | None:
    if place.accepts != {"INTEGER"}:
        return None
    opener = place.tokens[place.opened[-1] - 1] if place.opened else None
    is_window = opener is not None and opener.upper in WINDOWS
    name = opener.upper if opener else "This"
    return Explanation(
        message=f"{name} takes a whole number{' above 0' if is_window else ''}, not {_shown(place.token)}.",
        span=place.token.span,
        hint="Write it in digits, for example UTCDAYS(7)." if is_window else "Write it in digits, without a sign.",
        code=ProblemCode.BAD_LITERAL if is_window else ProblemCode.SYNTAX_ERROR,
    )


def _date_part_expected(place: Place) -> Explanation | None:
    if "MILLISECOND" not in place.accepts:
        return None
    word = place.token.text.strip("'\"")
    found = nearest(word, place.accepts & DATE_PARTS)
    parts = ", ".join(part for part in DATE_PARTS_IN_ORDER if part in place.accepts)
    return Explanation(
        message=f"A part of a date is expected here, not {_shown(place.token)}.",
        span=place.token.span,
        hint=f"Did you mean {found}?" if found else f"The parts are {parts}, without quotes.",
        mend=Instead(found) if found else None,
    )


DATE_PARTS_IN_ORDER = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "WEEKDAY")


def _result_is_missing(place: Place) -> Explanation | None:
    if place.token.kind is not Kind.END or not place.accepts & SOURCES or place.opened:
        return None
    previous = place.previous
    if previous is not None and (previous.text == "=" or previous.upper in SET_OPERATORS):
        message = f"After {_shown(previous)} a set is missing."
    else:
        message = "The query has only named parts and no result."
    return Explanation(
        message=message,
        span=place.token.span,
        hint="Put the set that is wanted there: PROFILE(…), INTERACTION(…), SEGMENT(…) or a name.",
    )


def _word_is_misspelt(place: Place) -> Explanation | None:
    token = place.token
    words = {word for word in place.accepts if word.isalpha() and word not in ("NAME", "STRING", "INTEGER", "NUMBER")}
    if token.kind is not Kind.WORD or (found := nearest(token.text, words)) is None:
        return None
    return Explanation(
        message=f"{_shown(token)} cannot stand here.",
        span=token.span,
        hint=f"Did you mean {found}?",
        mend=Instead(found) if place.following.text == "(" else None,
    )


def _cannot_stand_here(place: Place) -> Explanation:
    ends = place.token.kind is Kind.END
    after = f" after {_shown(place.previous)}" if place.previous else ""
    return Explanation(
        message=f"The query ends too early{after}." if ends else f"{_shown(place.token)} cannot stand here{after}.",
        span=place.token.span,
        hint=_expected(place) or None,
    )


RULES: tuple[Callable[[Place], Explanation | None], ...] = (
    _is_empty,
    _quote_is_missing,
    _double_quotes,
    _stray_character,
    _is_sql,
    _misspelt_source,
    _closes_nothing,
    _is_never_closed,
    _no_such_function,
    _opening_is_missing,
    _step_is_unknown,
    _whole_number_expected,
    _date_part_expected,
    _value_is_missing,
    _operator_is_missing,
    _result_is_missing,
    _word_is_misspelt,
)
"""In order: the first that fits explains."""


def _expected(place: Place) -> str:
    return expected_words(place.accepts)


def _position(place: Place, index: int) -> str:
    start = place.tokens[index].start
    line = place.source.text.count("\n", 0, start) + 1
    return f"line {line}, column {start - place.source.text.rfind(chr(10), 0, start)}"


def _shown(token: Token) -> str:
    """A token as people would name it."""
    match token.kind:
        case Kind.END:
            return "the end"
        case Kind.UNKNOWN if not token.text.isprintable():
            return f"The character U+{ord(token.text[0]):04X}"
        case _:
            return _cut(" ".join(token.text.split()))


def _cut(text: str, width: int = 30) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
