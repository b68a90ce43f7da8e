"""Nouns for tests: fields that fail in every way, lists of numbers, a subscription that counts."""

from collections.abc import AsyncIterator
from typing import Annotated

import strawberry
from pymongo.errors import ServerSelectionTimeoutError

from seggql.errors import (
    InvariantError,
    ProblemCode,
    QueryError,
    QueryProblem,
    RequestCode,
    RequestError,
    UnavailableError,
)
from seggql.graphql.context import Info
from seggql.graphql.errors import REFUSALS, UserError, user_errors
from seggql.graphql.node import Node
from seggql.graphql.noun import Noun
from seggql.graphql.pages import After, Connection, First, connection, decode_cursor, page_size

PROBLEM = QueryProblem(
    code=ProblemCode.UNKNOWN_TYPE, message="No such type.", hint="Contact", line=1, column=9, length=3, excerpt="…"
)
FAILURES: dict[str, Exception] = {
    "query": QueryError((PROBLEM,)),
    "request": RequestError(RequestCode.NAME_TAKEN, "The name is taken.", field=("name",)),
    "unavailable": UnavailableError("The broker does not answer."),
    "mongodb": ServerSelectionTimeoutError("10.0.0.1:27017: secret"),
    "invariant": InvariantError("a secret"),
    "bug": KeyError("a secret"),
}


@strawberry.type
class Number(Node):
    value: int

    @strawberry.field
    async def following(self, info: Info, first: First = 100, after: After = None) -> Connection["Number"]:
        return numbers_after(self.value, first, after)


@strawberry.type
class FailurePayload:
    errors: list[UserError]


@strawberry.type
class TestQuery:
    @strawberry.field
    def failure(self, kind: str) -> str:
        raise FAILURES[kind]

    @strawberry.field
    def length(self, text: str) -> int:
        return len(text)

    @strawberry.field
    def numbers(self, first: First = 100, after: After = None) -> Connection[Number]:
        return numbers_after(0, first, after)

    @strawberry.field
    def other_numbers(self, first: First = 100, after: After = None) -> Connection[Number]:
        return numbers_after(1, first, after)


@strawberry.type
class TestMutation:
    @strawberry.mutation
    def fail(self, kind: Annotated[str, strawberry.argument(description="Which.")]) -> FailurePayload:
        try:
            raise FAILURES[kind]
        except REFUSALS as error:
            return FailurePayload(errors=user_errors(error))


@strawberry.type
class TestSubscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number

    @strawberry.subscription
    async def failing(self, kind: str) -> AsyncIterator[int]:
        yield 1
        raise FAILURES[kind]


def numbers_after(start: int, first: int | None, after: str | None) -> Connection[Number]:
    async def count() -> int:
        return 10

    size = page_size(first)
    begin = decode_cursor(f"numbers:{start}", after, int) if after else start
    rows = list(range(begin + 1, min(begin + size + 1, 10) + 1))
    return connection(
        f"numbers:{start}", rows, size, position=lambda row: row, node=number_node, count=count, after=after
    )


def number_node(value: int) -> Number:
    return Number(id=strawberry.ID(str(value)), value=value)


NOUN = Noun(query=TestQuery, mutation=TestMutation, subscription=TestSubscription, types=(Number,))
