"""Draws what `bench.honesty` found, for the README. It measures nothing; it needs matplotlib."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from bench.honesty import true_quantile

_PAPER, _INK, _FAINT = "#fbfbf9", "#24292f", "#8b949e"
_OURS, _THEIRS = "#0a6ebd", "#c2410c"
_HEIGHT = 20  # minutes shown


def draw(levels: list[dict[str, Any]], file: Path) -> None:
    """A small PNG on paper of its own, readable on light and dark pages."""
    figure = Figure(figsize=(8.4, 3.5), dpi=110, facecolor=_PAPER)
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    _share(left, levels)
    _median(right, levels)
    for axes in (left, right):
        axes.set_facecolor(_PAPER)
        axes.set_xlabel("questions that nobody ever answers", color=_INK, fontsize=9)
        axes.set_xticks([x / 100 for x in range(0, 61, 10)], [f"{x}%" for x in range(0, 61, 10)])
        axes.tick_params(colors=_INK, labelsize=8.5, length=0)
        axes.grid(axis="y", color="#e3e3de", linewidth=0.8)
        axes.set_axisbelow(True)
        for side in axes.spines.values():
            side.set_visible(False)
    figure.subplots_adjust(left=0.06, right=0.985, top=0.86, bottom=0.15, wspace=0.16)
    picture = io.BytesIO()
    figure.savefig(picture, facecolor=_PAPER)
    Image.open(picture).convert("RGB").quantize(64).save(file, optimize=True)


def _title(axes: Axes, text: str) -> None:
    axes.set_title(text, loc="left", fontsize=10.5, color=_INK, fontweight="bold", pad=10)


def _share(axes: Axes, levels: list[dict[str, Any]]) -> None:
    at = [level["never_answered"] for level in levels]
    said = [level["report"] for level in levels]
    _title(axes, "Answered within 10 minutes")
    axes.plot(at, [x["truth"]["share"] for x in levels], color=_FAINT, linewidth=6, alpha=0.45,
              solid_capstyle="round")  # fmt: skip
    axes.errorbar(
        at, [s["share"] for s in said],
        yerr=[[s["share"] - s["low"] for s in said], [s["high"] - s["share"] for s in said]],
        fmt="o", color=_OURS, markersize=5, linewidth=1.4,
    )  # fmt: skip
    axes.plot(at, [x["answered_only"]["share"] for x in levels], color=_THEIRS, marker="s",
              markersize=4.5, linewidth=1.4)  # fmt: skip
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    axes.text(0.60, 0.79, "share of the answered", color=_THEIRS, fontsize=9, ha="right")
    axes.text(0.015, 0.40, "the truth (grey)", color="#6e7781", fontsize=9)
    axes.text(0.015, 0.31, "this report, with its interval", color=_OURS, fontsize=9)


def _median(axes: Axes, levels: list[dict[str, Any]]) -> None:
    at = [level["never_answered"] for level in levels]
    _title(axes, "Median wait, minutes")
    known = [(never, true_quantile(0.5, never)) for never in (n / 200 for n in range(100))]
    axes.plot([x for x, _ in known], [(y or 0) / 60 for _, y in known], color=_FAINT, linewidth=6,
              alpha=0.45, solid_capstyle="round")  # fmt: skip
    sure = [(x, v["report"]["p50_s"] / 60) for x, v in zip(at, levels, strict=True)
            if not v["report"]["p50_is_bound"]]  # fmt: skip
    bound = [x for x, v in zip(at, levels, strict=True) if v["report"]["p50_is_bound"]]
    axes.plot(*zip(*sure, strict=True), "o", color=_OURS, markersize=5)
    axes.plot(bound, [_HEIGHT * 0.93] * len(bound), "^", color=_OURS, markersize=7)
    for x, level in zip(at, levels, strict=True):
        if level["report"]["p50_is_bound"]:
            text = f">{level['report']['p50_s'] / 86400:.0f} days"
            axes.text(x, _HEIGHT * 0.84, text, color=_OURS, fontsize=8.5, ha="center")
    answered = [x["answered_only"] for x in levels]
    for name, y in (("mean_s", "mean of the answered"), ("p50_s", "median of the answered")):
        values = [a[name] / 60 for a in answered]
        axes.plot(at, values, color=_THEIRS, marker="s", markersize=4.5, linewidth=1.4)
        above = values[-1] + 0.7 if name == "mean_s" else values[-1] - 1.6
        axes.text(0.60, above, y, color=_THEIRS, fontsize=9, ha="right")
    axes.set_ylim(0, _HEIGHT)
    axes.set_yticks([0, 5, 10, 15, 20])
