"""Aggregates as pipelines: the ordinals of the profiles whose interactions satisfy a HAVING."""

from collections.abc import Sequence
from typing import Any

from seggql.mongo.exactness import split
from seggql.mongo.having import group_test
from seggql.mongo.literal import operand
from seggql.mongo.match import match
from seggql.mongo.needs import projection
from seggql.mongo.paths import field_expression
from seggql.mongo.pipeline import Hint, Pipeline, Stage
from seggql.mongo.restriction import Restriction, match_stage, restricted
from seggql.mongo.values import as_double, kind_guard
from seggql.query.bound import Field, TimestampField
from seggql.query.paths import checked
from seggql.query.plan import Aggregate, Interval
from seggql.query.predicate import Always, Predicate


def render_groups(plan: Aggregate, restriction: Restriction | None = None, hint: Hint | None = None) -> Pipeline:
    """A pipeline that yields `_id`, the ordinal, of each profile, grouped by MongoDB.

    The residue is of HAVING, over attributes. That of the interactions is left out: where there is one, the worker
    groups, see render_interactions.
    """
    test = group_test(plan.having)
    parts = split(test.predicate)
    stages: list[Stage] = [
        *_matched(plan, split(plan.predicate).exact, restriction),
        {"$group": {"_id": f"${link_path(plan)}", **test.accumulators}},
    ]
    if not isinstance(plan.having, Always):
        stages.append({"$project": {"_id": 1, "a": test.attributes}})
        stages.extend(match_stage([match(parts.exact)]))
        stages.append({"$project": {"_id": 1, **projection(parts.residue)}})
    return Pipeline(collection=interactions_collection(plan), stages=tuple(stages), hint=hint, residue=parts.residue)


def render_keys(
    plan: Aggregate, columns: tuple[Field | TimestampField, ...], restriction: Restriction | None, hint: Hint | None
) -> Pipeline:
    """A pipeline that yields for each interaction `p`, the ordinal, and the numbers in `columns` as `v0`, `v1`, …

    Numbers are doubles and dates milliseconds, so that all rows are laid out alike; missing ones are NaN.
    """
    numbers = {f"v{index}": _as_double(field) for index, field in enumerate(columns)}
    return Pipeline(
        collection=interactions_collection(plan),
        stages=(
            *_matched(plan, split(plan.predicate).exact, restriction),
            {"$project": {"_id": 0, "p": f"${link_path(plan)}", **numbers}},
        ),
        hint=hint,
    )


def render_interactions(plan: Aggregate, restriction: Restriction | None, hint: Hint | None) -> Pipeline:
    """A pipeline that yields interactions by ordinal, `p`, with what their residue and HAVING read."""
    parts = split(plan.predicate)
    path = link_path(plan)
    return Pipeline(
        collection=interactions_collection(plan),
        stages=(
            *_matched(plan, parts.exact, restriction),
            {"$sort": {path: 1}},
            {"$project": {"_id": 0, "p": f"${path}", **projection(parts.residue, plan.having)}},
        ),
        hint=hint,
        residue=parts.residue,
    )


def render_moments(plans: Sequence[Aggregate], hint: Hint | None) -> Pipeline:
    """A pipeline that yields `p`, the ordinal, and `t` of each interaction in an interval of `plans`, all of one link.

    Their conditions are left out.
    """
    times = [time_condition(plan) for plan in plans]
    return Pipeline(
        collection=interactions_collection(plans[0]),
        stages=(
            *match_stage([{link_path(plans[0]): {"$gte": 0}}, {"$or": times}]),
            {"$project": {"_id": 0, "p": f"${link_path(plans[0])}", "t": 1}},
        ),
        hint=hint,
    )


def link_path(plan: Aggregate) -> str:
    """Where an interaction keeps the ordinal of the profile that it is grouped by."""
    return f"l.{checked((plan.link,))[0]}"


def interactions_collection(plan: Aggregate) -> str:
    """Where the interactions that `plan` groups are."""
    return f"interactions.{checked((plan.interaction,))[0]}"


def time_condition(plan: Aggregate) -> dict[str, Any]:
    """The interval in match language; empty where all time counts."""
    return during(plan.interval)


def during(interval: Interval | None) -> dict[str, Any]:
    """That an interaction is in an interval, in match language; empty where all time counts."""
    if interval is None:
        return {}
    bounds: dict[str, Any] = {}
    if interval.low is not None:
        bounds["$gt" if interval.excludes_low else "$gte"] = operand(interval.low)
    if interval.high is not None:
        bounds["$lte"] = operand(interval.high)
    return {"t": bounds} if bounds else {}


def _as_double(field: Field | TimestampField) -> dict[str, Any]:
    source = field_expression(field)
    guard = kind_guard(field.type, source)
    return {"$cond": [guard, as_double(source), float("nan")]}


def _matched(plan: Aggregate, exact: Predicate, restriction: Restriction | None) -> list[Stage]:
    path = link_path(plan)
    linked = restricted(path, restriction) or [{path: {"$gte": 0}}]
    return match_stage([*linked, time_condition(plan), match(exact)])
