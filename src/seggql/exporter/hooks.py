"""The hook by which a plugin offers its exporters."""

import pluggy

from seggql.exporter.contract import AnyExporter, ExporterConfig

PROJECT = "seggql"
"""Name of the pluggy project and of the entry point group that plugins register under."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def seggql_exporters(config: ExporterConfig) -> list[AnyExporter]:
    """Offer exporters; called once when a process starts. Open nothing here: `Exporter.open` is for that."""
    raise NotImplementedError  # a specification, never called
