"""Plans while they are being rewritten: union and intersection with any number of operands, in no order."""

from dataclasses import dataclass

from seggql.query.plan import Aggregate, Hop, Members, Scan
from seggql.query.predicate import Always, Never


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Profiles that are in one of `operands`."""

    operands: tuple["Group", ...]
    profile_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Meet:
    """Profiles that are in each of `kept` (one or more) and in none of `removed`."""

    kept: tuple["Group", ...]
    removed: tuple["Group", ...] = ()
    profile_type: str


Group = Scan | Aggregate | Hop | Members | Join | Meet


def everyone(profile_type: str) -> Scan:
    """All profiles of a type."""
    return Scan(profile_type=profile_type, predicate=Always())


def nobody(profile_type: str) -> Scan:
    """The empty set."""
    return Scan(profile_type=profile_type, predicate=Never())


def is_everyone(group: Group) -> bool:
    """Whether `group` is all profiles of its type."""
    return isinstance(group, Scan) and isinstance(group.predicate, Always)


def is_nobody(group: Group) -> bool:
    """Whether `group` is the empty set."""
    return isinstance(group, Scan) and isinstance(group.predicate, Never)
