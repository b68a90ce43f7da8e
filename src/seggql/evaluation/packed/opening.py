"""Opens packs in the snapshot of a run, each once."""

import logging
from collections.abc import Collection

from seggql.columns.encoding import ColumnUnreadable
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.run import Run
from seggql.mongo.pipeline import Pipeline, Stage
from seggql.store.collections import interactions_collection, profiles_collection, relationships_collection
from seggql.store.packs import head_of, head_pipeline, packs_collection
from seggql.store.tail import BATCHES, batch_of, tail_pipeline, writers_of_profiles

logger = logging.getLogger(__name__)


async def open_profiles(run: Run, profile_type: str) -> OpenPack | None:
    """The pack of a profile type; None where nothing is packed."""
    return await _open(run, profiles_collection(profile_type), writers_of_profiles(run.catalog, profile_type))


async def open_interactions(run: Run, interaction_type: str) -> OpenPack | None:
    """The pack of an interaction type; None where there is none that can be used."""
    source = interactions_collection(interaction_type)
    pack = await _open(run, source, [source])
    return None if pack is None or pack.is_torn else pack


async def open_edges(run: Run, relationship_type: str) -> OpenPack | None:
    """The pack of a relationship type; None where nothing is packed."""
    source = relationships_collection(relationship_type)
    return await _open(run, source, [source])


def do_without(pack: OpenPack, run: Run, error: ColumnUnreadable) -> None:
    """Take everything from documents that `run` would still take from a pack which cannot be read."""
    logger.error("pack not used, pack it anew (seggql repack) pack=%s error=%s", pack.source, error)
    run.packs[pack.source] = None
    run.unreadable[pack.source] = pack.head.version


async def _open(run: Run, source: str, writers: Collection[str]) -> OpenPack | None:
    if source not in run.packs:
        head = head_of([dict(row) async for row in run.rows(_pipeline(packs_collection(source), head_pipeline()))])
        if not head.parts:
            run.packs[source] = None
        else:
            since = tail_pipeline(writers, {part.basis for part in head.parts})
            batches = tuple([batch_of(dict(row)) async for row in run.rows(_pipeline(BATCHES, since))])
            run.packs[source] = OpenPack(source=source, head=head, batches=batches)
    return run.packs[source]


def _pipeline(collection: str, stages: list[Stage]) -> Pipeline:
    return Pipeline(collection=collection, stages=tuple(stages))
