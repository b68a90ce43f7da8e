"""Finding plugins and the exporters they offer; the built-in ones come by the same door."""

import re
from collections.abc import Mapping
from typing import cast

import pluggy

from seggql.errors import PluginError
from seggql.exporter import hooks
from seggql.exporter.contract import AnyExporter, Exporter, ExporterConfig

EXPORTER_NAME = re.compile(r"[a-z][a-z0-9_-]{0,99}\Z")


def plugin_manager() -> pluggy.PluginManager:
    """A manager with every installed distribution that has an entry point in the group `seggql`.

    Raises: PluginError where one cannot be imported or does not fit the hooks.
    """
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    try:
        manager.load_setuptools_entrypoints(hooks.PROJECT)
        manager.check_pending()
    except Exception as error:  # a plugin's import may raise anything
        raise PluginError(f"A plugin cannot be loaded: {error!r}. Mend or uninstall it, then start again.") from error
    return manager


def load_exporters(config: ExporterConfig, manager: pluggy.PluginManager | None = None) -> Mapping[str, AnyExporter]:
    """Every exporter by its name. Raises: PluginError where a plugin fails, or two offer the same name."""
    manager = manager or plugin_manager()
    exporters: dict[str, AnyExporter] = {}
    for implementation in manager.hook.seggql_exporters.get_hookimpls():
        for exporter in _offered(implementation, config):
            if exporter.name in exporters:
                raise PluginError(f"Two plugins offer an exporter called {exporter.name!r}; uninstall one of them.")
            exporters[exporter.name] = exporter
    return exporters


def _offered(implementation: pluggy.HookImpl, config: ExporterConfig) -> list[AnyExporter]:
    arguments = [config] if implementation.argnames else []
    try:
        offered: list[object] = [*cast("list[object]", implementation.function(*arguments))]
    except Exception as error:  # a plugin may raise anything
        raise PluginError(f"Plugin {implementation.plugin_name!r} failed: {error!r}") from error
    return [_checked(exporter, implementation.plugin_name) for exporter in offered]


def _checked(exporter: object, plugin: str) -> AnyExporter:
    if not isinstance(exporter, Exporter) or not EXPORTER_NAME.match(exporter.name):
        raise PluginError(
            f"Plugin {plugin!r} offers {exporter!r}, which is no Exporter with a name like 'my-exporter'."
        )
    return exporter
