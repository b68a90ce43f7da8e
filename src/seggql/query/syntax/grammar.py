"""Loads grammar.lark, once and when first needed, and says which of its terminals a token is."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark
from lark.lexer import Lexer, PatternStr
from lark.parsers.lalr_interactive_parser import InteractiveParser

from seggql.query.syntax.tokens import Kind, Token
from seggql.query.syntax.tree import TreeBuilder

NAME, STRING, INTEGER, NUMBER, END = "NAME", "STRING", "INTEGER", "NUMBER", "END"
"""Terminals that are no keywords or symbols; END is the end of the text, which lark has another name for."""

_TERMINAL_OF_KIND = {Kind.STRING: STRING, Kind.INTEGER: INTEGER, Kind.NUMBER: NUMBER}

_STANDS_ALONE = frozenset({"TRUE", "FALSE", "NOT", "UNION", "INTERSECT", "EXCEPT", "MINUS"})
"""Keywords that are keywords where a name could stand too, whatever follows; all others there are functions."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """The loaded grammar; `terminals` maps a keyword or symbol to lark's name for it, `texts` maps it back."""

    lark: Lark
    terminals: Mapping[str, str]
    texts: Mapping[str, str]

    def reading(self) -> InteractiveParser:
        """A parser that has read nothing yet."""
        return self.lark.parse_interactive("")

    def text(self, terminal: str) -> str:
        """The keyword or symbol that `terminal` stands for, or NAME and so on."""
        return self.texts.get(terminal, terminal if terminal in (NAME, STRING, INTEGER, NUMBER) else END)

    def terminal(self, token: Token, following: Token, choices: Mapping[str, object]) -> str:
        """The terminal that `token` is where `choices` may stand: a word is a keyword only where a keyword can."""
        if token.kind is Kind.QUOTED:
            return NAME
        if token.kind is Kind.SYMBOL:
            return self.terminals[token.text]
        if token.kind is not Kind.WORD:
            return _TERMINAL_OF_KIND[token.kind]
        keyword = token.upper
        terminal = self.terminals.get(keyword)
        if terminal is None or terminal not in choices:
            return NAME
        is_keyword = NAME not in choices or keyword in _STANDS_ALONE or following.text == "("
        return terminal if is_keyword else NAME


@cache
def load_grammar() -> Grammar:
    """The grammar of SegQL; the first call takes some tens of milliseconds."""
    text = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    lark = Lark(text, parser="lalr", lexer=_FedByHand, transformer=TreeBuilder(), keep_all_tokens=True, cache=False)
    terminals = {t.pattern.value: t.name for t in lark.terminals if isinstance(t.pattern, PatternStr)}
    texts = {name: text for text, name in terminals.items()}
    return Grammar(lark=lark, terminals=terminals, texts=texts)


class _FedByHand(Lexer):
    """Lark wants a lexer; parser.py feeds tokens itself, so that it can mend a fault and read on."""

    def __init__(self, _conf: object) -> None:
        pass

    def lex(self, *_arguments: Any) -> Any:
        return iter(())
