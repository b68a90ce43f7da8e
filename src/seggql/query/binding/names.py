"""Finds what a query names in its scope: types, links, relationships, segments."""

from collections.abc import Collection

from seggql.catalog.model import InteractionType, Link, RelationshipType
from seggql.errors import ProblemCode
from seggql.query import ast, bound
from seggql.query.binding.binding import Binding
from seggql.query.binding.found import FAULTY, Found
from seggql.query.names import did_you_mean

MOST_LISTED = 10
"""Names that a hint lists where none is near; more would not be read."""


def suggest(b: Binding, name: str, known: Collection[str]) -> str | None:
    """The nearest known name, or else all of them where they are few; None once a query has had enough of this."""
    if b.searchable <= 0:
        return None
    b.searchable -= len(known)
    nearest = did_you_mean(name, known)
    if nearest is None and 0 < len(known) <= MOST_LISTED:
        return f"Known here: {', '.join(sorted(known))}."
    return nearest


def find_profile_type(b: Binding, name: ast.Name) -> str | None:
    """The name of a profile type that exists."""
    catalog = b.scope.catalog
    if name.text in catalog.profile_types:
        return name.text
    hint = suggest(b, name.text, catalog.profile_types)
    if name.text in catalog.interaction_types:
        hint = f"{name.text} is an interaction type: INTERACTION({name.text}, link)."
    elif name.text in catalog.relationship_types:
        hint = f"{name.text} is a relationship: TRAVERSE({name.text}) stands after a set of profiles."
    elif name.text in b.scope.segments:
        hint = f"{name.text} is a segment: SEGMENT({name.text})."
    b.refuse(ProblemCode.UNKNOWN_TYPE, f"There is no profile type {name.text}.", name, hint=hint)
    return None


def find_interaction(b: Binding, source: ast.InteractionSource) -> tuple[InteractionType | None, Link | None]:
    """The interaction type and its link; the link may be faulty alone."""
    interaction = b.scope.catalog.interaction_types.get(source.type.text)
    if interaction is None:
        name = source.type.text
        hint = suggest(b, name, b.scope.catalog.interaction_types)
        if name in b.scope.catalog.profile_types:
            hint = f"{name} is a profile type: PROFILE({name})."
        b.refuse(ProblemCode.UNKNOWN_TYPE, f"There is no interaction type {name}.", source.type, hint=hint)
        return None, None
    link = interaction.link(source.link.text)
    if link is None:
        b.refuse(
            ProblemCode.UNKNOWN_LINK,
            f"{interaction.name} has no link {source.link.text}.",
            source.link,
            hint=suggest(b, source.link.text, [each.name for each in interaction.links]),
        )
    return interaction, link


def find_relationship(b: Binding, name: ast.Name) -> RelationshipType | None:
    """The relationship type of that name."""
    relationship = b.scope.catalog.relationship_types.get(name.text)
    if relationship is None:
        hint = suggest(b, name.text, b.scope.catalog.relationship_types)
        b.refuse(ProblemCode.UNKNOWN_RELATIONSHIP, f"There is no relationship {name.text}.", name, hint=hint)
    return relationship


def find_segment(b: Binding, name: ast.Name, *, parts: Collection[str] = ()) -> Found:
    """The members of a segment, which must not reach the segment that the query is for."""
    if name.text == b.scope.segment_name:
        _refuse_cycle(b, name, [name.text, name.text])
        return FAULTY
    segment = b.scope.segments.get(name.text)
    if segment is None:
        _refuse_unknown_segment(b, name, parts)
        return FAULTY
    path = _path_back(b, name.text)
    if path:
        _refuse_cycle(b, name, path)
        return Found(None, segment.profile_type)
    members = bound.MembersOf(segment=segment.name, profile_type=segment.profile_type)
    return Found(members, segment.profile_type, frozenset({segment.name}))


def _refuse_unknown_segment(b: Binding, name: ast.Name, parts: Collection[str]) -> None:
    message, hint = f"There is no segment {name.text}.", suggest(b, name.text, [*b.scope.segments, *parts])
    if name.text in b.scope.catalog.profile_types:
        hint = f"{name.text} is a profile type: PROFILE({name.text})."
    b.refuse(ProblemCode.UNKNOWN_SEGMENT, message, name, hint=hint)


def _path_back(b: Binding, start: str) -> list[str]:
    """The shortest way through the queries of segments from `start` back to the segment of this query; empty: none."""
    goal = b.scope.segment_name
    if goal is None:
        return []
    came_from = {start: goal}
    frontier = [start]
    for name in frontier:
        segment = b.scope.segments.get(name)
        for used in sorted(segment.depends_on) if segment else ():
            if used == goal:
                return _way(came_from, name, goal)
            if used not in came_from:
                came_from[used] = name
                frontier.append(used)
    return []


def _way(came_from: dict[str, str], last: str, goal: str) -> list[str]:
    way = [goal, last]
    while way[-1] != goal:
        way.append(came_from[way[-1]])
    return way[::-1]


def _refuse_cycle(b: Binding, name: ast.Name, path: list[str]) -> None:
    b.refuse(
        ProblemCode.SEGMENT_CYCLE,
        f"The segment {path[0]} would depend on itself: {' → '.join(path)}.",
        name,
        hint="A segment cannot read itself, directly or through others.",
    )
