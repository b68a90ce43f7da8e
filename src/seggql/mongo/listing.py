"""Listings as pipelines: the order of members, and their attributes."""

from collections.abc import Sequence
from typing import Any

from seggql.mongo.paths import field_expression
from seggql.mongo.pipeline import Pipeline, Stage
from seggql.mongo.restriction import OrdinalList, restricted
from seggql.mongo.scan import profiles_collection
from seggql.query.bound import Field, KeyField, OrderedBy
from seggql.query.paths import outermost, path_of


def render_order(
    profile_type: str, order: Sequence[OrderedBy], ordinals: Sequence[int] | None, limit: int | None
) -> Pipeline:
    """A pipeline that yields `_id` in order: missing values last whichever way, ties by key.

    Over `ordinals`, or over all profiles where they are None; at most `limit` of them.
    """
    restriction = None if ordinals is None else OrdinalList(ordinals=ordinals)
    keys: dict[str, Any] = {}
    sort: dict[str, int] = {}
    for index, by in enumerate(order):
        value = field_expression(by.field)
        keys |= {f"m{index}": {"$eq": [{"$ifNull": [value, None]}, None]}, f"v{index}": value}
        sort |= {f"m{index}": 1, f"v{index}": -1 if by.descending else 1}
    stages: list[Stage] = [
        *({"$match": condition} for condition in restricted("_id", restriction)),
        {"$project": {"key": 1, **keys}},
        {"$sort": {**sort, "key": 1}},
        *([{"$limit": limit}] if limit is not None else []),
        {"$project": {"_id": 1}},
    ]
    return Pipeline(collection=profiles_collection(profile_type), stages=tuple(stages))


def render_profiles(profile_type: str, ordinals: Sequence[int], select: Sequence[Field | KeyField] | None) -> Pipeline:
    """A pipeline that yields the profiles of `ordinals`, in no order, with `key` and the attributes in `select`."""
    chosen = {"a"} if select is None else {path_of(field) for field in select if isinstance(field, Field)}
    return Pipeline(
        collection=profiles_collection(profile_type),
        stages=(
            *({"$match": condition} for condition in restricted("_id", OrdinalList(ordinals=ordinals))),
            {"$project": {"key": 1, **dict.fromkeys(outermost(chosen), 1)}},
        ),
    )


def render_last(profile_type: str) -> Pipeline:
    """A pipeline that yields the profile with the highest ordinal."""
    stages: tuple[Stage, ...] = ({"$sort": {"_id": -1}}, {"$limit": 1}, {"$project": {"_id": 1}})
    return Pipeline(collection=profiles_collection(profile_type), stages=stages)
