"""Runs every examination in order, and prints what was found."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import asdict

from pydantic import ValidationError
from rich.console import Console
from rich.text import Text

from seggql.cli.configuration import problems_of
from seggql.cli.doctor.database import look_at_connection, look_at_database
from seggql.cli.doctor.environment import look_at_machine, look_at_variables
from seggql.cli.doctor.finding import Finding, Verdict, problem, warn
from seggql.cli.doctor.work import broker_in_use, look_at_broker, look_at_work
from seggql.errors import RequestError
from seggql.settings import Settings
from seggql.store.hub import open_hub
from seggql.store.presence import find_present

MONGODB_TIMEOUT_S = 5.0
"""The doctor does not wait as long as a request does."""

STYLES = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.PROBLEM: "bold red"}


def run_doctor(*, as_json: bool) -> bool:
    """Print every finding; whether there is no problem among them."""
    findings = asyncio.run(_all(as_json))
    verdicts = {finding.verdict for finding in findings}
    if as_json:
        worst = next(verdict for verdict in reversed(Verdict) if verdict in verdicts)
        told = [asdict(finding) | {"verdict": finding.verdict.value} for finding in findings]
        print(json.dumps({"verdict": worst.value, "findings": told}, ensure_ascii=False, indent=2))
    return Verdict.PROBLEM not in verdicts


async def _all(as_json: bool) -> list[Finding]:
    console = Console(highlight=False, soft_wrap=True)
    findings = []
    async for finding in _look():
        findings.append(finding)
        if not as_json:
            _show(console, finding)
    return findings


async def _look() -> AsyncIterator[Finding]:
    for finding in look_at_variables(os.environ):
        yield finding
    try:
        settings = Settings()
    except ValidationError as error:
        for text in problems_of(error):
            yield problem("settings", text, "correct it; the README lists the settings")
        return
    for finding in look_at_machine(settings):
        yield finding
    broker = await look_at_broker(settings)
    async for finding in _look_into_hub(settings.model_copy(update={"mongodb_timeout_s": MONGODB_TIMEOUT_S}), broker):
        yield finding


async def _look_into_hub(settings: Settings, broker: Finding) -> AsyncIterator[Finding]:
    try:
        hub = open_hub(settings)
    except RequestError as error:
        yield broker
        yield problem("MongoDB", str(error), "correct SEGGQL_MONGODB_URI")
        return
    try:
        connection = await look_at_connection(hub, settings)
        is_reached = connection.verdict is not Verdict.PROBLEM
        yield broker_in_use(broker, await find_present(hub)) if is_reached else broker
        yield connection
        if not is_reached:
            yield warn("schema, processes, queue", "not looked at without MongoDB", "ask again once it is there")
            return
        async for finding in look_at_database(hub):
            yield finding
        async for finding in look_at_work(hub):
            yield finding
    finally:
        await hub.close()


def _show(console: Console, finding: Finding) -> None:
    line = Text(f"{finding.verdict.value:8}", style=STYLES[finding.verdict])
    line.append(f"{finding.area}: {finding.found}", style="default")
    console.print(line)
    if finding.to_do:
        console.print(Text(f"{'':8}→ {finding.to_do}"))
