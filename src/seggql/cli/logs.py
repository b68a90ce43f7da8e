"""Where the log of a command goes: standard error, a line an event."""

import logging
import os

from seggql.cli.configuration import unknown_variables
from seggql.logs import JsonFormat, TextFormat
from seggql.settings import Settings

logger = logging.getLogger(__name__)


def show_log(settings: Settings, *, level: str | None = None) -> None:
    """Show what seggql logs from the level that `settings` say, or `level`, and what its libraries warn of.

    Which variables are no settings is the first that is told.
    """
    stream = logging.StreamHandler()
    stream.setFormatter(JsonFormat() if settings.log_format == "json" else TextFormat())
    logging.basicConfig(level=logging.WARNING, handlers=[stream])
    logging.captureWarnings(True)
    logging.getLogger("seggql").setLevel(level or settings.log_level)
    for name, meant in unknown_variables(os.environ).items():
        hint = f"did you mean {meant}?" if meant else "unset it"
        logger.warning("no setting has this name, so it is ignored variable=%s: %s", name, hint)
