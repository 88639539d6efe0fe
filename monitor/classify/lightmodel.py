"""What the light tier has learned: fitted from seeds in seconds, kept in a small file. Never reads a
text, and no file can make it run anything.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.classify import heads
from monitor.classify.heads import Lessons
from monitor.classify.lightencoder import WIDTH
from monitor.classify.lightfeatures import NONE, PIECES, Pieces
from monitor.classify.seeds import Seed
from monitor.core.assessment import Topic, Urgency

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

TOPICS = tuple(Topic)
_KIND = "3"  # goes up whenever features or fitting change, so that no older file is taken
_FOLDS = 3
_FEWEST = 3  # messages that share a piece, or it teaches nothing
# Chosen by cross-validation on the seeds, messages that say the same held out together.
_MEANING, _PIECES, _HITS = 4.0, 2.0, 0.5
_NEARNESS, _SHARPNESS = 12.0, 2.0
_PENALTY = 0.3
_OF_RULES = 0.3  # weight of the rules' own examples: the rules know them by heart
_HARD = 5.0  # a quarter of the seeds is hard; so the temperature is taken as if two thirds were
_CALM = np.array([2, 2, 1, 1], dtype=np.float32)  # two in five seeds are urgent, to teach it
_CHATTER = 2.0  # a community chats more than the seeds, which hold as much of every topic
_CHUNK = 2_048
_CENTRING = 0.8  # how much of what a language's texts have in common is taken away
_FEWEST_OF_A_LANGUAGE = 30
_SPLIT = (len(TOPICS), len(TOPICS) + len(Urgency))
_NEEDING = [at for at, topic in enumerate(TOPICS) if topic.needs_answer]


@dataclass(frozen=True, slots=True)
class Seen:
    """A batch as the heads see it."""

    meaning: Floats
    pieces: Pieces
    hits: Floats
    spoken: Ints  # the number of each text's language


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of the features, by class: the topics, the urgencies of what needs an answer, the
    urgencies of everything.

    `seeds` are the seeds' vectors, `nearness` how much being close to each says for each class.
    `centres` is what all texts of a language have in common, `spoken` the language of each seed,
    `lengths` how long its vector is without that.
    """

    meaning: Floats
    pieces: Floats
    hits: Floats
    seeds: Floats
    nearness: Floats
    centres: Floats
    spoken: Floats
    lengths: Floats
    heat: Floats  # temperatures of the three heads
    bend: Floats  # from the first topic's chance to the confidence in it
    key: str

    def confidence(self, topics: Floats) -> Floats:
        """How often the likeliest topic is right when it is so likely."""
        return heads.candid(topics.max(axis=1), self.bend)

    def chances(self, seen: Seen) -> tuple[Floats, Floats, Floats]:
        """Probabilities of the topics and of the urgencies, and the cosines to the seeds."""
        meaning, _ = _centred(seen, self.centres)
        cosines = meaning @ self.seeds.T
        cosines -= (meaning @ self.centres.T)[:, self.spoken.astype(np.int64)]
        cosines /= self.lengths
        scores = meaning @ self.meaning
        scores += _near(cosines) @ self.nearness
        scores += seen.pieces.times(self.pieces)
        scores += seen.hits @ self.hits
        topics, waiting, all_ = (
            heads.softmax(part / heat)
            for part, heat in zip(np.split(scores, _SPLIT, axis=1), self.heat, strict=True)
        )
        return topics, _pressing(topics, waiting, all_), cosines


def _pressing(topics: Floats, waiting: Floats, all_: Floats) -> Floats:
    """The mean of two opinions: of a head that knows only what needs an answer (chatter and spam are
    low whatever their words), and of one that knows everything. A community is calmer than the
    seeds, so what is calm is taken to be twice as frequent as there.
    """
    needed = topics[:, _NEEDING].sum(axis=1, keepdims=True)
    whole = waiting * needed
    whole[:, :1] += 1 - needed
    both = (whole + all_) * _CALM
    return np.asarray(both / both.sum(axis=1, keepdims=True), dtype=np.float32)


