"""Train the nets that judge links by meaning too: `python -m bench.train_links_meaning TRAIN.jsonl.gz [--out FILE]`.

They learn from the annotated logs as the plain net's teachers do (bench.train_links), and see what the light tier's
encoder makes of every line besides: its main directions, once as a line that answers and once as one that may be
answered, and the products of the two. Nets of several seeds vote. The measuring set is never read here.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.link_logs import Log, logs
from bench.train_links import CITATION, Lesson, lesson_of, resting, temperature
from bench.train_links_examples import Array, Bags, Examples
from bench.train_links_nets import ClueNet, Shape, grown, scores
from monitor.classify.lightencoder import PACKAGE, Encoder
from monitor.classify.link_meaning import KIND
from monitor.core.link_clues import CLUES

SEED, MEMBERS, SHAPE = 11, 3, Shape(96, 32, 6, 0.2)
DIRECTIONS, MEANS = 128, 32  # of what the encoder says; that a net makes of them
SCALE, DROP = 4.0, 0.1
_TOGETHER = 256  # lines encoded at a time
_EVERY = 5  # of so many lines one tells the directions


@dataclass(frozen=True, slots=True)
class Meanings:
    """`rows`: what every line means along the main directions, by its place in the bags; `of` makes a row of what the
    encoder says, from which `middle` is taken. `units`: the same with nothing taken, of length 1."""

    rows: Array
    units: Array
    middle: Array
    of: Array


class MeaningNet(ClueNet):
    """Reads texts as the encoder does."""

    def __init__(self, shape: Shape, meanings: Meanings) -> None:
        super().__init__(shape)
        self._rows, self._units = meanings.rows, meanings.units
        self.alike = nn.Linear(3, shape.first, bias=False)
        self.as_line = nn.Linear(DIRECTIONS, MEANS, bias=False)
        self.as_candidate = nn.Linear(DIRECTIONS, MEANS, bias=False)
        self.line_means = nn.Linear(MEANS, shape.first, bias=False)
        self.candidate_means = nn.Linear(MEANS, shape.first, bias=False)
        self.both_mean = nn.Linear(MEANS, shape.first, bias=False)

    def told(self, seen: Examples, read: Bags, chosen: Array, rows: Array, group: Tensor) -> Tensor:
        lines, answers = seen.lines[chosen], seen.answers[rows]
        unique, back = np.unique(
            np.concatenate([lines, np.maximum(answers, 0)]), return_inverse=True
        )
        said = torch.from_numpy(self._rows[unique].astype("f4"))
        said = functional.dropout(said, DROP, self.training)
        places = torch.from_numpy(back)
        line = self.as_line(said)[places[: len(chosen)]]
        is_line = torch.from_numpy((answers >= 0).astype("f4"))[:, None]
        candidate = self.as_candidate(said)[places[len(chosen) :]] * is_line
        both: Tensor = 3 * self.both_mean(line[group] * candidate)
        units = torch.from_numpy(self._units[unique].astype("f4"))[places]
        near = (units[: len(chosen)][group] * units[len(chosen) :]).sum(1, keepdim=True)
        both = both + self.alike(3 * nearness(near, is_line, group, len(chosen)))
        return both + self.line_means(line)[group] + self.candidate_means(candidate)


def nearness(near: Tensor, is_line: Tensor, group: Tensor, groups: int) -> Tensor:
    """Of each row: how alike line and candidate are, how far from the most alike, and how alike that is."""
    near = torch.where(is_line > 0, near, -1.0)
    best = torch.full((groups,), -1.0).scatter_reduce(0, group, near[:, 0], "amax")[group, None]
    return torch.cat([near * is_line, (near - best) * is_line, best.clamp_min(0)], 1)


def encoded(found: Sequence[Log], read: Bags, kept: Path | None) -> Array:
    """What the encoder says of every line, by its place in the bags. `kept`: a file for the next time."""
    if kept is not None and kept.exists():
        return np.asarray(np.load(kept))
    texts = {
        base + row.number: row.line.text
        for base, log in zip(read.bases, found, strict=True)
        for row in log.rows
        if row.line
    }
    places = np.array(sorted(texts, key=lambda place: len(texts[place])))
    encoder, rows = Encoder(), np.zeros((len(read.sizes), 512), "f2")
    for at in range(0, len(places), _TOGETHER):
        part = places[at : at + _TOGETHER]
        rows[part] = encoder.encode([texts[place] for place in part])
    if kept is not None:
        np.save(kept, rows)
    return rows


def meanings(rows: Array) -> Meanings:
    """The main directions of what the encoder says of the logs."""
    spoken = np.flatnonzero(rows.any(1))
    some = rows[spoken[::_EVERY]].astype("f4")
    middle = some.mean(0)
    _, directions = np.linalg.eigh(np.cov((some - middle).T))
    of = (directions[:, ::-1][:, :DIRECTIONS] * SCALE).astype("f4")
    means, units = (np.zeros((len(rows), DIRECTIONS), "f2") for _ in range(2))
    for part in np.array_split(spoken, 20):
        along = rows[part].astype("f4") @ of
        means[part] = along - middle @ of
        units[part] = along / np.linalg.norm(along, axis=1, keepdims=True)
    return Meanings(means, units, middle @ of, of)


def taught(lesson: Lesson, seen: Examples, known: Meanings) -> list[MeaningNet]:
    return [
        grown(seen, lesson.read, partial(MeaningNet, SHAPE, known), SEED + n)
        for n in range(MEMBERS)
    ]  # fmt: skip


def vote(nets: Sequence[ClueNet], seen: Examples, read: Bags) -> Array:
    return np.asarray(np.mean([scores(net, seen, read, as_rest=True) for net in nets], axis=0))


def written(
    nets: Sequence[MeaningNet], known: Meanings, warmth: float, provenance: dict[str, Any], out: Path
) -> None:  # fmt: skip
    """The file: halves of floats, one net after the other."""
    every = [
        {name: value.detach().numpy() for name, value in net.named_parameters()} for net in nets
    ]

    def of(name: str, by: float = 1.0) -> Array:
        return np.stack([one[name] * by for one in every]).astype("f2")

    def turned(name: str, by: float = 1.0) -> Array:
        return np.stack([one[name].T * by for one in every]).astype("f2")

    arrays = {
        "table": of("table"), "first_bias": of("bias"),
        "middle": known.middle.astype("f4"), "directions": known.of.astype("f2"),
        "as_line": turned("as_line.weight"), "as_candidate": turned("as_candidate.weight"),
        "line_means": turned("line_means.weight"), "candidate_means": turned("candidate_means.weight"),
        "both_mean": turned("both_mean.weight", 3), "alike": turned("alike.weight", 3),
        "second": turned("second.weight"),
        "second_bias": of("second.bias"), "last": turned("last.weight"), "warmth": np.float32(warmth),
    }  # fmt: skip
    told = {"kind": KIND, "provenance": provenance, "clues": CLUES, "encoder": version(PACKAGE)}
    np.savez_compressed(out, told=np.array(json.dumps(told, ensure_ascii=False)), **arrays)  # type: ignore[arg-type]


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.train_links_meaning", description=__doc__
    )
    parser.add_argument("source", type=Path, metavar="TRAIN")
    parser.add_argument("--out", type=Path, default=Path("monitor/classify/links_meaning.npz"))
    parser.add_argument("--date", default="", help="written into the file")
    parser.add_argument("--vectors", type=Path, help="keeps what the encoder says")
    given = parser.parse_args(arguments)
    found = list(logs(given.source))
    lesson, _ = lesson_of(found)
    known = meanings(encoded(found, lesson.read, given.vectors))
    learn, held = resting(lesson)
    warmth, figures = temperature(vote(taught(lesson, learn, known), held, lesson.read), held)
    print(f"held-out logs of the rest: {figures}, temperature {warmth:.2f}", flush=True)
    every = lesson.of(range(len(found)))
    provenance = {
        "trained_on": CITATION, "licence": "CC BY 4.0", "script": "bench/train_links_meaning.py",
        "encoder": PACKAGE, "seed": SEED, "date": given.date, "logs": len(found), "nets": MEMBERS,
        "held_out_first": figures, "temperature": round(warmth, 2),
        "lines": len(np.unique(every.lines[every.known])),
    }  # fmt: skip
    written(taught(lesson, every, known), known, warmth, provenance, given.out)
    print(f"{given.out}: {given.out.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
