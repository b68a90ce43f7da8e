"""Rewrites of sets: each keeps the members, whatever the data.

Every operator finds existing profiles of its type only, so each set is a part of everyone.
"""

from collections.abc import Callable

from seggql.query.plan import Scan
from seggql.query.planning.connectives import all_of, any_of
from seggql.query.planning.groups import Group, Join, Meet, everyone, is_everyone, is_nobody, nobody
from seggql.query.planning.predicate_rewrites import cheap_first, equalities_to_one_of, has_pattern
from seggql.query.predicate import Predicate


def flatten(group: Group) -> Group:
    """Unions in a union, and intersections and differences in an intersection, become one."""
    match group:
        case Join(operands=operands):
            flat = [inner for operand in operands for inner in _joined(operand)]
            return Join(operands=tuple(flat), profile_type=group.profile_type)
        case Meet(kept=kept, removed=removed):
            meets = [_met(operand) for operand in kept]
            taken = [inner for operand in removed for inner in _joined(operand)]
            return Meet(
                kept=tuple(inner for meet in meets for inner in meet.kept),
                removed=(*(inner for meet in meets for inner in meet.removed), *taken),
                profile_type=group.profile_type,
            )
        case _:
            return group


def cancel_complements(group: Group) -> Group:
    """`A EXCEPT (everyone EXCEPT B)` becomes `A INTERSECT B`."""
    if not isinstance(group, Meet):
        return group
    kept, removed = list(group.kept), []
    for operand in group.removed:
        if isinstance(operand, Meet) and all(is_everyone(inner) for inner in operand.kept) and operand.removed:
            kept.append(Join(operands=operand.removed, profile_type=group.profile_type))
        else:
            removed.append(operand)
    return Meet(kept=tuple(kept), removed=tuple(removed), profile_type=group.profile_type)


def drop_duplicates(group: Group) -> Group:
    """`A UNION A` becomes `A`; `A EXCEPT A` is empty; `A INTERSECT (A UNION B)` is `A`, and dually."""
    match group:
        case Join(operands=operands):
            unique = dict.fromkeys(operands)
            absorbed = [o for o in unique if not (isinstance(o, Meet) and any(k in unique for k in o.kept))]
            return Join(operands=tuple(absorbed), profile_type=group.profile_type)
        case Meet(kept=kept, removed=removed):
            unique, taken = dict.fromkeys(kept), dict.fromkeys(removed)
            if any(operand in taken for operand in unique):
                return nobody(group.profile_type)
            absorbed = [o for o in unique if not (isinstance(o, Join) and any(j in unique for j in o.operands))]
            return Meet(kept=tuple(absorbed), removed=tuple(taken), profile_type=group.profile_type)
        case _:
            return group


def drop_everyone(group: Group) -> Group:
    """Everyone changes no intersection, swallows a union, and leaves nobody when removed."""
    match group:
        case Join(operands=operands) if any(is_everyone(operand) for operand in operands):
            return everyone(group.profile_type)
        case Meet(removed=removed) if any(is_everyone(operand) for operand in removed):
            return nobody(group.profile_type)
        case Meet(kept=kept, removed=removed):
            some = tuple(operand for operand in kept if not is_everyone(operand)) or kept[:1]
            return Meet(kept=some, removed=removed, profile_type=group.profile_type)
        case _:
            return group


def drop_nobody(group: Group) -> Group:
    """Nobody changes no union, removes nothing, and empties an intersection."""
    match group:
        case Join(operands=operands):
            some = tuple(operand for operand in operands if not is_nobody(operand))
            return Join(operands=some or operands[:1], profile_type=group.profile_type)
        case Meet(kept=kept) if any(is_nobody(operand) for operand in kept):
            return nobody(group.profile_type)
        case Meet(kept=kept, removed=removed):
            some = tuple(operand for operand in removed if not is_nobody(operand))
            return Meet(kept=kept, removed=some, profile_type=group.profile_type)
        case _:
            return group


def merge_scans(group: Group) -> Group:
    """Scans of one type become one scan; in a union only without MATCHES, which would make a candidate of everyone."""
    match group:
        case Join(operands=operands):
            scans = [o for o in operands if isinstance(o, Scan) and not has_pattern(o.predicate)]
            if len(scans) < 2:
                return group
            merged = cheap_first(equalities_to_one_of(any_of(scan.predicate for scan in scans)))
            return Join(operands=_with_merged(operands, scans, merged), profile_type=group.profile_type)
        case Meet(kept=kept, removed=removed):
            scans = [operand for operand in kept if isinstance(operand, Scan)]
            if len(scans) < 2:
                return group
            merged = cheap_first(all_of(scan.predicate for scan in scans))
            return Meet(kept=_with_merged(kept, scans, merged), removed=removed, profile_type=group.profile_type)
        case _:
            return group


def unwrap(group: Group) -> Group:
    """A union of one, or an intersection of one, is that one."""
    match group:
        case Join(operands=(operand,)) | Meet(kept=(operand,), removed=()):
            return operand
        case _:
            return group


REWRITES: tuple[Callable[[Group], Group], ...] = (
    flatten,
    cancel_complements,
    drop_nobody,
    drop_everyone,
    merge_scans,
    drop_duplicates,
    unwrap,
)


def rewrite(group: Group) -> Group:
    """`group` after all rewrites, operands first, until nothing changes."""
    before = _with_operands_rewritten(group)
    after = before
    for step in REWRITES:
        after = step(after)
    return before if after == before else rewrite(after)


def _with_operands_rewritten(group: Group) -> Group:
    match group:
        case Join(operands=operands):
            return Join(operands=tuple(rewrite(operand) for operand in operands), profile_type=group.profile_type)
        case Meet(kept=kept, removed=removed):
            return Meet(
                kept=tuple(rewrite(operand) for operand in kept),
                removed=tuple(rewrite(operand) for operand in removed),
                profile_type=group.profile_type,
            )
        case _:
            return group


def _joined(group: Group) -> tuple[Group, ...]:
    return group.operands if isinstance(group, Join) else (group,)


def _met(group: Group) -> Meet:
    return group if isinstance(group, Meet) else Meet(kept=(group,), profile_type=group.profile_type)


def _with_merged(operands: tuple[Group, ...], scans: list[Scan], predicate: Predicate) -> tuple[Group, ...]:
    """`operands` with one scan for `predicate` where the first of `scans` stood."""
    merged = Scan(profile_type=scans[0].profile_type, predicate=predicate)
    others = [operand for operand in operands if operand not in scans]
    others.insert(operands.index(scans[0]), merged)
    return tuple(others)
