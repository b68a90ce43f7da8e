"""GraphiQL: the page at GET /graphql and its assets, built from npm packages into the wheel (see hatch_build.py)."""

from pathlib import Path

from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

ASSETS = Path(__file__).with_name("graphiql")
ASSETS_PATH = "/graphiql"

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # the editor (Monaco) writes style elements
        "font-src 'self' data:",
        "img-src 'self' data:",
        "worker-src 'self'",
        "connect-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


def graphiql_page() -> Response:
    """The page; where the assets were not built (a checkout without its build hook), a text that says how."""
    page = ASSETS / "index.html"
    if not page.is_file():
        text = "GraphiQL was not built. Run `make install`, or `python hatch_build.py` in a checkout.\n"
        return PlainTextResponse(text, 503)
    return FileResponse(page, headers=HEADERS)


def graphiql_assets() -> BaseRoute:
    """Scripts, styles, fonts and workers of the page."""
    return Mount(ASSETS_PATH, _Assets(directory=ASSETS, check_dir=False), name="graphiql")


class _Assets(StaticFiles):
    """Static files with the page's headers: a worker lives under the policy that it came with."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(HEADERS)
        return response
