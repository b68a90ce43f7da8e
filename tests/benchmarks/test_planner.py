"""The measurement of picks, tiny: every way finds the same, and what is picked is told."""

from datetime import UTC, datetime

import pytest

from benchmarks.contest.load import load
from benchmarks.contest.scale import Scale
from benchmarks.planner import compare
from seggql.settings import Settings
from seggql.store.hub import Hub


async def test_all_ways_find_the_same(hub: Hub, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    until = datetime.now(UTC).replace(second=0, microsecond=0)
    scale = Scale(people=2_000, interactions=20_000, households=200, segments=30, seed=4, until=until)
    await load(hub, scale)
    await compare(hub, settings.model_copy(update={"pack_after": 0}), scale, questions=6, rounds=1)
    told = capsys.readouterr().out
    assert "the contest's mix: always packs" in told
    assert "packs: about" in told
