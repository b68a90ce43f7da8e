"""How often a process looks for cycles of garbage."""

import gc

NEW_OBJECTS = 20_000
"""New objects before a look at them; Python's 700 cost a third of the time of an import, which makes no cycles."""


def collect_seldom() -> None:
    """Look for cycles less often than Python does by itself; a process does so once, where it begins."""
    gc.set_threshold(NEW_OBJECTS, 20, 20)