def _centred(seen: Seen, centres: Floats) -> tuple[Floats, Floats]:
    """Each meaning without what its language has in common, at length 1; and how long it was."""
    rest = seen.meaning - centres[seen.spoken]
    length = np.sqrt(np.einsum("ij,ij->i", rest, rest)) + np.float32(1e-6)
    return np.asarray(rest / length[:, None], dtype=np.float32), length


def _centres(seen: Seen) -> Floats:
    """A language that few texts are in is taken for the mean of all."""
    everything = seen.meaning.mean(axis=0)
    found = np.tile(everything, (NONE + 1, 1))
    for language in np.unique(seen.spoken):
        own = seen.spoken == language
        if own.sum() >= _FEWEST_OF_A_LANGUAGE:
            found[language] = seen.meaning[own].mean(axis=0)
    return np.asarray(_CENTRING * found, dtype=np.float32)


def _near(cosines: Floats) -> Floats:
    return np.asarray(np.exp(_SHARPNESS * (cosines - 1)), dtype=np.float32)


def key_of(seeds: Sequence[Seed], *versions: str) -> str:
    """Names what a model is made from; the same key, the same model."""
    whole = hashlib.sha256("\0".join((_KIND, *versions)).encode())
    for seed in seeds:
        labels = f"{seed.language}\0{seed.topic}\0{seed.urgency}\0{seed.hard}\0"
        whole.update((labels + seed.text).encode("utf-8", "surrogatepass"))
    return whole.hexdigest()[:16]


def fit(seeds: Sequence[Seed], seen: Seen, key: str) -> Model:
    """Learn from the seeds as seen."""
    seen = replace(seen, pieces=seen.pieces.shared(_FEWEST))
    features = heads.roots(similarities(seen))
    folds = _folds(seeds, seen.meaning)
    parts, heat, held_out = [], [], []
    for lessons in (topic_lessons(seeds), urgency_lessons(seeds), pressure_lessons(seeds)):
        held_out.append(heads.held_out(features, lessons, _PENALTY, folds))
        heat.append(heads.temperature(held_out[-1], _as_met(seeds, lessons)))
        parts.append(heads.dual(features, heads.learned(features, lessons, _PENALTY)))
    support = np.concatenate(parts, axis=1)
    centres = _centres(seen)
    meaning, lengths = _centred(seen, centres)
    return Model(
        meaning=_MEANING * (meaning.T @ support),
        pieces=_PIECES * seen.pieces.spread(support),
        hits=_HITS * (seen.hits.T @ support),
        seeds=seen.meaning,
        nearness=_NEARNESS * support,
        centres=centres,
        spoken=seen.spoken.astype(np.float32),
        lengths=lengths,
        heat=np.array(heat, dtype=np.float32),
        bend=_bend(seeds, heads.softmax(held_out[0] / np.float32(heat[0]))),
        key=key,
    )


def _folds(seeds: Sequence[Seed], meaning: Floats) -> Ints:
    """Whole languages are held out, for what people will write differs from the seeds by more than
    one seed from the next; with few languages, messages that say the same.
    """
    languages = sorted({seed.language.split("-")[0] for seed in seeds})
    if len(languages) < 2 * _FOLDS:
        return heads.alike_together(meaning, _FOLDS)
    order = {language: at % _FOLDS for at, language in enumerate(languages)}
    return np.array([order[seed.language.split("-")[0]] for seed in seeds])


def topic_lessons(seeds: Sequence[Seed]) -> Lessons:
    """Every seed whose topic is known."""
    labels = np.array([-1 if s.topic is None else TOPICS.index(s.topic) for s in seeds])
    return Lessons(labels, _weights(seeds), len(TOPICS))


def urgency_lessons(seeds: Sequence[Seed]) -> Lessons:
    """Every seed whose urgency is known and says something: chatter and spam are always low."""
    labels = np.array([-1 if s.urgency is None or _idle(s) else int(s.urgency) for s in seeds])
    return Lessons(labels, _weights(seeds), len(Urgency))


