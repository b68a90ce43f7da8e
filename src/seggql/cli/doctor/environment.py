"""What the doctor sees of the environment: variables, the folder of exports, plugins, GraphiQL, tracing."""

import os
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile

from seggql.cli.configuration import unknown_variables
from seggql.cli.doctor.finding import Finding, ok, problem, warn
from seggql.errors import PluginError
from seggql.exporter import ExporterConfig
from seggql.exporter.plugins import load_exporters
from seggql.http.graphiql import ASSETS
from seggql.settings import Settings
from seggql.tracing import is_tracing_asked_for


def look_at_variables(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Variables that begin as settings do and are none: they would be ignored without a word."""
    unknown = unknown_variables(environment)
    for name, meant in unknown.items():
        if meant:
            yield problem("settings", f"{name} is no setting, and is ignored", f"did you mean {meant}?")
        else:
            yield warn("settings", f"{name} is no setting, and is ignored", "unset it; the README lists the settings")
    if not unknown:
        given = sorted(name for name in environment if name.startswith("SEGGQL_"))
        yield ok("settings", f"known; given: {', '.join(given) or 'none, so each has its default'}")


def look_at_machine(settings: Settings) -> Iterator[Finding]:
    """What processes on this machine need of it."""
    yield _exports(settings.export_dir.absolute())
    try:
        exporters = load_exporters(ExporterConfig(export_dir=settings.export_dir))
        yield ok("plugins", f"exporters: {', '.join(sorted(exporters))}")
    except PluginError as error:
        yield problem("plugins", str(error), "pip uninstall the plugin, or install a release of it that fits")
    if (ASSETS / "index.html").is_file():
        yield ok("GraphiQL", "is built")
    else:
        yield warn("GraphiQL", "was not built, so that /graphql shows no page", "run make install in the checkout")
    if is_tracing_asked_for():
        if find_spec("opentelemetry.exporter") and find_spec("opentelemetry.sdk"):
            yield ok("tracing", "traces are sent where OTEL_EXPORTER_OTLP_… says")
        else:
            yield warn("tracing", "OTEL_… asks for traces, and none are sent", "pip install 'seggql[tracing]'")


def _exports(folder: Path) -> Finding:
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        with TemporaryFile(dir=there):
            pass
    except OSError as error:
        found = f"{folder} cannot be written by user {os.getuid()}: {error.strerror}"
        to_do = f"give {there} to that user, or name another folder: SEGGQL_EXPORT_DIR"
        return problem("exports folder", found, to_do)
    return ok("exports folder", f"{folder} can be written" + ("" if there == folder else ", and is made when needed"))
