"""`seggql validate`: a query checked outside of any segment, and shown in canonical form."""

import asyncio
import sys
from pathlib import Path

from seggql.errors import QueryProblem, RequestCode, RequestError
from seggql.query.limits import Limits
from seggql.query.parser import parse
from seggql.query.printer import print_document
from seggql.segments.planning import read_surroundings
from seggql.settings import Settings
from seggql.store.hub import open_hub
from seggql.store.outage import OUTAGES, outage


def validate_file(
    file: str, settings: Settings, *, hub: bool = False, profile_type: str | None = None, listing: bool = False
) -> None:
    """Print the canonical form of the query in `file` (`-` is standard input), and warnings on standard error.

    Raises: QueryError with every problem; RequestError where the file cannot be read.
    """
    text = _read(file)
    canonical = print_document(parse(text, Limits.of(settings)))
    warnings = asyncio.run(_bind(text, settings, profile_type, listing)) if hub else ()
    print(canonical)
    for warning in warnings:
        print(warning, file=sys.stderr)


def _read(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise RequestError(RequestCode.NOT_FOUND, f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise RequestError(RequestCode.INVALID, f"{file} is not UTF-8 text: {error.reason}.") from error


async def _bind(
    text: str, settings: Settings, profile_type: str | None, allows_listing: bool
) -> tuple[QueryProblem, ...]:
    hub = open_hub(settings)
    try:
        surroundings = await read_surroundings(hub, settings, text=text)
    except OUTAGES as error:
        raise outage(error) from error
    finally:
        await hub.close()
    query = await surroundings.bind(text, output_type=profile_type, allows_listing=allows_listing)
    return query.warnings
