"""A page in headless Chromium that can reach nothing but this machine."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, Route, async_playwright
from starlette.applications import Starlette

from seggql.asgi import create_app
from seggql.graphql.schema import NOUNS
from seggql.settings import Settings
from seggql.store.hub import Hub
from tests.graphql import nouns
from tests.requirements import part_path
from tests.serving import serving

LOOPBACK = ("127.0.0.1", "localhost", "::1")
TIMEOUT_MS = 30_000
"""For each step; a first start of Chromium on a busy machine takes ten seconds."""


class NoQueue:
    """Nobody is told of runs."""

    def announce(self, run_id: str) -> None:
        raise AssertionError(run_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A browser's page, and what went wrong on it: requests to elsewhere, and errors."""

    page: Page
    address: str
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture
def app(settings: Settings, hub: Hub) -> Starlette:
    """The application with the nouns of tests."""
    return create_app(settings, hub, NoQueue(), nouns=(*NOUNS, nouns.NOUN))


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Headless Chromium, started once."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=part_path("chromium"), args=_arguments())
        yield browser
        await browser.close()


@pytest.fixture
async def visit(app: Starlette, browser: Browser) -> AsyncIterator[Visit]:
    """A visit to the served application; every request to elsewhere fails, and is written down."""
    async with serving(app) as address:
        page = await browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(TIMEOUT_MS)
        visit = Visit(page=page, address=address)
        page.on("pageerror", lambda error: visit.errors.append(str(error)))
        page.on("console", lambda line: visit.errors.append(line.text) if line.type == "error" else None)

        async def only_here(route: Route) -> None:
            if urlsplit(route.request.url).hostname in LOOPBACK:
                await route.continue_()
            else:
                visit.outside.append(route.request.url)
                await route.abort()

        await page.context.route("**/*", only_here)
        yield visit
        await page.context.close()


def _arguments() -> list[str]:
    """Chromium's sandbox refuses to run as root, as which containers run; names elsewhere do not resolve."""
    arguments = ["--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"]
    return [*arguments, "--no-sandbox"] if os.geteuid() == 0 else arguments
