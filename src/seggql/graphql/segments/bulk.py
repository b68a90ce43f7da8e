"""What actions on several segments answer: a result for each."""

from seggql.graphql.errors import UserError, user_errors
from seggql.segments.bulk import Bulk

EACH = "What can be done is done; each of the others has an error whose `field` is its place, as in `[ids, 2]`."
"""Said of every such mutation."""


def refusals_of(outcome: Bulk) -> list[UserError]:
    """An error for each segment that was refused."""
    return [error for refusal in outcome.refusals for error in user_errors(refusal)]
