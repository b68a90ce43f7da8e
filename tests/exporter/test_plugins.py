"""Exporters come from plugins, the built-in ones too, and a bad plugin is named."""

from pathlib import Path

import pluggy
import pytest
from seggql_file import FileExporter

from seggql.errors import PluginError
from seggql.exporter import AnyExporter, ExporterConfig, hookimpl, hooks
from seggql.exporter.plugins import load_exporters, plugin_manager

CONFIG = ExporterConfig(export_dir=Path("exports"))


class Offering:
    """A plugin that offers whatever it is given."""

    def __init__(self, *offered: object) -> None:
        self.offered = offered

    @hookimpl
    def seggql_exporters(self, config: ExporterConfig) -> list[AnyExporter]:
        return list(self.offered)  # type: ignore[arg-type]  # some tests offer what is no exporter


class Failing:
    @hookimpl
    def seggql_exporters(self) -> list[AnyExporter]:
        raise RuntimeError("no licence")


class Misspelt:
    @hookimpl
    def seggql_exporter(self) -> list[AnyExporter]:
        return []


def manager_with(*plugins: object) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    for plugin in plugins:
        manager.register(plugin, name=type(plugin).__name__)
    return manager


def test_the_file_exporter_comes_through_its_entry_point() -> None:
    assert set(load_exporters(CONFIG)) == {"file"}
    assert [name for name, _ in plugin_manager().list_name_plugin()] == ["file"]


def test_two_exporters_of_one_name_are_refused() -> None:
    with pytest.raises(PluginError, match="Two plugins offer an exporter called 'file'"):
        load_exporters(CONFIG, manager_with(Offering(FileExporter(CONFIG)), Offering2(FileExporter(CONFIG))))


class Offering2(Offering):
    pass


def test_a_plugin_that_raises_is_named() -> None:
    with pytest.raises(PluginError, match=r"'Failing' failed: RuntimeError\('no licence'\)"):
        load_exporters(CONFIG, manager_with(Failing()))


def test_a_plugin_that_offers_something_else_is_named() -> None:
    with pytest.raises(PluginError, match="'Offering' offers 'nonsense'"):
        load_exporters(CONFIG, manager_with(Offering("nonsense")))


def test_every_hook_is_documented() -> None:
    assert hooks.seggql_exporters.__doc__
