"""Indexes that are not there and that the operators of plans would be quicker with, by samples of their collections."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

import bson

from seggql.catalog.model import Attribute, InteractionType, ProfileType
from seggql.columns.groups import fields_grouped
from seggql.evaluation.access import SELECTIVE, SMALL
from seggql.evaluation.records import document_test
from seggql.evaluation.run import Run
from seggql.mongo.access import is_covered_by, render_sample
from seggql.mongo.aggregate import interactions_collection, link_path
from seggql.mongo.exactness import split
from seggql.mongo.indexable import indexable_parts
from seggql.mongo.needs import projection
from seggql.mongo.scan import profiles_collection
from seggql.query.paths import outermost, path_of
from seggql.query.plan import Aggregate, Interval, Scan
from seggql.query.planning.estimates import FETCHED_US, SCANNED_US
from seggql.query.predicate import Predicate
from seggql.store.collections import Keys, indexes_of, new_indexes

SAMPLED = 2_000
"""Documents of a collection that are looked at: a share of 1 percent is seen as one between 0.6 and 1.5."""

KEY_US = 0.43
"""An index key read without its document; as long as a document scanned."""

ENTRY_BYTES, TIME_BYTES, ORDINAL_BYTES = 10, 8, 3
"""What a key takes beside its value, and the second field of it (measured with a million keys made at once)."""

Operator = Scan | Aggregate
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedIndex:
    """An index over `path` of a type, and how many documents it is over and bytes it takes, about."""

    record_type: ProfileType | InteractionType
    path: str
    documents: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What an index does for an operator: microseconds without and with it, and the share of documents it leaves."""

    operator: Operator
    index: WantedIndex
    before_us: float
    after_us: float
    share: float


async def wanted_indexes(operators: Mapping[Operator, float | None], run: Run) -> list[Gain]:
    """What new indexes would do for operators over large collections; those that gain nothing are left out.

    Beside each operator stands how many profiles it is asked about where what was found before restricts it: it reads
    those then, if that is less. Relationships are read by their ends, so that no index of their fields is wanted.
    """
    gains = []
    for record_type, collection, asked in _by_type(operators, run):
        documents = await run.sources.statistics(collection)
        paths = {path for operator in asked for path in _paths(operator)}
        if documents <= SMALL or not paths:
            continue
        rows = [row async for row in run.rows(render_sample(collection, SAMPLED, outermost({*paths, "t"})))]
        for operator in asked:
            sampled = _Sampled(record_type, documents, rows, operator)
            gains += [gain for path in sorted(_paths(operator)) if (gain := sampled.gain(path, operators[operator]))]
    return gains


