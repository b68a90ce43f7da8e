"""The first records of stretches of time, as pipelines."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from seggql.mongo.pipeline import Pipeline, Stage


def render_first_times(collection: str, lows: Sequence[datetime], span: timedelta) -> Pipeline:
    """A pipeline that yields for each of `lows` its place, `n`, and `t`, the time of the first interaction from there.

    Those after which there is none for a `span` are left out.
    """
    lookups = [_first_time(number, low, low + span) for number, low in enumerate(lows)]
    others: list[Stage] = [{"$unionWith": {"coll": collection, "pipeline": lookup}} for lookup in lookups[1:]]
    return Pipeline(collection=collection, stages=(*lookups[0], *others))


def render_first_date(collection: str, path: str, low: datetime, ordinals: Iterable[int]) -> Pipeline:
    """A pipeline that yields as `t` the first date at `path`, from `low` on, of some profiles."""
    some = {"_id": {"$in": list(ordinals)}, path: {"$gte": low}}
    return Pipeline(
        collection=collection, stages=({"$match": some}, {"$group": {"_id": None, "t": {"$min": f"${path}"}}})
    )


def _first_time(number: int, low: datetime, high: datetime) -> list[Stage]:
    return [
        {"$match": {"t": {"$gte": low, "$lte": high}}},
        {"$sort": {"t": 1}},
        {"$limit": 1},
        {"$project": {"_id": 0, "n": {"$literal": number}, "t": 1}},
    ]
