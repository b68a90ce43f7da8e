"""What answering operators from packs takes, by what packs tell of their parts: nothing is read."""

from collections.abc import Sequence
from math import nan

import numpy as np
from numpy.typing import NDArray

from seggql.columns.column import milliseconds
from seggql.columns.interactions import TIME
from seggql.evaluation.packed.interactions import aggregate_paths
from seggql.evaluation.packed.pack import OpenPack
from seggql.evaluation.packed.scans import scan_paths
from seggql.evaluation.packed.shares import Operator
from seggql.evaluation.packed.unit_costs import GROUPED_US, LOAD_US, SCANNED_US, VALUE_US, WRITTEN_US
from seggql.query.plan import Interval, Scan
from seggql.store.packs import Bound


class PackCosts:
    """What it takes to answer some operators, all over the collection of one pack, from it; each is called by its place
    among them, for hashing operators takes longer than this."""

    def __init__(self, pack: OpenPack, operators: Sequence[Operator]) -> None:
        self._rows = np.array([part.rows for part in pack.head.parts], dtype=np.float64)
        times = [part.columns.get(TIME) for part in pack.head.parts]
        self._least = np.array([_number(time.least if time else None) for time in times])
        self._most = np.array([_number(time.most if time else None) for time in times])
        self._written_us = _written(pack) * WRITTEN_US
        self._parts = np.array([self._needed(one) for one in operators])
        unit_costs = np.array([SCANNED_US if isinstance(one, Scan) else GROUPED_US for one in operators])
        self._tested_us = self._parts @ self._rows * unit_costs
        self._paths = [paths_of(one) for one in operators]

    def us(self, places: Sequence[int] | None = None) -> float:
        """Microseconds that one pass for those at `places`, or for all, takes; the reading is borne by all."""
        if places is None:
            places = range(len(self._paths))
        if not places:
            return 0.0
        chosen = list(places)
        values = (
            self._parts[chosen].any(axis=0) @ self._rows * len(frozenset().union(*(self._paths[n] for n in chosen)))
        )
        return float(LOAD_US + values * VALUE_US + self._tested_us[chosen].sum() + self._written_us)

    def rows_in(self, interval: Interval) -> float:
        """About how many of the packed interactions lie in an interval: those of a part lie even in its time."""
        low, high = _ends(interval)
        length = np.maximum(self._most - self._least, 1.0)
        inside = np.clip(np.minimum(self._most, high) - np.maximum(self._least, low), 0.0, length)
        return float(np.nansum(self._rows * inside / length))

    def _needed(self, operator: Operator) -> "NDArray[np.bool_]":
        """The parts that are read for an operator."""
        if isinstance(operator, Scan) or operator.interval is None:
            return np.ones(len(self._rows), dtype=bool)
        low, high = _ends(operator.interval)
        return (self._most >= low) & (self._least <= high)


def paths_of(operator: Operator) -> frozenset[str]:
    """The columns that an operator reads."""
    return scan_paths([operator]) if isinstance(operator, Scan) else aggregate_paths([operator])


def _ends(interval: Interval) -> tuple[float, float]:
    low = -np.inf if interval.low is None else milliseconds(interval.low)
    return low, np.inf if interval.high is None else milliseconds(interval.high)


def _number(bound: Bound) -> float:
    return nan if bound is None else float(bound)


def _written(pack: OpenPack) -> int:
    """About how many records were written since parts were packed; each batch tells of its profiles."""
    written = {batch.id: batch for part in pack.head.parts for batch in pack.tail(part).batches}
    own = [batch for batch in written.values() if batch.collection == pack.source]
    return sum(len(ordinals) for batch in own for ordinals in batch.touched.values())
