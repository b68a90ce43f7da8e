"""Compares the schema with the contract of the API: every name of the contract, with the same type and nullability."""

import re
from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_ast_schema,
    parse,
    print_ast,
)
from graphql.type import GraphQLArgument, GraphQLField, GraphQLInputField

ACCESS_TYPES = {
    *("Permission", "AccessPolicy", "AccessPolicyPayload", "CreateAccessPolicyInput", "KeySlot"),
    *("RegenerateKeyInput", "Viewer"),
}
ACCESS_FIELDS = {
    *("Query.viewer", "Query.accessPolicies", "Mutation.createAccessPolicy", "Mutation.regenerateKey"),
    "Mutation.deleteAccessPolicy",
}
"""Access control comes later."""

LATER = ACCESS_TYPES | ACCESS_FIELDS

DEVIATIONS = {
    "ExportRun.segment: is Segment, not Segment!": "the segment may have been deleted; its deliveries are kept",
}
"""Differences that are meant, with the reason."""


def read_contract(text: str) -> GraphQLSchema:
    """The contract as a schema; a description may stand there before a field on the same line."""
    return build_ast_schema(parse(re.sub(r"#.*", "", text)))


def differences(contract: GraphQLSchema, schema: GraphQLSchema) -> list[str]:
    """Each thing that the contract names and the schema lacks or has otherwise, one line each."""
    lines = {line for name in contract.type_map for line in _of_type(contract, schema, name)}
    return sorted(lines - DEVIATIONS.keys())


def _of_type(contract: GraphQLSchema, schema: GraphQLSchema, name: str) -> Iterator[str]:
    if name.startswith("__") or name in LATER:
        return
    wanted, actual = contract.type_map[name], schema.type_map.get(name)
    if actual is None:
        yield f"{name}: missing"
    elif type(actual) is not type(wanted):
        yield f"{name}: is a {type(actual).__name__}, not a {type(wanted).__name__}"
    else:
        yield from _of_members(wanted, actual)


def _of_members(wanted: GraphQLNamedType, actual: GraphQLNamedType) -> Iterator[str]:
    match wanted, actual:
        case (GraphQLEnumType(), GraphQLEnumType()):
            for value in wanted.values:
                if value not in actual.values:
                    yield f"{wanted.name}.{value}: missing"
        case (GraphQLObjectType() | GraphQLInterfaceType(), GraphQLObjectType() | GraphQLInterfaceType()):
            missing = {one.name for one in wanted.interfaces} - {one.name for one in actual.interfaces}
            yield from (f"{wanted.name}: does not implement {name}" for name in sorted(missing))
            yield from _of_fields(wanted.name, wanted.fields, actual.fields)
        case (GraphQLInputObjectType(), GraphQLInputObjectType()):
            yield from _of_inputs(wanted.name, wanted.fields, actual.fields)


def _of_fields(owner: str, wanted: dict[str, GraphQLField], actual: dict[str, GraphQLField]) -> Iterator[str]:
    for name, field in wanted.items():
        place = f"{owner}.{name}"
        if place in LATER:
            continue
        if name not in actual:
            yield f"{place}: missing"
            continue
        if str(field.type) != str(actual[name].type):
            yield f"{place}: is {actual[name].type}, not {field.type}"
        yield from _of_inputs(place, field.args, actual[name].args)


def _of_inputs(
    owner: str,
    wanted: dict[str, GraphQLArgument] | dict[str, GraphQLInputField],
    actual: dict[str, GraphQLArgument] | dict[str, GraphQLInputField],
) -> Iterator[str]:
    for name, one in wanted.items():
        place = f"{owner}({name})"
        if name not in actual:
            yield f"{place}: missing"
            continue
        other = actual[name]
        if str(one.type) != str(other.type):
            yield f"{place}: is {other.type}, not {one.type}"
        if _default(one) is not None and _default(one) != _default(other):
            yield f"{place}: default is {_default(other)}, not {_default(one)}"
    for name, added in actual.items():
        if name not in wanted and str(added.type).endswith("!") and _default(added) is None:
            yield f"{owner}({name}): is required, and the contract does not have it"


def _default(one: GraphQLArgument | GraphQLInputField) -> str | None:
    """The default as it is written in the schema's text."""
    written = one.ast_node.default_value if one.ast_node else None
    return print_ast(written) if written else None


def undescribed(schema: GraphQLSchema) -> list[str]:
    """Each type, field and argument without a description."""
    return sorted(place for type_ in schema.type_map.values() for place in _undescribed(type_))


def _undescribed(type_: GraphQLNamedType) -> Iterator[str]:
    if type_.name.startswith("__"):
        return
    if not type_.description:
        yield type_.name
    match type_:
        case GraphQLObjectType() | GraphQLInterfaceType():
            for name, field in type_.fields.items():
                if not field.description:
                    yield f"{type_.name}.{name}"
                yield from (f"{type_.name}.{name}({a})" for a, one in field.args.items() if not one.description)
        case GraphQLInputObjectType():
            yield from (f"{type_.name}.{name}" for name, one in type_.fields.items() if not one.description)
