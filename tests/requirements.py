"""System parts that tests need and that may be missing: found, and marked on the tests that need them.

    @needs("chromium")
    def test_the_page_loads() -> None: ...

A missing part skips the test by its name, or fails it where SEGGQL_REQUIRE_ALL=1 (continuous integration).
"""

import os
import shutil
import sys
from pathlib import Path

import pytest

PARTS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "docker-compose": ("docker-compose",),
    "make": ("make",),
    "rabbitmq-server": ("rabbitmq-server",),
    "redis-server": ("redis-server",),
}
"""Every part that a test may need, with the names its command goes by."""


def needs(part: str) -> pytest.MarkDecorator:
    """Mark a test, class or module as one that needs `part`."""
    if part not in PARTS:
        raise ValueError(f"unknown part {part!r}; known are {', '.join(PARTS)} (add it in tests/requirements.py)")
    return pytest.mark.needs(part)


def find_part(part: str) -> Path | None:
    """The command of `part`: in the virtual environment, else on PATH; None where it is missing."""
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin"])
    found = (shutil.which(command, path=search) for command in PARTS[part])
    return next((Path(command) for command in found if command), None)


def part_path(part: str) -> Path:
    """The command of `part`, for a test that is marked to need it."""
    path = find_part(part)
    assert path is not None, f"{part} is missing: mark the test with @needs({part!r})"
    return path


def refuse_or_skip(item: pytest.Item) -> None:
    """Skip `item`, or fail it where everything is required, if a part that it needs is missing."""
    missing = [mark.args[0] for mark in item.iter_markers("needs") if find_part(mark.args[0]) is None]
    if not missing:
        return
    reason = f"not installed: {', '.join(missing)} (make test installs it where it may)"
    if os.environ.get("SEGGQL_REQUIRE_ALL") == "1":
        pytest.fail(f"{reason}, and SEGGQL_REQUIRE_ALL=1", pytrace=False)
    pytest.skip(reason)
