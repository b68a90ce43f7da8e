"""Traces, by OpenTelemetry: none unless OTEL_EXPORTER_OTLP_ENDPOINT says where to and `seggql[tracing]` is installed.

Everything else is configured by OpenTelemetry's own variables (OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER, …).
"""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

logger = logging.getLogger(__name__)

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
TRACEPARENT = "traceparent"

Attributes = Mapping[str, str | int]


def is_tracing_asked_for() -> bool:
    """Whether the environment says that traces go somewhere."""
    is_off = (
        os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or os.environ.get("OTEL_TRACES_EXPORTER") == "none"
    )
    return not is_off and any(os.environ.get(name) for name in ENDPOINTS)


def start_tracing(process: str) -> None:
    """Send the spans of this process as those of `process` (OTEL_SERVICE_NAME goes before), if that is asked for.

    Call it once, before the hub is opened. What is left is sent when the process ends.
    """
    if not is_tracing_asked_for():
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        logger.warning("no traces are sent, though OTEL_… asks for them: install seggql[tracing]")
        return
    name = {} if "OTEL_SERVICE_NAME" in os.environ else {"service.name": process}
    provider = TracerProvider(resource=Resource.create(name))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


@contextmanager
def span(
    name: str,
    attributes: Attributes | None = None,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    after: str | None = None,
) -> Iterator[Span]:
    """A span while the block runs, under the one that is current, or under the one that `after` (a traceparent) names.

    What the block raises is the span's error by the name of its type: messages may hold values.
    """
    context = _context_of(after) if after else None
    tracer = trace.get_tracer("seggql")
    with tracer.start_as_current_span(
        name, context, kind, attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except BaseException as error:
            current.set_status(trace.StatusCode.ERROR, type(error).__name__)
            raise


def current_traceparent() -> str | None:
    """The current span in the words of W3C Trace Context, for those who go on with the work; None without one."""
    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get(TRACEPARENT)


def trace_ids() -> dict[str, str]:
    """The id of the trace for log lines, where there is one."""
    context = trace.get_current_span().get_span_context()
    return {"trace": f"{context.trace_id:032x}"} if context.is_valid else {}


def _context_of(traceparent: str) -> Context:
    return TraceContextTextMapPropagator().extract({TRACEPARENT: traceparent})
