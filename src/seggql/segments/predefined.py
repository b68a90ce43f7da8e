"""Predefined segments: who was active of late, and who was not, over each interaction type marked as activity.

They are made inactive and read-only, once for each link of the type; a duplicate of one is a segment like any other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2s

from seggql.catalog.model import InteractionType, Link
from seggql.query.printer import print_document
from seggql.segments.define import bind_definition
from seggql.segments.planning import read_surroundings, request_instant
from seggql.settings import Settings
from seggql.store.catalog import load_catalog
from seggql.store.hub import Hub
from seggql.store.segment import Segment, SegmentKind, SegmentOrigin, SegmentState
from seggql.store.segments import find_templates, insert_template, is_taken, new_segment_id

ACTIVITY_DAYS = 30
LONGEST_NAME = 100
"""As for every name in the language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What a predefined segment is made from; `id` says which one it is for ever."""

    id: str
    name: str
    display_name: str
    description: str
    profile_type: str
    query: str


async def make_predefined(hub: Hub, settings: Settings) -> int:
    """Make the predefined segments that are missing; returns how many."""
    activities = [type_ for type_ in (await load_catalog(hub)).interaction_types.values() if type_.is_activity]
    templates = {template.id: template for type_ in activities for template in templates_of(type_)}
    known = await find_templates(hub, templates)
    missing = [template for id_, template in templates.items() if id_ not in known]
    for template in missing:
        await _make(hub, settings, template)
    return len(missing)


def templates_of(interaction_type: InteractionType) -> Iterator[Template]:
    """Two for each of its links."""
    for link in interaction_type.links:
        active = f"INTERACTION({interaction_type.name}, {link.name}).HAVING(COUNT() > 0, UTCDAYS({ACTIVITY_DAYS}))"
        what = f"{interaction_type.name}, {link.name}"
        others = f"PROFILE({link.profile_type}) EXCEPT {active}"
        yield _template("Active", f"Active in the last {ACTIVITY_DAYS} days ({what})", active, interaction_type, link)
        title = f"Not active in the last {ACTIVITY_DAYS} days ({what})"
        yield _template("NotActive", title, others, interaction_type, link)


def _template(kind: str, title: str, query: str, interaction_type: InteractionType, link: Link) -> Template:
    return Template(
        id=f"{kind}:{interaction_type.name}:{link.name}",
        name=_short(f"{kind}_{interaction_type.name}_{link.name}"),
        display_name=title,
        description=f"Predefined over {interaction_type.name}, which is marked as activity. Read-only: duplicate it to "
        "change the copy.",
        profile_type=link.profile_type,
        query=query,
    )


async def _make(hub: Hub, settings: Settings, template: Template) -> None:
    """Store the segment, under another name where the first is taken; nothing where somebody else just has."""
    surroundings = await read_surroundings(hub, settings)
    name, number = template.name, 1
    while await is_taken(hub, name):
        number += 1
        name = _short(f"{template.name}_{number}")
    query = await bind_definition(surroundings, template.query, template.profile_type, SegmentKind.DYNAMIC, name)
    assert query is not None, "a text is bound"
    now = request_instant()
    segment = Segment(
        id=new_segment_id(),
        name=name,
        display_name=template.display_name,
        description=template.description,
        kind=SegmentKind.DYNAMIC,
        origin=SegmentOrigin.PREDEFINED,
        state=SegmentState.INACTIVE,
        profile_type=template.profile_type,
        query=print_document(query.document),
        warnings=query.warnings,
        is_locked=True,
        template=template.id,
        created_at=now,
        updated_at=now,
    )
    await insert_template(hub, segment)


def _short(name: str) -> str:
    """The name, or its beginning with a digest of all of it where it is too long."""
    if len(name) <= LONGEST_NAME:
        return name
    digest = blake2s(name.encode(), digest_size=4).hexdigest()
    return f"{name[: LONGEST_NAME - len(digest) - 1]}_{digest}"
