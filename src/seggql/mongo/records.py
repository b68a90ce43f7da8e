"""Documents as pipelines: the fields of some profiles, interactions or edges, for what packs do not hold."""

from collections.abc import Collection, Sequence

from bson import ObjectId

from seggql.mongo.aggregate import during
from seggql.mongo.pipeline import Hint, Pipeline, Stage
from seggql.mongo.restriction import Restriction, match_stage, restricted
from seggql.query.paths import outermost
from seggql.query.plan import Interval


def render_records(
    collection: str,
    paths: Collection[str],
    *,
    within: tuple[str, Restriction] | None = None,
    interval: Interval | None = None,
    batches: Sequence[ObjectId] | None = None,
    hint: Hint | None = None,
) -> Pipeline:
    """A pipeline that yields the documents with the fields at `paths`.

    Only those whose ordinal at a path lies `within` a restriction, of interactions those in the interval, and those
    that `batches` wrote last.
    """
    conditions = [] if within is None else restricted(*within)
    conditions.append(during(interval))
    if batches is not None:
        conditions.append({"b": {"$in": list(batches)}})
    stages: tuple[Stage, ...] = (
        *match_stage(conditions),
        {"$project": {"_id": 0} | dict.fromkeys(outermost(paths), 1)},
    )
    return Pipeline(collection=collection, stages=stages, hint=hint)
