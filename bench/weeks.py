"""Whether the report tells a changed week from an equal one, and how true it is within a surge.

    python -m bench.weeks [--json [FILE]] [--runs N]

Simulated weeks of about 3,000 questions: a daily rhythm, four people who answer first come, first
served, lognormal handling. Every second pair of weeks with surges has one of an hour, eight times
the usual, in one of its weeks. Surges are found by the desk's own detector from the counts; weeks
are compared on what is left, as in the report.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import random
from bisect import bisect_left, bisect_right
from datetime import timedelta
from pathlib import Path
from statistics import mean, median
from typing import Any

from bench.surge import START, Watched, poisson
from monitor.core import surge
from monitor.core.incidents import expected_wait
from monitor.core.survival import Attained, Spell, attainment, differ, kaplan_meier

_WEEK = 10080.0  # minutes
_LEARN = 4
_TARGET = 10.0
Ask = tuple[float, float]  # asked and answered, in minutes


def arrivals(chance: random.Random, rate: float, weeks: int, surge_at: float | None) -> list[float]:
    """When people ask."""
    found: list[float] = []
    for minute in range(int(weeks * _WEEK)):
        rhythm = 1 + 0.6 * math.sin(2 * math.pi * (minute % 1440 / 1440 - 0.3))
        more = 8.0 if surge_at is not None and surge_at <= minute < surge_at + 60 else 1.0
        found += sorted(
            minute + chance.random() for _ in range(poisson(chance, rate / 60 * rhythm * more))
        )
    return found


def answered(
    chance: random.Random, asked: list[float], handling: tuple[float, ...], staff: int
) -> list[Ask]:
    """First come, first served; `handling` in minutes by week, with a coefficient of variation of 0.8."""
    width = math.sqrt(math.log(1 + 0.8**2))
    free = [0.0] * staff
    found = []
    for at in asked:
        usual = handling[min(int(at // _WEEK), len(handling) - 1)]
        begins = max(at, heapq.heappop(free))
        ends = begins + chance.lognormvariate(math.log(usual) - width**2 / 2, width)
        heapq.heappush(free, ends)
        found.append((at, ends))
    return found


def surge_hours(asks: list[Ask], weeks: int) -> list[tuple[float, float]]:
    """The incidents that the desk would have opened and closed, in minutes."""
    counts = [0] * int((_LEARN + weeks) * _WEEK)
    for at, _ in asks:
        counts[int(at)] += 1
    stream, asked, done = Watched(counts), [a for a, _ in asks], sorted(d for _, d in asks)
    found: list[tuple[float, float]] = []
    course: surge.Course | None = None
    for minute in range(int(_LEARN * _WEEK), len(counts)):
        # Nothing can begin where less than the least is there: saves most of the looking.
        if course is None and sum(counts[minute - 14 : minute + 1]) < 8:
            continue
        seen, usual = stream.seen(minute), stream.usual(minute)
        queue = bisect_right(asked, minute + 1) - bisect_right(done, minute + 1)
        verdict = surge.surge_in(seen, usual)
        if course is None and verdict:
            before = counts[minute - 59 : minute + 1]
            begin = surge.began(before, seen.at, usual, verdict.ratio)
            course = surge.Course(begin, _usual_queue(asked, done, minute))
        elif course is not None:
            begun = (course.began_at - START) / timedelta(minutes=1)
            since = sum(counts[int(begun) : minute + 1])
            calm = surge.is_calm(seen, usual)
            course = surge.goes_on(course, seen.at, queue, since, calm=calm)
            if course is None:
                found.append((begun, minute + 1.0))
    return found


def _usual_queue(asked: list[float], done: list[float], minute: int) -> float:
    hours = [minute - 60.0 * h for h in range(2, 170)]
    return sorted(bisect_right(asked, h) - bisect_right(done, h) for h in hours)[150]


def calm_share(asks: list[Ask], week: int, surges: list[tuple[float, float]]) -> Attained:
    """In target among what was asked outside of surges in a week."""
    start, end = week * _WEEK, (week + 1) * _WEEK
    return attainment(
        [
            Spell(done - at, True, int(at // 360))
            for at, done in asks
            if start <= at < end and not any(a <= at < b for a, b in surges)
        ],
        _TARGET,
    )


def pair(seed: int, second: float, *, surges: bool) -> tuple[Attained, Attained]:
    """Two weeks after four that only teach the detector."""
    chance = random.Random(seed)
    at = (_LEARN + chance.choice((0, 1))) * _WEEK + chance.uniform(0, _WEEK - 600)
    asked = arrivals(chance, 18, _LEARN + 2, at if surges and seed % 2 else None)
    asks = answered(chance, asked, (4.5,) * (_LEARN + 1) + (second,), staff=4)
    found = surge_hours(asks, 2) if surges else []
    return calm_share(asks, _LEARN, found), calm_share(asks, _LEARN + 1, found)


def compared(runs: int) -> dict[str, float]:
    """How often weeks are called changed."""
    result = {}
    for name, second, surges in (
        ("equal_weeks_called_changed", 4.5, False),
        ("equal_weeks_called_changed_with_surges", 4.5, True),
        ("power", 5.0, False),
        ("power_with_surges", 5.0, True),
    ):
        pairs = [pair(seed, second, surges=surges) for seed in range(runs)]
        result[name] = mean(bool(differ(now, before)) for before, now in pairs)
    return result


def honest(runs: int) -> dict[str, float]:
    """Half an hour into a surge: what is said of the questions asked since it began, and the truth.

    The report counts those still waiting as late.
    """
    off, off_km, responders, median_said, wait_off, naive_off = [], [], [], [], [], []
    for seed in range(runs):
        chance = random.Random(10_000 + seed)
        asked = sorted(chance.uniform(0, 300) for _ in range(poisson(chance, 150)))
        asked += sorted(chance.uniform(300, 360) for _ in range(poisson(chance, 240)))
        asks = answered(chance, asked, (4.0,), staff=3)
        cohort = [a for a in asks if 300 <= a[0] < 330]
        spells = [Spell(min(d, 330) - a, d <= 330) for a, d in cohort]
        truth = mean(d - a <= _TARGET for a, d in cohort)
        seen = [d - a for a, d in cohort if d <= 330]
        off.append(mean(d <= 330 and d - a <= _TARGET for a, d in cohort) - truth)
        off_km.append(attainment(spells, _TARGET).share - truth)
        responders.append(mean(w <= _TARGET for w in seen) - truth)
        curve = kaplan_meier(spells)
        median_said.append(curve.quantile(0.5) is not None)
        wait_off += _waits(asks, 330)[0:1]
        naive_off += _waits(asks, 330)[1:2]
    return {
        "live_share_mean_error_points": 100 * mean(off),
        "kaplan_meier_mean_error_points": 100 * mean(off_km),
        "live_share_mean_abs_error_points": 100 * mean(abs(x) for x in off),
        "answered_only_mean_error_points": 100 * mean(responders),
        "finite_medians_printed": mean(median_said),
        "expected_wait_mean_abs_error_minutes": mean(wait_off),
        "last_hour_mean_abs_error_minutes": mean(naive_off),
        "true_median_minutes": median(d - a for a, d in cohort),
    }


def _waits(asks: list[Ask], now: float) -> tuple[float, float]:
    """How far two guesses of the wait of whoever asks now are from what it was."""
    asked, done = [a for a, _ in asks], sorted(d for _, d in asks)
    after = bisect_left(asked, now)
    truth = asks[after][1] - asks[after][0]
    queue = bisect_right(asked, now) - bisect_right(done, now)
    recent = bisect_right(done, now) - bisect_right(done, now - 15)
    guess = expected_wait(queue, recent)
    told = guess.length / timedelta(minutes=1) if guess else 0.0
    last_hour = mean(d - a for a, d in asks if now - 60 < d <= now)
    return abs(told - truth), abs(last_hour - truth)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", nargs="?", const="-", default="", metavar="FILE")
    parser.add_argument("--runs", type=int, default=200)
    options = parser.parse_args()
    result: dict[str, Any] = {**honest(options.runs), **compared(options.runs)}
    if options.json in ("", "-"):
        print(json.dumps(result, indent=None if options.json else 2))
    else:
        Path(options.json).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
