"""Commands to MongoDB as spans of the trace that they are sent in; without their values, and none without a trace."""

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

Key = tuple[int, object]


class CommandSpans(CommandListener):
    """Listener of a client; PyMongo calls it in the context of whoever sends the command.

    OpenTelemetry's own instrumentation would put the server's messages into spans, and they hold values of documents.
    """

    def __init__(self) -> None:
        self._spans: dict[Key, Span] = {}

    def started(self, event: CommandStartedEvent) -> None:
        """Called by PyMongo."""
        if not trace.get_current_span().is_recording():
            return
        collection = event.command.get(event.command_name)
        attributes = {
            "db.system.name": "mongodb",
            "db.namespace": event.database_name,
            "db.operation.name": event.command_name,
        }
        if isinstance(collection, str):
            attributes["db.collection.name"] = collection
        name = f"{event.command_name} {attributes.get('db.collection.name', '')}".strip()
        tracer = trace.get_tracer("seggql")
        self._spans[_key(event)] = tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Called by PyMongo."""
        if span := self._spans.pop(_key(event), None):
            span.end()

    def failed(self, event: CommandFailedEvent) -> None:
        """Called by PyMongo."""
        if span := self._spans.pop(_key(event), None):
            span.set_status(StatusCode.ERROR, str(event.failure.get("codeName", "")))
            span.end()


def _key(event: CommandStartedEvent | CommandSucceededEvent | CommandFailedEvent) -> Key:
    return event.request_id, event.connection_id
