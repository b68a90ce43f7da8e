"""`POST /ingest/{profiles|interactions|relationships}/{Type}`: NDJSON of any size, answered batch by batch.

Each line of the request is an input object of the API (ProfileInput, InteractionInput, RelationshipInput). The answer
is NDJSON too: a line for each batch as soon as it is stored, and a last line with the totals, or with the error that
ended it. A client that sends without reading may have to wait; curl and browsers do both at once.
"""

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from seggql.errors import RequestError, UnavailableError
from seggql.ingest.kinds import RowKind, require_type
from seggql.ingest.outcome import IngestOutcome
from seggql.ingest.reading import Reading
from seggql.ingest.stream import store_stream
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.outage import OUTAGES, outage

logger = logging.getLogger(__name__)

MEDIA_TYPES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/json")
"""None of them can be sent by a form of another site."""


def ingest_routes(hub: Hub, settings: Settings) -> list[Route]:
    """One route for each kind of rows."""
    return [
        Route(f"/ingest/{kind.value}/{{type}}", _endpoint(hub, settings, kind), methods=["POST"]) for kind in RowKind
    ]


class DuplexResponse(StreamingResponse):
    """Streams an answer while the request is still coming in; Starlette's own would read the request meanwhile."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.stream_response(send)


def _endpoint(hub: Hub, settings: Settings, kind: RowKind) -> Callable[[Request], Awaitable[Response]]:
    async def store_rows(request: Request) -> Response:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in MEDIA_TYPES or "content-encoding" in request.headers:
            message = f"Send NDJSON, uncompressed, with the content type {MEDIA_TYPES[0]}."
            return JSONResponse({"code": "INVALID", "message": message}, 415)
        name = request.path_params["type"]
        try:
            await require_type(hub, kind, name)
        except RequestError as error:
            return JSONResponse({"code": error.code, "message": str(error)}, 404)
        except OUTAGES as error:
            return JSONResponse({"code": UnavailableError.code, "message": str(outage(error))}, 503)
        reading = Reading(row_max_bytes=settings.row_max_bytes)
        results = store_stream(hub, kind, name, request.stream(), reading)
        return DuplexResponse(_lines(results), media_type=MEDIA_TYPES[0], headers={"Cache-Control": "no-store"})

    return store_rows


async def _lines(results: AsyncIterator[IngestOutcome]) -> AsyncIterator[str]:
    """A line for each batch, and one at the end."""
    totals, batches = IngestOutcome(), 0
    ending: dict[str, object] = {"done": True}
    try:
        async for outcome in results:
            batches += 1
            totals += outcome.counts()
            yield _line({"batch": batches} | _counts(outcome) | {"rejections": _rejections(outcome)})
    except ClientDisconnect:
        return
    except (RequestError, UnavailableError) as error:
        ending = {"done": False, "error": {"code": error.code, "message": str(error)}}
    except OUTAGES as error:
        ending = {"done": False, "error": {"code": UnavailableError.code, "message": str(outage(error))}}
    except Exception:  # process edge: the status line is long gone
        logger.exception("ingest failed")
        ending = {"done": False, "error": {"code": "INTERNAL", "message": "Internal error; the server's log has it."}}
    yield _line(ending | {"batches": batches} | _counts(totals))


def _counts(outcome: IngestOutcome) -> dict[str, object]:
    return {
        "received": outcome.received,
        "stored": outcome.stored,
        "unchanged": outcome.unchanged,
        "rejected": outcome.rejected,
    }


def _rejections(outcome: IngestOutcome) -> list[dict[str, object]]:
    return [
        {"index": row.index, "code": row.code.value, "message": row.message, "field": row.field}
        for row in outcome.rejections
    ]


def _line(values: dict[str, object]) -> str:
    return json.dumps(values, ensure_ascii=False) + "\n"
