"""What the README says is so: commands, the first query and its answer, tables, links."""

import json
import re
import subprocess
import tomllib
from importlib import util
from pathlib import Path
from types import ModuleType

import httpx
import pytest

from seggql.asgi import create_app
from seggql.cli.app import app as command_line
from seggql.dev.demo.journey import Journey, find_journey
from seggql.dev.demo.load import define_types, write_profiles
from seggql.errors import ProblemCode, RequestCode, SeggqlError
from seggql.ingest.outcome import RejectionCode
from seggql.settings import Settings
from seggql.store.hub import Hub
from tests.requirements import needs

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
ERRORS = (ROOT / "docs" / "errors.md").read_text()


def blocks(language: str) -> list[str]:
    """The code blocks of a language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


@needs("make")
@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("make ")])
def test_every_make_command_of_the_readme_is_a_target(command: str) -> None:
    dry = subprocess.run([*command.split(), "-n"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert dry.returncode == 0, dry.stderr


def test_every_seggql_command_of_the_readme_exists() -> None:
    known = {command.name or getattr(command.callback, "__name__", "") for command in command_line.registered_commands}
    named = {command.split()[1] for command in COMMANDS if command.startswith("seggql ")}
    named |= set(re.findall(r"`seggql ([a-z]+)", README))
    assert named - known == set()


class Queue:
    """Tells nobody: previews need no worker."""

    def announce(self, run_id: str) -> None:
        """Nothing."""


async def test_the_first_query_has_the_answer_that_the_readme_shows(hub: Hub, settings: Settings) -> None:
    await define_types(hub)
    await write_profiles(hub, "Household", Journey(find_journey(), 0).households())
    query, answer = blocks("graphql")[0], blocks("json")[0]
    transport = httpx.ASGITransport(create_app(settings, hub, Queue()))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        response = await client.post("/graphql", json={"query": query})
    assert response.json() == json.loads(answer)


async def test_the_type_that_the_readme_defines_takes_the_line_that_it_sends(hub: Hub, settings: Settings) -> None:
    mutation, line = blocks("graphql")[1], blocks("json")[1]
    (path,) = {re.sub(r".*8000", "", word) for command in COMMANDS for word in command.split() if "/ingest/" in word}
    (header,) = re.findall(r"-H '(.+?): (.+?)'", "\n".join(COMMANDS))
    transport = httpx.ASGITransport(create_app(settings, hub, Queue()))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        defined = await client.post("/graphql", json={"query": mutation})
        taken = await client.post(path, content=line, headers=[header])
    assert defined.json() == {"data": {"defineProfileType": {"errors": []}}}
    total = json.loads(taken.text.splitlines()[-1])
    assert (total["received"], total["stored"]) == (1, 1), taken.text


def test_the_table_of_settings_is_that_of_the_settings() -> None:
    script = readme_settings()
    assert script.with_table(README) == README, "write it anew: .venv/bin/python scripts/readme_settings.py"


def readme_settings() -> ModuleType:
    """The script that writes the table."""
    spec = util.spec_from_file_location("readme_settings", ROOT / "scripts" / "readme_settings.py")
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_dependency_has_its_job_and_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[\[=; ]", requirement)[0] for requirement in project["dependencies"]}
    told = set(re.findall(r"^\| ([a-z0-9-]+) \| .+ \| .+ \|$", README, re.MULTILINE)) - {"package", "variable"}
    assert told == names


def test_every_dependency_is_pinned_and_nothing_but_names_and_releases_stand_in_the_pins() -> None:
    pins = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", pin)] == []
    pinned = {normal(pin) for pin in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        assert normal(re.sub(r"\[.*\]", "", requirement.split(";")[0])) in pinned


def normal(requirement: str) -> str:
    """A requirement as package indexes compare it."""
    return requirement.strip().lower().replace("_", "-")


def test_every_link_of_the_readme_leads_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if "://" not in target and not (ROOT / target).exists()] == []


def test_every_error_code_is_documented() -> None:
    raised = {error.code for error in subclasses(SeggqlError)} | {code.value for code in RequestCode}
    codes = raised | {code.value for code in ProblemCode} | {code.value for code in RejectionCode}
    assert codes - set(re.findall(r"^\| `([A-Z_]+)` \| .+ \|$", ERRORS, re.MULTILINE)) == set()


def subclasses(error: type[SeggqlError]) -> set[type[SeggqlError]]:
    """A class of errors and all below it that have a code of their own."""
    return {error}.union(*(subclasses(below) for below in error.__subclasses__() if "tests" not in below.__module__))
