"""Loaders and a span of its own for each operation, also where many share one WebSocket."""

from collections.abc import Iterator
from dataclasses import replace

from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from seggql.graphql.context import Context
from seggql.graphql.loaders import Loaders
from seggql.tracing import span


class OwnLoaders(SchemaExtension):
    """Gives the operation fresh loaders; only a query's remember what they read."""

    def on_execute(self) -> Iterator[None]:
        """Called by Strawberry once the document is parsed and valid."""
        context: Context = self.execution_context.context
        remembers = self.execution_context.operation_type is OperationType.QUERY
        self.execution_context.context = replace(context, loaders=Loaders(context.hub, remembers=remembers))
        if self.execution_context.operation_type is OperationType.SUBSCRIPTION:
            yield  # it lives as long as its socket; what it leads to is traced by itself
            return
        kind = self.execution_context.operation_type.value
        with span(f"graphql {kind}", {"graphql.operation.name": self.execution_context.operation_name or ""}):
            yield
