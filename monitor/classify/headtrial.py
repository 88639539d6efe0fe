"""Whether new heads are better than those at work, on messages that neither has learned from. Only measures.

Those are the corrections made since the last heads, a third at a time, and a quarter of the seeds; and besides, the
rules' own yes and no examples as the whole judge sees them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitor.classify import heads, lightfitting
from monitor.classify.heads import Lessons
from monitor.classify.light import LightClassifier
from monitor.classify.lightmodel import TOPICS, Seen, pressing
from monitor.classify.lore import Lesson
from monitor.classify.refit import Study, made, packed, seen_of, written
from monitor.classify.seeds import Seed
from monitor.core.assessment import Urgency
from monitor.core.rules import Says

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
_FOLDS = 3
_EVERY = 4  # one seed in so many is held out
_SLACK = 0.01  # a share of the shipped examples that may differ by chance
_LESSONS = (lightfitting.topic_lessons, lightfitting.urgency_lessons, lightfitting.pressure_lessons)


@dataclass(frozen=True, slots=True)
class Score:
    """How many were judged rightly: of the corrections held out, the seeds held out, the rules' own examples."""

    corrections: int
    corrections_topic: int
    corrections_urgency: int
    seeds: int
    seeds_right: int  # topic and urgency count one each
    examples: int = 0
    examples_right: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """What was measured, and the candidate where it is better. `why` is for a manager to read."""

    incumbent: Score
    candidate: Score
    weights: bytes | None
    why: str

    @property
    def figures(self) -> dict[str, dict[str, int]]:
        """To be kept."""
        return {"incumbent": asdict(self.incumbent), "candidate": asdict(self.candidate)}


def tried(study: Study, old: Sequence[Lesson], new: Sequence[Lesson]) -> Trial:
    """Learn from `old` (which the heads at work know) and `new` corrections, and compare."""
    seeds = [*study.base, *(one.seed for one in (*old, *new))]
    seen = seen_of(study, seeds)
    is_new, held = np.arange(len(seeds)) >= len(seeds) - len(new), _held(seeds, len(study.base))
    features, heat = _features(seen), study.incumbent.model.heat
    before = _guessed(*study.incumbent.model.chances(seen)[:2])
    without = _guessed(*_chances(features, seeds, ~is_new & ~held, held, heat))
    incumbent = _score(seeds, is_new, held, before, without)
    after = _candidate(features, seeds, is_new, held, study, seen.meaning)
    candidate = _score(seeds, is_new, held, after, after)
    if not _is_better(incumbent, candidate):
        return Trial(incumbent, candidate, None, _told(incumbent, candidate))
    model = lightfitting.fit(seeds, seen, study.key([*old, *new]))
    weights = packed(model)
    incumbent = _with_examples(incumbent, study.incumbent)
    light = made(study, [*old, *new], weights)
    candidate = _with_examples(candidate, light) if light else candidate
    good = light is not None and _is_better(incumbent, candidate)
    return Trial(incumbent, candidate, weights if good else None, _told(incumbent, candidate))


def _features(seen: Seen) -> Floats:
    shared = replace(seen, pieces=seen.pieces.shared(lightfitting.FEWEST))
    return heads.roots(lightfitting.similarities(shared))


def _held(seeds: Sequence[Seed], base: int) -> Flags:
    """Which seeds are held out; the rules' own examples are looked at whole."""
    return np.array(
        [at < base and not s.of_rules and at % _EVERY == 0 for at, s in enumerate(seeds)]
    )


def _chances(
    features: Floats, seeds: Sequence[Seed], learned: Flags, asked: Flags, heat: Floats
) -> tuple[Floats, Floats]:
    """What heads that learned from `learned` give to topics and urgencies of `asked`; zeros for the rest."""
    parts = []
    for lessons, warmth in zip((make(seeds) for make in _LESSONS), heat, strict=True):
        known = Lessons(np.where(learned, lessons.labels, -1), lessons.weights, lessons.classes)
        weights = heads.learned(features, known, lightfitting.PENALTY)
        parts.append(heads.softmax(features[asked] @ weights / warmth))
    found = (
        np.zeros((len(seeds), len(TOPICS)), dtype=np.float32),
        np.zeros((len(seeds), len(Urgency)), dtype=np.float32),
    )
    found[0][asked], found[1][asked] = parts[0], pressing(*parts)
    return found


