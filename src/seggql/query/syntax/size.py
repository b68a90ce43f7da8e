"""Refuses a query that is past a limit, at the place where it passes it, before anybody walks it."""

import re
from collections.abc import Sequence

from seggql.catalog.model import NAME_PATTERN
from seggql.errors import ProblemCode, QueryError, QueryProblem
from seggql.query.limits import MAX_EXPONENT, MAX_NUMBER_LENGTH, MAX_PROBLEMS, Limits
from seggql.query.source import Source, Span
from seggql.query.syntax.tokens import Kind, Token
from seggql.query.syntax.words import SOURCES

_FORBIDDEN = re.compile("[\0\ud800-\udfff]")
_NAME_RULE = (
    "A name is made of the letters A to Z, digits and underscores, does not begin with a digit and has at most 100."
)
_FIXED = "This limit is fixed."


def check_text(text: str, limits: Limits) -> None:
    """Look at the text as a whole, before it is cut into tokens.

    Raises: QueryError where it is too long or holds what no text may hold: NUL or half of a surrogate pair.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > limits.max_bytes:
        end = len(text.encode("utf-8", "surrogatepass")[: limits.max_bytes].decode("utf-8", "ignore"))
        message = f"The query is {size:,} bytes long; at most {limits.max_bytes:,} are allowed."
        hint = f"Split it into segments and combine those. {_setting('MAX_BYTES')}"
        raise QueryError((_printable(text).problem(ProblemCode.QUERY_TOO_LARGE, message, Span(end, end), hint=hint),))
    if found := _FORBIDDEN.search(text):
        what = "the character NUL" if found.group() == "\0" else "half of a surrogate pair, which is no character"
        message = f"The query holds {what}."
        hint = "Remove it; it often comes from a file in another encoding than UTF-8."
        raise QueryError((_printable(text).problem(ProblemCode.SYNTAX_ERROR, message, Span(*found.span()), hint=hint),))


def _printable(text: str) -> Source:
    """The text with what cannot be sent to a reader replaced, code point by code point."""
    return Source(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text))


def check_nesting(source: Source, tokens: Sequence[Token], limits: Limits) -> None:
    """Look at how deep parentheses and NOTs stand one inside another; a minus nests only around parentheses.

    Raises: QueryError at the first that is too deep.
    """
    depth = 0
    run = 0  # NOTs just before this token, which hold whatever begins here
    opened: list[int] = []  # per open parenthesis: how much deeper it went, itself and the NOTs before it
    for token in tokens:
        if token.text == "!" or (token.kind is Kind.WORD and token.upper == "NOT"):
            run += 1
        elif token.text == "(":
            opened.append(run + 1)
            depth += run + 1
            run = 0
        else:
            run = 0
            if token.text == ")" and opened:
                depth -= opened.pop()
        if depth + run > limits.nesting:
            message = f"The query is nested more than {limits.nesting:,} deep here."
            hint = f"Give inner sets names (Name = …) or use IN instead of many ORs. {_setting('MAX_NESTING')}"
            raise QueryError((source.problem(ProblemCode.QUERY_TOO_LARGE, message, token.span, hint=hint),))


def check_words(source: Source, tokens: Sequence[Token]) -> list[QueryProblem]:
    """What is wrong with names and numbers taken by themselves; at most `MAX_PROBLEMS`."""
    problems: list[QueryProblem] = []
    for index, token in enumerate(tokens):
        if token.kind in (Kind.INTEGER, Kind.NUMBER):
            problem = _check_number(source, token)
        elif token.is_name or (token.kind is Kind.STRING and _is_type(tokens[max(0, index - 4) : index])):
            problem = _check_name(source, token)
        else:
            continue
        if problem is not None:
            problems.append(problem)
        if len(problems) == MAX_PROBLEMS:
            break
    return problems


def _is_type(before: Sequence[Token]) -> bool:
    """Whether a string after these tokens stands for a name: `PROFILE('Contact')`, `INTERACTION(Opened, 'Contact')`."""
    words = [token.upper for token in before]
    return (words[-1:] == ["("] and bool({*words[-2:-1]} & {*SOURCES, "TRAVERSE"})) or (
        words[-1:] == [","] and words[:2] == ["INTERACTION", "("]
    )


def _check_name(source: Source, token: Token) -> QueryProblem | None:
    if NAME_PATTERN.match(token.name):
        return None
    message = f"{_cut(token.text)} cannot be a name."
    return source.problem(ProblemCode.SYNTAX_ERROR, message, token.span, hint=_NAME_RULE)


def _check_number(source: Source, token: Token) -> QueryProblem | None:
    if not number_is_too_large(token):
        return None
    if len(token.text) > MAX_NUMBER_LENGTH:
        message = f"This number is {len(token.text):,} characters long; at most {MAX_NUMBER_LENGTH} are allowed."
    else:
        message = f"The exponent of this number is past {MAX_EXPONENT:,}, the largest that any number has."
    return source.problem(ProblemCode.QUERY_TOO_LARGE, message, token.span, hint=_FIXED)


def number_is_too_large(token: Token) -> bool:
    """Whether the number `token` is past what any type holds, and must not be computed with."""
    exponent = token.upper.partition("E")[2]
    return len(token.text) > MAX_NUMBER_LENGTH or (bool(exponent) and abs(int(exponent)) > MAX_EXPONENT)


def _setting(name: str) -> str:
    return f"The limit is the setting SEGGQL_QUERY_{name}."


def _cut(text: str, width: int = 40) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
