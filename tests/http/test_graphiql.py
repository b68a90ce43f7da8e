"""GraphiQL's page and its assets, as served and as shipped."""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from seggql.http import graphiql
from seggql.http.graphiql import graphiql_assets, graphiql_page

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "web" / "graphiql"
EXACT = re.compile(r"\d+\.\d+\.\d+")


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A client of the page and its assets alone."""
    app = Starlette(routes=[Route("/graphql", lambda request: graphiql_page()), graphiql_assets()])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
        yield http


async def test_the_page_refers_only_to_this_server_and_forbids_the_rest(http: httpx.AsyncClient) -> None:
    page = await http.get("/graphql")
    assert page.status_code == 200
    assert "//" not in page.text, "an address of another server"
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "http" not in policy
    for path in re.findall(r'(?:src|href)="(graphiql/[^"]+)"', page.text):
        asset = await http.get(f"/{path}")
        assert asset.status_code == 200
        assert asset.headers["content-security-policy"] == policy
        assert asset.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["nothing.js", "../health.py", "..%2fhealth.py", "%2e%2e/health.py"])
async def test_nothing_but_the_assets_is_served(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(f"/graphiql/{path}")).status_code == 404


async def test_a_checkout_without_assets_says_how_to_build_them(
    monkeypatch: pytest.MonkeyPatch, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    monkeypatch.setattr(graphiql, "ASSETS", tmp_path)
    page = await http.get("/graphql")
    assert page.status_code == 503
    assert "make install" in page.text


def test_every_package_is_pinned_and_no_address_is_recorded() -> None:
    package = json.loads((SOURCE / "package.json").read_text())
    wanted = package["dependencies"] | package["devDependencies"]
    assert [name for name, version in wanted.items() if not EXACT.fullmatch(version)] == []
    locked = json.loads((SOURCE / "package-lock.json").read_text())["packages"]
    assert [name for name, one in locked.items() if "resolved" in one] == []
    assert [name for name, one in locked.items() if name and not one.get("integrity")] == []


def test_the_wheel_has_the_page_and_its_workers(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("index.html", "main.js", "main.css", "editor.worker.js", "graphql.worker.js", "json.worker.js"):
        assert f"seggql/http/graphiql/{name}" in names
