"""Global ids: one opaque text for every object that `node(id)` finds."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error

import strawberry

from seggql.errors import RequestCode, RequestError


def to_global_id(kind: str, raw: str) -> strawberry.ID:
    """The global id of the object of GraphQL type `kind` that storage knows as `raw`."""
    return strawberry.ID(urlsafe_b64encode(f"{kind}:{raw}".encode()).decode().rstrip("="))


def from_global_id(id: str, kind: str) -> str:
    """What storage knows the object by.

    Raises: RequestError INVALID where `id` is none of ours, or the id of an object that is not a `kind`.
    """
    actual, raw = split_global_id(id)
    if actual != kind:
        raise RequestError(RequestCode.INVALID, f"This is the id of a {actual}, not of a {kind}.", field=("id",))
    return raw


def split_global_id(id: str) -> tuple[str, str]:
    """The GraphQL type and storage's name of an object.

    Raises: RequestError INVALID where `id` is none of ours.
    """
    try:
        kind, colon, raw = urlsafe_b64decode(id + "=" * (-len(id) % 4)).decode().partition(":")
    except (Base64Error, ValueError):
        kind = colon = raw = ""
    if not (colon and kind.isidentifier() and raw and to_global_id(kind, raw) == id):
        shown = id if len(id) <= 40 else f"{id[:40]}…"
        raise RequestError(
            RequestCode.INVALID,
            f"{shown!r} is not an id. Use the `id` field of an object as it was read.",
            field=("id",),
        )
    return kind, raw
