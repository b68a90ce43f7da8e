"""Binding whatever the grammar allows gives a query or a QueryError, and nothing else."""

from hypothesis import given

from seggql.catalog.model import Attribute, AttributeType, Catalog, InteractionType, Link, ProfileType, RelationshipType
from seggql.errors import QueryError
from seggql.query import ast
from seggql.query.binder import bind
from seggql.query.scope import Scope, SegmentReference
from seggql.query.source import Source
from tests.query.strategies import NAMES, documents

PLAIN_TYPES = [type_ for type_ in AttributeType if type_ is not AttributeType.OBJECT]
"""Dealt out to the names that random trees use, so that many of their paths mean something."""


def _attributes(depth: int, offset: int) -> tuple[Attribute, ...]:
    attributes = []
    for number, name in enumerate(NAMES):
        if name in ("Key", "Timestamp"):
            continue
        if depth and number % 4 == 0:
            inner = _attributes(depth - 1, offset + number)
            attributes.append(
                Attribute(name=name, type=AttributeType.OBJECT, is_array=number % 8 == 0, attributes=inner)
            )
        else:
            type_ = PLAIN_TYPES[(number + offset) % len(PLAIN_TYPES)]
            attributes.append(Attribute(name=name, type=type_, is_array=(number + offset) % 3 == 0))
    return tuple(attributes)


ATTRIBUTES = _attributes(2, 0)
SCOPE = Scope(
    catalog=Catalog(
        profile_types={name: ProfileType(name=name, attributes=ATTRIBUTES) for name in NAMES},
        relationship_types={
            name: RelationshipType(name=name, source="Contact", target=name, attributes=ATTRIBUTES) for name in NAMES
        },
        interaction_types={
            name: InteractionType(
                name=name,
                links=tuple(Link(name=link, profile_type="Contact") for link in NAMES),
                attributes=ATTRIBUTES,
            )
            for name in NAMES
        },
    ),
    segments={name: SegmentReference(name=name, profile_type="Contact") for name in NAMES},
    allows_listing=True,
)


@given(documents())
def test_any_tree_is_bound_or_refused(document: ast.Document) -> None:
    try:
        query = bind(document, Source(""), SCOPE)
    except QueryError:
        return
    assert query.profile_type in SCOPE.catalog.profile_types
