"""Regular expressions of the linear-time kind: the patterns of MATCHES, compiled by RE2."""

from functools import lru_cache
from typing import Protocol, cast

import re2  # type: ignore[import-untyped]  # google-re2 ships no types


class Pattern(Protocol):
    """A compiled pattern; `search` finds it anywhere in a text, or gives None."""

    def search(self, text: str) -> object | None: ...


@lru_cache(maxsize=1024)
def compile_pattern(text: str, ignores_case: bool) -> Pattern:
    """The pattern that `text` says: `\\d \\w \\s \\b` are ASCII, `$` is the very end, `.` is anything but a new line.

    Raises: ValueError with RE2's words where `text` is no pattern.
    """
    options = re2.Options()
    options.case_sensitive = not ignores_case
    options.log_errors = False
    try:
        return cast(Pattern, re2.compile(text, options))
    except re2.error as error:
        reason = error.args[0] if error.args else "not a pattern"
        raise ValueError(reason.decode() if isinstance(reason, bytes) else str(reason)) from error
