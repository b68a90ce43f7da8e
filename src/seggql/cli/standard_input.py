"""What `seggql import -` reads: standard input, kept in a file until it is imported."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from seggql.ingest.formats import REJECTED_SUFFIX

STANDARD_INPUT = Path("-")
NAME = "standard-input"


def rejected_beside(path: Path) -> Path:
    """Where rejected rows go: beside the file, or those of standard input into the folder of the command."""
    named = Path(NAME) if path == STANDARD_INPUT else path
    return named.with_name(f"{named.name}{REJECTED_SUFFIX}")


@contextmanager
def as_file(path: Path) -> Iterator[Path]:
    """The file at `path`; standard input as a temporary one, for an import looks into its file more than once."""
    if path != STANDARD_INPUT:
        yield path
        return
    with TemporaryDirectory(prefix="seggql-") as folder:
        kept = Path(folder, NAME)
        with kept.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield kept
