"""Documents that come again are parsed and validated once.

A frontend sends the same few documents with other variables; parsing and validating one takes as long as resolving
a hundred fields.
"""

from collections.abc import Iterator
from contextlib import suppress

from graphql import GraphQLError
from strawberry.extensions import ParserCache, ValidationCache

KEPT = 256
"""Documents that are remembered, the most recent ones."""

LONGEST_KEPT = 16_384
"""Characters; what a program writes with its values inside is longer, does not come again, and would fill memory."""


class ParsedOnce(ParserCache):
    """Remembers parsed documents; `Limits` must come before it, which says how many tokens may be."""

    def __init__(self) -> None:
        super().__init__(maxsize=KEPT)

    def on_parse(self) -> Iterator[None]:
        """Called by Strawberry with the text of the document."""
        context = self.execution_context
        if context.query and len(context.query) <= LONGEST_KEPT:
            with suppress(GraphQLError):  # Strawberry, left without a document, parses it again and tells the caller
                context.graphql_document = self.cached_parse_document(context.query, **context.parse_options)
        yield


class ValidatedOnce(ValidationCache):
    """Remembers what was wrong with a document; `Limits` must come before it: they also look at the variables."""

    def __init__(self) -> None:
        super().__init__(maxsize=KEPT)

    def on_validate(self) -> Iterator[None]:
        """Called by Strawberry with the parsed document."""
        is_kept = len(self.execution_context.query or "") <= LONGEST_KEPT
        if is_kept and self.execution_context.pre_execution_errors is None:
            yield from super().on_validate()
        else:
            yield
