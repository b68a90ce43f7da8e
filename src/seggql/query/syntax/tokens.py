"""Cuts a query text into tokens, in time linear in its length, whatever it holds."""

import re
from dataclasses import dataclass
from enum import Enum

from seggql.query.source import Span


class Kind(Enum):
    """What a token is; those after END are faults, which only messages look at."""

    WORD = "WORD"
    QUOTED = "QUOTED"
    STRING = "STRING"
    INTEGER = "INTEGER"
    NUMBER = "NUMBER"
    SYMBOL = "SYMBOL"
    END = "END"
    OPEN_STRING = "OPEN_STRING"
    DOUBLE_QUOTED = "DOUBLE_QUOTED"
    UNKNOWN = "UNKNOWN"


FAULTS = frozenset({Kind.OPEN_STRING, Kind.DOUBLE_QUOTED, Kind.UNKNOWN})
"""Kinds that no query may hold."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text as written, at `start` in code points from 0."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        """The place after the last code point."""
        return self.start + len(self.text)

    @property
    def span(self) -> Span:
        """Where the token stands."""
        return Span(self.start, self.end)

    @property
    def upper(self) -> str:
        """The text in upper case: how keywords and symbols are compared."""
        return self.text.upper()

    @property
    def is_name(self) -> bool:
        """Whether it may be a name; whether a word is a keyword instead depends on what may stand here."""
        return self.kind in (Kind.WORD, Kind.QUOTED)

    @property
    def name(self) -> str:
        """The name without its back-ticks or quotes."""
        return self.text.strip("`'")


# Every repetition is possessive (++, *+) or bounded: nothing is tried twice.
_PATTERN = re.compile(
    r"""
      (?P<TRIVIA> (?: \s | --[^\n]*+ )++ )
    | (?P<WORD> [^\W\d]\w*+ )
    | (?P<NUMBER> [0-9]++ (?: \.[0-9]++ (?: [eE][+-]?[0-9]++ )? | [eE][+-]?[0-9]++ ) )
    | (?P<INTEGER> [0-9]++ )
    | (?P<STRING> '[^']*+(?: ''[^']*+ )*+' )
    | (?P<QUOTED> `[^`\n]*+` )
    | (?P<SYMBOL> == | != | <> | >= | <= | && | \|\| | [-+*/=<>!().,;] )
    | (?P<OPEN_STRING> '[\s\S]*+ )
    | (?P<DOUBLE_QUOTED> "[^"\n]*+" | [\u201c-\u201e][^\u201c-\u201e"\n]{0,200}+[\u201c-\u201e"]
        | [\u2018-\u201a][^\u2018-\u201a'\n]{0,200}+[\u2018-\u201a']  )
    | (?P<UNKNOWN> [\s\S] )
    """,
    re.VERBOSE,
)


def scan(text: str) -> list[Token]:
    """The tokens of `text`, white space and comments left out, and an END behind them."""
    tokens = []
    for match in _PATTERN.finditer(text):
        group = match.lastgroup
        if group is None or group == "TRIVIA":
            continue
        word = match.group()
        kind = Kind.UNKNOWN if group == "WORD" and not word.isascii() else Kind[group]
        tokens.append(Token(kind, word, match.start()))
    end = tokens[-1].end if tokens else 0
    return [*tokens, Token(Kind.END, "", end)]
