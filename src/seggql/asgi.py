"""The web application: every route and middleware of `seggql serve` and `seggql dev`, in one place."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route, WebSocketRoute

from seggql.exporter import ExporterConfig
from seggql.exporter.plugins import load_exporters
from seggql.graphql.endpoint import GraphQLEndpoint
from seggql.graphql.noun import Noun
from seggql.graphql.schema import NOUNS, make_schema, node_reads
from seggql.http.body_limit import BodyLimit
from seggql.http.graphiql import graphiql_assets, graphiql_page
from seggql.http.health import ReachBroker, health_routes
from seggql.http.ingest import ingest_routes
from seggql.http.loopback import LoopbackOnly
from seggql.http.members import members_routes
from seggql.http.metrics import Metrics
from seggql.http.request_log import RequestLog
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.run_queue import RunQueue

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


def create_app(
    settings: Settings,
    hub: Hub,
    queue: RunQueue,
    *,
    nouns: tuple[Noun, ...] = NOUNS,
    reach_broker: ReachBroker | None = None,
    lifespan: Lifespan | None = None,
) -> Starlette:
    """The application over an opened `hub` (see `store.models.open_models`), which the caller closes.

    `queue` tells workers of runs, `reach_broker` whether that may work (None: the broker is in this process);
    `lifespan` is for callers whose hub opens and closes with the server.
    """
    graphql = GraphQLEndpoint(
        make_schema(nouns),
        hub=hub,
        settings=settings,
        queue=queue,
        exporters=load_exporters(ExporterConfig(export_dir=settings.export_dir)),
        node_reads=node_reads(nouns),
        page=graphiql_page,
    )
    metrics = Metrics(hub)
    return Starlette(
        routes=[
            Route("/", _to_graphiql),
            Route("/graphql", BodyLimit(graphql, settings.body_max_bytes)),
            WebSocketRoute("/graphql", graphql),
            graphiql_assets(),
            *members_routes(hub),
            *ingest_routes(hub, settings),
            *health_routes(hub, reach_broker),
            metrics.route(),
        ],
        middleware=[Middleware(RequestLog, observe=metrics.observe), Middleware(LoopbackOnly)],
        lifespan=lifespan,
    )


async def _to_graphiql(request: Request) -> RedirectResponse:
    return RedirectResponse("/graphql")
