"""A query text and places in it: spans, lines and columns, excerpts with a caret."""

from dataclasses import dataclass

from seggql.errors import ProblemCode, QueryProblem


@dataclass(frozen=True, slots=True)
class Span:
    """Part of a text, from `start` up to but not including `end`, in code points from 0."""

    start: int
    end: int


NOWHERE = Span(0, 0)
"""Span of nodes that were made by code and not read from a text."""


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a query."""

    text: str

    def problem(self, code: ProblemCode, message: str, span: Span, *, hint: str | None = None) -> QueryProblem:
        """A problem at `span`, with its line and column (from 1) and the line it stands on with a caret below."""
        line_start = self.text.rfind("\n", 0, span.start) + 1
        line_end = self.text.find("\n", span.start)
        if line_end < 0:
            line_end = len(self.text)
        column = span.start - line_start
        length = max(1, min(span.end, line_end) - span.start)
        return QueryProblem(
            code=code,
            message=message,
            hint=hint,
            line=self.text.count("\n", 0, span.start) + 1,
            column=column + 1,
            length=length,
            excerpt=excerpt(self.text[line_start:line_end], column, length),
        )


EXCERPT_WIDTH = 120
"""Longest piece of a line that an excerpt shows, in code points: what fits a terminal or an error box."""


def excerpt(line: str, column: int, length: int) -> str:
    """`line`, cut around `column` where it is long, and under it `length` carets; tabs count as one."""
    first = max(0, column - EXCERPT_WIDTH // 2)
    shown = line[first : first + EXCERPT_WIDTH].replace("\t", " ").rstrip("\r")
    prefix, suffix = "…" if first else "", "…" if first + EXCERPT_WIDTH < len(line) else ""
    caret = len(prefix) + column - first
    return f"{prefix}{shown}{suffix}\n{' ' * caret}{'^' * max(1, min(length, len(prefix) + len(shown) - caret))}"
