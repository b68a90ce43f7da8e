"""Hops as pipelines: the edges of a relationship, from ordinals to ordinals."""

from seggql.mongo.exactness import split
from seggql.mongo.match import match
from seggql.mongo.needs import projection
from seggql.mongo.pipeline import Hint, Pipeline
from seggql.mongo.restriction import Restriction, match_stage, restricted
from seggql.query.bound import Direction
from seggql.query.paths import checked
from seggql.query.plan import Hop


def render_hop(
    plan: Hop, *, near: Restriction | None = None, far: Restriction | None = None, hint: Hint | None = None
) -> Pipeline:
    """A pipeline that yields `f` and `t`, the ordinals that an edge joins, and what a residue needs.

    `near` restricts the end that the hop starts from, `far` the one that it leads to.
    """
    parts = split(plan.predicate)
    conditions = [*restricted(near_end(plan), near), *restricted(far_end(plan), far), match(parts.exact)]
    return Pipeline(
        collection=relationships_collection(plan),
        stages=(*match_stage(conditions), {"$project": {"_id": 0, "f": 1, "t": 1, **projection(parts.residue)}}),
        hint=hint,
        residue=parts.residue,
    )


def near_end(plan: Hop) -> str:
    """The field of an edge that holds where the hop starts."""
    return "f" if plan.direction is Direction.FORWARD else "t"


def far_end(plan: Hop) -> str:
    """The field of an edge that holds where the hop leads."""
    return "t" if plan.direction is Direction.FORWARD else "f"


def relationships_collection(plan: Hop) -> str:
    """Where the edges that `plan` walks are."""
    return f"relationships.{checked((plan.relationship,))[0]}"
