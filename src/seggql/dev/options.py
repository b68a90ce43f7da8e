"""What the command line of `seggql dev` says."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class DevOptions:
    """The options; the rest comes from the settings."""

    data_dir: Path
    demo: bool = False
    keep_dates: bool = False
