"""`seggql dev` as a person meets it: started, stopped, started again, and when something is in the way."""

import json
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dev.processes import Dev, is_alive


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[Dev]:
    """A `seggql dev` that is up."""
    with Dev(tmp_path / "hub") as dev:
        assert dev.address
        yield dev


def ask(address: str, query: str) -> dict[str, object]:
    """The answer of the API to a query."""
    body = json.dumps({"query": query}).encode()
    request = urllib.request.Request(f"{address}/graphql", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        answer: dict[str, object] = json.load(response)
    return answer


DEFINE = 'mutation { defineProfileType(input: {name: "Kept", attributes: []}) { errors { message } } }'
KEPT = '{ profileType(name: "Kept") { name } }'


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_every_process_quietly(dev: Dev, number: signal.Signals) -> None:
    mongod = dev.mongod_pid
    assert is_alive(mongod)
    assert dev.stop(number) == 0
    assert not is_alive(mongod)
    assert "Traceback" not in dev.output
    assert "seggql has stopped" in dev.output


def test_a_signal_while_it_starts_leaves_no_process_behind(tmp_path: Path) -> None:
    with Dev(tmp_path / "hub") as dev:
        deadline = time.monotonic() + 60
        while not (tmp_path / "hub/mongodb/mongod.lock").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert dev.stop() == 0
        assert "Traceback" not in dev.output
        assert (tmp_path / "hub/mongodb/mongod.lock").read_text() == ""


def test_a_second_start_has_the_data_of_the_first(dev: Dev) -> None:
    assert "errors" not in ask(dev.address, DEFINE)
    assert dev.stop() == 0
    with Dev(dev.data_dir) as again:
        assert ask(again.address, KEPT) == {"data": {"profileType": {"name": "Kept"}}}


def test_members_are_downloaded(dev: Dev) -> None:
    assert "errors" not in ask(dev.address, DEFINE)
    ask(dev.address, 'mutation { upsertProfiles(type: "Kept", profiles: [{key: "ann", attributes: {}}]) { stored } }')
    hand = '{name: "Hand", kind: STATIC, profileType: "Kept", memberKeys: ["ann"]}'
    ask(dev.address, f"mutation {{ createSegment(input: {hand}) {{ errors {{ message }} }} }}")
    for ending, content in (("csv", b"Key\nann\n"), ("ndjson", b'{"Key":"ann"}\n')):
        with urllib.request.urlopen(f"{dev.address}/segments/Hand/members.{ending}", timeout=30) as response:
            assert response.read() == content


def test_a_data_folder_in_use_is_named_and_left_alone(dev: Dev) -> None:
    with Dev(dev.data_dir) as second:
        assert second.end() == 1
        assert f"{dev.data_dir} is in use by another seggql" in second.output
        assert "Traceback" not in second.output
    assert is_alive(dev.mongod_pid)


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with Dev(tmp_path / "hub", "--port", str(port)) as dev:
            assert dev.end() == 1
            assert f"Port {port} of 127.0.0.1 is in use" in dev.output
            assert "Traceback" not in dev.output
            assert not (tmp_path / "hub/mongodb").exists()


def test_a_crashed_mongodb_ends_it_with_a_message(dev: Dev) -> None:
    os.kill(dev.mongod_pid, signal.SIGKILL)
    assert dev.end() == 1
    assert "MongoDB ended (killed by signal 9)" in dev.output
    assert "Traceback" not in dev.output


def test_a_mongodb_that_outlived_its_seggql_is_ended_by_the_next_start(dev: Dev) -> None:
    orphan = dev.mongod_pid
    dev.send(signal.SIGKILL)
    dev.end()
    assert is_alive(orphan)
    with Dev(dev.data_dir) as again:
        assert again.address
        assert not is_alive(orphan)


def test_a_missing_mongodb_is_told_with_what_to_do(tmp_path: Path) -> None:
    unreachable = {"SEGGQL_MONGODB_URI": "mongodb://127.0.0.1:9/?replicaSet=rs0", "SEGGQL_MONGODB_TIMEOUT_S": "1"}
    with Dev(tmp_path / "hub", environment=unreachable) as dev:
        assert dev.end() == 1
        assert "MongoDB does not answer. Start it, or correct SEGGQL_MONGODB_URI" in dev.output
        assert "Traceback" not in dev.output


def test_mongodb_files_of_another_kind_are_told_from_its_log(tmp_path: Path) -> None:
    files = tmp_path / "hub" / "mongodb"
    files.mkdir(parents=True)
    (files / "storage.bson").write_bytes(b"not BSON")
    with Dev(tmp_path / "hub") as dev:
        assert dev.end() == 1
        assert "MongoDB ended" in dev.output
        assert "storage_engine_metadata" in dev.output
        assert "Traceback" not in dev.output
