"""Resolves paths: which attribute a dotted name means at the place where it stands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from seggql.catalog.model import (
    KEY,
    TIMESTAMP,
    Attribute,
    AttributeType,
    InteractionType,
    ProfileType,
    RecordType,
    find_attribute,
    type_name_of,
)
from seggql.errors import ProblemCode
from seggql.query import ast
from seggql.query.binding.binding import Binding
from seggql.query.binding.names import suggest
from seggql.query.bound import Field, KeyField, TimestampField

ITEM = "VALUE"
"""What a plain item is called inside ANY and ALL."""


class Where(Enum):
    """Where an expression can stand."""

    RECORD = "RECORD"
    GROUP = "GROUP"
    WINDOW = "WINDOW"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item of the array `attribute`, which stands at `path` of its record, inside ANY or ALL."""

    attribute: Attribute
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standpoint:
    """Where an expression stands: the record at hand, and the items of the quantifiers around, outermost first.

    `elsewhere` says of other types why their attributes cannot be seen from here; `remedy` is for groups only: it
    writes the query that finds the profiles without any such interaction.
    """

    record: RecordType | None
    where: Where = Where.RECORD
    items: tuple[Item, ...] = ()
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    remedy: Callable[[], str] | None = None

    @property
    def depth(self) -> int:
        """How many quantifiers stand around."""
        return len(self.items)

    def inside(self, item: Item) -> "Standpoint":
        """The place inside one more quantifier."""
        return replace(self, items=(*self.items, item))


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What a path means; `attribute` and its whole `path` are None and empty for what is built in."""

    value: Field | KeyField | TimestampField
    attribute: Attribute | None = None
    path: tuple[str, ...] = ()


WINDOW = Standpoint(record=None, where=Where.WINDOW)
"""Inside BETWEEN of a window: the same for every profile."""


def bind_path(b: Binding, here: Standpoint, path: ast.Path) -> Resolved | None:
    """What `path` means as a value that stands here."""
    match here.where:
        case Where.GROUP:
            b.refuse(
                ProblemCode.NOT_ALLOWED_HERE,
                f"HAVING judges a group of interactions, in which {b.quote(path)} has no single value.",
                path,
                hint=f"Test it in FILTER, or take one value of the group, such as MAX({b.quote(path)}).",
            )
            return None
        case Where.WINDOW:
            b.refuse(
                ProblemCode.NOT_ALLOWED_HERE,
                "The ends of a window are the same for every profile: literals and functions of DATETIMEUTCNOW().",
                path,
            )
            return None
        case Where.RECORD:
            return resolve(b, here, path)


def resolve(b: Binding, here: Standpoint, path: ast.Path) -> Resolved | None:
    """What `path` means in the record or the item at hand."""
    assert here.record is not None, "only windows have no record, and they have no paths"
    if len(path.names) > 1 and path.names[0].text == here.record.name:
        return _in_record(b, here, here.record, path.names[1:])
    if here.items:
        return _in_item(b, here, here.items[-1], path)
    return _in_record(b, here, here.record, path.names)


def is_null(here: Standpoint, expression: ast.Expression) -> bool:
    """Whether the expression is the word NULL, which no attribute is called here."""
    match expression:
        case ast.Path(names=(ast.Name(text=text),)) if text.upper() == "NULL" and here.record is not None:
            known = here.items[-1].attribute.attributes if here.items else here.record.attributes
            return find_attribute(known, text) is None
        case _:
            return False


def _in_record(b: Binding, here: Standpoint, record: RecordType, names: tuple[ast.Name, ...]) -> Resolved | None:
    first = names[0]
    if len(names) == 1 and isinstance(record, ProfileType) and first.text == KEY:
        return Resolved(value=KeyField())
    if len(names) == 1 and isinstance(record, InteractionType) and first.text == TIMESTAMP:
        return Resolved(value=TimestampField())
    attribute = find_attribute(record.attributes, first.text)
    if attribute is None:
        _refuse_unknown_in_record(b, here, record, names)
        return None
    return _follow(b, here, attribute, names, prefix=(), depth=0)


def _in_item(b: Binding, here: Standpoint, item: Item, path: ast.Path) -> Resolved | None:
    first = path.names[0]
    if item.attribute.type is not AttributeType.OBJECT:
        if len(path.names) == 1 and first.text.upper() == ITEM:
            return Resolved(value=Field(names=(), type=item.attribute.type, depth=here.depth), path=item.path)
        kind = item.attribute.type.value
        message = f"The items of {item.attribute.name} are plain {kind} values without fields, called VALUE."
    else:
        attribute = item.attribute.attribute(first.text)
        if attribute is not None:
            return _follow(b, here, attribute, path.names, prefix=item.path, depth=here.depth)
        message = f"The items of {item.attribute.name} have no field {first.text}."
    _refuse_unknown_in_item(b, here, item, path, message)
    return None


def _follow(
    b: Binding,
    here: Standpoint,
    attribute: Attribute,
    names: tuple[ast.Name, ...],
    *,
    prefix: tuple[str, ...],
    depth: int,
) -> Resolved | None:
    """Goes on from the attribute that the first name means, through nested objects, to what the last one means."""
    for name in names[1:]:
        inner = _enter(b, attribute, name, names)
        if inner is None:
            return None
        attribute = inner
    own = tuple(name.text for name in names)
    _warn_if_empty(b, here, (*prefix, *own), names[-1])
    value = Field(names=own, type=attribute.type, is_array=attribute.is_array, depth=depth)
    return Resolved(value=value, attribute=attribute, path=(*prefix, *own))


def _enter(b: Binding, outer: Attribute, name: ast.Name, names: tuple[ast.Name, ...]) -> Attribute | None:
    if outer.type is not AttributeType.OBJECT:
        b.refuse(
            ProblemCode.UNKNOWN_ATTRIBUTE,
            f"{outer.name} is of type {outer.type.value} and has no fields such as {name.text}.",
            name,
        )
        return None
    if outer.is_array:
        way = [part.text for part in names]
        cut = way.index(outer.name) + 1
        b.refuse(
            ProblemCode.NOT_ALLOWED_HERE,
            f"{outer.name} is an array of objects: it has no single {name.text}.",
            name,
            hint=f"Say which items count: ANY({'.'.join(way[:cut])}, {'.'.join(way[cut:])} …) or ALL(…).",
        )
        return None
    inner = outer.attribute(name.text)
    if inner is None:
        b.refuse(
            ProblemCode.UNKNOWN_ATTRIBUTE,
            f"{outer.name} has no field {name.text}.",
            name,
            hint=suggest(b, name.text, [attribute.name for attribute in outer.attributes]),
        )
    return inner


# ---------------------------------------------------------------- what is said of names that mean nothing


def _refuse_unknown_in_record(b: Binding, here: Standpoint, record: RecordType, names: tuple[ast.Name, ...]) -> None:
    first = names[0]
    if len(names) == 1 and first.text.upper() == "NULL":
        refuse_null(b, first, hint="To find what is missing, write ISNULL(attribute).")
        return
    if len(names) > 1 and first.text in here.elsewhere:
        b.refuse(ProblemCode.NOT_ALLOWED_HERE, here.elsewhere[first.text], first)
        return
    if len(names) > 1 and _is_type(b, first.text):
        b.refuse(
            ProblemCode.UNKNOWN_ATTRIBUTE,
            f"{first.text} is another type: conditions here see the attributes of {record.name}.",
            first,
        )
        return
    b.refuse(
        ProblemCode.UNKNOWN_ATTRIBUTE,
        f"{record.name} has no attribute {first.text}.",
        first,
        hint=_hint_elsewhere(b, here, first.text) or suggest(b, first.text, _names_of(record)),
    )


def _hint_elsewhere(b: Binding, here: Standpoint, name: str) -> str | None:
    """That another type of the chain has the attribute, and why it cannot be seen from here."""
    for type_name, reason in here.elsewhere.items():
        profile_type = b.scope.catalog.profile_types.get(type_name)
        if profile_type is not None and name in _names_of(profile_type):
            return f"{type_name} has it. {reason}"
    return None


def _refuse_unknown_in_item(b: Binding, here: Standpoint, item: Item, path: ast.Path, message: str) -> None:
    first = path.names[0]
    assert here.record is not None
    if len(path.names) == 1 and first.text.upper() == "NULL":
        refuse_null(b, first, hint="To find what is missing, write ISNULL(field).")
        return
    if len(path.names) > 1 and first.text in here.elsewhere:
        b.refuse(ProblemCode.NOT_ALLOWED_HERE, here.elsewhere[first.text], first)
        return
    hint: str | None
    if first.text in _names_of(here.record):
        hint = f"For the attribute of {here.record.name} write {here.record.name}.{first.text}."
    elif item.attribute.type is AttributeType.OBJECT:
        hint = suggest(b, first.text, [attribute.name for attribute in item.attribute.attributes])
    else:
        hint = f"Write ANY({item.attribute.name}, VALUE …)."
    b.refuse(ProblemCode.UNKNOWN_ATTRIBUTE, message, first, hint=hint)


def refuse_null(b: Binding, node: ast.Node, *, hint: str) -> None:
    """Notes that NULL was used as if it were a value."""
    b.refuse(ProblemCode.TYPE_MISMATCH, "NULL is no value: nothing equals it, not even itself.", node, hint=hint)


def _names_of(record: RecordType) -> list[str]:
    """The attributes of `record`, with those that are built in."""
    names = [attribute.name for attribute in record.attributes]
    match record:
        case ProfileType():
            return [*names, KEY]
        case InteractionType():
            return [*names, TIMESTAMP]
        case _:
            return names


def _is_type(b: Binding, name: str) -> bool:
    catalog = b.scope.catalog
    return name in catalog.profile_types or name in catalog.interaction_types or name in catalog.relationship_types


def _warn_if_empty(b: Binding, here: Standpoint, path: tuple[str, ...], node: ast.Node) -> None:
    assert here.record is not None
    dotted = ".".join(path)
    if (type_name_of(here.record), dotted) in b.scope.facts.empty_attributes:
        b.warn(
            f"No {here.record.name} has a value of {dotted} yet: a test of it is never true, and ISNULL always is.",
            node.span,
        )
