"""`seggql schema`: the GraphQL schema as text."""

import sys
from pathlib import Path

from seggql.errors import RequestCode, RequestError
from seggql.graphql.schema import print_schema


def show_schema(check: Path | None) -> None:
    """Print the schema, or compare it with the file `check`.

    Raises: RequestError where the file differs or is missing.
    """
    printed = print_schema()
    if check is None:
        sys.stdout.write(printed)
    elif not check.is_file() or check.read_text() != printed:
        raise RequestError(
            RequestCode.CONFLICT, f"{check} is not the schema of this version. Write it anew: seggql schema > {check}"
        )
