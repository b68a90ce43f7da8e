"""What the doctor found in one place."""

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """How bad it is."""

    OK = "OK"
    WARN = "WARN"
    PROBLEM = "PROBLEM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`area` is what was looked at, `found` what is so, `to_do` how to mend it."""

    area: str
    verdict: Verdict
    found: str
    to_do: str | None = None


def ok(area: str, found: str) -> Finding:
    """All is well."""
    return Finding(area=area, verdict=Verdict.OK, found=found)


def warn(area: str, found: str, to_do: str) -> Finding:
    """It works, and may not for long."""
    return Finding(area=area, verdict=Verdict.WARN, found=found, to_do=to_do)


def problem(area: str, found: str, to_do: str) -> Finding:
    """It does not work."""
    return Finding(area=area, verdict=Verdict.PROBLEM, found=found, to_do=to_do)
