"""The reference interpreter: who belongs to a query, naively, row by row, in three-valued logic, by language.md alone.

It shares with the product only the bound tree. It knows nothing of plans, of negation at the leaves, or of MongoDB.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import re2  # type: ignore[import-untyped]  # google-re2 ships no types

from seggql.query import bound
from seggql.query.ast import ComparisonOperator, DatePart, QuantifierKind, SetOperator, TextOperator, WindowUnit
from tests.reference.values import Scene, added, value_of
from tests.reference.world import Interaction, World

Truth = bool | None
"""None is unknown."""


def members(query: bound.BoundSet, world: World, as_of: datetime) -> set[int]:
    """The ordinals of the profiles that belong to `query`."""
    existing = {profile.ordinal for profile in world.profiles.get(query.profile_type, [])}
    match query:
        case bound.Everyone():
            return existing
        case bound.MembersOf():
            return existing & world.segments[query.segment]
        case bound.Filtered():
            source = members(query.source, world, as_of)
            return {
                profile.ordinal
                for profile in world.profiles[query.profile_type]
                if profile.ordinal in source
                and truth(query.condition, Scene(as_of=as_of, attributes=profile.attributes, key=profile.key))
            }
        case bound.Interacted():
            return existing & _interacted(query, world, as_of)
        case bound.Traversed():
            return existing & _traversed(query, world, as_of)
        case bound.Combined():
            found = members(query.first, world, as_of)
            for step in query.rest:
                operand = members(step.operand, world, as_of)
                match step.operator:
                    case SetOperator.UNION:
                        found = found | operand
                    case SetOperator.INTERSECT:
                        found = found & operand
                    case SetOperator.EXCEPT:
                        found = found - operand
            return found


def _interacted(query: bound.Interacted, world: World, as_of: datetime) -> set[int]:
    groups: dict[int, list[Scene]] = {}
    for interaction in world.interactions.get(query.interaction, []):
        scene = Scene(as_of=as_of, attributes=interaction.attributes, timestamp=interaction.timestamp)
        ordinal = interaction.links.get(query.link)
        if ordinal is None or not _within(query.period, interaction, as_of):
            continue
        if query.condition is None or truth(query.condition, scene):
            groups.setdefault(ordinal, []).append(scene)
    return {
        ordinal
        for ordinal, group in groups.items()
        if query.having is None or truth(query.having, Scene(as_of=as_of, attributes={}, group=tuple(group)))
    }


def _within(period: bound.Period | None, interaction: Interaction, as_of: datetime) -> bool:
    match period:
        case None:
            return True
        case bound.RelativePeriod(unit=WindowUnit.UTCHOURS):
            return as_of - timedelta(hours=period.count) < interaction.timestamp <= as_of
        case bound.RelativePeriod(unit=WindowUnit.UTCDAYS):
            return as_of - timedelta(days=period.count) < interaction.timestamp <= as_of
        case bound.RelativePeriod():
            part = DatePart.MONTH if period.unit is WindowUnit.UTCMONTHS else DatePart.YEAR
            low = added(part, -period.count, as_of)
            return (low is None or low < interaction.timestamp) and interaction.timestamp <= as_of
        case bound.BetweenPeriod():
            scene = Scene(as_of=as_of, attributes={})
            first, last = value_of(period.low, scene), value_of(period.high, scene)
            return first is not None and last is not None and first <= interaction.timestamp <= last


def _traversed(query: bound.Traversed, world: World, as_of: datetime) -> set[int]:
    source = members(query.source, world, as_of)
    found = set()
    for edge in world.edges.get(query.relationship, []):
        near, far = edge.source, edge.target
        if query.direction is bound.Direction.BACKWARD:
            near, far = far, near
        holds = query.condition is None or truth(query.condition, Scene(as_of=as_of, attributes=edge.attributes))
        if near in source and holds:
            found.add(far)
    return found


def truth(condition: bound.Condition, scene: Scene) -> Truth:
    """Whether `condition` is true in `scene`, false or unknown."""
    match condition:
        case bound.All():
            return conjunction(truth(operand, scene) for operand in condition.operands)
        case bound.Any():
            return disjunction(truth(operand, scene) for operand in condition.operands)
        case bound.Not():
            return negation(truth(condition.operand, scene))
        case bound.Compare():
            return compared(condition.operator, value_of(condition.left, scene), value_of(condition.right, scene))
        case bound.OneOf():
            value = value_of(condition.value, scene)
            options = (value_of(option, scene) for option in condition.options)
            return disjunction(compared(ComparisonOperator.EQUAL, value, option) for option in options)
        case bound.Text():
            return _text(condition, value_of(condition.value, scene), value_of(condition.text, scene))
        case bound.Missing():
            return value_of(condition.field, scene) is None
        case bound.Quantified():
            return _quantified(condition, scene)


def conjunction(truths: Iterable[Truth]) -> Truth:
    """AND."""
    known = list(truths)
    return False if False in known else None if None in known else True


def disjunction(truths: Iterable[Truth]) -> Truth:
    """OR."""
    known = list(truths)
    return True if True in known else None if None in known else False


def negation(known: Truth) -> Truth:
    """NOT."""
    return None if known is None else not known


def compared(operator: ComparisonOperator, left: Any, right: Any) -> Truth:
    """A comparison; unknown where a side is missing."""
    if left is None or right is None:
        return None
    match operator:
        case ComparisonOperator.EQUAL:
            return bool(left == right)
        case ComparisonOperator.NOT_EQUAL:
            return bool(left != right)
        case ComparisonOperator.GREATER:
            return bool(left > right)
        case ComparisonOperator.GREATER_OR_EQUAL:
            return bool(left >= right)
        case ComparisonOperator.LESS:
            return bool(left < right)
        case ComparisonOperator.LESS_OR_EQUAL:
            return bool(left <= right)


def _quantified(condition: bound.Quantified, scene: Scene) -> Truth:
    items = value_of(condition.array, scene)
    if items is None:
        return None
    truths = [truth(condition.condition, replace(scene, items=(*scene.items, item))) for item in items]
    if condition.kind is QuantifierKind.ANY:
        return disjunction(truths)
    return conjunction(truths) if truths else False


def _text(condition: bound.Text, value: str | None, text: str | None) -> Truth:
    if value is None or text is None:
        return None
    if condition.operator is TextOperator.MATCHES:
        options = re2.Options()
        options.case_sensitive = not condition.ignores_case
        return re2.compile(text, options).search(value) is not None
    if condition.ignores_case:
        value, text = simple_folded(value), simple_folded(text)
    match condition.operator:
        case TextOperator.CONTAINS:
            return text in value
        case TextOperator.STARTSWITH:
            return value.startswith(text)
        case TextOperator.ENDSWITH:
            return value.endswith(text)


def simple_folded(text: str) -> str:
    """One code point for one: the full folding where that is one, else the lower case where that is one."""
    return "".join(_folded(character) for character in text)


def _folded(character: str) -> str:
    for folded in (character.casefold(), character.lower()):
        if len(folded) == 1:
            return folded
    return character
