"""The schema: every noun, merged."""

from collections.abc import Iterable, Mapping

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.graphql import OperationType

from seggql.graphql import about, jobs, node, queries, subscriptions
from seggql.graphql.catalog import definitions, types
from seggql.graphql.context import NodeRead
from seggql.graphql.documents import ParsedOnce, ValidatedOnce
from seggql.graphql.errors import tell_caller
from seggql.graphql.exports import destinations, export
from seggql.graphql.exports import mutations as export_mutations
from seggql.graphql.exports import runs as export_runs
from seggql.graphql.limits import Limits
from seggql.graphql.noun import Noun
from seggql.graphql.operation import OwnLoaders
from seggql.graphql.profiles import ingest, interactions, profile
from seggql.graphql.scalars import SCALARS
from seggql.graphql.segments import lists, member_mutations, mutations, refresh_mutations, schedules

NOUNS: tuple[Noun, ...] = (
    *(node.NOUN, about.NOUN),
    *(types.NOUN, definitions.NOUN),
    *(profile.NOUN, interactions.NOUN, ingest.NOUN),
    *(lists.NOUN, mutations.NOUN, member_mutations.NOUN, refresh_mutations.NOUN, schedules.NOUN),
    *(queries.NOUN, jobs.NOUN, subscriptions.NOUN),
    *(destinations.NOUN, export.NOUN, export_mutations.NOUN, export_runs.NOUN),
)
"""Every noun of the API; a noun that is not here is not in the schema."""


class Schema(strawberry.Schema):
    """Strawberry's schema, with errors told as `seggql.graphql.errors` says."""

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, object] | None = None,
        context_value: object = None,
        root_value: object = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, object] | None = None,
    ) -> ExecutionResult:
        """Called by Strawberry for one answer, which a subscription is not: those need a socket or a stream."""
        allowed = set(allowed_operation_types or OperationType) - {OperationType.SUBSCRIPTION}
        return await super().execute(
            query, variable_values, context_value, root_value, operation_name, allowed, operation_extensions
        )

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Called by Strawberry with the errors of each result, before it is sent."""
        for error in errors:
            tell_caller(error)


def make_schema(nouns: tuple[Noun, ...] = NOUNS) -> Schema:
    """The schema of `nouns`."""
    query = _root("Query", "What can be read.", *(noun.query for noun in nouns))
    assert query is not None, "at least one noun has a query"
    return Schema(
        query=query,
        mutation=_root("Mutation", "What can be changed.", *(noun.mutation for noun in nouns)),
        subscription=_root("Subscription", "What can be watched.", *(noun.subscription for noun in nouns)),
        types=[type_ for noun in nouns for type_ in noun.types],
        extensions=[Limits, ParsedOnce, ValidatedOnce, OwnLoaders],
        config=StrawberryConfig(scalar_map=SCALARS),
    )


def node_reads(nouns: tuple[Noun, ...] = NOUNS) -> Mapping[str, NodeRead]:
    """How `node(id)` finds the objects of each type."""
    return {kind: read for noun in nouns for kind, read in noun.nodes.items()}


def print_schema() -> str:
    """The schema as text, as `schema.graphql` keeps it."""
    return make_schema().as_str() + "\n"


def _root(name: str, description: str, *parts: type | None) -> type | None:
    classes = tuple(part for part in parts if part is not None)
    return strawberry.type(type(name, classes, {}), description=description) if classes else None
