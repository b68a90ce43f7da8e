"""What our log lines look like: an event, the ids it belongs to, and its fields; as text or as one JSON object a line.

Code logs `logger.info("refreshed segment=%s members=%d", …)`: the words before the first field are the event. Ids of
the request, run and job that a line belongs to are added to it, wherever it is logged.
"""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

Ids = dict[str, str]

_ids: ContextVar[Ids | None] = ContextVar("ids", default=None)

PLACE = re.compile(r"(?:(?P<field>\w+)=)?%(?:%|[-#0 +]*\d*(?:\.\d+)?[sdrfxg])")
"""A field with its place, a place without a name, or a per cent sign."""

PLAIN = (str, int, float, bool, type(None))


@contextmanager
def log_ids(**ids: str) -> Iterator[None]:
    """Put `ids` on every line that is logged in this block, and in tasks that it begins."""
    token = _ids.set((_ids.get() or {}) | ids)
    try:
        yield
    finally:
        _ids.reset(token)


class TextFormat(logging.Formatter):
    """For people: time, level, logger, the message, and the ids that it does not have itself."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Called by logging."""
        line = super().formatMessage(record)
        return line + "".join(f" {name}={id_}" for name, id_ in _present_ids().items() if f"{name}=" not in line)


class JsonFormat(logging.Formatter):
    """For log stores: `time`, `level`, `logger`, `event`, then ids and fields, and `exception` with its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Called by logging."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
        }
        line |= _fields(record) if record.name.startswith("seggql") else {"event": record.getMessage()}
        line |= {name: id_ for name, id_ in _present_ids().items() if name not in line}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def _present_ids() -> Ids:
    return _ids.get() or {}


def _fields(record: logging.LogRecord) -> dict[str, object]:
    """Event and fields of a line of ours; what has no name is its `detail`."""
    template, given = str(record.msg), record.args if isinstance(record.args, tuple) else ()
    places = [place for place in PLACE.finditer(template) if place[0] != "%%"]
    if len(places) != len(given):
        return {"event": record.getMessage()}
    fields: dict[str, object] = {}
    details = []
    for place, value in zip(places, given, strict=True):
        if place["field"]:
            fields[place["field"]] = _plain(value)
        else:
            details.append(str(value))
    if details:
        fields["detail"] = " ".join(details)
    words = template[: places[0].start()] if places else template
    return {"event": words.strip().rstrip(":").replace("%%", "%")} | fields


def _plain(value: object) -> object:
    if isinstance(value, float):
        return round(value, 3)
    return value if isinstance(value, PLAIN) else str(value)
