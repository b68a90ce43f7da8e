"""Reads rows of the three kinds: their shape, their keys, and through a reader their attributes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from seggql.catalog.names import did_you_mean, shown
from seggql.ingest.attributes import AttributeReader, Changes, field_name
from seggql.ingest.coercion import SURROGATE, json_type, to_datetime
from seggql.ingest.json_lines import parse_line
from seggql.ingest.outcome import BadRow, RejectionCode
from seggql.ingest.usual import UsualInteractions, UsualProfiles

KEY_MAX_BYTES = 1_000
"""Longest key, and longest id of an interaction, in bytes of UTF-8: an index entry must stay small."""

PROFILE_FIELDS = ("key", "attributes")
INTERACTION_FIELDS = ("id", "timestamp", "links", "attributes")
RELATIONSHIP_FIELDS = ("source", "target", "attributes")


@dataclass(slots=True)
class ProfileRow:
    """A profile row that was read."""

    index: int
    key: str
    changes: Changes


@dataclass(slots=True)
class InteractionRow:
    """An interaction row that was read; `id` is None where the row gives none."""

    index: int
    id: str | None
    timestamp: datetime
    links: dict[str, str]
    attributes: Changes


@dataclass(slots=True)
class RelationshipRow:
    """An edge row that was read: keys of both ends."""

    index: int
    source: str
    target: str
    changes: Changes


def read_profile_row(index: int, raw: object, reader: AttributeReader, usual: UsualProfiles) -> ProfileRow:
    """A row, or the line that holds it, taken at once where it is as `usual`. Raises: BadRow."""
    if isinstance(raw, bytes) and (taken := usual.take(raw)):
        return ProfileRow(index, *taken)
    row = _row(raw, PROFILE_FIELDS)
    return ProfileRow(index, read_key(row.get("key"), "key"), _attributes(row, reader))


def read_interaction_row(
    index: int, raw: object, reader: AttributeReader, links: Collection[str], usual: UsualInteractions
) -> InteractionRow:
    """A row with some of `links`, or its line, taken at once where it is as `usual`. Raises: BadRow."""
    if isinstance(raw, bytes) and (taken := usual.take(raw)):
        return InteractionRow(index, *taken)
    row = _row(raw, INTERACTION_FIELDS)
    id_ = row.get("id")
    attributes = _attributes(row, reader)
    return InteractionRow(
        index,
        None if id_ is None else read_key(id_, "id"),
        _timestamp(row.get("timestamp")),
        _links(row.get("links"), links),
        {name: value for name, value in attributes.items() if value is not None},
    )


def read_relationship_row(index: int, raw: object, reader: AttributeReader) -> RelationshipRow:
    """Raises: BadRow."""
    row = _row(raw, RELATIONSHIP_FIELDS)
    source, target = read_key(row.get("source"), "source"), read_key(row.get("target"), "target")
    return RelationshipRow(index, source, target, _attributes(row, reader))


def read_key(value: object, *field: str) -> str:
    """A key: 1 to 1,000 bytes of UTF-8 without NUL. Raises: BadRow."""
    if not isinstance(value, str):
        if value is None:
            raise BadRow(RejectionCode.MISSING, f"The row has no {field[-1]}.", *field)
        raise BadRow(RejectionCode.WRONG_TYPE, f"Expected a string, got {json_type(value)}.", *field)
    if not value.isascii() and SURROGATE.search(value):
        raise BadRow(RejectionCode.BAD_KEY, "It has half of a surrogate pair, which is no character.", *field)
    if not value:
        raise BadRow(RejectionCode.BAD_KEY, "It is empty.", *field)
    if len(value) * 4 > KEY_MAX_BYTES and len(value.encode()) > KEY_MAX_BYTES:
        raise BadRow(RejectionCode.BAD_KEY, f"It is longer than {KEY_MAX_BYTES} bytes.", *field)
    if "\0" in value:
        raise BadRow(RejectionCode.BAD_KEY, "It has a NUL character.", *field)
    return value


def _row(raw: object, fields: tuple[str, ...]) -> Mapping[str, object]:
    if isinstance(raw, BadRow):  # it could not even be read as a row
        raise raw
    if isinstance(raw, bytes):
        raw = parse_line(raw)
    if not isinstance(raw, Mapping):
        raise BadRow(RejectionCode.BAD_ROW, f"A row is an object, not {json_type(raw)}.")
    for name in raw:
        if name not in fields:
            text = str(name)
            raise BadRow(
                RejectionCode.UNKNOWN_FIELD,
                f"A row has no field {shown(text)}, but {', '.join(fields)}.{did_you_mean(text, fields)}",
                field_name(name),
            )
    return raw


def _attributes(row: Mapping[str, object], reader: AttributeReader) -> Changes:
    raw = row.get("attributes")
    if raw is None:
        return {}
    try:
        return reader.read(raw)
    except BadRow as bad:
        raise bad.within("attributes") from None


def _timestamp(value: object) -> datetime:
    if value is None:
        raise BadRow(RejectionCode.MISSING, "The row has no timestamp.", "timestamp")
    try:
        return to_datetime(value)
    except BadRow as bad:
        raise bad.within("timestamp") from None


def _links(value: object, known: Collection[str]) -> dict[str, str]:
    if value is None:
        value = {}
    if not isinstance(value, Mapping):
        raise BadRow(RejectionCode.WRONG_TYPE, f"Expected an object of keys by link, got {json_type(value)}.", "links")
    links = {}
    for name, key in value.items():
        if name not in known:
            raise BadRow(
                RejectionCode.UNKNOWN_LINK,
                f"There is no link {shown(str(name))}, but {', '.join(known)}.{did_you_mean(str(name), known)}",
                "links",
                field_name(name),
            )
        if key is not None:
            links[name] = read_key(key, "links", name)
    if not links:
        raise BadRow(RejectionCode.MISSING, "The row links to no profile; at least one link is needed.", "links")
    return links
