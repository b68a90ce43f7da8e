"""The command line: help, messages instead of tracebacks, and what `schema` and `validate` print."""

import subprocess
import sys
from pathlib import Path

import pytest

from seggql.catalog.model import Attribute, AttributeType, ProfileType
from seggql.graphql.schema import print_schema
from seggql.ingest.define_types import define_profile_type
from seggql.ingest.profiles import upsert_profiles
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.models import open_models
from tests.dev.processes import SEGGQL, without_settings

COMMANDS = (
    "dev",
    "serve",
    "worker",
    "scheduler",
    "doctor",
    "advise",
    "import",
    "schema",
    "validate",
    "repack",
    "audit",
)


def seggql(
    *arguments: str, input: str = "", environment: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run the command and wait for its end."""
    return subprocess.run(
        [SEGGQL, *arguments],
        input=input,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=without_settings() | {"COLUMNS": "200", "TERM": "dumb"} | (environment or {}),
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    told = seggql(command, "--help")
    assert told.returncode == 0, told.stderr
    assert "Example" in told.stdout
    assert f"seggql {command}" in told.stdout


def test_help_lists_every_command_and_the_settings() -> None:
    told = seggql("--help").stdout
    assert [command for command in COMMANDS if f" {command} " not in told] == []
    assert "SEGGQL_MONGODB_URI" in told


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom seggql.cli.app import app\n"
        "heavy = {'polars', 'pymongo', 'strawberry', 'pyarrow', 'dramatiq', 'numpy'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)))"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert told.stderr.strip() == ""


def test_schema_prints_the_schema() -> None:
    told = seggql("schema")
    assert told.returncode == 0, told.stderr
    assert told.stdout == print_schema()


def test_schema_check_says_whether_a_file_is_the_schema(tmp_path: Path) -> None:
    file = tmp_path / "schema.graphql"
    file.write_text(print_schema())
    assert seggql("schema", "--check", str(file)).returncode == 0
    file.write_text("type Query { other: Int }")
    told = seggql("schema", "--check", str(file))
    assert told.returncode == 1
    assert "is not the schema of this version" in told.stderr
    assert "is not the schema of this version" in seggql("schema", "--check", str(tmp_path)).stderr


def test_validate_prints_the_canonical_form() -> None:
    told = seggql("validate", "-", input="profile(Contact).filter(Age>=18 and Country='US')")
    assert told.returncode == 0, told.stderr
    assert told.stdout == "PROFILE(Contact).FILTER(Age >= 18 AND Country == 'US')\n"


def test_validate_shows_each_problem_with_a_caret(tmp_path: Path) -> None:
    file = tmp_path / "query.segql"
    file.write_text("PROFILE(Contact).FILTER(Age = )")
    told = seggql("validate", str(file))
    assert told.returncode == 1
    assert "SYNTAX_ERROR at line 1, column 31" in told.stderr
    assert "\n" + " " * 30 + "^" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(("content", "said"), [(None, "cannot be read"), (b"\xff\xfe", "is not UTF-8")])
def test_validate_tells_of_files_that_cannot_be_read(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "query.segql"
    if content is not None:
        file.write_bytes(content)
    told = seggql("validate", str(file))
    assert told.returncode == 1
    assert said in told.stderr
    assert "Traceback" not in told.stderr


async def test_validate_with_a_hub_checks_names(hub: Hub, settings: Settings) -> None:
    await open_models(hub)
    age = Attribute(name="Age", type=AttributeType.INT)
    await define_profile_type(hub, ProfileType(name="Contact", attributes=(age,)))
    environment = {"SEGGQL_MONGODB_URI": settings.mongodb_uri, "SEGGQL_DATABASE": settings.database}
    told = seggql("validate", "--hub", "-", input="PROFILE(Contact).FILTER(Aeg > 1)", environment=environment)
    assert told.returncode == 1
    assert "UNKNOWN_ATTRIBUTE" in told.stderr
    assert "Age" in told.stderr
    await upsert_profiles(hub, "Contact", [{"key": "ann"}])
    told = seggql("validate", "--hub", "-", input="PROFILE(Contact).FILTER(Age > 1)", environment=environment)
    assert told.returncode == 0, told.stderr
    assert "No Contact has a value of Age yet" in told.stderr
    told = seggql(
        "validate", "--hub", "-", "--profile-type", "Contct", input="PROFILE(Contact)", environment=environment
    )
    assert told.returncode == 1
    assert "There is no profile type 'Contct'. Did you mean Contact?" in told.stderr


BAD_SETTINGS = {
    "SEGGQL_PORT": ("http", "SEGGQL_PORT"),
    "SEGGQL_HOST": ("0.0.0.0", "only this machine may reach it"),
    "SEGGQL_BROKER_URL": ("kafka://x", "must begin with redis://"),
    "SEGGQL_ESTIMATE_EXACT_S": ("inf", "SEGGQL_ESTIMATE_EXACT_S: Input should be a finite number"),
}


@pytest.mark.parametrize("variable", BAD_SETTINGS)
def test_a_bad_setting_is_named(variable: str) -> None:
    value, said = BAD_SETTINGS[variable]
    told = seggql("serve", environment={"SEGGQL_PORT": "0", variable: value})
    assert told.returncode == 1
    assert said in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("command", ["serve", "worker", "scheduler"])
def test_a_missing_mongodb_is_one_message(command: str) -> None:
    environment = {
        "SEGGQL_PORT": "0",
        "SEGGQL_MONGODB_URI": "mongodb://127.0.0.1:9/?replicaSet=rs0",
        "SEGGQL_MONGODB_TIMEOUT_S": "1",
    }
    told = seggql(command, environment=environment)
    assert told.returncode == 1
    assert "MongoDB does not answer. Start it, or correct SEGGQL_MONGODB_URI" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SEGGQL_MONGODB_URI", "http://127.0.0.1"),
        ("SEGGQL_MONGODB_URI", ""),
        ("SEGGQL_MONGODB_URI", "mongodb://127.0.0.1:port/"),
        ("SEGGQL_DATABASE", "a b"),
        ("SEGGQL_DATABASE", ""),
    ],
)
@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("validate", "--hub", "-")])
def test_a_setting_that_mongodb_cannot_take_is_named(command: tuple[str, ...], variable: str, value: str) -> None:
    told = seggql(*command, input="PROFILE(Contact)", environment={variable: value})
    assert told.returncode == 1
    assert variable in told.stderr
    assert "bug of seggql" not in told.stderr
