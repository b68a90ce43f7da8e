"""The noun About: which server answers."""

from importlib.metadata import version

import strawberry

from seggql.graphql.context import Info
from seggql.graphql.noun import Noun


@strawberry.type(description="The server that answers.")
class About:
    """What an operator wants to know first."""

    version: str = strawberry.field(description="Version of seggql.")
    hub: str = strawberry.field(description="Name of the hub: the MongoDB database that everything is in.")


@strawberry.type
class AboutQuery:
    """The server itself."""

    @strawberry.field(description="The server that answers.")
    def about(self, info: Info) -> About:
        return About(version=version("seggql"), hub=info.context.hub.database.name)


NOUN = Noun(query=AboutQuery)
