"""Where a condition is decided: over records, or over the items of an array of theirs."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seggql.columns.column import Arrays, Column, Mask, Numbers, Rows, Texts, nested
from seggql.columns.frame import Frame
from seggql.columns.texts import folded
from seggql.errors import InvariantError
from seggql.query.bound import Field, Value
from seggql.query.paths import AnyField, path_of
from seggql.query.values.interpreter import Record


@dataclass(slots=True, kw_only=True, eq=False)
class Scope:
    """A frame with what has been found about it; items know the row of `outer` that each is in."""

    frame: Frame
    outer: "Scope | None" = None
    places: Rows = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    depth: int = 0
    masks: dict[int, Mask | None] = field(default_factory=dict)
    """By the identity of a predicate: where it is true, or None where arrays cannot say it cheaply and exactly."""
    numbers: dict[Value, Numbers | None] = field(default_factory=dict)
    columns: dict[AnyField, Column] = field(default_factory=dict)
    items: dict[Field, "Scope"] = field(default_factory=dict)
    foldings: dict[int, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many records or items."""
        return self.frame.rows

    def column(self, read: AnyField) -> Column:
        """The column of a field, each row's; that of a record around is repeated for its items."""
        known = self.columns.get(read)
        if known is None:
            known = self.columns[read] = self._found(read)
        return known

    def _found(self, read: AnyField) -> Column:
        if depth_of(read) == self.depth:
            return self.frame.column(path_of(read))
        if self.outer is None:
            raise InvariantError(f"No quantifier is around {read}.")
        return self.outer.column(read).take(self.places)

    def items_of(self, array: Field) -> "Scope":
        """The items of an array, one row each."""
        known = self.items.get(array)
        if known is None:
            column = self.column(array)
            if not isinstance(column, Arrays):
                raise InvariantError(f"{array} is no array.")
            known = self.items[array] = Scope(
                frame=Frame(rows=int(column.offsets[-1]), columns=column.items),
                outer=self,
                places=np.repeat(np.arange(self.rows), column.lengths),
                depth=self.depth + 1,
            )
        return known

    def forget_items(self) -> None:
        """Let go of the items: they and this scope know each other, so that its columns would wait for the garbage
        collector, which has few objects to look at here and comes late."""
        for scope in self.items.values():
            scope.forget_items()
        self.items.clear()

    def folded(self, column: Texts) -> Any:
        """The distinct texts of a column of this scope, folded."""
        known = self.foldings.get(id(column))
        if known is None:
            known = self.foldings[id(column)] = folded(column)
        return known

    def reading(self, fields: Collection[AnyField]) -> "Scope":
        """The same rows with no columns but those of `fields`."""
        own = [path_of(read) for read in fields if depth_of(read) == self.depth]
        return Scope(
            frame=self.frame.of(own),
            outer=None if self.outer is None else self.outer.reading(fields),
            places=self.places,
            depth=self.depth,
        )

    def record(self, row: int) -> Record:
        """A row as the interpreter has it."""
        if self.outer is None:
            return self.frame.record(row)
        around = self.outer.record(int(self.places[row]))
        item = nested(self.frame.columns, row)
        return Record(
            attributes=around.attributes, key=around.key, timestamp=around.timestamp, items=(*around.items, item)
        )


def depth_of(read: AnyField) -> int:
    """How many quantifiers are around the record or item that has the field."""
    return read.depth if isinstance(read, Field) else 0
