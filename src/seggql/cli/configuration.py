"""The settings of a command: the environment, with what its options say instead."""

from pydantic import ValidationError

from seggql.errors import RequestCode, RequestError
from seggql.settings import Settings


def read_settings(port: int | None = None) -> Settings:
    """The settings of this process; `port` None leaves it to the environment.

    Raises: RequestError naming each variable that cannot be read.
    """
    try:
        return Settings() if port is None else Settings(port=port)
    except ValidationError as error:
        problems = [f"SEGGQL_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        raise RequestError(RequestCode.INVALID, "These settings cannot be read:\n  " + "\n  ".join(problems)) from None
