"""What binding a set has come to so far."""

from dataclasses import dataclass

from seggql.query import bound


@dataclass(frozen=True, slots=True)
class Found:
    """A set, the profile type of its members and the segments that it reads; None where a problem has been noted.

    The type can be known of a set that is faulty: what follows is then checked all the same.
    """

    set: bound.BoundSet | None
    profile_type: str | None
    segments: frozenset[str] = frozenset()


FAULTY = Found(None, None)
"""A set of which nothing is known; whoever gets it keeps quiet."""
