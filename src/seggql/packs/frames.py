"""Reads parts of a pack back as frames."""

from collections.abc import Collection

from seggql.columns.frame import Frame
from seggql.columns.layout import layout_of
from seggql.packs.shape import Shape
from seggql.store.packs import Part, column_of, columns_pipeline, packs_collection
from seggql.store.snapshot import SnapshotSources


async def frame_of(sources: SnapshotSources, shape: Shape, part: Part, paths: Collection[str] | None = None) -> Frame:
    """The columns `paths` of a part, or all that it has. Raises: ColumnUnreadable."""
    wanted = part.columns if paths is None else paths
    pipeline = columns_pipeline(part.keys(wanted))
    rows = sources.aggregate(packs_collection(shape.collection), pipeline)
    bits = {column.key.path: column.bits for column in [column_of(row) async for row in rows]}
    return Frame.of_encoded(part.rows, bits, layout_of(shape.record_type, list(wanted)))


def frame_with(frame: Frame, paths: Collection[str]) -> Frame:
    """The same rows with fewer columns."""
    return Frame(rows=frame.rows, columns={path: frame.column(path) for path in paths})
