"""Binds the listing at the end of a query: ORDERBY, SKIP, TAKE, SELECT."""

from dataclasses import replace
from itertools import pairwise
from typing import assert_never

from seggql.catalog.model import AttributeType, ProfileType
from seggql.errors import ProblemCode
from seggql.query import ast, bound
from seggql.query.binding.binding import Binding
from seggql.query.binding.chains import LISTING_STEPS
from seggql.query.binding.literals import LONG_END
from seggql.query.binding.paths import Standpoint, bind_path
from seggql.query.binding.types import type_name

ListingStep = ast.OrderBy | ast.Skip | ast.Take | ast.Select


def split_listing(result: ast.Set) -> tuple[ast.Set, tuple[ListingStep, ...]]:
    """The set that a query comes to, and the steps that list it."""
    if not isinstance(result, ast.Chain):
        return result, ()
    steps = result.steps
    first = len(steps)
    while first and isinstance(steps[first - 1], LISTING_STEPS):
        first -= 1
    listing = tuple(step for step in steps[first:] if isinstance(step, LISTING_STEPS))
    if not listing:
        return result, ()
    return (replace(result, steps=steps[:first]) if first else result.source), listing


def bind_listing(b: Binding, steps: tuple[ListingStep, ...], profile_type: ProfileType | None) -> bound.Listing | None:
    """The listing, or None where there is none or it is faulty; without a type only its form is checked."""
    if not steps:
        return None
    if not b.scope.allows_listing:
        b.refuse(
            ProblemCode.NOT_ALLOWED_HERE,
            "A dynamic segment cannot list: it is a set, which has no order, and all of its members belong to it.",
            steps[0],
            hint="Leave the listing out, or use it in a preview or for the members of a static segment.",
        )
        return None
    _check_order(b, steps)
    listing = bound.Listing()
    if profile_type is None:
        return listing
    here = Standpoint(record=profile_type)
    for step in steps:
        match step:
            case ast.OrderBy():
                listing = replace(listing, order=_bind_order(b, here, step))
            case ast.Skip(count=count):
                listing = replace(listing, skip=_checked_count(b, step, count))
            case ast.Take(count=count):
                listing = replace(listing, take=_checked_count(b, step, count))
            case ast.Select(paths=paths):
                fields = [_bind_field(b, here, path) for path in paths]
                listing = replace(listing, select=tuple(field for field in fields if field is not None))
            case _:
                assert_never(step)
    return listing


def _check_order(b: Binding, steps: tuple[ListingStep, ...]) -> None:
    for before, after in pairwise(steps):
        if LISTING_STEPS.index(type(after)) <= LISTING_STEPS.index(type(before)):
            b.refuse(
                ProblemCode.NOT_ALLOWED_HERE,
                f"{type(after).__name__.upper()} cannot stand after {type(before).__name__.upper()}.",
                after,
                hint="A listing is ORDERBY(…).SKIP(n).TAKE(n).SELECT(…), in this order, each at most once.",
            )


def _checked_count(b: Binding, step: ast.Skip | ast.Take, count: int) -> int:
    if not 0 <= count < LONG_END:
        b.refuse(ProblemCode.BAD_LITERAL, f"{type(step).__name__.upper()} takes a whole number below 2^63.", step)
    return count


def _bind_order(b: Binding, here: Standpoint, step: ast.OrderBy) -> tuple[bound.OrderedBy, ...]:
    keys: list[bound.OrderedBy] = []
    for key in step.keys:
        field = _bind_field(b, here, key.path)
        if field is None:
            continue
        if field.type is AttributeType.OBJECT or (isinstance(field, bound.Field) and field.is_array):
            b.refuse(
                ProblemCode.TYPE_MISMATCH,
                f"ORDERBY takes single values; {b.quote(key.path)} is {type_name(field)}.",
                key.path,
            )
        else:
            keys.append(bound.OrderedBy(field=field, descending=key.descending))
    return tuple(keys)


def _bind_field(b: Binding, here: Standpoint, path: ast.Path) -> bound.Field | bound.KeyField | None:
    resolved = bind_path(b, here, path)
    if resolved is None or isinstance(resolved.value, bound.TimestampField):
        return None
    return resolved.value
