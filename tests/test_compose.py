"""docker-compose.yml has the production shape, and Docker's own tool accepts it."""

import subprocess
from pathlib import Path

import pytest
import yaml

from seggql.dev.mongod import SNAPSHOT_WINDOW_S
from seggql.settings import Settings
from tests.requirements import needs, part_path

pytestmark = needs("docker-compose")
ROOT = Path(__file__).parents[1]

Composition = dict[str, dict[str, dict[str, object]]]


@pytest.fixture(scope="module")
def composition() -> Composition:
    """The file as docker-compose understands it: anchors merged, variables filled in."""
    checked = subprocess.run(
        [part_path("docker-compose"), "config"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    composition: Composition = yaml.safe_load(checked.stdout)
    return composition


def test_every_process_of_seggql_and_what_it_needs_is_there(composition: Composition) -> None:
    assert set(composition["services"]) == {"api", "worker", "scheduler", "mongodb", "mongodb-init", "redis"}
    commands = {name: composition["services"][name]["command"] for name in ("api", "worker", "scheduler")}
    assert commands == {"api": ["serve"], "worker": ["worker"], "scheduler": ["scheduler"]}


def test_ports_are_published_on_loopback_only(composition: Composition) -> None:
    ports = [port for service in composition["services"].values() for port in listed(service.get("ports"))]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_mongodb_is_a_replica_set_with_snapshots_as_long_as_those_of_dev(composition: Composition) -> None:
    command = listed(composition["services"]["mongodb"]["command"])
    assert command[command.index("--replSet") + 1] == "rs0"
    assert f"minSnapshotHistoryWindowInSeconds={SNAPSHOT_WINDOW_S}" in command
    assert "rs.initiate" in str(composition["services"]["mongodb-init"]["command"])


@pytest.mark.parametrize("name", ["api", "worker", "scheduler"])
def test_processes_are_configured_by_known_settings_and_wait_for_their_parts(
    composition: Composition, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = composition["services"][name]
    environment = service["environment"]
    assert isinstance(environment, dict)
    assert {f"SEGGQL_{setting.upper()}" for setting in Settings.model_fields} >= set(environment)
    for variable, setting in environment.items():
        monkeypatch.setenv(variable, str(setting))
    assert Settings().mongodb_uri == "mongodb://mongodb:27017/?replicaSet=rs0"
    waits = service["depends_on"]
    assert isinstance(waits, dict)
    assert {part: wait["condition"] for part, wait in waits.items()} == {
        "mongodb-init": "service_completed_successfully",
        "redis": "service_healthy",
    }


@pytest.mark.parametrize("name", ["api", "mongodb", "redis"])
def test_what_others_wait_for_tells_its_health(composition: Composition, name: str) -> None:
    assert "healthcheck" in composition["services"][name]


def listed(entries: object) -> list[str]:
    """A list of the composition, or an empty one where it is left out."""
    return [str(entry) for entry in entries] if isinstance(entries, list) else []
