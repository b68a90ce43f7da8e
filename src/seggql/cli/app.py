"""The commands of `seggql`, with their options and help; what goes wrong is one message and exit code 1."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from seggql.cli.import_file import import_command
from seggql.errors import MongoDBAway, SeggqlError
from seggql.garbage import collect_seldom

app = typer.Typer(
    name="seggql",
    help="Self-hosted customer segmentation over MongoDB: profiles, a segment query language, GraphQL.",
    epilog=(
        "Settings come from the environment: SEGGQL_MONGODB_URI, SEGGQL_DATABASE, SEGGQL_BROKER_URL, SEGGQL_PORT, "
        "SEGGQL_EXPORT_DIR and others, which the README lists. To begin: seggql dev --demo"
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

Place = Annotated[Path, typer.Option(help="Folder for MongoDB's files and exports; made where missing.")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Port of the API; 0 takes any free one.")]


DEBUG = "--debug"

NO_MONGODB = "MongoDB does not answer. Start it, or correct SEGGQL_MONGODB_URI; `seggql doctor` says more."


@app.callback()
def begin(debug: Annotated[bool, typer.Option(DEBUG, help="Show where a bug of seggql is.")] = False) -> None:
    """Called by Typer before each command; `main` looks at the option itself."""


@app.command()
def dev(
    demo: Annotated[
        bool, typer.Option("--demo", help="Load a year of real purchases, and segments over them.")
    ] = False,
    data_dir: Place = Path(".seggql"),
    port: Port = None,
    keep_dates: Annotated[
        bool, typer.Option("--keep-dates", help="Leave the demo's dates in 2017 instead of moving them to now.")
    ] = False,
) -> None:
    """Run everything on this machine: a MongoDB of its own, API, worker and scheduler in one process.

    SEGGQL_MONGODB_URI, where set, names a MongoDB to use instead. Only this machine can reach it. Ctrl-C stops it all.

    Examples: `seggql dev --demo` · `seggql dev --data-dir /tmp/trial --port 0`
    """
    from rich.console import Console

    from seggql.cli.configuration import read_settings
    from seggql.cli.logs import show_log
    from seggql.dev.options import DevOptions
    from seggql.dev.run import run_dev
    from seggql.tracing import start_tracing

    settings = read_settings(port)
    show_log(settings, level="ERROR")
    start_tracing("seggql")
    run_dev(
        settings,
        DevOptions(data_dir=data_dir, demo=demo, keep_dates=keep_dates),
        Console(highlight=False),
    )


@app.command()
def serve(port: Port = None) -> None:
    """Serve the API: GraphQL and GraphiQL at /graphql, bulk data at /ingest, members at /segments.

    For operators: /healthz, /readyz, /metrics.

    Needs MongoDB (SEGGQL_MONGODB_URI) and the broker (SEGGQL_BROKER_URL). Listens on loopback only.

    Example: `SEGGQL_MONGODB_URI='mongodb://127.0.0.1/?replicaSet=rs0' seggql serve --port 8000`
    """
    from seggql.cli.configuration import read_settings
    from seggql.cli.logs import show_log
    from seggql.cli.serve import run_server
    from seggql.tracing import start_tracing

    settings = read_settings(port)
    show_log(settings)
    start_tracing("seggql-api")
    run_server(settings)


@app.command()
def worker(
    threads: Annotated[int, typer.Option(min=1, max=64, help="Runs that are worked on at the same time.")] = 4,
) -> None:
    """Do the work that takes time: refreshes and exports. Start as many as you like, on as many machines.

    Needs MongoDB (SEGGQL_MONGODB_URI) and the broker (SEGGQL_BROKER_URL). Ctrl-C gives unfinished work back.

    Example: `SEGGQL_BROKER_URL=redis://127.0.0.1:6379/0 seggql worker --threads 2`
    """
    from seggql.cli.configuration import read_settings
    from seggql.cli.logs import show_log
    from seggql.tracing import start_tracing
    from seggql.worker import run_worker

    settings = read_settings()
    show_log(settings)
    start_tracing("seggql-worker")
    run_worker(settings, threads=threads)


@app.command()
def scheduler() -> None:
    """Refresh segments when they are due; announce work that was lost, clear away what dead workers left.

    Needs MongoDB (SEGGQL_MONGODB_URI) and the broker (SEGGQL_BROKER_URL). Several may run; they share the work.

    Example: `seggql scheduler`
    """
    from seggql.cli.configuration import read_settings
    from seggql.cli.logs import show_log
    from seggql.scheduler import run_scheduler
    from seggql.tracing import start_tracing

    settings = read_settings()
    show_log(settings)
    start_tracing("seggql-scheduler")
    run_scheduler(settings)


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")] = False,
) -> None:
    """Look at a deployment with the settings of this environment, and say what to do; exit code 1 on a problem.

    Examples: `seggql doctor` · `docker-compose exec api seggql doctor --json`
    """
    from seggql.cli.doctor.run import run_doctor

    if not run_doctor(as_json=as_json):
        raise typer.Exit(1)


@app.command()
def schema(
    check: Annotated[
        Path | None, typer.Option(help="Compare with this file instead; exit code 1 where it differs.")
    ] = None,
) -> None:
    """Print the GraphQL schema.

    Examples: `seggql schema > schema.graphql` · `seggql schema --check schema.graphql`
    """
    from seggql.cli.schema import show_schema

    show_schema(check)


@app.command()
def validate(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="File with a SegQL query; - reads standard input.")],
    hub: Annotated[
        bool, typer.Option("--hub", help="Check names and types too, against the hub of SEGGQL_MONGODB_URI.")
    ] = False,
    profile_type: Annotated[
        str | None, typer.Option(help="With --hub: the profile type that the query must end at.")
    ] = None,
    listing: Annotated[bool, typer.Option(help="With --hub: allow ORDERBY, SKIP, TAKE and SELECT.")] = False,
) -> None:
    """Check a query, and print it in canonical form; each problem is shown with a caret at its place.

    Examples: `seggql validate query.segql` · `echo "PROFILE(Household)" | seggql validate --hub -`
    """
    from seggql.cli.configuration import read_settings
    from seggql.cli.validate import validate_file

    validate_file(file, read_settings(), hub=hub, profile_type=profile_type, listing=listing)


Types = Annotated[list[str] | None, typer.Argument(metavar="[TYPE]...", help="Names of types.", show_default=False)]


@app.command()
def repack(
    types: Types = None,
    everything: Annotated[bool, typer.Option("--all", help="All types that active segments read.")] = False,
) -> None:
    """Pack the columns of types anew from their documents, as fast as MongoDB gives them.

    Workers keep packs by themselves; this is for when they should be ready at once, after an import or an upgrade, or
    when `seggql audit` found something. Old packs stay in use until the new ones are there. Can be stopped at any time.

    Examples: `seggql repack Household Purchase` · `seggql repack --all`
    """
    from rich.console import Console

    from seggql.cli.configuration import read_settings
    from seggql.cli.packs import repack_types

    if everything == bool(types):
        raise typer.BadParameter("Name the types, or say --all.")
    repack_types(read_settings(), types or (), Console(highlight=False, soft_wrap=True))


@app.command()
def audit(types: Types = None) -> None:
    """Compare packs with the documents they were made of, every value, in one snapshot; exit code 1 on a difference.

    Changes nothing, and may run while all else does. It reads every document of the types, which takes as long as
    packing them. What it finds is mended by `seggql repack`.

    Examples: `seggql audit` · `seggql audit Household`
    """
    from rich.console import Console

    from seggql.cli.configuration import read_settings
    from seggql.cli.packs import audit_types

    if not audit_types(read_settings(), types or (), Console(highlight=False, soft_wrap=True)):
        raise typer.Exit(1)


@app.command()
def advise(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead, with all segments.")] = False,
) -> None:
    """List the indexes that active segments want: how large each would be, and what it saves which segment.

    Looks at the queries and at random documents of large types, and makes nothing: to have an index, define its
    attribute with isIndexed, by the mutation that is shown. Segments that read packs want none.

    Examples: `seggql advise` · `seggql advise --json | jq '.indexes[].mutation'`
    """
    from rich.console import Console

    from seggql.cli.advise import show_advice
    from seggql.cli.configuration import read_settings

    show_advice(read_settings(), as_json=as_json, console=Console(highlight=False, soft_wrap=True))


app.command("import")(import_command)


def main() -> None:
    """Run the command line; the process's edge."""
    signal.signal(signal.SIGTERM, _interrupt)
    collect_seldom()
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`); nothing is left to write to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except MongoDBAway:
        sys.exit(f"seggql: {NO_MONGODB}")
    except SeggqlError as error:
        sys.exit(f"seggql: {error}")
    except Exception as error:  # the process edge
        if DEBUG in sys.argv:
            raise
        sys.exit(f"seggql: this is a bug of seggql: {error!r}. To see where: seggql {DEBUG} {' '.join(sys.argv[1:])}")


def _interrupt(signum: int, frame: FrameType | None) -> None:
    """SIGTERM asks politely, as Ctrl-C does: both unwind, so that whatever was started is stopped."""
    raise KeyboardInterrupt
