"""The score of the Numenta Anomaly Benchmark, and its series as written in its files. It detects nothing.

As documented at github.com/numenta/NAB (its paper: Lavin and Ahmad, "Evaluating Real-time Anomaly
Detection Algorithms", 2015): the first detection inside a labelled window earns more the earlier it
is, each detection outside costs more the farther it is behind the last window, each window missed
costs one. A detector that says nothing scores 0, one that finds every window at its beginning and
raises no false alarm scores 100.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

PROBATION = 0.15  # of a series, of its first 5000 rows at most, is not judged
_LONGEST = 5000
_FAR = 3.0  # window widths behind a window; from there on a false alarm costs all it can


@dataclass(frozen=True, slots=True)
class Profile:
    """What a hit earns, what a false alarm and a missed window cost."""

    hit: float = 1.0
    false_alarm: float = 0.11
    missed: float = 1.0


PROFILES: Mapping[str, Profile] = {
    "standard": Profile(),
    "low_false_alarms": Profile(false_alarm=0.22),
    "low_missed": Profile(missed=2.0),
}


@dataclass(frozen=True, slots=True)
class Series:
    """Counts at moments, and the windows (first row, last row) in which something happened."""

    name: str
    at: tuple[datetime, ...]
    counts: tuple[int, ...]
    windows: tuple[tuple[int, int], ...]

    @property
    def probation(self) -> int:
        """How many rows at the beginning are not judged."""
        return math.ceil(min(math.floor(PROBATION * len(self.at)), PROBATION * _LONGEST))


def read(folder: Path, group: str = "realTweets") -> list[Series]:
    """The series of a group from a checkout of NAB. FileNotFoundError names what is missing."""
    labels = json.loads((folder / "labels" / "combined_windows.json").read_text(encoding="utf-8"))
    files = sorted((folder / "data" / group).glob("*.csv"))
    if not files:
        raise FileNotFoundError(f"{folder / 'data' / group}: no series there")
    return [_series(file, labels[f"{group}/{file.name}"]) for file in files]


def _series(file: Path, labels: Sequence[Sequence[str]]) -> Series:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [(_moment(row["timestamp"]), row["value"]) for row in csv.DictReader(lines)]
    number = {at: index for index, (at, _) in enumerate(rows)}
    return Series(
        file.stem,
        tuple(at for at, _ in rows),
        tuple(round(float(value)) for _, value in rows),
        tuple((number[_moment(begin)], number[_moment(end)]) for begin, end in labels),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def sigmoid(position: float) -> float:
    """What a detection is worth: 1 far before the right edge of a window (0), -1 far behind it."""
    if position > _FAR:
        return -1.0
    return 2 / (1 + math.exp(5 * position)) - 1


def score(series: Series, detected: Sequence[int], profile: Profile) -> float:
    """Before normalising. `detected`: rows at which the detector spoke."""
    heard = [row for row in detected if row >= series.probation]
    total = sum(_window(window, heard, profile) for window in series.windows)
    outside = [row for row in heard if not any(a <= row <= b for a, b in series.windows)]
    return total + profile.false_alarm * sum(_false(series, row) for row in outside)


def _window(window: tuple[int, int], heard: Sequence[int], profile: Profile) -> float:
    first = next((row for row in sorted(heard) if window[0] <= row <= window[1]), None)
    if first is None:
        return -profile.missed
    width = window[1] - window[0] + 1
    return profile.hit * sigmoid(-(window[1] - first + 1) / width) / sigmoid(-1.0)


def _false(series: Series, row: int) -> float:
    before = [window for window in series.windows if window[1] < row]
    if not before:
        return -1.0
    begin, end = max(before)
    return sigmoid((row - end) / max(end - begin, 1))


def normalised(
    found: Sequence[tuple[Series, Sequence[int]]], profile: Profile = PROFILES["standard"]
) -> float:
    """Over all series together: 0 for silence, 100 for perfection."""
    windows = sum(len(series.windows) for series, _ in found)
    silence, perfect = -profile.missed * windows, profile.hit * windows
    total = sum(score(series, detected, profile) for series, detected in found)
    return 100 * (total - silence) / (perfect - silence)
