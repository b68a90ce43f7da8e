"""What somebody asks a new segment to be, and what is wrong with it before any query is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

from seggql.catalog.model import NAME_PATTERN
from seggql.catalog.names import shown
from seggql.errors import RequestCode, RequestError
from seggql.segments.planning import Surroundings, require_profile_type
from seggql.store.segment import SegmentKind

MAX_TEXT = 1_000
"""Longest display name or tag, in characters; descriptions may be ten times as long."""

MAX_TAGS = 20
"""Most tags of one segment."""

MAX_INTERVAL = 366 * 24 * 60
"""Minutes: a year; a longer one is a mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentDraft:
    """A segment to be made; `member_keys` and a one-time `query` are for static ones, and exclude each other."""

    name: str
    display_name: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    kind: SegmentKind = SegmentKind.DYNAMIC
    profile_type: str
    query: str | None = None
    member_keys: tuple[str, ...] | None = None
    interval_minutes: int | None = None
    activate: bool = False


def check_draft(draft: SegmentDraft, surroundings: Surroundings) -> None:
    """Raises: RequestError (INVALID, NOT_FOUND) for the first thing that is wrong."""
    check_name(draft.name)
    check_texts(draft.display_name, draft.description, distinct(draft.tags))
    check_interval(draft.interval_minutes, draft.kind)
    require_profile_type(surroundings.catalog, draft.profile_type)
    match draft.kind:
        case SegmentKind.DYNAMIC if draft.query is None:
            raise _invalid("A dynamic segment needs a query.", "query")
        case SegmentKind.DYNAMIC if draft.member_keys is not None:
            raise _invalid("A dynamic segment has the members that its query finds; leave the keys out.", "memberKeys")
        case SegmentKind.STATIC if draft.query is not None and draft.member_keys is not None:
            raise _invalid("A static segment begins with keys or with a one-time query, not with both.", "memberKeys")


def check_name(name: str) -> None:
    """Raises: RequestError (INVALID) for a name that queries could not use."""
    if not NAME_PATTERN.fullmatch(name):
        message = f"{shown(name)} is no name: letters, digits and _, not beginning with a digit, at most 100."
        raise _invalid(message, "name")


def check_texts(display_name: str | None, description: str | None, tags: Sequence[str]) -> None:
    """Raises: RequestError (INVALID) for what is empty or too long."""
    if display_name is not None and not 1 <= len(display_name.strip()) <= MAX_TEXT:
        raise _invalid(f"The display name must have from 1 to {MAX_TEXT:,} characters.", "displayName")
    if description is not None and len(description) > 10 * MAX_TEXT:
        raise _invalid(
            f"The description may have {10 * MAX_TEXT:,} characters, not {len(description):,}.", "description"
        )
    if len(tags) > MAX_TAGS or not all(1 <= len(tag.strip()) <= MAX_TEXT for tag in tags):
        raise _invalid(f"There may be {MAX_TAGS} tags, each of 1 to {MAX_TEXT:,} characters.", "tags")


def check_interval(interval_minutes: int | None, kind: SegmentKind) -> None:
    """Raises: RequestError (INVALID)."""
    if interval_minutes is None:
        return
    if kind is SegmentKind.STATIC:
        raise _invalid("A static segment is not refreshed; leave the interval out.", "intervalMinutes")
    if interval_minutes < 1:
        raise _invalid(f"The interval must be at least 1 minute, not {interval_minutes}.", "intervalMinutes")
    if interval_minutes > MAX_INTERVAL:
        message = f"The interval may be {MAX_INTERVAL:,} minutes, a year, not {interval_minutes:,}."
        raise _invalid(message, "intervalMinutes")


def distinct(tags: Sequence[str]) -> tuple[str, ...]:
    """The tags, each once, in their order."""
    return tuple(dict.fromkeys(tag.strip() for tag in tags))


def _invalid(message: str, field: str) -> RequestError:
    return RequestError(RequestCode.INVALID, message, field=(field,))
