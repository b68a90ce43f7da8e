"""Bitmaps made from truths are those of the ordinals one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from seggql.columns.bitmaps import bitmap_of, bitmap_of_ordinals, bitmap_of_rows

FIRSTS = st.sampled_from([0, 1, 65_535, 65_536, 70_000, 2**31 - 5, 2**32 - 200_000])


@given(
    first=FIRSTS,
    rows=st.sampled_from([0, 1, 7, 4_096, 65_536, 65_537, 199_999]),
    share=st.sampled_from([0, 0.0001, 0.06, 0.0626, 0.5, 1]),
    seed=st.integers(0, 99),
)
def test_a_mask_from_anywhere(first: int, rows: int, share: float, seed: int) -> None:
    mask = np.random.default_rng(seed).random(rows) < share
    expected = BitMap([first + place for place in np.flatnonzero(mask).tolist()])

    assert bitmap_of(mask, first) == expected
    assert BitMap.deserialize(bitmap_of(mask, first).serialize()) == expected


@given(first=FIRSTS, gap=st.sampled_from([1, 2, 3, 500]), rows=st.sampled_from([0, 1, 5, 399]), seed=st.integers(0, 99))
def test_rows_of_ordinals_with_gaps(first: int, gap: int, rows: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    ordinals = (first + np.cumsum(random.integers(1, gap + 1, rows))).astype(np.uint32)
    mask = random.random(rows) < 0.5

    assert bitmap_of_rows(mask, ordinals) == BitMap(ordinals[mask].tolist())
    assert bitmap_of_ordinals(ordinals[mask]) == BitMap(ordinals[mask].tolist())


@pytest.mark.parametrize("count", [4_095, 4_096, 4_097])
def test_around_the_size_from_which_containers_are_bits(count: int) -> None:
    mask = np.arange(65_536) % 16 == 0
    mask[0], mask[1] = count >= 4_096, count > 4_096

    assert np.count_nonzero(mask) == count
    assert bitmap_of(mask, 65_536) == BitMap((np.flatnonzero(mask) + 65_536).tolist())
