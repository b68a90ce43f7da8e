"""The three kinds of rows by name, as addresses and commands say them."""

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum

from seggql.ingest.interactions import record_interactions
from seggql.ingest.outcome import IngestOutcome
from seggql.ingest.profiles import upsert_profiles
from seggql.ingest.reading import Reading
from seggql.ingest.relationships import relate_profiles
from seggql.ingest.types import require_interaction_type, require_profile_type, require_relationship_type
from seggql.store.hub import Hub


class RowKind(Enum):
    """What rows are about."""

    PROFILES = "profiles"
    INTERACTIONS = "interactions"
    RELATIONSHIPS = "relationships"


Store = Callable[[Hub, str, Sequence[object], Reading | None], Awaitable[IngestOutcome]]

STORES: dict[RowKind, Store] = {
    RowKind.PROFILES: upsert_profiles,
    RowKind.INTERACTIONS: record_interactions,
    RowKind.RELATIONSHIPS: relate_profiles,
}
"""How rows of each kind are stored."""


async def require_type(hub: Hub, kind: RowKind, name: str) -> None:
    """See that there is a type called `name` for rows of this kind. Raises: RequestError NOT_FOUND."""
    match kind:
        case RowKind.PROFILES:
            await require_profile_type(hub, name)
        case RowKind.INTERACTIONS:
            await require_interaction_type(hub, name)
        case RowKind.RELATIONSHIPS:
            await require_relationship_type(hub, name)
