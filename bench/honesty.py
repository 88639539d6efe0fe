"""Known waits, some never answered: what the report says of them, and what averages of the answered say.

    python -m bench.honesty [--json] [--runs N] [--chart FILE]

Weeks of 3,000 questions are invented, so the truth is known. Waits for staff are lognormal; the waits of
the same six hours share a luck of their own; between none and six in ten are never answered. The
figures come from the report's own code. Beside them, what help desks usually print: mean, median and
share of the conversations that got an answer.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean, median
from typing import Any

from bench import weeks
from monitor.core.assessment import Topic, Urgency
from monitor.core.latency import Asked, CaseClocks, Row, Wait, measure
from monitor.core.messages import Platform
from monitor.core.survival import Spell, attainment

NEVER = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
TARGET = timedelta(minutes=10)
_START = datetime(2026, 11, 9, tzinfo=UTC)
_WEEK, _DAYS_AFTER = 7 * 86400, timedelta(days=3)
_AS_OF = _START + timedelta(days=7) + _DAYS_AFTER
_QUESTIONS, _BLOCKS = 3000, 28
_USUAL, _WIDTH, _LUCK = 6 * 60.0, 0.9, 0.25  # seconds and two widths of logarithms


@dataclass(frozen=True, slots=True)
class Answer:
    """When it was asked, in seconds of the week, and how long it took; None: never."""

    asked: float
    wait: float | None


def week(chance: random.Random, never: float) -> list[Answer]:
    """One week's questions in order."""
    luck = [chance.gauss(0, _LUCK) for _ in range(_BLOCKS)]
    moments = sorted(chance.uniform(0, _WEEK) for _ in range(_QUESTIONS))
    return [Answer(at, _wait(chance, luck[int(at // 21600)], never)) for at in moments]


def _wait(chance: random.Random, luck: float, never: float) -> float | None:
    wait = math.exp(math.log(_USUAL) + luck + chance.gauss(0, _WIDTH))
    return None if chance.random() < never else wait


def true_share(seconds: float, never: float) -> float:
    """Of all questions, who is answered within that time."""
    z = math.log(seconds / _USUAL) / math.hypot(_WIDTH, _LUCK)
    return (1 - never) * 0.5 * math.erfc(-z / math.sqrt(2))


def true_quantile(share: float, never: float) -> float | None:
    """The wait in seconds that `share` of all do not exceed; None: so many are never answered."""
    if share >= 1 - never:
        return None
    low, high = 1.0, 1e6
    for _ in range(60):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if true_share(middle, never) < share else (low, middle)
    return low


def reported(answers: list[Answer]) -> Row:
    """By the report's own code."""
    cases = (
        CaseClocks(
            platform=Platform.TELEGRAM, topic=Topic.ACCOUNT, urgency=Urgency.NORMAL, id=number,
            place="-1001", language="en", opened_at=_at(a.asked),
            staff_first_at=None if a.wait is None else _at(a.asked + a.wait),
        )
        for number, a in enumerate(answers)
    )  # fmt: skip
    return measure([Asked(c.at(_AS_OF), "General", TARGET) for c in cases], _AS_OF)


def _at(seconds: float) -> datetime:
    return _START + timedelta(seconds=round(seconds))


def of_the_answered(answers: list[Answer]) -> dict[str, float]:
    """What is usually printed: it knows nothing of who was left waiting."""
    waits = [a.wait for a in answers if a.wait is not None]
    return {
        "share": mean(w <= TARGET.total_seconds() for w in waits),
        "mean_s": mean(waits),
        "p50_s": median(waits),
        "p90_s": sorted(waits)[math.ceil(0.9 * len(waits)) - 1],
    }


def holds(found: Wait | None, answers: list[Answer], share: float, never: float) -> bool:
    """A bound is below the truth; beside a number, the truth is within the luck of that week."""
    truth = true_quantile(share, never)
    if found is None or found.is_bound:
        return found is not None and (truth is None or truth >= found.length.total_seconds())
    longest = _AS_OF.timestamp() - _START.timestamp()
    spells = [
        Spell(
            a.wait if a.wait is not None else longest - a.asked,
            a.wait is not None,
            int(a.asked // 21600),
        )
        for a in answers
    ]
    interval = attainment(spells, truth or longest).interval
    return interval is not None and interval[0] <= share <= (1 if truth is None else interval[1])


def measured(never: float, runs: int) -> dict[str, Any]:
    """Medians over runs, and how often what is said holds."""
    rows: list[Row] = []
    others: list[dict[str, float]] = []
    right: dict[str, list[bool]] = {"share": [], "p50": [], "p90": []}
    truth = true_share(TARGET.total_seconds(), never)
    for seed in range(runs):
        answers = week(random.Random(1000 * seed + round(100 * never)), never)
        row = reported(answers)
        rows.append(row)
        others.append(of_the_answered(answers))
        interval = row.attained.interval if row.attained else None
        right["share"].append(interval is not None and interval[0] <= truth <= interval[1])
        right["p50"].append(holds(row.p50, answers, 0.5, never))
        right["p90"].append(holds(row.p90, answers, 0.9, never))
    return {
        "never_answered": never,
        "truth": {
            "share": truth,
            "p50_s": true_quantile(0.5, never),
            "p90_s": true_quantile(0.9, never),
        },
        "report": _typical(rows),
        "holds": {name: mean(held) for name, held in right.items()},
        "answered_only": {name: median(o[name] for o in others) for name in others[0]},
    }


def _typical(rows: list[Row]) -> dict[str, Any]:
    """The first week's, as it would be mailed."""
    row = rows[0]
    low, high = (row.attained and row.attained.interval) or (None, None)
    return {
        "share": row.share,
        "low": low,
        "high": high,
        **{
            f"{name}_s": None if wait is None else wait.length.total_seconds()
            for name, wait in (("p50", row.p50), ("p90", row.p90))
        },
        "p50_is_bound": bool(row.p50 and row.p50.is_bound),
        "p90_is_bound": bool(row.p90 and row.p90.is_bound),
    }


def summary(levels: list[dict[str, Any]]) -> dict[str, float]:
    """How often the report holds, and how wrong the averages of the answered become."""
    worst = levels[-1]
    return {
        **{
            f"{name}_holds": mean(level["holds"][name] for level in levels)
            for name in ("share", "p50", "p90")
        },
        "answered_only_worst_error_points": 100
        * (worst["answered_only"]["share"] - worst["truth"]["share"]),
        "report_worst_error_points": max(
            100 * abs(level["report"]["share"] - level["truth"]["share"]) for level in levels
        ),
    }


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--chart", type=Path, metavar="FILE")
    options = parser.parse_args()
    levels = [measured(never, options.runs) for never in NEVER]
    if options.chart:
        from bench.honesty_chart import draw

        draw(levels, options.chart)
    found = {**summary(levels), "in_a_surge": weeks.honest(options.runs), "levels": levels}
    print(json.dumps(found, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
