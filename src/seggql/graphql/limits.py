"""How large an operation may be: tokens, depth, aliases and cost, checked before anything is resolved."""

from collections.abc import Iterator

from graphql import GraphQLError, OperationDefinitionNode
from strawberry.extensions import SchemaExtension

from seggql.graphql.measure import Measure, measure_operation

MAX_TOKENS = 10_000
"""Longest document: parsing this many takes some 50 ms. Rows of data belong into variables, which do not count."""

MAX_DEPTH = 15
"""Deepest nesting of fields; the deepest useful queries of GraphiQL's examples have 8."""

MAX_INTROSPECTION_DEPTH = 20
"""GraphiQL's own introspection query nests `ofType` nine times, and is 15 deep."""

MAX_ALIASES = 100
MAX_COST = 100_000
"""Most fields in an answer, as estimated before it is made; Python resolves about 100,000 in a second."""


class Limits(SchemaExtension):
    """Refuses operations past the limits above; the message names the limit and what to do."""

    def on_operation(self) -> Iterator[None]:
        """Called by Strawberry before the document is parsed."""
        self.execution_context.parse_options["max_tokens"] = MAX_TOKENS
        yield

    def on_validate(self) -> Iterator[None]:
        """Called by Strawberry before it validates; errors set here spare the validation, which can be slow."""
        context = self.execution_context
        document = context.graphql_document
        assert document is not None
        operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        schema = context.schema._schema
        for operation in operations:
            measure = measure_operation(schema, document, operation, context.variables or {})
            if refusal := _refusal(measure):
                context.pre_execution_errors = [GraphQLError(refusal, extensions={"code": "LIMIT_REACHED"})]
                break
        yield


def _refusal(measure: Measure) -> str | None:
    if measure.depth > MAX_DEPTH:
        return f"The operation is {measure.depth} fields deep; the limit is {MAX_DEPTH}. Split it into several."
    if measure.introspection_depth > MAX_INTROSPECTION_DEPTH:
        return f"The introspection is deeper than {MAX_INTROSPECTION_DEPTH} fields."
    if measure.aliases > MAX_ALIASES:
        return f"The operation has {measure.aliases:,} aliases; the limit is {MAX_ALIASES}. Split it into several."
    if measure.cost > MAX_COST:
        return (
            f"The operation may answer with {measure.cost:,} fields; the limit is {MAX_COST:,}. "
            "Ask for fewer with `first`, for fewer fields, or split it into several."
        )
    return None
