"""What is left of a contest: a table on the screen, and in a folder that table, all numbers, and a chart."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.contest.chart import draw_chart
from benchmarks.contest.figure import Figure, Numbers
from benchmarks.contest.figures.full import LOOKED_UP, QUESTIONS
from benchmarks.contest.scale import Scale
from benchmarks.measuring import show

Facts = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of a contest; `contenders` are seconds of a full refresh by name."""

    scale: Scale
    machine: Facts
    figures: Sequence[Figure]
    contenders: Numbers
    sampled: int
    loaded_s: float

    @property
    def title(self) -> str:
        """What it was about."""
        scale = self.scale
        return (
            f"{scale.segments} segments over {scale.people:,} profiles, {scale.interactions:,} interactions, "
            f"{scale.households:,} households"
        )


def write_report(report: Report, folder: Path) -> bool:
    """Print the table and write the files; whether every figure holds."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "contest.json").write_text(json.dumps(_numbers(report), indent=2) + "\n")
    (folder / "contest.md").write_text(_table(report))
    draw_chart(report.contenders, report.title, [folder / "contest.png", folder / "contest.svg"])
    rows = [(figure.what, figure.measured, figure.asked_for, figure.holds) for figure in report.figures]
    return show(report.title, rows)


def _numbers(report: Report) -> dict[str, object]:
    figures = [
        asdict(figure) | {"ratio": _known(figure.ratio), "numbers": _all_known(figure.numbers), "holds": figure.holds}
        for figure in report.figures
    ]
    return {
        "scale": asdict(report.scale) | {"until": report.scale.until.isoformat()},
        "machine": dict(report.machine),
        "seconds_to_load": report.loaded_s,
        "segments_measured_by_one_pipeline_each": report.sampled,
        "seconds_of_a_full_refresh": _all_known(report.contenders),
        "figures": figures,
    }


def _all_known(numbers: Numbers) -> dict[str, float | None]:
    return {name: _known(number) for name, number in numbers.items()}


def _known(number: float) -> float | None:
    """JSON has no NaN."""
    return None if math.isnan(number) else number


def _table(report: Report) -> str:
    """The tables as Markdown, for the README."""
    lines = [f"{report.title}.", "", "| figure | measured | asked for | |", "|---|---|---|---|"]
    for figure in report.figures:
        verdict = "holds" if figure.holds else "**missed**"
        lines.append(f"| {figure.what} | {figure.measured} | {figure.asked_for} | {verdict} |")
    lines += ["", "| a full refresh by | seconds |", "|---|---|"]
    measured = sorted((s, name) for name, s in report.contenders.items() if not math.isnan(s))
    lines += [f"| {name} | {seconds:,.2f} |" for seconds, name in measured]
    facts = ", ".join(f"{name} {value}" for name, value in report.machine.items())
    note = (
        f"Pipelines were measured on {report.sampled} of the segments, of every kind, and count for all; `$lookup` on "
        f"up to {QUESTIONS} windows, of {min(LOOKED_UP, report.scale.people):,} profiles each, and count for all of "
        "both. Of what was measured members were compared, and equal; of mere counts, these."
    )
    return "\n".join([*lines, "", note, "", f"{facts}."]) + "\n"
