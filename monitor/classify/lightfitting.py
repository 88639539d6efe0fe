"""How the light tier learns: heads fitted from seeds in seconds. Never reads a text, never judges one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from monitor.classify import heads
from monitor.classify.heads import Lessons
from monitor.classify.lightfeatures import NONE, PIECES, Pieces
from monitor.classify.lightmodel import TOPICS, Model, Seen, centred, near
from monitor.classify.seeds import Seed
from monitor.core.assessment import Topic, Urgency

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_KIND = "5"  # goes up whenever features or fitting change, so that no older file is taken
_FOLDS = 3
FEWEST = 3  # messages that share a piece, or it teaches nothing
# Chosen by cross-validation on the seeds, messages that say the same held out together.
_MEANING, _PIECES, _HITS = 4.0, 2.0, 0.5
_NEARNESS = 12.0
PENALTY = 0.3
_OF_RULES = 0.3  # weight of the rules' own examples: the rules know them by heart
_HARD = (
    5.0  # what people write is hard to read more often than the seeds: the temperature is theirs
)
# From the chance of a guess to how often such guesses were right: of seeds that were written later, by heads that had
# learned from the earlier ones. Seeds of the same days say the same in every language; held out, they make it boast.
_CANDOUR = np.array([0.64, -0.2], dtype=np.float32)
_CHATTER = 2.0  # a community chats more than the seeds, which hold as much of every topic
_CHUNK = 2_048
_CENTRING = 0.8  # how much of what a language's texts have in common is taken away
_FEWEST_OF_A_LANGUAGE = 30


def key_of(seeds: Sequence[Seed], *versions: str) -> str:
    """Names what a model is made from; the same key, the same model."""
    whole = hashlib.sha256("\0".join((_KIND, *versions)).encode())
    for seed in seeds:
        labels = f"{seed.language}\0{seed.topic}\0{seed.urgency}\0{seed.hard}\0"
        whole.update((labels + seed.text).encode("utf-8", "surrogatepass"))
    return whole.hexdigest()[:16]


def fit(seeds: Sequence[Seed], seen: Seen, key: str) -> Model:
    """Learn from the seeds as seen."""
    seen = replace(seen, pieces=seen.pieces.shared(FEWEST))
    features = heads.roots(similarities(seen))
    out = _folds(seeds, seen.meaning) == 1  # one fold tells the temperature well enough
    harder = _harder(seeds)
    parts, heat = [], []
    for lessons in (topic_lessons(seeds), urgency_lessons(seeds), pressure_lessons(seeds)):
        scores, own = heads.held_out(features, lessons, PENALTY, out)
        heat.append(heads.temperature(scores, replace(own, weights=own.weights * harder[out])))
        parts.append(heads.dual(features, heads.learned(features, lessons, PENALTY)))
    support = np.concatenate(parts, axis=1)
    centres = _centres(seen)
    meaning, lengths = centred(seen, centres)
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
        bend=_CANDOUR.copy(),
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


def _harder(seeds: Sequence[Seed]) -> Floats:
    """Seeds are written to teach; what people write is hard to read much more often."""
    return np.array([_HARD if seed.hard else 1.0 for seed in seeds], dtype=np.float32)


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
    meaning, _ = centred(seen, _centres(seen))
    cosines = meaning @ meaning.T
    whole = _MEANING * cosines + _NEARNESS * near(cosines)
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


def _centres(seen: Seen) -> Floats:
    """A language that few texts are in is taken for the mean of all."""
    everything = seen.meaning.mean(axis=0)
    found = np.tile(everything, (NONE + 1, 1))
    for language in np.unique(seen.spoken):
        own = seen.spoken == language
        if own.sum() >= _FEWEST_OF_A_LANGUAGE:
            found[language] = seen.meaning[own].mean(axis=0)
    return np.asarray(_CENTRING * found, dtype=np.float32)
