"""Patterns of MATCHES: regular expressions of the linear-time kind, compiled by RE2, for binder and evaluation."""

from functools import lru_cache
from typing import Protocol, cast

import re2  # type: ignore[import-untyped]  # google-re2 ships no types

MOST_COMPILED = 512
"""Compiled patterns that are kept: a run seldom has more, and each may take up to `max_mem`, 8 MiB."""


class Pattern(Protocol):
    """A compiled pattern; compiling never takes exponential time, and neither does searching."""

    def search(self, text: str) -> object | None:
        """Whatever matches somewhere in `text`, or None."""


class PatternError(ValueError):
    """A pattern that RE2 cannot compile: its own message, and the piece of the pattern that is at fault."""

    def __init__(self, message: str, piece: str) -> None:
        super().__init__(message)
        self.piece = piece


def compile_pattern(pattern: str, ignores_case: bool = False) -> Pattern:
    r"""`pattern`, ready to be searched for anywhere in a text; `ignores_case` folds with simple case folding.

    RE2's options stay at their defaults, which are what the language says: `\d \w \s \b` are ASCII, `$` is the very
    end of the text, `.` is anything but a new line, text is UTF-8; only its logging is turned off.

    Raises: PatternError
    """
    try:
        return _compiled(pattern, ignores_case)
    except re2.error as error:
        # The binding hands over RE2's text as bytes: what is wrong, then the piece of the pattern.
        message = error.args[0].decode(errors="replace")
        raise PatternError(message, message.partition(": ")[2]) from error
    except UnicodeEncodeError as error:
        raise PatternError("half of a surrogate pair", error.object[error.start : error.end]) from error


@lru_cache(maxsize=MOST_COMPILED)
def _compiled(pattern: str, ignores_case: bool) -> Pattern:
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignores_case
    return cast(Pattern, re2.compile(pattern, options))
