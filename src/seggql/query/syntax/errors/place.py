"""Where reading stopped, and what an explanation of it is made of."""

from dataclasses import dataclass

from seggql.errors import ProblemCode
from seggql.query.source import Source, Span
from seggql.query.syntax.tokens import Kind, Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where reading stopped: at `tokens[index]`; `accepts` are the words, symbols and terminals that may stand there.

    `start` is the index where this document, or what is left of it, begins; `opened` are the parentheses still open.
    """

    source: Source
    tokens: list[Token]
    index: int
    start: int
    opened: tuple[int, ...]
    accepts: frozenset[str]

    def at(self, offset: int) -> Token | None:
        """The token `offset` places from here, where there is one that belongs to this document."""
        index = self.index + offset
        return self.tokens[index] if self.start <= index < len(self.tokens) else None

    @property
    def token(self) -> Token:
        """What cannot stand here."""
        return self.tokens[self.index]

    @property
    def previous(self) -> Token | None:
        """What stands before it."""
        return self.at(-1)

    @property
    def following(self) -> Token:
        """What stands after it; after the END, that again."""
        return self.at(1) or self.token

    @property
    def owner(self) -> Token | None:
        """What stands before the innermost parenthesis that is open: FILTER, COUNT, nothing in particular."""
        if not self.opened or self.opened[-1] <= self.start:
            return None
        return self.tokens[self.opened[-1] - 1]

    @property
    def expects_value(self) -> bool:
        """Whether a condition or value can begin here."""
        return "ISNULL" in self.accepts

    @property
    def expects_operator(self) -> bool:
        """Whether a condition or value has ended and an operator can follow it."""
        return bool(self.accepts & {"AND", "OR", "==", "CONTAINS"})

    @property
    def follows_set(self) -> bool:
        """Whether a set has ended, so that a step or a set operator can follow it."""
        return {"UNION", "."} <= self.accepts

    def position(self, index: int) -> str:
        """Line and column of a token, for people."""
        start = self.tokens[index].start
        line = self.source.text.count("\n", 0, start) + 1
        return f"line {line}, column {start - self.source.text.rfind(chr(10), 0, start)}"


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


def shown(token: Token) -> str:
    """A token as people would name it."""
    match token.kind:
        case Kind.END:
            return "the end"
        case Kind.UNKNOWN if not token.text.isprintable():
            return f"The character U+{ord(token.text[0]):04X}"
        case _:
            return cut(" ".join(token.text.split()))


def cut(text: str, width: int = 30) -> str:
    """`text`, or its beginning where it is long."""
    return text if len(text) <= width else f"{text[: width - 1]}…"
