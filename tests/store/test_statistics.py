"""Counts of records: of every type, also where somebody has dropped the collection of one."""

from seggql.ingest.interactions import record_interactions
from seggql.segments.queries import validate_query
from seggql.segments.query_draft import QueryDraft
from seggql.settings import Settings
from seggql.store.catalog import load_catalog
from seggql.store.hub import Hub
from seggql.store.statistics import record_counts
from tests.segments.making import NOW
from tests.segments.world import ListQueue, dynamic, keys_of, make_world, work_off


async def test_a_collection_that_was_dropped_has_no_records_and_stops_nothing_else(
    hub: Hub, settings: Settings
) -> None:
    await make_world(hub)
    catalog = await load_catalog(hub)
    assert (await record_counts(hub, catalog)).interactions == {"Purchase": 2}
    await hub.database.drop_collection("interactions.Purchase")
    counts = await record_counts(hub, catalog)
    assert (counts.profiles["Contact"], counts.interactions) == (5, {"Purchase": 0})
    assert not (await validate_query(hub, settings, QueryDraft(text="PROFILE(Contact).FILTER(Age > 30)"))).errors
    queue = ListQueue()
    await dynamic(hub, settings, "Old", "PROFILE(Contact).FILTER(Age > 30)", queue=queue)
    await work_off(hub, settings, queue)
    assert await keys_of(hub, "Old") == {"cleo", "dan"}
    outcome = await record_interactions(hub, "Purchase", [{"timestamp": NOW, "links": {"Buyer": "ann"}}])
    assert outcome.stored == 1
