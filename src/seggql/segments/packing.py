"""Keeping packs for the segments that there are: what the queries of the active ones read is packed."""

from collections.abc import Mapping

from seggql.catalog.model import Catalog
from seggql.errors import QueryError
from seggql.packs.keep import Keeping, keep_packs
from seggql.packs.needs import Needs, needs_of, united
from seggql.packs.shape import shapes_of
from seggql.segments.planning import Surroundings, read_surroundings, request_instant
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.segment import Segment, SegmentKind
from seggql.store.segments import find_active_segments

NOTHING: Needs = {}


class Packing:
    """Remembers what queries read from one time to the next, so that only new ones are bound."""

    def __init__(self) -> None:
        self._catalog: Catalog | None = None
        self._known: Mapping[tuple[str, str], Needs] = {}

    async def keep(self, hub: Hub, settings: Settings, owner: str) -> int:
        """Bring all packs up to date in passing; returns how many parts were written."""
        surroundings = await read_surroundings(hub, settings)
        needs = await self.needs(hub, surroundings)
        keeping = Keeping.in_passing(settings, owner, request_instant())
        return await keep_packs(hub, shapes_of(surroundings.catalog), needs, keeping)

    async def needs(self, hub: Hub, surroundings: Surroundings) -> Needs:
        """The columns that the active dynamic segments read."""
        if surroundings.catalog is not self._catalog:
            self._catalog, self._known = surroundings.catalog, {}
        read: dict[tuple[str, str], Needs] = {}
        for segment in await find_active_segments(hub):
            if segment.kind is SegmentKind.DYNAMIC and segment.query:
                key = segment.profile_type, segment.query
                known = self._known.get(key)
                read[key] = await _needs(surroundings, segment, segment.query) if known is None else known
        self._known = read
        return united(read.values())


async def _needs(surroundings: Surroundings, segment: Segment, query: str) -> Needs:
    """What a segment reads; nothing where its query is no longer right, which its refresh will say."""
    try:
        bound = await surroundings.bind(query, output_type=segment.profile_type, segment_name=segment.name)
    except QueryError:
        return NOTHING
    return needs_of([bound.set])
