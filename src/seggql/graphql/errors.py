"""Errors as callers see them: typed in the payloads of mutations, with extensions on queries.

A mutation catches `REFUSALS` and answers with `user_errors(error)`; a query lets errors fly, and the schema calls
`tell_caller` on each.
"""

import logging
from enum import Enum
from typing import assert_never
from uuid import uuid4

import strawberry
from graphql import GraphQLError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from seggql import errors
from seggql.catalog.names import shown
from seggql.errors import InvariantError, QueryError, RequestCode, RequestError, SeggqlError, UnavailableError
from seggql.store.outage import OUTAGES, outage

logger = logging.getLogger(__name__)

Refusal = QueryError | RequestError | UnavailableError

REFUSALS: tuple[type[Exception], ...] = (QueryError, RequestError, UnavailableError, *OUTAGES)
"""What a mutation answers with typed errors; anything else is a bug, and flies on to be logged and masked."""

HALF_A_CHARACTER = (
    "A text in the input holds half of a surrogate pair, which is no character. Remove it; it often comes from text "
    "that was cut in the middle of an emoji."
)
"""JSON can write it, UTF-8 and so MongoDB cannot; rows and query texts are refused with their place before that."""

BAD_REQUEST = "BAD_REQUEST"
"""The code of what is wrong with a request or its GraphQL document."""

QueryProblemCode = errors.ProblemCode
strawberry.enum(
    QueryProblemCode, name="QueryProblemCode", description="What can be wrong, or suspicious, in a query text."
)


@strawberry.enum(description="Why a mutation was refused.")
class UserErrorCode(Enum):
    """The codes of RequestError, QUERY_INVALID for query texts, UNAVAILABLE for what may work later."""

    INVALID = strawberry.enum_value("INVALID", description="The input is wrong; the message says what.")
    QUERY_INVALID = strawberry.enum_value("QUERY_INVALID", description="The query text is faulty; see `position`.")
    NAME_TAKEN = strawberry.enum_value("NAME_TAKEN", description="Another object has this name.")
    NOT_FOUND = strawberry.enum_value("NOT_FOUND", description="There is no such object.")
    CONFLICT = strawberry.enum_value("CONFLICT", description="Somebody else wrote since it was read.")
    LOCKED = strawberry.enum_value("LOCKED", description="It is in use and may not change now.")
    IN_USE = strawberry.enum_value("IN_USE", description="Something else depends on it.")
    CYCLE = strawberry.enum_value("CYCLE", description="A segment would depend on itself.")
    LIMIT_REACHED = strawberry.enum_value("LIMIT_REACHED", description="There are already as many as are allowed.")
    NOT_ALLOWED = strawberry.enum_value("NOT_ALLOWED", description="This object does not allow it.")
    UNAVAILABLE = strawberry.enum_value("UNAVAILABLE", description="A part does not answer; try again later.")


@strawberry.type(description="One thing wrong, or suspicious, in a query text.")
class QueryProblem:
    """The GraphQL form of `seggql.errors.QueryProblem`."""

    code: QueryProblemCode = strawberry.field(description="What kind of problem it is.")
    message: str = strawberry.field(description="What is wrong, for people.")
    hint: str | None = strawberry.field(description="What was expected, or the nearest known name.")
    line: int = strawberry.field(description="Line in the query text, from 1.")
    column: int = strawberry.field(description="Column in the line, in code points, from 1.")
    length: int = strawberry.field(description="Length of the faulty part, in code points.")
    excerpt: str = strawberry.field(description="The line with a caret under the faulty part.")


@strawberry.type(description="Why a mutation was refused.")
class UserError:
    """One reason; a faulty query text gives one for each problem."""

    code: UserErrorCode = strawberry.field(description="The reason, for programs.")
    message: str = strawberry.field(description="The reason and what to do, for people.")
    field: list[str] | None = strawberry.field(description="Path of the input field that is at fault, where one is.")
    position: QueryProblem | None = strawberry.field(description="The place in the query text, where that is at fault.")


def query_problem(problem: errors.QueryProblem) -> QueryProblem:
    """The GraphQL form of a problem of a query text."""
    return QueryProblem(
        code=problem.code,
        message=problem.message,
        hint=problem.hint,
        line=problem.line,
        column=problem.column,
        length=problem.length,
        excerpt=problem.excerpt,
    )


