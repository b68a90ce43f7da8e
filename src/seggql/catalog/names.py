"""Names as people mistype them: the nearest known one, and how an unknown one is shown in a message."""

from collections.abc import Iterable
from difflib import get_close_matches

SHOWN_LENGTH = 100
"""A longer name is cut in messages: no name of the catalog is longer."""


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like `name`, letter case aside; None where none is like it."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    matches = get_close_matches(name[:SHOWN_LENGTH].casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[matches[0]] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` Did you mean X?` for the end of a message, or nothing."""
    nearest = nearest_name(name, known)
    return f" Did you mean {nearest}?" if nearest else ""


def shown(name: str) -> str:
    """`name` in quotes, cut where it is long, with what cannot be printed escaped."""
    text = name if len(name) <= SHOWN_LENGTH else f"{name[:SHOWN_LENGTH]}…"
    return ascii(text) if any("\ud800" <= letter <= "\udfff" for letter in text) else repr(text)
