"""Loaders of its own for each operation, also where many share one WebSocket."""

from collections.abc import Iterator
from dataclasses import replace

from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from seggql.graphql.context import Context
from seggql.graphql.loaders import Loaders


class OwnLoaders(SchemaExtension):
    """Gives the operation fresh loaders; only a query's remember what they read."""

    def on_execute(self) -> Iterator[None]:
        """Called by Strawberry once the document is parsed and valid."""
        context: Context = self.execution_context.context
        remembers = self.execution_context.operation_type is OperationType.QUERY
        self.execution_context.context = replace(context, loaders=Loaders(context.hub, remembers=remembers))
        yield
