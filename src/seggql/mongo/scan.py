"""Scans as pipelines: the ordinals of the profiles for which a predicate holds."""

from collections.abc import Sequence

from seggql.mongo.exactness import split
from seggql.mongo.literal import operand
from seggql.mongo.match import match
from seggql.mongo.needs import projection
from seggql.mongo.pipeline import Hint, Pipeline
from seggql.mongo.restriction import Restriction, match_stage, restricted
from seggql.query.ast import ComparisonOperator
from seggql.query.bound import Constant, KeyField
from seggql.query.paths import checked
from seggql.query.plan import Scan
from seggql.query.predicate import AllOf, Compares, IsOneOf, Predicate


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


def demanded_keys(predicate: Predicate) -> tuple[str, ...] | None:
    """The keys that a profile must have one of for `predicate` to hold, or None where it names none."""
    for part in predicate.predicates if isinstance(predicate, AllOf) else (predicate,):
        match part:
            case Compares(operator=ComparisonOperator.EQUAL, left=KeyField(), right=Constant(value=str() as key)):
                return (key,)
            case IsOneOf(value=KeyField(), options=options, negated=False):
                keys = tuple(option.value for option in options if isinstance(option, Constant))
                if len(keys) == len(options):
                    return tuple(key for key in keys if isinstance(key, str))
            case _:
                pass
    return None


def render_keys_lookup(profile_type: str, keys: Sequence[str]) -> Pipeline:
    """A pipeline that yields `o`, the ordinal, of each key that a profile has: keys have a collection of their own."""
    return Pipeline(
        collection=f"keys.{checked((profile_type,))[0]}",
        stages=({"$match": {"_id": {"$in": [operand(key) for key in keys]}}}, {"$project": {"_id": 0, "o": 1}}),
    )


def profiles_collection(profile_type: str) -> str:
    """Where the profiles of a type are."""
    return f"profiles.{checked((profile_type,))[0]}"