class _Sampled:
    """An operator over a sample of its collection."""

    def __init__(
        self, record_type: ProfileType | InteractionType, documents: int, rows: Sequence[Document], operator: Operator
    ) -> None:
        self._type = record_type
        self._documents = documents
        self._rows = rows
        self._operator = operator
        self._parts = indexable_parts(split(operator.predicate).exact)

    def gain(self, path: str, restricted: float | None) -> Gain | None:
        """What an index over `path` does for the operator, which reads it; None where that is nothing."""
        added = new_indexes(marked(self._type, path), self._type)
        before = self._before_us() if restricted is None else min(self._before_us(), restricted * FETCHED_US)
        if self._is_covered(added):
            share, cost_us = self._window_share(), KEY_US
        elif path not in self._parts or path not in {keys[0] for keys in added}:
            return None
        else:
            share, cost_us = 1.0, FETCHED_US
        share *= self._share(self._parts[path]) if path in {keys[0] for keys in added} else 1.0
        after = self._documents * share * cost_us
        if after >= before or (cost_us == FETCHED_US and share > SELECTIVE):
            return None
        index = WantedIndex(
            record_type=self._type, path=path, documents=self._documents, bytes=len(added) * self._bytes(path)
        )
        return Gain(operator=self._operator, index=index, before_us=before, after_us=after, share=share)

    def _before_us(self) -> float:
        """By the best index that there is, or from all documents."""
        there = indexes_of(self._type)
        window, every = self._window_share(), self._documents * SCANNED_US
        if self._is_covered(there):
            return min(every, self._documents * window * KEY_US)
        first = {keys[0] for keys in there}
        shares = [window, *(self._share(part) for path, part in self._parts.items() if path in first)]
        return min(every, *(self._documents * share * FETCHED_US for share in shares if share <= SELECTIVE), every)

    def _is_covered(self, indexes: Sequence[Keys]) -> bool:
        """Whether one of `indexes` holds all that the operator reads."""
        operator = self._operator
        exact = split(operator.predicate)
        if exact.residue is not None:
            return False
        if isinstance(operator, Scan):
            read = frozenset(projection(operator.predicate))
            return any(keys[-1] == "_id" and is_covered_by(exact.exact, frozenset(keys), read) for keys in indexes)
        read = frozenset(projection(operator.predicate, operator.having))
        by_time = [keys for keys in indexes if keys[:2] == ("t", link_path(operator))]
        return any(is_covered_by(exact.exact, frozenset(keys), read) for keys in by_time)

    def _share(self, predicate: Predicate) -> float:
        holds = document_test(predicate)
        return sum(map(holds, self._rows)) / max(1, len(self._rows))

    def _window_share(self) -> float:
        interval = self._operator.interval if isinstance(self._operator, Aggregate) else None
        if interval is None:
            return 1.0
        return sum(_is_inside(row.get("t"), interval) for row in self._rows) / max(1, len(self._rows))

    def _bytes(self, path: str) -> int:
        """Equal values lie side by side and are kept once, so that what counts is how many differ."""
        values = [bson.encode({"": _value(row, path.split("."))}) for row in self._rows]
        differing = len(set(values)) / max(1, len(values))
        value = sum(map(len, values)) / max(1, len(values)) - len(bson.encode({"": None}))
        second = ORDINAL_BYTES if isinstance(self._type, ProfileType) else TIME_BYTES
        return round(self._documents * (ENTRY_BYTES + second + differing * value))


def _by_type(
    operators: Iterable[Operator], run: Run
) -> Iterator[tuple[ProfileType | InteractionType, str, list[Operator]]]:
    found: dict[str, list[Operator]] = {}
    for operator in operators:
        of = profiles_collection(operator.profile_type) if isinstance(operator, Scan) else None
        found.setdefault(of or interactions_collection(cast(Aggregate, operator)), []).append(operator)
    for collection, asked in found.items():
        first = asked[0]
        record_type = (
            run.catalog.profile_types.get(first.profile_type)
            if isinstance(first, Scan)
            else run.catalog.interaction_types.get(first.interaction)
        )
        if record_type is not None:
            yield record_type, collection, asked


def _paths(operator: Operator) -> frozenset[str]:
    """The attributes that an index would serve the operator by: what it demands of them alone, or what HAVING reads."""
    read = set(indexable_parts(split(operator.predicate).exact))
    if isinstance(operator, Aggregate):
        read |= {path_of(field) for field in fields_grouped([operator.having])}
    return frozenset(path for path in read if path.startswith("a."))


def marked(record_type: ProfileType | InteractionType, path: str) -> ProfileType | InteractionType:
    """The type with the attribute at `path` marked isIndexed."""
    return replace(record_type, attributes=_marked(record_type.attributes, path.split(".")[1:]))


def _marked(attributes: tuple[Attribute, ...], names: Sequence[str]) -> tuple[Attribute, ...]:
    return tuple(
        attribute
        if attribute.name != names[0]
        else replace(attribute, attributes=_marked(attribute.attributes, names[1:]))
        if len(names) > 1
        else replace(attribute, is_indexed=True)
        for attribute in attributes
    )


def _is_inside(at: object, interval: Interval) -> bool:
    if not isinstance(at, datetime):
        return False
    after = interval.low is None or (at > interval.low if interval.excludes_low else at >= interval.low)
    return after and (interval.high is None or at <= interval.high)


def _value(row: Document, path: Sequence[str]) -> Any:
    value: Any = row
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
