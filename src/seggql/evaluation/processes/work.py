"""What a worker asks of the processes it started, and what they answer."""

from dataclasses import dataclass

from pyroaring import BitMap

from seggql.catalog.model import Catalog
from seggql.evaluation.cost import Cost
from seggql.evaluation.packed.shares import Share
from seggql.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A share to be evaluated at `snapshot`."""

    catalog: Catalog
    snapshot: Snapshot
    share: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What each operator of the share finds, in their order, and what was read for it."""

    found: list[BitMap]
    cost: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The share could not be evaluated, for this reason."""

    reason: str
