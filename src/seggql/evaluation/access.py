"""Chooses how a pipeline gets at its documents: through which index, or by reading the whole collection.

mongod takes an index wherever one has something to say, also where fetching half of the documents through it takes
six times as long as reading them all. An index pays when it holds all that is asked for, or leaves few documents.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from seggql.evaluation.run import Run
from seggql.mongo.access import condition_of, is_covered_by, render_share
from seggql.mongo.aggregate import interactions_collection, link_path, time_condition
from seggql.mongo.exactness import split
from seggql.mongo.indexable import indexable_alternatives, indexable_parts
from seggql.mongo.needs import projection
from seggql.mongo.pipeline import NATURAL, CoveringIndex, Hint
from seggql.mongo.scan import profiles_collection
from seggql.query.plan import Aggregate, Scan
from seggql.query.predicate import Always, Predicate
from seggql.store.collections import Keys, indexes_of

SMALL = 10_000
"""Documents up to which any choice is a good one, and mongod's is taken."""

SELECTIVE = 0.15
"""The share of documents up to which fetching them through an index beats reading all (performance.md)."""

Conditions = Mapping[Keys, dict[str, Any]]


async def scan_hint(plan: Scan, run: Run) -> Hint | None:
    """How to find the profiles of a scan; None leaves it to mongod, which unites indexes for the alternatives of OR."""
    profile_type = run.catalog.profile_types.get(plan.profile_type)
    collection = profiles_collection(plan.profile_type)
    documents = await run.sources.statistics(collection)
    if profile_type is None or documents <= SMALL:
        return None
    parts = split(plan.predicate)
    if isinstance(plan.predicate, Always):
        return CoveringIndex({"_id": 1})
    indexes = [keys for keys in indexes_of(profile_type) if keys[-1] == "_id"]
    read = frozenset(projection(plan.predicate))
    for keys in indexes:
        if parts.residue is None and is_covered_by(parts.exact, frozenset(keys), read):
            return CoveringIndex(_hint(keys))
    demands = indexable_parts(parts.exact)
    conditions = {keys: condition_of(demands[keys[0]]) for keys in indexes if keys[0] in demands}
    return await _most_selective(collection, conditions, documents, run) or await _united(
        collection, parts.exact, indexes, documents, run
    )


async def fewest_left(plan: Scan, run: Run, most: int) -> int | None:
    """How many profiles the best index leaves of a scan, counted up to one more than `most`; None where none serves."""
    profile_type = run.catalog.profile_types.get(plan.profile_type)
    if profile_type is None:
        return None
    demands = indexable_parts(split(plan.predicate).exact)
    collection = profiles_collection(plan.profile_type)
    counts = [
        await matching(collection, condition_of(demands[keys[0]]), CoveringIndex(_hint(keys)), most + 1, run)
        for keys in indexes_of(profile_type)
        if keys[-1] == "_id" and keys[0] in demands
    ]
    return min(counts, default=None)


async def aggregate_hint(plan: Aggregate, run: Run) -> Hint | None:
    """How to find the interactions of an aggregate: through the link where all time counts, or the time of a window.

    None as of scans.
    """
    interaction_type = run.catalog.interaction_types.get(plan.interaction)
    if interaction_type is None:
        return None
    indexes = indexes_of(interaction_type)
    window, collection = time_condition(plan), interactions_collection(plan)
    keys_by_link, keys_by_time = _starting(indexes, link_path(plan), "t"), _starting(indexes, "t", link_path(plan))
    parts = split(plan.predicate)
    read = frozenset(projection(plan.predicate, plan.having))
    if parts.residue is None and is_covered_by(parts.exact, frozenset(keys_by_link), read):
        return CoveringIndex(_hint(keys_by_time if window else keys_by_link))
    documents = await run.sources.statistics(collection)
    if documents <= SMALL:
        return None
    demands = indexable_parts(parts.exact)
    conditions = {keys: condition_of(demands[keys[0]]) for keys in indexes if keys[0] in demands}
    if window:
        conditions[keys_by_time] = window
    return await _most_selective(collection, conditions, documents, run) or await _united(
        collection, parts.exact, indexes, documents, run
    )


def by_link(plan: Aggregate, run: Run) -> Hint | None:
    """The index that leads from a profile to its interactions, by time."""
    if plan.interaction not in run.catalog.interaction_types:
        return None
    index = by_link_and_time(plan, run)
    parts, read = split(plan.predicate), frozenset(projection(plan.predicate, plan.having))
    is_covered = parts.residue is None and is_covered_by(parts.exact, frozenset(index), read)
    return CoveringIndex(index) if is_covered else index


def by_link_and_time(plan: Aggregate, run: Run) -> dict[str, int]:
    """The index that leads from a profile to its interactions, by time, and holds numbers of theirs."""
    return _hint(_starting(indexes_of(run.catalog.interaction_types[plan.interaction]), link_path(plan), "t"))


def by_time(plan: Aggregate, run: Run) -> Hint | None:
    """The index of the linked profiles by time, for a count of them."""
    interaction_type = run.catalog.interaction_types.get(plan.interaction)
    if interaction_type is None:
        return None
    return CoveringIndex(_hint(_starting(indexes_of(interaction_type), "t", link_path(plan))))


def _starting(indexes: list[Keys], first: str, second: str) -> Keys:
    """The index that starts with two fields; every link has one either way (design of the collections)."""
    return next(keys for keys in indexes if keys[:2] == (first, second))


async def _most_selective(collection: str, conditions: Conditions, documents: int, run: Run) -> Hint | None:
    """The index whose condition leaves the fewest documents, where those are few."""
    fewest = int(documents * SELECTIVE)
    chosen: Hint | None = None
    for keys, condition in conditions.items():
        count = await matching(collection, condition, CoveringIndex(_hint(keys)), fewest + 1, run)
        if count <= fewest:
            fewest, chosen = count, _hint(keys)
    return chosen


async def _united(collection: str, predicate: Predicate, indexes: list[Keys], documents: int, run: Run) -> Hint | None:
    """None where indexes, which mongod unites, leave few documents of all alternatives; else the collection itself."""
    alternatives = indexable_alternatives(predicate)
    are_few = [await _are_few(collection, each, indexes, int(documents * SELECTIVE), run) for each in alternatives]
    return None if any(are_few) else NATURAL


async def _are_few(
    collection: str, alternatives: Iterable[Mapping[str, Predicate]], indexes: list[Keys], most: int, run: Run
) -> bool:
    """Whether indexes leave at most so many documents of all alternatives together."""
    for demands in alternatives:
        counts = [
            await matching(collection, condition_of(demands[keys[0]]), CoveringIndex(_hint(keys)), most + 1, run)
            for keys in indexes
            if keys[0] in demands
        ]
        most -= min(counts, default=most + 1)
        if most < 0:
            return False
    return True


async def matching(collection: str, condition: dict[str, Any], hint: Hint | None, limit: int, run: Run) -> int:
    """How many documents fulfil a condition by an index alone; counting stops at `limit`."""
    asked = (collection, repr(condition), repr(hint))
    known = run.counts.get(asked)
    if known is not None and known < limit:
        return known
    rows = [row async for row in run.rows(render_share(collection, condition, hint, limit))]
    count = int(rows[0]["n"]) if rows else 0
    if count < limit:
        run.counts[asked] = count
    return count


def _hint(keys: Keys) -> dict[str, int]:
    return dict.fromkeys(keys, 1)
