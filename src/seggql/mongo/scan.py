"""Scans as pipelines: the ordinals of the profiles for which a predicate holds."""

from seggql.mongo.exactness import split
from seggql.mongo.match import match
from seggql.mongo.needs import projection
from seggql.mongo.paths import checked
from seggql.mongo.pipeline import Hint, Pipeline
from seggql.mongo.restriction import Restriction, match_stage, restricted
from seggql.query.plan import Scan


def render_scan(scan: Scan, restriction: Restriction | None = None, hint: Hint | None = None) -> Pipeline:
    """A pipeline that yields `_id`, the ordinal, of each profile, and beside it what a residue needs."""
    parts = split(scan.predicate)
    return Pipeline(
        collection=profiles_collection(scan.profile_type),
        stages=(
            *match_stage([*restricted("_id", restriction), match(parts.exact)]),
            {"$project": {"_id": 1, **projection(parts.residue)}},
        ),
        hint=hint,
        residue=parts.residue,
    )


def profiles_collection(profile_type: str) -> str:
    """Where the profiles of a type are."""
    return f"profiles.{checked((profile_type,))[0]}"
