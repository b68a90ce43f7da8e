"""Restricting a pipeline to some ordinals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinalList:
    """Only these ordinals, which come as one `$in`: at most some ten thousand."""

    ordinals: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinalRange:
    """Only ordinals from `first` to `last`, both included."""

    first: int
    last: int


Restriction = OrdinalList | OrdinalRange


def restricted(path: str, restriction: Restriction | None) -> list[dict[str, Any]]:
    """The conditions that hold `path` to the restriction; none without one."""
    match restriction:
        case None:
            return []
        case OrdinalList():
            return [{path: {"$in": list(restriction.ordinals)}}]
        case OrdinalRange():
            return [{path: {"$gte": restriction.first, "$lte": restriction.last}}]


def match_stage(conditions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One `$match` of all `conditions` that say something."""
    telling = [condition for condition in conditions if condition]
    if not telling:
        return []
    return [{"$match": telling[0] if len(telling) == 1 else {"$and": telling}}]
