"""The command `seggql import`: its options, made into what is to be imported."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seggql.cli.standard_input import STANDARD_INPUT, as_file, rejected_beside
from seggql.errors import RequestCode, RequestError
from seggql.ingest.formats import RowFormat, format_of

if TYPE_CHECKING:
    from seggql.ingest.import_file import FileImport
    from seggql.ingest.kinds import RowKind
    from seggql.ingest.outcome import IngestOutcome
    from seggql.settings import Settings


File = Annotated[Path, typer.Argument(help="CSV with a header, NDJSON or Parquet; - is standard input.")]
Profiles = Annotated[str | None, typer.Option(metavar="TYPE", help="Rows are profiles of this type.")]
Interactions = Annotated[str | None, typer.Option(metavar="TYPE", help="Rows are interactions of this type.")]
Relationships = Annotated[str | None, typer.Option(metavar="TYPE", help="Rows are edges of this type.")]
Key = Annotated[str | None, typer.Option(metavar="COLUMN", help="Profiles: column of the key [key].")]
Id = Annotated[
    str | None, typer.Option("--id", metavar="COLUMN", help="Interactions: column of the id [id, if there].")
]
Timestamp = Annotated[str | None, typer.Option(metavar="COLUMN", help="Interactions: column of the time [timestamp].")]
Links = Annotated[
    list[str] | None,
    typer.Option(metavar="LINK=COLUMN", help="Interactions: column of a link's keys [named as the link]."),
]
Source = Annotated[str | None, typer.Option(metavar="COLUMN", help="Edges: column of the source's key [source].")]
Target = Annotated[str | None, typer.Option(metavar="COLUMN", help="Edges: column of the target's key [target].")]
Attributes = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="COLUMN=ATTRIBUTE", help="Column of an attribute [named as the attribute]."),
]
Skipped = Annotated[list[str] | None, typer.Option(metavar="COLUMN", help="Leave a column out.")]
Format = Annotated[RowFormat | None, typer.Option("--format", help="Format of the file [by its name].")]
Rejected = Annotated[Path | None, typer.Option(help="Where rejected rows go, with reasons [FILE.rejected.ndjson].")]


def import_command(
    file: File,
    profiles: Profiles = None,
    interactions: Interactions = None,
    relationships: Relationships = None,
    key: Key = None,
    id_: Id = None,
    timestamp: Timestamp = None,
    link: Links = None,
    source: Source = None,
    target: Target = None,
    map_: Attributes = None,
    skip: Skipped = None,
    row_format: Format = None,
    rejected: Rejected = None,
) -> None:
    """Import a file into the hub of SEGGQL_MONGODB_URI; the type must be defined.

    Bad rows never stop good ones: they go to a file, each with its reason, and the exit code is 1; mended there, they
    are imported from it with the same options. Stopped half way, the same command completes the import without
    duplicates. CSV has commas, semicolons, tabs or bars, as its header shows. NDJSON holds input objects of the API
    (`{"key": …, "attributes": {…}}`), or plain objects once an option names a column.

    Example: `seggql import households.csv --profiles Household --key household_id --map age=Age --skip note`
    """
    from seggql.cli.configuration import read_settings
    from seggql.ingest.columns import ColumnOptions
    from seggql.ingest.import_file import FileImport

    settings, (kind, type_name) = read_settings(), _target(profiles, interactions, relationships)
    columns = ColumnOptions(
        key=key,
        id=id_,
        timestamp=timestamp,
        source=source,
        target=target,
        links=_pairs(link, "--link"),
        attributes=_pairs(map_, "--map"),
        skipped=frozenset(skip or ()),
    )
    wanted = FileImport(
        path=file,
        row_format=row_format or _format(file),
        kind=kind,
        type_name=type_name,
        columns=columns,
        row_max_bytes=settings.row_max_bytes,
    )
    if _import(settings, wanted, rejected or rejected_beside(file)).rejected:
        raise typer.Exit(1)


def _import(settings: "Settings", wanted: "FileImport", rejected: Path) -> "IngestOutcome":
    from seggql.cli.import_rows import import_rows

    with as_file(wanted.path) as path:
        return import_rows(settings, replace(wanted, path=path), rejected)


def _format(file: Path) -> RowFormat:
    if file == STANDARD_INPUT:
        raise RequestError(RequestCode.INVALID, "Say what standard input holds, as --format csv.")
    return format_of(file)


def _target(profiles: str | None, interactions: str | None, relationships: str | None) -> "tuple[RowKind, str]":
    from seggql.ingest.kinds import RowKind

    given = {
        RowKind.PROFILES: profiles,
        RowKind.INTERACTIONS: interactions,
        RowKind.RELATIONSHIPS: relationships,
    }
    named = [(kind, name) for kind, name in given.items() if name is not None]
    if len(named) != 1:
        raise RequestError(
            RequestCode.INVALID, "Say what the rows are: one of --profiles, --interactions or --relationships."
        )
    return named[0]


def _pairs(texts: Sequence[str] | None, option: str) -> Mapping[str, str]:
    pairs = {}
    for text in texts or ():
        left, equals, right = text.partition("=")
        if not (left and equals and right):
            raise RequestError(RequestCode.INVALID, f"{option} {text} is not of the form NAME=NAME.")
        pairs[left] = right
    return pairs
