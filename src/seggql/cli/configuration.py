"""The settings of a command: the environment, with what its options say instead."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from pydantic import ValidationError

from seggql.errors import RequestCode, RequestError
from seggql.settings import Settings

PREFIX = "SEGGQL_"

OF_TESTS = ("SEGGQL_REQUIRE_ALL",)
"""What our own tests read."""


def read_settings(port: int | None = None) -> Settings:
    """The settings of this process; `port` None leaves it to the environment.

    Raises: RequestError naming each variable that cannot be read.
    """
    try:
        return Settings() if port is None else Settings(port=port)
    except ValidationError as error:
        message = "These settings cannot be read:\n  " + "\n  ".join(problems_of(error))
        raise RequestError(RequestCode.INVALID, message) from None


def problems_of(error: ValidationError) -> list[str]:
    """Each variable that cannot be read, and why."""
    return [f"{PREFIX}{'_'.join(map(str, problem['loc'])).upper()}: {problem['msg']}" for problem in error.errors()]


def unknown_variables(environment: Mapping[str, str]) -> dict[str, str | None]:
    """Variables that begin as settings do and are none, each with the setting that was probably meant."""
    known = {name.upper() for name in Settings.model_fields}
    names = {name: name.upper().removeprefix(PREFIX) for name in sorted(environment) if name.upper().startswith(PREFIX)}
    unknown = {name: short for name, short in names.items() if short not in known and name not in OF_TESTS}
    return {name: _meant(short, known) for name, short in unknown.items()}


def _meant(short: str, known: Collection[str]) -> str | None:
    nearest = get_close_matches(short, known, n=1, cutoff=0.7)
    return f"{PREFIX}{nearest[0]}" if nearest else None
