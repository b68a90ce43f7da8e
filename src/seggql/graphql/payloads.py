"""Payloads that mutations of several nouns answer with."""

import strawberry

from seggql.graphql.errors import UserError


@strawberry.type(description="What was deleted, or why not.")
class DeletePayload:
    """What every mutation that deletes answers."""

    deleted_ids: list[strawberry.ID] = strawberry.field(description="Ids of what is gone.")
    errors: list[UserError] = strawberry.field(description="Why it was refused; empty where it was done.")
