"""What an exporter is: the classes that a plugin implements and the values it is given."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import pyarrow as pa
from pydantic import BaseModel


class ExportMode(Enum):
    """FULL delivers every member; DELTA delivers who entered and who left since the last delivery."""

    FULL = "FULL"
    DELTA = "DELTA"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExporterConfig:
    """What the process that runs exporters lets them use."""

    export_dir: Path
    """The only folder below which an exporter may write files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One segment's members on their way to one destination.

    `schema` has a column for each exported field: BOOLEAN bool, INT int32, LONG int64, DOUBLE double, DATETIME
    timestamp in milliseconds UTC, STRING, GUID and DECIMAL string (decimals keep every digit so), arrays list, OBJECT
    struct. Missing values are null. `expected` is the number of members in the generation. `run_id` is the same when
    a delivery is tried again: use it to be idempotent.
    """

    run_id: str
    export: str
    segment: str
    generation: int
    profile_type: str
    mode: ExportMode
    as_of: datetime
    expected: int
    schema: pa.Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedMember:
    """A member that the destination refused for good; `row` counts within the batch, from 0."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What stands at the destination now: where, how many bytes, and their SHA-256 in hexadecimal where it is known."""

    location: str
    bytes: int
    checksum: str | None = None


class Writer(Protocol):
    """An open delivery. Nothing of it may be visible at the destination as complete before `commit` returns."""

    async def write(self, batch: pa.RecordBatch) -> Sequence[RejectedMember]:
        """Take a batch of members, at most 10,000 rows; return those that are refused for good.

        Raises: ExportError.
        """
        ...

    async def commit(self) -> Receipt:
        """Make the delivery complete. Raises: ExportError."""
        ...

    async def abort(self) -> None:
        """Leave nothing behind; called instead of `commit` when anything failed, also twice."""
        ...


Options = TypeVar("Options", bound=BaseModel)


class Exporter(ABC, Generic[Options]):
    """A way of carrying members somewhere. One instance serves many deliveries, also at once: keep no state in it."""

    name: ClassVar[str]
    """Identifier, `[a-z][a-z0-9_-]*`; destinations are stored with it: never change it."""
    display_name: ClassVar[str]
    description: ClassVar[str]
    version: ClassVar[str]
    modes: ClassVar[frozenset[ExportMode]] = frozenset({ExportMode.FULL})
    options_model: ClassVar[type[BaseModel]]
    """A pydantic model of a destination's options; fields of type SecretStr are never shown again."""

    @abstractmethod
    async def check(self, options: Options) -> None:
        """See whether the destination can be reached and would take a delivery, without leaving anything there.

        Raises: DeliveryRejected, DestinationUnavailable.
        """

    @abstractmethod
    async def open(self, delivery: Delivery, options: Options) -> Writer:
        """Begin a delivery. Raises: DeliveryRejected, DestinationUnavailable."""


AnyExporter = Exporter[Any]
"""Any exporter: each has options of its own."""
