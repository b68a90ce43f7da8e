"""Names as people mistype them: the nearest known one, and how an unknown one is shown in a message."""

from collections.abc import Iterable
from difflib import SequenceMatcher

SHOWN_LENGTH = 100
"""A longer name is cut in messages: no name of the catalog is longer."""

CLOSE_ENOUGH = 0.6
"""Least likeness (0 to 1, Ratcliff and Obershelp) of a name that is worth suggesting; difflib's own cutoff."""

MOST_CANDIDATES = 5_000
"""Candidates looked at; a hint is not worth more time than that on a hub with very many names."""


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like `name`, or None where none is close.

    Letters' case and underscores count little: `emailopened` finds `EmailOpened`. Equal likeness: the first by
    length, then by alphabet, so that an answer does not depend on the order of a mapping.
    """
    # SequenceMatcher prepares its second sequence once, so the wanted name is that one.
    matcher = SequenceMatcher(b=_plain(name), autojunk=False)
    best: tuple[float, int, str] | None = None
    for candidate in sorted(set(known))[:MOST_CANDIDATES]:
        likeness = _likeness(matcher, _plain(candidate), CLOSE_ENOUGH if best is None else -best[0])
        if likeness >= CLOSE_ENOUGH and (best is None or (-likeness, len(candidate), candidate) < best):
            best = (-likeness, len(candidate), candidate)
    return best[2] if best else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` Did you mean X?` for the end of a message, or nothing."""
    nearest = nearest_name(name, known)
    return f" Did you mean {nearest}?" if nearest else ""


def shown(name: str) -> str:
    """`name` in quotes, cut where it is long, with what cannot be printed escaped."""
    text = name if len(name) <= SHOWN_LENGTH else f"{name[:SHOWN_LENGTH]}…"
    return ascii(text) if any("\ud800" <= letter <= "\udfff" for letter in text) else repr(text)


def _plain(name: str) -> str:
    return name[:SHOWN_LENGTH].casefold().replace("_", "")


def _likeness(matcher: "SequenceMatcher[str]", candidate: str, at_least: float) -> float:
    """How alike the two are, or 0 where the cheap upper bounds already say less than `at_least`."""
    matcher.set_seq1(candidate)
    if matcher.real_quick_ratio() < at_least or matcher.quick_ratio() < at_least:
        return 0.0
    return matcher.ratio()
