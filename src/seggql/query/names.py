"""The nearest known name to one that is not known, for hints."""

from collections.abc import Iterable
from difflib import SequenceMatcher

CLOSE_ENOUGH = 0.6
"""Least likeness (0 to 1, Ratcliff and Obershelp) of a name that is worth suggesting; difflib's own cutoff."""

MOST_CANDIDATES = 5_000
"""Candidates looked at; a hint is not worth more time than that on a hub with very many names."""


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `name`, or None where none is close.

    Letters' case and underscores count little: `emailopened` finds `EmailOpened`. Equal likeness: the first by
    length, then by alphabet, so that an answer does not depend on the order of a mapping.
    """
    wanted = _plain(name)
    # SequenceMatcher prepares its second sequence once, so the wanted name is that one.
    matcher = SequenceMatcher(b=wanted, autojunk=False)
    best: tuple[float, int, str] | None = None
    for candidate in sorted(set(candidates))[:MOST_CANDIDATES]:
        likeness = _likeness(matcher, _plain(candidate), CLOSE_ENOUGH if best is None else -best[0])
        if likeness >= CLOSE_ENOUGH and (best is None or (-likeness, len(candidate), candidate) < best):
            best = (-likeness, len(candidate), candidate)
    return best[2] if best else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """A hint with the nearest candidate, or None where none is close."""
    found = nearest(name, candidates)
    return f"Did you mean {found}?" if found is not None else None


def _plain(name: str) -> str:
    return name[:200].casefold().replace("_", "")


def _likeness(matcher: "SequenceMatcher[str]", candidate: str, at_least: float) -> float:
    """How alike the two are, or 0 where the cheap upper bounds already say less than `at_least`."""
    matcher.set_seq1(candidate)
    if matcher.real_quick_ratio() < at_least or matcher.quick_ratio() < at_least:
        return 0.0
    return matcher.ratio()
