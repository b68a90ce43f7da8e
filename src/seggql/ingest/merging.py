"""Merges rows into records, in their order: values replace values by name, null unsets, equal changes nothing."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Generic, TypeVar

from seggql.ingest.attributes import Changes

Id = TypeVar("Id", bound=Hashable)


class Record:
    """A record while rows are merged into it."""

    __slots__ = ("attributes", "changes", "is_new", "stored", "unchanged")

    def __init__(self, stored: Mapping[str, object] | None) -> None:
        self.is_new = stored is None
        self.attributes: Mapping[str, object] = stored or {}
        self.changes: Changes = {}
        self.stored = 0
        self.unchanged = 0

    def merge(self, changes: Changes) -> None:
        """Merge one row in, and count whether it changed the record."""
        if self.is_new and not self.stored and None not in changes.values():
            self.attributes = changes
            self.stored = 1
            return
        is_changed = self.is_new and not self.stored
        attributes = self.attributes = dict(self.attributes)
        for name, value in changes.items():
            if value is None:
                if name in attributes:
                    del attributes[name]
                    self.changes[name] = None
                    is_changed = True
            elif name not in attributes or attributes[name] != value:
                attributes[name] = value
                self.changes[name] = value
                is_changed = True
        if is_changed:
            self.stored += 1
        else:
            self.unchanged += 1


class Merge(Generic[Id]):
    """Records by id, as they stand after the rows merged so far."""

    def __init__(self, stored: Mapping[Id, Mapping[str, object]]) -> None:
        self._stored = stored
        self.records: dict[Id, Record] = {}

    def add(self, id_: Id, changes: Changes) -> None:
        """Merge one row into the record `id_`."""
        record = self.records.get(id_)
        if record is None:
            record = self.records[id_] = Record(self._stored.get(id_))
        record.merge(changes)

    @property
    def new(self) -> Iterable[tuple[Id, Record]]:
        """The records that were not there."""
        return ((id_, record) for id_, record in self.records.items() if record.is_new)

    @property
    def changed(self) -> Iterable[tuple[Id, Record]]:
        """The records that were there and are different now."""
        return ((id_, record) for id_, record in self.records.items() if record.changes and not record.is_new)
