"""Documents as pipelines: the fields of some profiles, interactions or edges, for what packs do not hold."""

from collections.abc import Collection, Sequence

from bson import ObjectId

from seggql.mongo.pipeline import Hint, Pipeline, Stage
from seggql.mongo.restriction import Restriction, match_stage, restricted


def render_records(
    collection: str,
    paths: Collection[str],
    *,
    within: tuple[str, Restriction] | None = None,
    batches: Sequence[ObjectId] | None = None,
    hint: Hint | None = None,
) -> Pipeline:
    """A pipeline that yields the documents with the fields at `paths`.

    Only those whose ordinal at a path lies `within` a restriction, and that `batches` wrote last.
    """
    conditions = [] if within is None else restricted(*within)
    if batches is not None:
        conditions.append({"b": {"$in": list(batches)}})
    stages: tuple[Stage, ...] = (*match_stage(conditions), {"$project": {"_id": 0, **outermost(paths)}})
    return Pipeline(collection=collection, stages=stages, hint=hint)


def outermost(paths: Collection[str]) -> dict[str, int]:
    """The projection of `paths`, without those that lie within another: MongoDB refuses them beside it."""
    kept: list[str] = []
    for path in sorted(paths):
        if not any(path.startswith(f"{whole}.") for whole in kept):
            kept.append(path)
    return dict.fromkeys(kept, 1)
