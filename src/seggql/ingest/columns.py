"""Which column of a file holds what: keys, links, times and attributes, found by name or as the caller says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from seggql.catalog.model import Catalog, RecordType
from seggql.catalog.names import did_you_mean, shown
from seggql.errors import RequestCode, RequestError
from seggql.ingest.kinds import RowKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnOptions:
    """What the caller says of the columns; what is left out is found by name.

    `attributes` maps columns to attributes, `links` links to columns; `skipped` are columns that nobody wants.
    """

    key: str | None = None
    id: str | None = None
    timestamp: str | None = None
    source: str | None = None
    target: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    skipped: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether the caller says nothing."""
        return self == ColumnOptions()

    def is_free(self, column: str) -> bool:
        """Whether the caller does not say that the column is an attribute or that nobody wants it."""
        return column not in self.skipped and column not in self.attributes


@dataclass(frozen=True, slots=True)
class Columns:
    """The plan of a file: fields of the row by column, links by column, attributes by column; and all `known` columns.

    Lines of NDJSON may have other columns than those it begins with: the id, links, or attributes of the same name.
    """

    fields: Mapping[str, str]
    links: Mapping[str, str]
    attributes: Mapping[str, str]
    known: frozenset[str]

    def row(self, values: Mapping[str, object]) -> dict[str, object]:
        """The row, as the API takes it, of one line of the file; None and missing columns are missing values."""
        row: dict[str, object] = {name: _as_key(value) for name, value in _present(self.fields, values)}
        if self.links:
            row["links"] = {link: _as_key(value) for link, value in _present(self.links, values)}
        attributes = dict(_present(self.attributes, values))
        if new := values.keys() - self.known:
            attributes |= _present({column: column for column in new}, values)
        row["attributes"] = attributes
        return row


def _present(names: Mapping[str, str], values: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    return ((name, values[column]) for column, name in names.items() if values.get(column) is not None)


def _as_key(value: object) -> object:
    """Keys are text; typed files often hold them as integers."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def plan_columns(
    catalog: Catalog, kind: RowKind, type_name: str, names: Sequence[str], options: ColumnOptions
) -> Columns:
    """What each of the columns `names` holds.

    Raises: RequestError INVALID for columns that are missing, that nobody knows, or that are named twice.
    """
    _refuse_missing(names, options)
    fields = _fields(kind, names, options)
    links = _links(catalog, kind, type_name, names, options)
    attributes = {}
    known = _attributes(catalog, kind, type_name)
    rest = [name for name in names if name not in fields and name not in links and name not in options.skipped]
    for name in rest:
        attribute = options.attributes.get(name, name)
        if attribute not in known:
            raise RequestError(
                RequestCode.INVALID,
                f"{type_name} has no attribute {shown(attribute)} for column {shown(name)}."
                f"{did_you_mean(attribute, known)} Map the column to an attribute, or skip it.",
            )
        attributes[name] = attribute
    if len(set(attributes.values())) < len(attributes):
        raise RequestError(RequestCode.INVALID, "Two columns are mapped to the same attribute.")
    return Columns(fields, links, attributes, frozenset({*fields, *links, *attributes, *options.skipped}))


def _fields(kind: RowKind, names: Sequence[str], options: ColumnOptions) -> dict[str, str]:
    match kind:
        case RowKind.PROFILES:
            wanted = {"key": options.key or "key"}
        case RowKind.RELATIONSHIPS:
            wanted = {"source": options.source or "source", "target": options.target or "target"}
        case RowKind.INTERACTIONS:
            wanted = {"timestamp": options.timestamp or "timestamp"}
    for name, column in wanted.items():
        if column not in names:
            raise RequestError(
                RequestCode.INVALID,
                f"The file has no column {shown(column)} for the {name} of each row; say which it is.",
            )
    if kind is RowKind.INTERACTIONS and (options.id or options.is_free("id")):
        wanted["id"] = options.id or "id"
    return {column: name for name, column in wanted.items()}


def _links(
    catalog: Catalog, kind: RowKind, type_name: str, names: Sequence[str], options: ColumnOptions
) -> dict[str, str]:
    if kind is not RowKind.INTERACTIONS:
        return {}
    known = [link.name for link in catalog.interaction_types[type_name].links]
    for link in options.links:
        if link not in known:
            raise RequestError(
                RequestCode.INVALID, f"{type_name} has no link {shown(link)}.{did_you_mean(link, known)}"
            )
    found = {options.links.get(link, link): link for link in known if link in options.links or options.is_free(link)}
    if not any(column in names for column in found):
        raise RequestError(
            RequestCode.INVALID, f"No column holds keys of a link of {type_name}: {', '.join(known)}. Say which does."
        )
    return found


def _attributes(catalog: Catalog, kind: RowKind, type_name: str) -> list[str]:
    type_: RecordType
    match kind:
        case RowKind.PROFILES:
            type_ = catalog.profile_types[type_name]
        case RowKind.INTERACTIONS:
            type_ = catalog.interaction_types[type_name]
        case RowKind.RELATIONSHIPS:
            type_ = catalog.relationship_types[type_name]
    return [attribute.name for attribute in type_.attributes]


def _refuse_missing(names: Sequence[str], options: ColumnOptions) -> None:
    said = [options.key, options.id, options.timestamp, options.source, options.target]
    for column in [*said, *options.links.values(), *options.attributes, *options.skipped]:
        if column is not None and column not in names:
            raise RequestError(
                RequestCode.INVALID, f"The file has no column {shown(column)}.{did_you_mean(column, names)}"
            )