def user_errors(error: Exception) -> list[UserError]:
    """What a mutation's payload says of `error`, one of REFUSALS; other errors are raised again."""
    refusal = _refusal(error)
    match refusal:
        case None:
            raise error
        case QueryError():
            return [_query_user_error(problem) for problem in refusal.problems]
        case RequestError():
            return [_user_error(UserErrorCode(refusal.code), str(refusal), refusal.field)]
        case UnavailableError():
            return [_user_error(UserErrorCode.UNAVAILABLE, str(refusal), ())]
        case _:
            assert_never(refusal)


def tell_caller(error: GraphQLError) -> None:
    """Rewrite an error of an operation, in place, into what its caller may know.

    Errors of seggql get `extensions.code` (and `field`, `retryable`, `problems`); the server's own faults are logged
    whole under an id and masked; errors of the GraphQL document itself stay as they are.
    """
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if cause is None:
        error.extensions = {"code": BAD_REQUEST} | (error.extensions or {})
    elif message := unrunnable(cause):
        error.message = message
        error.extensions = {"code": BAD_REQUEST}
    elif isinstance(cause, RecursionError):
        error.message = "The document is nested too deeply."
        error.extensions = {"code": BAD_REQUEST}
    elif isinstance(cause, UnicodeEncodeError):
        _show(error, RequestError(RequestCode.INVALID, HALF_A_CHARACTER))
    elif isinstance(cause, OUTAGES):
        logger.warning("unavailable path=%s error=%s", error.path, type(cause).__name__)
        _show(error, outage(cause))
    elif isinstance(cause, SeggqlError) and not isinstance(cause, InvariantError):
        _show(error, cause)
    else:
        _mask(error, cause)


def unrunnable(cause: BaseException | None) -> str | None:
    """What to say where `cause` is what Strawberry raises for a request without an operation that it can run."""
    match cause:
        case MissingQueryError():
            return "There is no operation: send the GraphQL document as `query`."
        case CannotGetOperationTypeError(operation_name=None):
            return "The document has no operation, only fragments."
        case CannotGetOperationTypeError(operation_name=str() as name):
            return f"The document has no operation called {shown(name)}: `operationName` must name one that it has."
        case InvalidOperationTypeError(operation_type=OperationType.SUBSCRIPTION):
            return "A subscription needs a WebSocket (graphql-transport-ws): one HTTP answer cannot hold it."
        case _:
            return None


def _refusal(error: Exception) -> Refusal | None:
    if isinstance(error, OUTAGES):
        logger.warning("unavailable error=%s", type(error).__name__)
        return outage(error)
    return error if isinstance(error, QueryError | RequestError | UnavailableError) else None


def _query_user_error(problem: errors.QueryProblem) -> UserError:
    return UserError(
        code=UserErrorCode.CYCLE if problem.code is QueryProblemCode.SEGMENT_CYCLE else UserErrorCode.QUERY_INVALID,
        message=problem.message,
        field=["query"],
        position=query_problem(problem),
    )


def _user_error(code: UserErrorCode, message: str, field: tuple[str, ...]) -> UserError:
    return UserError(code=code, message=message, field=list(field) or None, position=None)


def _show(error: GraphQLError, cause: SeggqlError) -> None:
    error.message = str(cause)
    error.extensions = {"code": cause.code, "retryable": cause.retryable}
    match cause:
        case QueryError():
            error.extensions["problems"] = [_as_json(problem) for problem in cause.problems]
        case RequestError() if cause.field:
            error.extensions["field"] = list(cause.field)


def _as_json(problem: errors.QueryProblem) -> dict[str, str | int | None]:
    return {
        "code": problem.code.value,
        "message": problem.message,
        "hint": problem.hint,
        "line": problem.line,
        "column": problem.column,
        "length": problem.length,
        "excerpt": problem.excerpt,
    }


def _mask(error: GraphQLError, cause: Exception) -> None:
    error_id = uuid4().hex[:12]
    logger.error("internal error id=%s path=%s", error_id, error.path, exc_info=cause)
    error.message = f"Internal error. The server's log has it under the id {error_id}."
    error.extensions = {"code": "INTERNAL", "id": error_id}
