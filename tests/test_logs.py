"""Log lines: an event, ids and fields, as text and as JSON."""

import asyncio
import json
import logging
from typing import Any

import pytest

from seggql.logs import JsonFormat, TextFormat, log_ids


def line(formatter: logging.Formatter, message: str, *args: object, name: str = "seggql.x", **more: Any) -> str:
    """The line that is written for a call of a logger."""
    return formatter.format(
        logging.LogRecord(name, logging.INFO, "x.py", 1, message, args, **{"exc_info": None} | more)
    )


def fields(message: str, *args: object, **more: Any) -> dict[str, Any]:
    """The JSON of a call of a logger, but for when and where."""
    told: dict[str, Any] = json.loads(line(JsonFormat(), message, *args, **more))
    assert {told.pop("time")[:2], told.pop("level"), told.pop("logger")} == {"20", "INFO", more.get("name", "seggql.x")}
    return told


@pytest.mark.parametrize(
    ("message", "args", "expected"),
    [
        ("scheduler started", (), {"event": "scheduler started"}),
        (
            "refreshed segment=%s members=%d elapsed_ms=%.1f",
            ("a b=c", 5, 1.50049),
            {"event": "refreshed", "segment": "a b=c", "members": 5, "elapsed_ms": 1.5},
        ),
        (
            "lease lost run=%s token=%s: %s",
            ("r", 3, ValueError("over")),
            {"event": "lease lost", "run": "r", "token": 3, "detail": "over"},
        ),
        ("sweep put off: %s", ("away",), {"event": "sweep put off", "detail": "away"}),
        ("done 100%% of=%s", (None,), {"event": "done 100% of=".removesuffix(" of="), "of": None}),
        ("odd %s", (), {"event": "odd %s"}),
    ],
)
def test_fields_of_a_line_become_fields_of_an_object(
    message: str, args: tuple[object, ...], expected: dict[str, object]
) -> None:
    assert fields(message, *args) == expected


def test_lines_of_libraries_are_kept_whole() -> None:
    assert fields("got id=%s", 3, name="pymongo") == {"event": "got id=3"}


async def test_ids_are_on_every_line_of_their_work_and_of_no_other() -> None:
    async def work(request: str) -> dict[str, Any]:
        with log_ids(request=request):
            await asyncio.sleep(0)
            with log_ids(job="j"):
                return await asyncio.create_task(inner())

    async def inner() -> dict[str, Any]:
        return fields("worked count=%d", 1)

    one, two = await asyncio.gather(work("1"), work("2"))
    assert one == {"event": "worked", "count": 1, "request": "1", "job": "j"}
    assert two == {"event": "worked", "count": 1, "request": "2", "job": "j"}
    assert fields("outside") == {"event": "outside"}


def test_an_object_stays_on_one_line_with_its_traceback() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        written = line(JsonFormat(), "failed", exc_info=(type(error), error, error.__traceback__))
    assert "\n" not in written
    assert "ValueError: two\nlines" in json.loads(written)["exception"]


def test_text_has_the_ids_once() -> None:
    with log_ids(request="r", run="n"):
        written = line(TextFormat(), "given back run=%s", "n")
    assert written.endswith("seggql.x given back run=n request=r")
