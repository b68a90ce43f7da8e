"""Where the log of a command goes: standard error, a line an event."""

import logging

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def show_log(level: int = logging.INFO) -> None:
    """Show what seggql logs from `level` up, and what its libraries warn of."""
    logging.basicConfig(level=logging.WARNING, format=FORMAT)
    logging.getLogger("seggql").setLevel(level)
