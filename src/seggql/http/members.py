"""`GET /segments/{name}/members.csv` (`.ndjson`, `.parquet`): a segment's members, streamed."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from seggql.errors import RequestCode, RequestError, UnavailableError
from seggql.exporter import FileFormat
from seggql.exports.download import download_members
from seggql.store.hub import Hub
from seggql.store.outage import OUTAGES, outage

STATUS_CODES = {RequestCode.NOT_FOUND.value: 404, RequestCode.NOT_ALLOWED.value: 409}


def members_routes(hub: Hub) -> list[Route]:
    """One route for each file format."""
    return [
        Route(f"/segments/{{name}}/members.{file_format.value}", _endpoint(hub, file_format), methods=["GET"])
        for file_format in FileFormat
    ]


def _endpoint(hub: Hub, file_format: FileFormat) -> Callable[[Request], Awaitable[Response]]:
    async def send_members(request: Request) -> Response:
        name = request.path_params["name"]
        try:
            content = await download_members(hub, name, file_format)
        except RequestError as error:
            return _refusal(STATUS_CODES[error.code], error)
        except OUTAGES as error:
            return _refusal(503, outage(error))
        disposition = f'attachment; filename="{name}.{file_format.value}"'
        headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
        return StreamingResponse(content, media_type=file_format.media_type, headers=headers)

    return send_members


def _refusal(status_code: int, error: RequestError | UnavailableError) -> JSONResponse:
    return JSONResponse({"code": error.code, "message": str(error)}, status_code=status_code)
