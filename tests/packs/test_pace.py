"""The pace: rests are as long as the share of work demands, and never endless."""

import asyncio

import pytest

from seggql.packs import pace
from seggql.packs.pace import LONGEST_REST_S, Pace


async def test_rests_are_in_proportion_to_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    rests: list[float] = []

    async def sleep(seconds: float) -> None:
        rests.append(seconds)
        clock[0] += seconds

    monkeypatch.setattr(pace, "monotonic", lambda: clock[0])
    monkeypatch.setattr(asyncio, "sleep", sleep)
    gentle, hurried = Pace(0.25), Pace(1.0)
    for worked in (2.0, 1.0, 3600.0):
        clock[0] += worked
        await gentle.rest()
    clock[0] += 5.0
    await hurried.rest()
    assert rests == [6.0, 3.0, LONGEST_REST_S, 0.0]
