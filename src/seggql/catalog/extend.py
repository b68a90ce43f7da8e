"""Defining and extending types: what may be added to a type, and why the rest is refused. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from seggql.catalog.model import (
    KEY,
    NAME_PATTERN,
    TIMESTAMP,
    Attribute,
    AttributeType,
    InteractionType,
    Link,
    ProfileType,
    RelationshipType,
)
from seggql.catalog.names import shown
from seggql.errors import RequestCode, RequestError

MAX_DEPTH = 10
"""Deepest nesting of OBJECT attributes; MongoDB itself stops at 100 levels, paths become unreadable long before."""

MAX_ATTRIBUTES = 2_000
"""Most attributes of one type, nested ones included: a type is read with every request."""

MAX_LINKS = 20
"""Most links of one interaction type: each has two indexes, and MongoDB allows 64 a collection."""

MAX_INDEXED = 20
"""Most attributes of one type with `isIndexed`: each index slows every write."""

Path = tuple[str, ...]


def extend_profile_type(known: ProfileType | None, wanted: ProfileType) -> ProfileType:
    """`known` (None where the type is new) with everything that `wanted` adds.

    Raises: RequestError INVALID or CONFLICT with the path of the input that is at fault.
    """
    check_name(wanted.name, ("name",))
    attributes = _extend_attributes(known.attributes if known else (), wanted.attributes, reserved=KEY)
    return ProfileType(name=wanted.name, display_name=_display_name(known, wanted), attributes=attributes)


def extend_relationship_type(known: RelationshipType | None, wanted: RelationshipType) -> RelationshipType:
    """`known` with the fields that `wanted` adds; its ends cannot move.

    Raises: RequestError INVALID or CONFLICT with the path of the input that is at fault.
    """
    check_name(wanted.name, ("name",))
    for end, before, now in _ends(known, wanted):
        if before != now:
            raise RequestError(
                RequestCode.CONFLICT,
                f"The {end} of relationship type {wanted.name} is {before} and cannot become {now}: "
                f"the edges stored point to profiles of {before}.",
                field=(end,),
            )
    attributes = _extend_attributes(known.attributes if known else (), wanted.attributes)
    return RelationshipType(name=wanted.name, source=wanted.source, target=wanted.target, attributes=attributes)


def extend_interaction_type(known: InteractionType | None, wanted: InteractionType) -> InteractionType:
    """`known` with the fields and links that `wanted` adds.

    Raises: RequestError INVALID or CONFLICT with the path of the input that is at fault.
    """
    check_name(wanted.name, ("name",))
    return InteractionType(
        name=wanted.name,
        links=_extend_links(known.links if known else (), wanted.links),
        attributes=_extend_attributes(known.attributes if known else (), wanted.attributes, reserved=TIMESTAMP),
        is_activity=wanted.is_activity or (known is not None and known.is_activity),
    )


def check_name(name: str, path: Path) -> None:
    """Raises: RequestError INVALID where `name` cannot be a name of the catalog."""
    if not NAME_PATTERN.match(name):
        raise RequestError(
            RequestCode.INVALID,
            f"{shown(name)} is not a name: use letters, digits and _, not a digit first, at most 100.",
            field=path,
        )


def _ends(known: RelationshipType | None, wanted: RelationshipType) -> Iterable[tuple[str, str, str]]:
    if known is None:
        return ()
    return (("source", known.source, wanted.source), ("target", known.target, wanted.target))


def _extend_links(known: tuple[Link, ...], wanted: tuple[Link, ...]) -> tuple[Link, ...]:
    links = {link.name: link for link in known}
    _refuse_duplicates([link.name for link in wanted], ("links",))
    for index, link in enumerate(wanted):
        path = ("links", str(index))
        check_name(link.name, (*path, "name"))
        before = links.setdefault(link.name, link)
        if before.profile_type != link.profile_type:
            raise RequestError(
                RequestCode.CONFLICT,
                f"Link {link.name} leads to {before.profile_type} and cannot lead to {link.profile_type}: "
                f"the interactions stored name profiles of {before.profile_type}. Add another link.",
                field=(*path, "profileType"),
            )
    if not links:
        raise RequestError(RequestCode.INVALID, "An interaction type needs one link or more.", field=("links",))
    _refuse_more(len(links), MAX_LINKS, "links", ("links",))
    return tuple(links.values())


def _extend_attributes(
    known: tuple[Attribute, ...], wanted: tuple[Attribute, ...], *, reserved: str | None = None
) -> tuple[Attribute, ...]:
    for index, attribute in enumerate(wanted):
        if attribute.name == reserved:
            raise RequestError(
                RequestCode.INVALID,
                f"{reserved} is built in; give the attribute another name.",
                field=("attributes", str(index), "name"),
            )
    attributes = _merge(known, wanted, ("attributes",), depth=1)
    every = list(_all(attributes))
    _refuse_more(len(every), MAX_ATTRIBUTES, "attributes", ("attributes",))
    _refuse_more(sum(a.is_indexed for a in every), MAX_INDEXED, "indexed attributes", ("attributes",))
    return attributes


def _merge(
    known: tuple[Attribute, ...], wanted: tuple[Attribute, ...], path: Path, *, depth: int
) -> tuple[Attribute, ...]:
    if wanted and depth > MAX_DEPTH:
        raise RequestError(
            RequestCode.LIMIT_REACHED, f"Attributes are nested deeper than {MAX_DEPTH} levels.", field=path
        )
    _refuse_duplicates([attribute.name for attribute in wanted], path)
    attributes = {attribute.name: attribute for attribute in known}
    for index, attribute in enumerate(wanted):
        at = (*path, str(index))
        check_name(attribute.name, (*at, "name"))
        _check_shape(attribute, attributes.get(attribute.name), at)
        before = attributes.get(attribute.name)
        fields = _merge(before.attributes if before else (), attribute.attributes, (*at, "attributes"), depth=depth + 1)
        attributes[attribute.name] = replace(
            attribute,
            attributes=fields,
            is_indexed=attribute.is_indexed or (before is not None and before.is_indexed),
            display_name=_display_name(before, attribute),
        )
    return tuple(attributes.values())


def _display_name(known: ProfileType | Attribute | None, wanted: ProfileType | Attribute) -> str | None:
    """What people read: None leaves it as it was, the empty text clears it."""
    if wanted.display_name is None and known is not None:
        return known.display_name
    return wanted.display_name or None


def _check_shape(attribute: Attribute, before: Attribute | None, path: Path) -> None:
    if before is not None and (before.type, before.is_array) != (attribute.type, attribute.is_array):
        raise RequestError(
            RequestCode.CONFLICT,
            f"Attribute {attribute.name} is {_type_text(before)} and cannot become {_type_text(attribute)}: "
            "stored values and queries rely on it. Add an attribute with another name.",
            field=(*path, "isArray" if before.type is attribute.type else "type"),
        )
    if attribute.type is not AttributeType.OBJECT:
        if attribute.attributes:
            raise RequestError(
                RequestCode.INVALID,
                f"Attribute {attribute.name} is {_type_text(attribute)}: only an OBJECT has attributes of its own.",
                field=(*path, "attributes"),
            )
    elif attribute.is_indexed:
        raise RequestError(
            RequestCode.INVALID,
            f"Attribute {attribute.name} is an OBJECT and cannot be indexed; index attributes of it.",
            field=(*path, "isIndexed"),
        )
    elif not attribute.attributes and before is None:
        raise RequestError(
            RequestCode.INVALID,
            f"Attribute {attribute.name} is an OBJECT and needs attributes of its own.",
            field=(*path, "attributes"),
        )


def _type_text(attribute: Attribute) -> str:
    return f"an array of {attribute.type.value}" if attribute.is_array else attribute.type.value


def _refuse_duplicates(names: Sequence[str], path: Path) -> None:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            raise RequestError(RequestCode.INVALID, f"{shown(name)} is given twice.", field=(*path, str(index), "name"))
        seen.add(name)


def _refuse_more(count: int, most: int, what: str, path: Path) -> None:
    if count > most:
        raise RequestError(RequestCode.LIMIT_REACHED, f"{count} {what}, but at most {most} are allowed.", field=path)


def _all(attributes: tuple[Attribute, ...]) -> Iterable[Attribute]:
    for attribute in attributes:
        yield attribute
        yield from _all(attribute.attributes)
