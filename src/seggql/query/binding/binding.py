"""What one binding has at hand: the text, the scope, and what has been found wrong or suspicious so far."""

from seggql.errors import ProblemCode, QueryProblem
from seggql.query import ast, bound
from seggql.query.binding.group_sizes import Sizes
from seggql.query.scope import Scope
from seggql.query.source import NOWHERE, Source, Span

LONGEST_QUOTE = 40
"""Longest piece of the text that a message repeats, in code points; the excerpt shows the place anyway."""

MOST_SEARCHED = 20_000
"""Names that all hints of one query may look at, in search of near ones: about 0.4 s."""


class Binding:
    """Collects problems and warnings while the functions of bind_*.py go through a document.

    A function that has noted a problem returns None instead of what it should have bound, and its callers then keep
    quiet, so that one fault gives one problem. `redundant` are the TRAVERSEs whose REVERSE says nothing new,
    `group_sizes` what conditions of HAVING take by their id, `searchable` how many names hints may still look at.
    """

    def __init__(self, source: Source, scope: Scope) -> None:
        self.source = source
        self.scope = scope
        self.redundant: list[ast.Traverse] = []
        self.group_sizes: dict[int, Sizes | None] = {}
        self.searchable = MOST_SEARCHED
        self._problems: dict[tuple[ProblemCode, str, Span], QueryProblem] = {}
        self._places: dict[int, tuple[object, Span]] = {}

    def refuse(self, code: ProblemCode, message: str, node: ast.Node, *, hint: str | None = None) -> None:
        """Notes a problem at `node`; the same problem twice is noted once."""
        self._note(code, message, node.span, hint)

    def warn(self, message: str, span: Span, *, hint: str | None = None) -> None:
        """Notes something suspicious."""
        self._note(ProblemCode.WARNING, message, span, hint)

    def quote(self, node: ast.Node) -> str:
        """The text of `node`, cut where it is long: for messages."""
        return self.quote_span(node.span)

    def quote_span(self, span: Span) -> str:
        """The text at `span`, cut where it is long: for messages."""
        text = self.text(span)
        return text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 1]}…"

    def text(self, span: Span) -> str:
        """The whole text at `span`, on one line: for hints that can be pasted."""
        return " ".join(self.source.text[span.start : span.end].split())

    def mark(self, node: bound.Condition | bound.Value | bound.BoundSet, span: Span) -> None:
        """Remembers where a bound node was written; the node is kept, so that its id stays its own."""
        self._places.setdefault(id(node), (node, span))

    def place(self, node: object) -> Span:
        """Where a bound node was written."""
        return self._places.get(id(node), (node, NOWHERE))[1]

    def problems(self) -> tuple[QueryProblem, ...]:
        """What is wrong, in text order."""
        return tuple(problem for problem in self._in_text_order() if problem.code is not ProblemCode.WARNING)

    def warnings(self) -> tuple[QueryProblem, ...]:
        """What is suspicious, in text order."""
        return tuple(problem for problem in self._in_text_order() if problem.code is ProblemCode.WARNING)

    def _in_text_order(self) -> list[QueryProblem]:
        return sorted(self._problems.values(), key=lambda problem: (problem.line, problem.column))

    def _note(self, code: ProblemCode, message: str, span: Span, hint: str | None) -> None:
        if (code, message, span) not in self._problems:
            self._problems[code, message, span] = self.source.problem(code, message, span, hint=hint)
