"""How soon a surge is noticed, and how often one is seen that is none: on simulated askers.

    python -m bench.surge [--json [FILE]] [--weeks N] [--runs N] [--nab DIR]

Four weeks are learned, then a week is watched minute by minute as the desk does. Askers come at
random with a daily rhythm, quieter weekends, and hours that vary by a fifth beyond that.

With --nab and a checkout of github.com/numenta/NAB, its real Twitter volumes instead: ten series of
mentions, strictly causal (no row is looked at before its time, nothing is fitted to the labels), by
its own scoring.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import Any

from bench import nab
from monitor.core import surge
from monitor.core.surge import (
    SILENCES,
    WINDOWS,
    Baseline,
    Seen,
    baseline,
    hour_of,
    silence_in,
    surge_in,
)

START = datetime(2026, 9, 7, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_DAY, _WEEK = 1440, 10080
_LEARN = 4 * _WEEK
_COOL = 120  # an episode is one alarm
_ROW, _ROWS_A_DAY = 5, 288  # of NAB's series: minutes, and how many


def poisson(chance: random.Random, mean: float) -> int:
    if mean > 50:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    n, product, limit = 0, chance.random(), math.exp(-mean)
    while product > limit:
        n, product = n + 1, product * chance.random()
    return n


def askers(
    chance: random.Random, rate: float, minutes: int, surge_at: int = -1, factor: float = 1
) -> list[int]:
    """Distinct askers a minute."""
    found, luck = [], 1.0
    for minute in range(minutes):
        if minute % 60 == 0:
            luck = chance.lognormvariate(-0.02, 0.2)
        day, hour = divmod(minute, _DAY)
        rhythm = 1 + 0.6 * math.sin(2 * math.pi * (hour / _DAY - 0.3))
        weekend = 0.7 if day % 7 >= 5 else 1.0
        more = factor if surge_at <= minute < surge_at + 60 else 1.0
        found.append(poisson(chance, rate / 60 * rhythm * weekend * more * luck))
    return found


class Watched:
    """A stream of counts, looked at minute by minute."""

    def __init__(self, counts: list[int]) -> None:
        self._sums = [0, *accumulate(counts)]
        self._usual: tuple[int, Baseline | None] = (-1, None)
        first = hour_of(START)
        self._hours = {
            first + h: self._sums[60 * h + 60] - self._sums[60 * h]
            for h in range(len(counts) // 60)
        }

    def seen(self, minute: int) -> Seen:
        """Up to and with this minute."""
        end = minute + 1
        askers = {w: self._sums[end] - self._sums[end - w] for w in (*WINDOWS, *SILENCES)}
        return Seen(START + end * _MINUTE, askers)

    def usual(self, minute: int) -> Baseline:
        """As learned from the hours before."""
        hour = minute // 60
        if self._usual[0] != hour:
            before = {h: n for h, n in self._hours.items() if h < hour_of(START) + hour}
            self._usual = (hour, baseline(before, START + minute * _MINUTE))
        assert self._usual[1] is not None
        return self._usual[1]


def false_alarms(rate: float, weeks: int, seed: int) -> tuple[float, float]:
    """Surges and silences a week that were none."""
    chance = random.Random(seed)
    stream = Watched(askers(chance, rate, _LEARN + weeks * _WEEK))
    surges = silences = 0
    quiet_until = silent_until = 0
    for minute in range(_LEARN, _LEARN + weeks * _WEEK):
        seen, usual = stream.seen(minute), stream.usual(minute)
        if minute >= quiet_until and surge_in(seen, usual):
            surges, quiet_until = surges + 1, minute + _COOL
        if minute >= silent_until and silence_in(seen, usual):
            silences, silent_until = silences + 1, minute + _COOL
    return surges / weeks, silences / weeks


def delays(rate: float, factor: float, runs: int, seed: int) -> list[int]:
    """Minutes from the beginning of a surge of an hour to the alarm; 99 for one never noticed."""
    found = []
    for run in range(runs):
        chance = random.Random(seed + run)
        at = _LEARN + chance.randrange(_WEEK - 120)
        stream = Watched(askers(chance, rate, at + 90, at, factor))
        hits = (
            minute - at + 1
            for minute in range(at, at + 60)
            if surge_in(stream.seen(minute), stream.usual(minute))
        )
        found.append(next(hits, 99))
    return found


def measured(weeks: int, runs: int) -> dict[str, Any]:
    """Everything, as printed."""
    result: dict[str, Any] = {"false_alarms_per_week": {}, "false_silences_per_week": {}}
    for rate in (1, 6, 60, 600):
        surges, silences = false_alarms(rate, weeks, seed=rate)
        result["false_alarms_per_week"][str(rate)] = surges
        result["false_silences_per_week"][str(rate)] = silences
    for rate, factor in ((6, 8), (60, 3), (60, 8), (600, 3), (600, 8)):
        found = delays(rate, factor, runs, seed=rate)
        result[f"delay_{rate}_per_hour_x{factor}"] = {
            "median_minutes": median(found),
            "p90_minutes": sorted(found)[int(0.9 * runs)],
            "noticed": sum(d < 99 for d in found) / runs,
        }
    return result


def told(series: nab.Series) -> list[int]:
    """The rows at which the desk's detector speaks; at most once a day."""
    sums, hours = [0, *accumulate(series.counts)], defaultdict[int, int](int)
    days: list[dict[int, float]] = []
    usual, quiet_until = None, 0
    bars: surge.Bars = {}
    found: list[int] = []
    for row, (at, n) in enumerate(zip(series.at, series.counts, strict=True)):
        if row % _ROWS_A_DAY == 0:
            bars = surge.bars(days[-surge.HISTORY.days :])
            days.append({})
        if hour_of(at) not in hours:
            usual = baseline(hours, at)
        hours[hour_of(at)] += n
        if usual is None:
            continue
        end = row + 1
        askers = {m: sums[end] - sums[max(0, end - m // _ROW)] for m in WINDOWS}
        seen = Seen(at + _ROW * _MINUTE, askers)
        for m, surprise in surge.surprises(seen, usual).items():
            days[-1][m] = max(days[-1].get(m, 0.0), surprise)
        if row >= quiet_until and surge_in(seen, usual, bars):
            found.append(row)
            quiet_until = row + _ROWS_A_DAY
    return found


def scored(folder: Path) -> dict[str, Any]:
    """On NAB's real tweets; a reason instead where they are not."""
    try:
        every = nab.read(folder)
    except (OSError, KeyError, ValueError) as error:
        return {"nab_left_out": f"no NAB at {folder}: {error}"}
    found = [(series, told(series)) for series in every]
    inside = [
        any(first <= row <= last and row >= series.probation for row in rows)
        for series, rows in found
        for first, last in series.windows
    ]
    outside = [
        row
        for series, rows in found
        for row in rows
        if row >= series.probation and not any(a <= row <= b for a, b in series.windows)
    ]
    weeks = sum(len(series.at) for series in every) / _ROWS_A_DAY / 7
    scores = {name: nab.normalised(found, profile) for name, profile in nab.PROFILES.items()}
    return {
        "nab": {name: round(score, 1) for name, score in scores.items()},
        "nab_windows": len(inside),
        "nab_windows_hit": sum(inside),
        "nab_outside_windows_per_series_week": round(len(outside) / weeks, 2),
    }


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", nargs="?", const="-", default="", metavar="FILE")
    parser.add_argument("--weeks", type=int, default=6)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--nab", type=Path, metavar="DIR")
    options = parser.parse_args()
    result = scored(options.nab) if options.nab else measured(options.weeks, options.runs)
    if options.json in ("", "-"):
        print(json.dumps(result, indent=None if options.json else 2))
    else:
        Path(options.json).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
