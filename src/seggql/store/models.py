"""What every hub has beside the collections of its types: call `open_models` once where a process opens its hub."""

from beanie import Document as BeanieDocument
from beanie import init_beanie
from pymongo import IndexModel

from seggql.store import ledger, memberships, presence, schedules
from seggql.store.collections import make_collection
from seggql.store.destinations import DestinationDocument
from seggql.store.export_runs import ExportRunDocument
from seggql.store.exports import ExportDocument
from seggql.store.hub import Hub
from seggql.store.job_document import JobDocument, RunDocument
from seggql.store.schema import bring_up_to_date
from seggql.store.segment_document import SegmentDocument

MODELS: tuple[type[BeanieDocument], ...] = (
    DestinationDocument,
    ExportDocument,
    ExportRunDocument,
    SegmentDocument,
    RunDocument,
    JobDocument,
)
"""Every Beanie model; the catalog and bulk rows are raw documents."""

COLLECTIONS: dict[str, list[IndexModel]] = {
    "profile_types": [],
    "relationship_types": [],
    "interaction_types": [],
    "ordinals": [],
    "counters": [],
    memberships.COLLECTION: [],
    ledger.COLLECTION: list(ledger.INDEXES),
    schedules.SYSTEM: [],
    presence.COLLECTION: presence.INDEXES,
    "batches": [
        IndexModel([("type", 1), ("state", 1)]),
        IndexModel([("type", 1), ("closed", 1)]),
        IndexModel([("closed", 1)]),
        IndexModel([("state", 1), ("lease", 1)]),
    ],
}
"""Raw collections and their indexes; a snapshot cannot read a collection younger than itself."""


async def open_models(hub: Hub) -> None:
    """Migrate what an older seggql left, make the collections and indexes that are missing, bind the Beanie models.

    Beanie's models belong to one hub of the process at a time. Raises: SchemaError where the database is newer than
    this code.
    """
    await bring_up_to_date(hub)
    for name, indexes in COLLECTIONS.items():
        await make_collection(hub, name)
        if indexes:
            await hub.collection(name).create_indexes(indexes)
    await init_beanie(database=hub.database, document_models=list(MODELS))
