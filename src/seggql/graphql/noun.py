"""What a noun adds to the schema.

Each noun of the API is a module (or folder) of this package that exports `NOUN`, and stands in `schema.NOUNS`:

    @strawberry.type(description="…")
    class Segment(Node): ...

    @strawberry.type
    class SegmentQuery:
        @strawberry.field(description="A segment by its id or name; null where there is none.")
        async def segment(self, info: Info, …) -> Segment | None: ...

    @strawberry.type
    class SegmentMutation:
        @strawberry.mutation(description="Make a segment.")
        async def create_segment(self, info: Info, input: Annotated[CreateSegmentInput, …]) -> SegmentPayload:
            try:
                segment = await create_segment(info.context.hub, …)
            except REFUSALS as error:
                return SegmentPayload(segment=None, errors=user_errors(error))
            return SegmentPayload(segment=segment_node(segment), errors=[])

    # an enum of the domain: register it once, in the module that owns it, and annotate with the domain's name
    strawberry.enum(AttributeType, name="AttributeType", description="…")

    # types of other nouns come in lazily (and are imported under TYPE_CHECKING): nouns refer to each other in circles
    profile_type: Annotated["ProfileType", strawberry.lazy("seggql.graphql.catalog.types")]

    NOUN = Noun(query=SegmentQuery, mutation=SegmentMutation, nodes={"Segment": read_segment_node})
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from seggql.graphql.context import NodeRead


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """Root fields as Strawberry classes, and how objects are found by global id: type name to reader.

    `types` are object types that only an interface leads to.
    """

    query: type | None = None
    mutation: type | None = None
    subscription: type | None = None
    nodes: Mapping[str, NodeRead] = field(default_factory=dict)
    types: tuple[type, ...] = ()