def pressure_lessons(seeds: Sequence[Seed]) -> Lessons:
    """Every seed whose urgency is known."""
    labels = np.array([-1 if s.urgency is None else int(s.urgency) for s in seeds])
    return Lessons(labels, _weights(seeds), len(Urgency))


def _bend(seeds: Sequence[Seed], topics: Floats) -> Floats:
    met = _as_met(seeds, topic_lessons(seeds))
    known, right = met.known(), topics.argmax(axis=1) == met.labels
    return heads.candour(topics.max(axis=1)[known], right[known], met.weights[known])


def _as_met(seeds: Sequence[Seed], lessons: Lessons) -> Lessons:
    """Seeds are written to teach; what people write is hard to read much more often."""
    harder = [_HARD if seed.hard else 1.0 for seed in seeds]
    return replace(lessons, weights=lessons.weights * np.array(harder, dtype=np.float32))


def _weights(seeds: Sequence[Seed]) -> Floats:
    counts = [
        (_OF_RULES if s.of_rules else 1.0) * (_CHATTER if s.topic is Topic.CHATTER else 1.0)
        for s in seeds
    ]
    return np.array(counts, dtype=np.float32)


def _idle(seed: Seed) -> bool:
    return seed.topic is not None and not seed.topic.needs_answer


def similarities(seen: Seen) -> Floats:
    """Of every message to every other."""
    meaning, _ = _centred(seen, _centres(seen))
    cosines = meaning @ meaning.T
    whole = _MEANING * cosines + _NEARNESS * _near(cosines)
    whole += _PIECES * _common_pieces(seen.pieces)
    whole += _HITS * (seen.hits @ seen.hits.T)
    return np.asarray(whole, dtype=np.float32)


def _common_pieces(pieces: Pieces) -> Floats:
    """Chunk by chunk: the whole table of messages by pieces would take hundreds of megabytes."""
    counted = np.bincount(pieces.bucket, minlength=PIECES)
    shared = np.flatnonzero(counted)
    column = np.full(PIECES, -1)
    column[shared] = np.arange(len(shared))
    whole = np.zeros((pieces.count, pieces.count), dtype=np.float32)
    for start in range(0, len(shared), _CHUNK):
        at = column[pieces.bucket] - start
        inside = (at >= 0) & (at < _CHUNK)
        table = np.zeros((pieces.count, _CHUNK), dtype=np.float32)
        table[pieces.owner[inside], at[inside]] = pieces.weight[inside]
        whole += table @ table.T
    return whole


def file_of(folder: Path, key: str) -> Path:
    """Where the model of that key lies."""
    return folder / f"light-{key}.npz"


def keep(folder: Path, model: Model) -> None:
    """Write it whole or not at all; where that cannot be, it is learned again next time."""
    path = file_of(folder, model.key)
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    arrays = {f.name: getattr(model, f.name) for f in fields(Model) if f.name != "key"}
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        draft.replace(path)
        for old in folder.glob("light-*.npz"):
            if old != path:
                old.unlink(missing_ok=True)


def kept(folder: Path, key: str, seeds: int, hits: int) -> Model | None:
    """The model of that key if it lies there whole."""
    path = file_of(folder, key)
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            model = Model(
                **{f.name: file[f.name] for f in fields(Model) if f.name != "key"}, key=key
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return model if _sound(model, seeds, hits) else None


def _sound(model: Model, seeds: int, hits: int) -> bool:
    classes = len(TOPICS) + 2 * len(Urgency)
    shapes = {
        "meaning": (WIDTH, classes),
        "pieces": (PIECES, classes),
        "hits": (hits, classes),
        "seeds": (seeds, WIDTH),
        "nearness": (seeds, classes),
        "centres": (NONE + 1, WIDTH),
        "spoken": (seeds,),
        "lengths": (seeds,),
        "heat": (3,),
        "bend": (2,),
    }
    arrays = [(getattr(model, name), shape) for name, shape in shapes.items()]
    return all(
        array.shape == shape and array.dtype == np.float32 and bool(np.isfinite(array).all())
        for array, shape in arrays
    )
