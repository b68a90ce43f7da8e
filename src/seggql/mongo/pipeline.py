"""What a renderer makes: a pipeline over one collection, and what of it is left for the worker."""

from dataclasses import dataclass
from typing import Any

from seggql.query.predicate import Predicate

Stage = dict[str, Any]

Hint = str | dict[str, int]
"""An index, by name or by its keys; NATURAL is the collection itself."""

NATURAL: Hint = {"$natural": 1}


class CoveringIndex(dict[str, int]):
    """The hint of an index that holds all that its pipeline reads, so that no document is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """`stages` over `collection`; where there is a `residue`, they yield candidates with the fields that it needs."""

    collection: str
    stages: tuple[Stage, ...]
    hint: Hint | None = None
    residue: Predicate | None = None

    def then(self, *stages: Stage) -> "Pipeline":
        """The same with more stages at its end."""
        return Pipeline(
            collection=self.collection, stages=(*self.stages, *stages), hint=self.hint, residue=self.residue
        )
