"""Draws one picture in a process of its own: JSON from standard input, PNG to standard output.

It is a program: matplotlib keeps a hundred megabytes that the desk need not keep. It reads no file
and takes no text for a formula.
"""

from __future__ import annotations

import json
import sys
from typing import Any

INK, MUTED, LINE = "#16202b", "#5c6979", "#dbe2ea"
IN_TIME, LATE, SURGE = "#2463ae", "#b9c6d6", "#fbe3e0"
_DOTS = 100


def draw(wanted: Any, out: Any) -> None:
    """Columns: `in_time` below, `late` above; `surges` are marked on the axis."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.5), dpi=_DOTS, facecolor="white")
    canvas: Any = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.06, 0.09, 0.92, 0.65))
    _columns(axes, wanted)
    _axes(axes, wanted["labels"])
    figure.text(0.06, 0.91, wanted["title"], size=19, weight="bold", color=INK, parse_math=False)
    figure.text(0.06, 0.83, wanted["subtitle"], size=12, color=MUTED, parse_math=False)
    canvas.print_png(out)


def _columns(axes: Any, wanted: Any) -> None:
    places = range(len(wanted["labels"]))
    axes.bar(places, wanted["in_time"], width=0.82, color=IN_TIME, label="answered in target")
    axes.bar(places, wanted["late"], width=0.82, bottom=wanted["in_time"], color=LATE,
             label="late or not at all")  # fmt: skip
    for n in (n for n in places if wanted["surges"][n]):
        first = n == wanted["surges"].index(True)
        axes.axvspan(
            n - 0.5, n + 0.5, color=SURGE, lw=0, zorder=0, label="surge" if first else None
        )
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1.0), ncols=3, frameon=False, fontsize=11,
                labelcolor=MUTED, handlelength=1, columnspacing=1.2)  # fmt: skip


def _axes(axes: Any, labels: list[str]) -> None:
    step = max(1, len(labels) // 12)
    axes.set_xticks(range(0, len(labels), step), labels[::step], color=MUTED, size=11)
    axes.tick_params(length=0, colors=MUTED)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.margins(x=0.01)
    axes.set_ylim(0, max(1.0, axes.get_ylim()[1]))
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#aeb9c6")


if __name__ == "__main__":
    draw(json.load(sys.stdin), sys.stdout.buffer)
