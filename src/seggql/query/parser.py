"""Reads a query text into the syntax tree, or says everything that is wrong with it."""

from lark import Token as LarkToken
from lark import UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from seggql.errors import QueryError, QueryProblem
from seggql.query.ast import Document
from seggql.query.limits import MAX_PROBLEMS, Limits
from seggql.query.source import Source
from seggql.query.syntax.errors import Before, Instead, Place, Skip, explain
from seggql.query.syntax.grammar import Grammar, load_grammar
from seggql.query.syntax.size import check_nesting, check_text, check_words, number_is_too_large
from seggql.query.syntax.tokens import FAULTS, Kind, Token, scan
from seggql.query.syntax.tree_size import check_tree
from seggql.query.syntax.words import SOURCES


def parse(text: str, limits: Limits) -> Document:
    """The syntax tree of `text`, every node with its place.

    Raises: QueryError with every problem that can be told from the text alone, in the order of the text.
    """
    check_text(text, limits)
    source = Source(text)
    tokens = scan(text)
    check_nesting(source, tokens, limits)
    problems = check_words(source, tokens)
    reader = _Reader(source, tokens, load_grammar())
    document = reader.read()
    problems += reader.problems
    if document is not None and not problems:
        problems += check_tree(source, document, limits)
    if document is None or problems:
        problems.sort(key=lambda problem: (problem.line, problem.column))
        raise QueryError(tuple(problems[:MAX_PROBLEMS]))
    return document


class _Reader:
    """Feeds tokens to lark one by one; where one does not fit, mends the text or goes on at the next named part."""

    def __init__(self, source: Source, tokens: list[Token], grammar: Grammar) -> None:
        self.source = source
        self.tokens = tokens
        self.grammar = grammar
        self.problems: list[QueryProblem] = []
        self.document: Document | None = None
        self._begin(0)

    def _begin(self, index: int) -> None:
        """Read from `index` as if the document began there."""
        self.start = self.index = index
        self.parser: InteractiveParser = self.grammar.reading()
        self.opened: list[int] = []

    def read(self) -> Document | None:
        """The tree; None where it cannot be read to its end."""
        while self.document is None and len(self.problems) < MAX_PROBLEMS:
            if self._accepts(self.tokens[self.index]):
                self._step()
            elif not self._mend():
                break
        return self.document

    def _accepts(self, token: Token) -> bool:
        """Feed the token that stands here; where it does not fit, leave everything as it was."""
        if token.kind in FAULTS:
            return False
        state = self.parser.parser_state
        # Lark may reduce before it finds that the token does not fit.
        stacks = list(state.state_stack), list(state.value_stack)
        try:
            if token.kind is Kind.END:
                self.document = self.parser.feed_eof()  # type: ignore[no-untyped-call]  # lark leaves it so
            else:
                following = self.tokens[self.index + 1]
                choices = state.parse_conf.states[state.position]
                self._feed(self.grammar.terminal(token, following, choices), token, _readable(token))
        except UnexpectedToken:
            state.state_stack, state.value_stack = stacks
            return False
        return True

    def _feed(self, terminal: str, token: Token, text: str) -> None:
        self.parser.feed_token(LarkToken(terminal, text, start_pos=token.start, end_pos=token.end))

    def _step(self) -> None:
        """Go past the token that was read."""
        text = self.tokens[self.index].text
        if text == "(":
            self.opened.append(self.index)
        elif text == ")":
            self.opened.pop()
        self.index += 1

    def _mend(self) -> bool:
        """Note what is wrong here and arrange to read on; False where nothing reliable can be read after it."""
        terminals = self.parser.accepts()  # type: ignore[no-untyped-call]  # lark leaves it so
        accepted = frozenset(map(self.grammar.text, terminals))
        place = Place(
            source=self.source,
            tokens=self.tokens,
            index=self.index,
            start=self.start,
            opened=tuple(self.opened),
            accepts=accepted,
        )
        found = explain(place)
        self.problems.append(self.source.problem(found.code, found.message, found.span, hint=found.hint))
        token = self.tokens[self.index]
        match found.mend:
            case Skip():
                self.index += 1
            case Instead(text) if text in accepted:
                self._feed(self.grammar.terminals.get(text, text), token, "''" if text == "STRING" else text)
                self.index += 1
            case Before(text) if text in accepted:
                self._feed(self.grammar.terminals[text], token, text)
                if text == ")":
                    self.opened.pop()
            case _:
                return self._go_on_at_next_part()
        return True

    def _go_on_at_next_part(self) -> bool:
        """Read on where the next named part begins, if one does."""
        for index in range(max(self.index, self.start + 1), len(self.tokens) - 2):
            if self._is_part(index):
                self._begin(index)
                return True
        return False

    def _is_part(self, index: int) -> bool:
        """`name = PROFILE(` and its kin begin a part wherever they stand: no expression reads like that."""
        name, equals, source, bracket = (*self.tokens[index : index + 4], *self.tokens[-1:] * 3)[:4]
        return name.is_name and equals.text == "=" and source.upper in SOURCES and bracket.text == "("


def _readable(token: Token) -> str:
    """What the tree is built from; a number that was found too large already is not worth its digits."""
    is_number = token.kind in (Kind.INTEGER, Kind.NUMBER)
    return "0" if is_number and number_is_too_large(token) else token.text
