"""The contest, tiny: every contender finds the same members, and the report says what was measured."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from pyroaring import BitMap

from benchmarks.contest.arena import Arena, require_equal
from benchmarks.contest.figure import Figure
from benchmarks.contest.figures.packs import measure_packs
from benchmarks.contest.load import load
from benchmarks.contest.machine import machine_facts
from benchmarks.contest.mix import draw_sample, draw_segments
from benchmarks.contest.questions import Kind
from benchmarks.contest.report import Report, write_report
from benchmarks.contest.run import measure_anew, measure_changed
from benchmarks.contest.scale import Scale
from seggql.settings import Settings
from seggql.store.hub import Hub

SCALE = Scale(
    people=2_000,
    interactions=20_000,
    households=200,
    segments=30,
    seed=4,
    until=datetime.now(UTC).replace(second=0, microsecond=0),
)


async def test_contenders_agree_and_the_report_says_what_was_measured(
    hub: Hub, settings: Settings, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"pack_after": 0})
    parquet = tmp_path / "parquet"
    await load(hub, SCALE, parquet)
    segments = draw_segments(SCALE)
    arena = Arena(hub=hub, settings=settings, scale=SCALE, parquet=parquet, segments=segments, sample_every=2, rounds=1)

    full, figures = await measure_anew(arena)  # compares the members of all contenders
    figures += await measure_changed(arena)
    figures += await measure_packs(arena)

    assert max(map(len, (await arena.members()).values())) > 100
    report = Report(
        scale=SCALE,
        machine=await machine_facts(hub, SCALE.until),
        figures=figures,
        contenders=full.contenders,
        sampled=len(draw_sample(segments, 2, SCALE.seed)),
        loaded_s=1.0,
    )
    write_report(report, tmp_path / "report")
    written = json.loads((tmp_path / "report" / "contest.json").read_text())
    assert [figure["what"] for figure in written["figures"]] == [figure.what for figure in figures]
    assert all(seconds > 0 for seconds in written["seconds_of_a_full_refresh"].values())
    assert written["machine"]["mongodb"]
    table = (tmp_path / "report" / "contest.md").read_text()
    assert all(figure.what in table for figure in figures)
    assert (tmp_path / "report" / "contest.png").read_bytes().startswith(b"\x89PNG")
    assert "DuckDB" in (tmp_path / "report" / "contest.svg").read_text()


def test_the_mix_is_the_one_that_is_asked_for_and_the_same_each_time() -> None:
    segments = draw_segments(replace(SCALE, segments=200))

    counts = {kind: sum(segment.kind is kind for segment in segments) for kind in Kind}
    assert counts == {
        Kind.WINDOW: 100,
        Kind.LONG_WINDOW: 20,
        Kind.COMPOUND: 40,
        Kind.TRAVERSE: 20,
        Kind.ATTRIBUTES: 20,
    }
    assert [s.name for s in draw_sample(segments, 10, 4)] == [s.name for s in draw_sample(segments, 10, 4)]
    assert {segment.kind for segment in draw_sample(segments, 10, 4)} == set(Kind)


def test_other_members_end_the_contest() -> None:
    with pytest.raises(AssertionError, match="DuckDB found other members"):
        require_equal("DuckDB", {"Some": BitMap([1, 2])}, {"Some": BitMap([1])})


@pytest.mark.parametrize(
    ("ratio", "bound", "holds"),
    [(100.0, "least", True), (99.9, "least", False), (100.0, "most", True), (100.1, "most", False)],
)
def test_a_figure_holds_at_its_bound(ratio: float, bound: Literal["least", "most"], holds: bool) -> None:
    assert Figure(what="a ratio", ratio=ratio, asked=100, bound=bound).holds is holds
