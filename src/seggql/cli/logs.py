"""Where the log of a command goes: standard error, a line an event."""

import logging

from seggql.logs import JsonFormat, TextFormat
from seggql.settings import Settings


def show_log(settings: Settings, *, level: str | None = None) -> None:
    """Show what seggql logs from the level that `settings` say, or `level`, and what its libraries warn of."""
    stream = logging.StreamHandler()
    stream.setFormatter(JsonFormat() if settings.log_format == "json" else TextFormat())
    logging.basicConfig(level=logging.WARNING, handlers=[stream])
    logging.captureWarnings(True)
    logging.getLogger("seggql").setLevel(level or settings.log_level)
