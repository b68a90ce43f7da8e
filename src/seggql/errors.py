"""Every error that seggql raises on purpose.

SeggqlError
├── QueryError             a query text is faulty; carries every problem with its place
├── RequestError           the caller asked for something that cannot be done
├── UnavailableError       a part we depend on (MongoDB, the broker) does not answer; try again
│   ├── MongoDBAway        MongoDB does not answer
│   └── SnapshotExpired    MongoDB no longer keeps the instant that a run reads; start again on a new one
├── SchemaError            the database was written by a newer seggql
├── ExportError
│   ├── DeliveryRejected   the destination will never take this; trying again is useless
│   └── DestinationUnavailable   the destination may take it later
├── PluginError            a plugin broke the exporter contract
└── InvariantError         our bug: logged whole, masked to the caller
"""

from dataclasses import dataclass
from enum import Enum


class SeggqlError(Exception):
    """Root of all errors of seggql: `code` is stable, `retryable` says whether the same call may succeed later."""

    code = "INTERNAL"
    retryable = False


class ProblemCode(Enum):
    """What can be wrong with a query text (language.md, section 5), and WARNING for what is merely suspicious."""

    SYNTAX_ERROR = "SYNTAX_ERROR"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    UNKNOWN_ATTRIBUTE = "UNKNOWN_ATTRIBUTE"
    UNKNOWN_RELATIONSHIP = "UNKNOWN_RELATIONSHIP"
    UNKNOWN_LINK = "UNKNOWN_LINK"
    UNKNOWN_SEGMENT = "UNKNOWN_SEGMENT"
    TYPE_MISMATCH = "TYPE_MISMATCH"
    BAD_LITERAL = "BAD_LITERAL"
    BAD_PATTERN = "BAD_PATTERN"
    RELATIONSHIP_NOT_CONNECTED = "RELATIONSHIP_NOT_CONNECTED"
    SET_TYPE_MISMATCH = "SET_TYPE_MISMATCH"
    OUTPUT_TYPE_MISMATCH = "OUTPUT_TYPE_MISMATCH"
    HAVING_NEVER_EMPTY = "HAVING_NEVER_EMPTY"
    NOT_ALLOWED_HERE = "NOT_ALLOWED_HERE"
    SEGMENT_CYCLE = "SEGMENT_CYCLE"
    QUERY_TOO_LARGE = "QUERY_TOO_LARGE"
    WARNING = "WARNING"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryProblem:
    """One thing wrong, or suspicious, in a query text.

    `line` and `column` count from 1, `column` and `length` in code points; `excerpt` is the line with a caret under
    the place; `hint` says what was expected, or the nearest known name.
    """

    code: ProblemCode
    message: str
    hint: str | None = None
    line: int
    column: int
    length: int
    excerpt: str

    def __str__(self) -> str:
        hint = f"\nHint: {self.hint}" if self.hint else ""
        return f"{self.code.value} at line {self.line}, column {self.column}: {self.message}\n{self.excerpt}{hint}"


class QueryError(SeggqlError):
    """A query text that cannot be used: nothing was stored and nothing reached the database."""

    code = "QUERY_INVALID"

    def __init__(self, problems: tuple[QueryProblem, ...]) -> None:
        super().__init__("\n\n".join(str(problem) for problem in problems))
        self.problems = problems


class RequestCode(Enum):
    """Why a request was refused; the same names as UserErrorCode of the API."""

    INVALID = "INVALID"
    NAME_TAKEN = "NAME_TAKEN"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    LOCKED = "LOCKED"
    IN_USE = "IN_USE"
    CYCLE = "CYCLE"
    LIMIT_REACHED = "LIMIT_REACHED"
    NOT_ALLOWED = "NOT_ALLOWED"


class RequestError(SeggqlError):
    """The caller asked for something that cannot be done; `field` is the path of the input that is at fault."""

    def __init__(self, code: RequestCode, message: str, *, field: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.code = code.value
        self.field = field


class UnavailableError(SeggqlError):
    """A part that seggql depends on does not answer: MongoDB or the broker."""

    code = "UNAVAILABLE"
    retryable = True


class MongoDBAway(UnavailableError):
    """MongoDB does not answer."""


class SnapshotExpired(UnavailableError):
    """MongoDB no longer keeps the instant that a run reads: what is unfinished starts again on a new one."""

    code = "SNAPSHOT_EXPIRED"


class SchemaError(SeggqlError):
    """The collections of the database are newer than this code, which therefore leaves them alone."""

    code = "SCHEMA_NEWER"


class ExportError(SeggqlError):
    """A delivery failed; raised by exporter plugins, which see it as `seggql.exporter.ExportError`."""

    code = "EXPORT_FAILED"


class DeliveryRejected(ExportError):
    """The destination refuses this delivery for good: bad options, no permission, wrong format."""

    code = "DELIVERY_REJECTED"


class DestinationUnavailable(ExportError):
    """The destination did not answer or asks to come back later."""

    code = "DESTINATION_UNAVAILABLE"
    retryable = True


class PluginError(SeggqlError):
    """A plugin cannot be loaded or broke the exporter contract."""

    code = "PLUGIN_FAILED"


class InvariantError(SeggqlError):
    """Something that cannot happen did: a bug of seggql."""
