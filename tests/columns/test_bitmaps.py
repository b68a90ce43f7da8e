"""Bitmaps made of arrays and masks are those that adding each ordinal makes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from seggql.columns.bitmaps import CHUNK, bitmap_of, bitmap_of_mask, mask_of_bitmap

ordinals = st.lists(
    st.one_of(st.integers(0, 2**32 - 1), st.integers(0, 200), st.integers(CHUNK - 3, CHUNK + 3)), max_size=200
)


@given(ordinals)
def test_a_bitmap_of_an_array_holds_its_ordinals(found: list[int]) -> None:
    assert bitmap_of(np.array(found, dtype=np.int64)) == BitMap(found)


@pytest.mark.parametrize("count", [0, 1, 4_095, 4_096, 4_097, CHUNK - 1, CHUNK])
def test_containers_of_every_size_are_read_back(count: int) -> None:
    chosen = np.sort(np.random.default_rng(count).permutation(CHUNK)[:count]) + 3 * CHUNK
    expected = BitMap(chosen.tolist())
    mask = np.zeros(2 * CHUNK, dtype=bool)
    mask[chosen - 2 * CHUNK] = True
    assert bitmap_of(chosen) == expected
    assert bitmap_of_mask(mask, 2 * CHUNK) == expected
    assert BitMap.deserialize(bitmap_of_mask(mask, 2 * CHUNK).serialize()) == expected
    assert np.array_equal(mask_of_bitmap(expected, 2 * CHUNK, 2 * CHUNK), mask)


@pytest.mark.parametrize("size", [0, 1, 100, CHUNK - 1, CHUNK + 1, 3 * CHUNK + 5])
def test_masks_may_end_anywhere(size: int) -> None:
    mask = np.random.default_rng(size).random(size) < 0.3
    assert bitmap_of_mask(mask) == BitMap(np.flatnonzero(mask).tolist())
    assert np.array_equal(mask_of_bitmap(bitmap_of_mask(mask), 0, size), mask)


def test_bitmaps_made_so_take_part_in_set_algebra() -> None:
    rng = np.random.default_rng(7)
    one, other = (rng.random(200_000) < share for share in (0.5, 0.01))
    left, right = bitmap_of_mask(one), bitmap_of_mask(other)
    assert left & right == bitmap_of_mask(one & other)
    assert left | right == bitmap_of_mask(one | other)
    assert left - right == bitmap_of_mask(one & ~other)
