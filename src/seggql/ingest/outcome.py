"""What became of rows: every row is counted once, and every rejected one has its reason."""

from dataclasses import dataclass
from enum import Enum

from seggql.errors import InvariantError


class RejectionCode(Enum):
    """Why a row was rejected."""

    BAD_JSON = "BAD_JSON"
    BAD_ROW = "BAD_ROW"
    BAD_KEY = "BAD_KEY"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    UNKNOWN_ATTRIBUTE = "UNKNOWN_ATTRIBUTE"
    UNKNOWN_LINK = "UNKNOWN_LINK"
    WRONG_TYPE = "WRONG_TYPE"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    BAD_TEXT = "BAD_TEXT"
    NULL_IN_ARRAY = "NULL_IN_ARRAY"
    MISSING = "MISSING"
    ROW_TOO_LARGE = "ROW_TOO_LARGE"
    ID_CONFLICT = "ID_CONFLICT"


class BadRow(Exception):
    """A row, or a value in it, cannot be taken; `field` is the path inside the row, outermost first."""

    def __init__(self, code: RejectionCode, message: str, *field: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = field

    def within(self, *outer: str) -> "BadRow":
        """The same, seen from further out."""
        return BadRow(self.code, str(self), *outer, *self.field)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A rejected row: its number from 0 in what was sent, why, and the path in it that is at fault."""

    index: int
    code: RejectionCode
    message: str
    field: str | None = None


def rejection(index: int, bad: BadRow) -> Rejection:
    """The rejection of row `index` for the reason `bad`."""
    return Rejection(index=index, code=bad.code, message=str(bad), field=".".join(bad.field) or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOutcome:
    """What became of rows that were sent to be stored; `received` is always the sum of the others."""

    received: int = 0
    stored: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejections: tuple[Rejection, ...] = ()

    def __post_init__(self) -> None:
        if self.received != self.stored + self.unchanged + self.rejected or self.rejected < len(self.rejections):
            raise InvariantError(f"rows went missing: {self}")

    def __add__(self, other: "IngestOutcome") -> "IngestOutcome":
        return IngestOutcome(
            received=self.received + other.received,
            stored=self.stored + other.stored,
            unchanged=self.unchanged + other.unchanged,
            rejected=self.rejected + other.rejected,
            rejections=self.rejections + other.rejections,
        )

    def counts(self) -> "IngestOutcome":
        """The same without the rejections themselves, to add up over a stream of any length."""
        return IngestOutcome(
            received=self.received, stored=self.stored, unchanged=self.unchanged, rejected=self.rejected
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveOutcome:
    """What became of rows that named something to remove; `received` is always the sum of the others."""

    received: int = 0
    removed: int = 0
    unknown: int = 0
    rejected: int = 0
    rejections: tuple[Rejection, ...] = ()

    def __post_init__(self) -> None:
        if self.received != self.removed + self.unknown + self.rejected or self.rejected != len(self.rejections):
            raise InvariantError(f"rows went missing: {self}")

    def __add__(self, other: "RemoveOutcome") -> "RemoveOutcome":
        return RemoveOutcome(
            received=self.received + other.received,
            removed=self.removed + other.removed,
            unknown=self.unknown + other.unknown,
            rejected=self.rejected + other.rejected,
            rejections=self.rejections + other.rejections,
        )