def _candidate(
    features: Floats,
    seeds: Sequence[Seed],
    is_new: Flags,
    held: Flags,
    study: Study,
    meaning: Floats,
) -> Ints:
    """Each new correction judged by heads that did not learn from it, nor from those that say the same."""
    fold = np.full(len(seeds), -1)
    fold[is_new] = heads.alike_together(meaning[is_new], _FOLDS)
    guessed = np.zeros((len(seeds), 2), dtype=np.int64)
    for at, name in enumerate(np.unique(fold[is_new])):
        out = (fold == name) | held if at == 0 else fold == name
        said = _chances(features, seeds, ~out, out, study.incumbent.model.heat)
        guessed[out] = _guessed(*said)[out]
    return guessed


def _guessed(topics: Floats, urgencies: Floats) -> Ints:
    """Topic and urgency of each row; who waits for nobody is never urgent."""
    topic = topics.argmax(axis=1)
    idle = np.array([not t.needs_answer for t in TOPICS])[topic]
    return np.stack([topic, np.where(idle, 0, urgencies.argmax(axis=1))], axis=1)


def _score(
    seeds: Sequence[Seed],
    new: Flags,
    held: Flags,
    of_new: Ints,
    of_held: Ints,
) -> Score:
    truth = np.array([(TOPICS.index(s.topic) if s.topic else -1,
                       -1 if s.urgency is None else int(s.urgency)) for s in seeds])  # fmt: skip
    corrected = of_new[new] == truth[new]
    shipped = of_held[held] == truth[held]
    return Score(
        int(new.sum()),
        int(corrected[:, 0].sum()),
        int(corrected[:, 1].sum()),
        int(2 * held.sum()),
        int(shipped.sum()),
    )


def _with_examples(score: Score, light: LightClassifier) -> Score:
    """How many of the rules' yes and no examples come out right."""
    examples = [e for e in light.rules.rules.examples if e.says is not Says.SIGNAL]
    asked = [written(example.text, example.language) for example in examples]
    right = 0
    for example, judged in zip(examples, light.assess(asked), strict=True):
        if example.says is Says.URGENCY:
            right += (judged.urgency.word == example.subject) is example.expected
        else:
            right += (judged.topic == example.subject) is example.expected
    return replace(score, examples=len(examples), examples_right=right)


def _is_better(incumbent: Score, candidate: Score) -> bool:
    gained = _points(candidate) - _points(incumbent)
    lost = incumbent.seeds_right - candidate.seeds_right
    broken = incumbent.examples_right - candidate.examples_right
    return gained > 0 and lost <= _SLACK * incumbent.seeds and broken <= _SLACK * incumbent.examples


def _points(score: Score) -> int:
    return score.corrections_topic + score.corrections_urgency


def _told(incumbent: Score, candidate: Score) -> str:
    n = incumbent.corrections
    text = (
        f"Of {n} corrections that neither had learned from, the judge at work got {incumbent.corrections_topic} "
        f"topics and {incumbent.corrections_urgency} urgencies right, the new one {candidate.corrections_topic} and "
        f"{candidate.corrections_urgency}. On {incumbent.seeds // 2} held-out messages of those that came with the "
        f"program, {_share(incumbent.seeds_right, incumbent.seeds)} of the labels were right, now "
        f"{_share(candidate.seeds_right, candidate.seeds)}."
    )
    if candidate.examples:
        text += (
            f" Of the {candidate.examples} examples in rules/, {incumbent.examples_right} came out right, now "
            f"{candidate.examples_right}."
        )
    return text


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none"
