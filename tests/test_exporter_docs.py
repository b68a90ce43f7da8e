"""The page on writing an exporter is so: its plugin installs, passes its own test, and delivers."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from seggql.asgi import create_app
from seggql.exporter import Exporter, ExporterConfig, ExportMode, Writer, hooks
from seggql.exporter.plugins import load_exporters
from seggql.exports.define import create_export
from seggql.exports.run import request_export, run_exports
from seggql.settings import Settings
from seggql.store.destinations import find_destinations
from seggql.store.hub import Hub
from seggql.store.job import JobStatus, RunId
from tests.segments.world import ListQueue, job_now, make_world, static

GUIDE = (Path(__file__).parents[1] / "docs" / "exporters.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
FILES = [block for language, block in BLOCKS if language in ("toml", "python")]
COMMANDS = [line for language, block in BLOCKS if language == "sh" for line in block.splitlines()]
REQUESTS = [block for language, block in BLOCKS if language == "graphql"]


@pytest.fixture(scope="module")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the page's plugin."""
    folder = tmp_path_factory.mktemp("plugin") / "seggql-sqlite"
    folder.mkdir()
    for block in FILES:
        (folder / block.splitlines()[0].removeprefix("# ")).write_text(block, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def installed(distribution: Path) -> Path:
    """A folder that the page's command installed the plugin into, without asking any index."""
    target = distribution.parent / "installed"
    offline = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--target", str(target))
    told = run_command(COMMANDS[0], distribution.parent, *offline)
    assert told.returncode == 0, told.stdout + told.stderr
    return target


def run_command(command: str, folder: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of the page in this Python."""
    words = command.split()
    assert words[0] == "python"
    return subprocess.run(
        [sys.executable, *words[1:], *more], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def test_every_block_of_the_page_is_one_that_is_run() -> None:
    assert {language for language, _ in BLOCKS} == {"toml", "python", "sh", "graphql"}
    assert (len(FILES), len(COMMANDS), len(REQUESTS)) == (3, 2, 2)


def test_every_hook_and_every_part_of_the_contract_is_told() -> None:
    specified = [name for name in vars(hooks) if name.startswith("seggql_")]
    parts = [name for contract in (Exporter, Writer) for name in vars(contract) if not name.startswith("_")]
    assert specified
    assert [name for name in [*specified, *parts] if name not in GUIDE] == []


@pytest.mark.usefixtures("installed")
def test_the_plugin_passes_its_own_test(distribution: Path) -> None:
    told = run_command(COMMANDS[1], distribution.parent, "-q", "--rootdir", str(distribution), "-p", "no:cacheprovider")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "4 passed" in told.stdout


async def test_the_installed_plugin_delivers(
    hub: Hub, settings: Settings, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(installed))
    await make_world(hub)
    segment = await static(hub, settings, "Some", "ann", "eve")

    listed, made = [await answer(settings, hub, request) for request in REQUESTS]
    [destination] = await find_destinations()
    exporters = load_exporters(ExporterConfig(export_dir=settings.export_dir))
    export = await create_export(
        hub,
        exporters,
        name="weekly",
        destination_id=destination.id,
        segment_ids=[segment.id],
        fields=None,
        mode=ExportMode.FULL,
        is_scheduled=False,
    )
    queue = ListQueue()
    [job] = await request_export(hub, queue, export.id)
    await run_exports(hub, exporters, settings, queue, RunId(queue.announced[0]), "test")

    assert {exporter["name"] for exporter in listed["exporters"]} == {"file", "sqlite"}
    assert made["createDestination"]["errors"] == []
    assert (await job_now(hub, job)).status is JobStatus.SUCCESSFUL
    assert members_in(settings.export_dir / "crm.db") == [
        ("Some", "ann", '{"Key": "ann", "Age": 20}'),
        ("Some", "eve", '{"Key": "eve", "Age": null}'),
    ]


async def answer(settings: Settings, hub: Hub, request: str) -> Any:
    """What the API answers to a request of the page."""
    transport = httpx.ASGITransport(create_app(settings, hub, ListQueue()))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return (await client.post("/graphql", json={"query": request})).json()["data"]


def members_in(path: Path) -> list[tuple[str, str, str]]:
    """The rows that the plugin made."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT segment, key, fields FROM members ORDER BY key").fetchall()
    finally:
        connection.close()
