"""Measures of an operation: how deep it is, how many aliases it has, how many fields its answer may have."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
)

from seggql.graphql.pages import MAX_PAGE_SIZE

ASSUMED_LENGTH = 10
"""Length that a list without `first` is taken to have: attributes of a type, segments of a profile."""

PAGE_ARGUMENTS = ("first", "last", "ids")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Of a part of an operation; introspection counts apart, and costs nothing: its answer is bounded by the schema."""

    depth: int = 0
    introspection_depth: int = 0
    aliases: int = 0
    cost: int = 0

    def beside(self, other: "Measure") -> "Measure":
        """Of both parts, one beside the other."""
        return Measure(
            depth=max(self.depth, other.depth),
            introspection_depth=max(self.introspection_depth, other.introspection_depth),
            aliases=self.aliases + other.aliases,
            cost=self.cost + other.cost,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, object]
    known: dict[tuple[str, bool], Measure] = field(default_factory=dict)
    """Of fragments, each measured once: fragments that spread each other would take exponential time."""


def measure_operation(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, object]
) -> Measure:
    """The measure of `operation`; what the schema does not know counts as plain fields (validation refuses it)."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    defaults = {
        node.variable.name.value: _literal(node.default_value)
        for node in operation.variable_definitions or ()
        if node.default_value is not None
    }
    walk = _Walk(schema=schema, fragments=fragments, variables={**defaults, **variables})
    return _selections(walk, operation.selection_set, schema.get_root_type(operation.operation), paged=False)


def _selections(
    walk: _Walk, selection_set: SelectionSetNode | None, parent: GraphQLNamedType | None, *, paged: bool
) -> Measure:
    measure = Measure()
    for selection in selection_set.selections if selection_set else ():
        measure = measure.beside(_selection(walk, selection, parent, paged=paged))
    return measure


def _selection(walk: _Walk, selection: SelectionNode, parent: GraphQLNamedType | None, *, paged: bool) -> Measure:
    match selection:
        case FieldNode():
            return _field(walk, selection, parent, paged=paged)
        case InlineFragmentNode(type_condition=condition):
            on = walk.schema.get_type(condition.name.value) if condition else parent
            return _selections(walk, selection.selection_set, on, paged=paged)
        case FragmentSpreadNode():
            return _fragment(walk, selection.name.value, paged=paged)
        case _:
            raise AssertionError(f"a selection of an unknown kind: {selection.kind}")


def _fragment(walk: _Walk, name: str, *, paged: bool) -> Measure:
    fragment = walk.fragments.get(name)
    if fragment is None:
        return Measure()
    if (name, paged) not in walk.known:
        walk.known[name, paged] = Measure()  # a fragment that spreads itself ends here; validation refuses it
        on = walk.schema.get_type(fragment.type_condition.name.value)
        walk.known[name, paged] = _selections(walk, fragment.selection_set, on, paged=paged)
    return walk.known[name, paged]


def _field(walk: _Walk, node: FieldNode, parent: GraphQLNamedType | None, *, paged: bool) -> Measure:
    definition = _definition(parent, node.name.value)
    pages = _page_length(walk, node, definition)
    inner_type = get_named_type(definition.type) if definition else None
    inner = _selections(walk, node.selection_set, inner_type, paged=pages is not None)
    aliases = inner.aliases + (node.alias is not None)
    if node.name.value.startswith("__"):
        return Measure(introspection_depth=1 + max(inner.depth, inner.introspection_depth), aliases=aliases)
    is_list = definition is not None and _is_list(definition.type)
    length = pages if pages is not None else ASSUMED_LENGTH if is_list and not paged else 1
    return Measure(
        depth=1 + inner.depth,
        introspection_depth=inner.introspection_depth,
        aliases=aliases,
        cost=1 + length * inner.cost,
    )


def _definition(parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    return parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None


def _page_length(walk: _Walk, node: FieldNode, definition: GraphQLField | None) -> int | None:
    """How long the page is that the arguments ask for; None for a field without pages."""
    known = definition.args if definition else {}
    asked = {argument.name.value: _value(walk, argument.value) for argument in node.arguments or ()}
    for name in PAGE_ARGUMENTS:
        if name in known:
            value = asked.get(name, known[name].default_value)
            length = len(value) if isinstance(value, list) else value
            if isinstance(length, int):
                return min(max(length, 1), MAX_PAGE_SIZE)
    return None


def _is_list(type_: GraphQLOutputType) -> bool:
    return isinstance(type_.of_type if isinstance(type_, GraphQLNonNull) else type_, GraphQLList)


def _value(walk: _Walk, node: ValueNode) -> object:
    return walk.variables.get(node.name.value) if isinstance(node, VariableNode) else _literal(node)


def _literal(node: ValueNode) -> object:
    match node:
        case IntValueNode():
            return int(node.value) if len(node.value) < 20 else MAX_PAGE_SIZE
        case ListValueNode():
            return list(node.values)
        case _:
            return None
