"""Bitmaps as MongoDB holds them: cut into chunks of 65,536 ordinals, each a serialized Roaring bitmap."""

from collections.abc import Iterator

from bson.binary import Binary
from pyroaring import BitMap

CHUNK_BITS = 16
"""A Roaring container spans 2^16 ordinals, so that a chunk is one container of at most 8 KiB."""


def chunk_of(ordinal: int) -> int:
    """The number of the chunk that holds `ordinal`."""
    return ordinal >> CHUNK_BITS


def chunk_range(chunk: int) -> BitMap:
    """Every ordinal of a chunk."""
    return BitMap(range(chunk << CHUNK_BITS, (chunk + 1) << CHUNK_BITS))


def chunks(ordinals: BitMap) -> Iterator[tuple[int, BitMap]]:
    """The chunks of `ordinals` that are not empty, in order, each with its number."""
    position = 0
    while (rest := ordinals.rank(position - 1) if position else 0) < len(ordinals):
        chunk = chunk_of(ordinals[rest])
        yield chunk, ordinals & chunk_range(chunk)
        position = (chunk + 1) << CHUNK_BITS


def to_binary(ordinals: BitMap) -> Binary:
    """`ordinals` as a binary field, in the smallest of Roaring's forms."""
    packed = BitMap(ordinals)
    packed.run_optimize()
    return Binary(packed.serialize())


def from_binary(bits: bytes) -> BitMap:
    """The bitmap of a binary field."""
    return BitMap.deserialize(bytes(bits))
