"""The chart of a contest: seconds by contender, on a scale of powers of ten."""

import math
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import FuncFormatter

from benchmarks.contest.figure import Numbers

OURS, OTHERS, TEXT = "#1f6f5c", "#b8bec6", "#30343a"


def draw_chart(contenders: Numbers, title: str, paths: Sequence[Path]) -> None:
    """Draw a bar for each contender, the fastest on top, to files of the kinds that their names say."""
    shown = sorted(((s, name) for name, s in contenders.items() if not math.isnan(s)), reverse=True)
    seconds, names = [s for s, _ in shown], [name for _, name in shown]
    with mpl.rc_context({"font.size": 11, "svg.hashsalt": "seggql", "svg.fonttype": "none"}):
        drawing = Drawing(figsize=(10, 1.4 + 0.5 * len(shown)), layout="constrained")
        axes = drawing.add_subplot()
        bars = axes.barh(names, seconds, color=[OURS if "seggql" in name else OTHERS for name in names], height=0.66)
        axes.set_xscale("log")
        axes.set_xlim(min(seconds) / 2, max(seconds) * 4)
        axes.bar_label(bars, [_shown(s) for s in seconds], padding=5, color=TEXT)
        axes.set_xlabel("seconds; each mark is ten times the one before", color=TEXT)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda s, _: f"{s:g}"))
        drawing.suptitle(f"A full refresh of {title}", x=0.01, ha="left", color=TEXT)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        for path in paths:
            drawing.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def _shown(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds >= 100 else f"{seconds:.3g} s"
