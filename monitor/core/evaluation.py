"""How good judgements are, against labels that people gave. Only arithmetic; never judges or reads.

Macro-F1 runs over every label that was given or guessed. Calibration error is measured in ten
equally wide bins. All scores lie in [0, 1]; a measure that cannot be formed (no critical message in
the file, say) is None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.core.assessment import Assessment, Topic, Urgency

_BINS = 10
_MOST_FLAGGED = 0.02  # share of the non-critical that may be flagged as critical
_ALERT_PRECISION = 0.8


@dataclass(frozen=True, slots=True)
class Weighed:
    """An assessment with how likely each topic and each urgency (by its number) seemed."""

    assessment: Assessment
    topics: Mapping[Topic, float]
    urgencies: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One labelled message and what the judge made of it.

    `topics` and `urgencies` are the labels that may also pass (the label itself included);
    `ranked` are the judge's topics, best first; `critical` is a score that only has to rank.
    """

    language: str
    topic: Topic
    urgency: Urgency
    topics: frozenset[Topic]
    urgencies: frozenset[Urgency]
    said_language: str
    ranked: tuple[Topic, ...]
    said_urgency: Urgency
    confidence: float
    urgency_confidence: float
    critical: float

    @property
    def said_topic(self) -> Topic:
        """The judge's first topic."""
        return self.ranked[0]


Pairs = Iterable[tuple[object, object]]
Measure = Callable[[Sequence[Verdict]], float | None]


def macro_f1(pairs: Pairs) -> float:
    """Mean F1 over all labels that occur, as (given, guessed) pairs; 0 when there are none."""
    pairs = list(pairs)
    right: Counter[object] = Counter(given for given, guessed in pairs if given == guessed)
    seen: Counter[object] = Counter(label for pair in pairs for label in pair)
    return sum(2 * right[label] / n for label, n in seen.items()) / len(seen) if seen else 0.0


def topic_f1(verdicts: Sequence[Verdict]) -> float:
    """Strict."""
    return macro_f1((v.topic, v.said_topic) for v in verdicts)


def topic_f1_accepted(verdicts: Sequence[Verdict]) -> float:
    """A topic that may pass counts as the one that was meant."""
    return macro_f1(
        (v.said_topic if v.said_topic in v.topics else v.topic, v.said_topic) for v in verdicts
    )


def topic_top2(verdicts: Sequence[Verdict]) -> float:
    """How often the topic is among the judge's first two."""
    return _share([v.topic in v.ranked[:2] for v in verdicts]) or 0.0


def urgency_f1(verdicts: Sequence[Verdict]) -> float:
    """Strict."""
    return macro_f1((v.urgency, v.said_urgency) for v in verdicts)


def urgency_f1_accepted(verdicts: Sequence[Verdict]) -> float:
    """An urgency that may pass counts as the one that was meant."""
    return macro_f1(
        (v.said_urgency if v.said_urgency in v.urgencies else v.urgency, v.said_urgency)
        for v in verdicts
    )


def needs_answer_f1(verdicts: Sequence[Verdict]) -> float:
    """F1 of "somebody waits for an answer": a topic that is neither chatter nor spam."""
    pairs = [(v.topic.needs_answer, v.said_topic.needs_answer) for v in verdicts]
    right = sum(given and guessed for given, guessed in pairs)
    total = sum(given + guessed for given, guessed in pairs)
    return 2 * right / total if total else 0.0


def language_accuracy(verdicts: Sequence[Verdict]) -> float:
    """How often the language is right; both Chinese scripts are one language."""
    return _share([v.language == v.said_language.split("-")[0] for v in verdicts]) or 0.0


def _share(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None


def critical_recall_at_p80(verdicts: Sequence[Verdict]) -> float | None:
    """The most critical messages found by any threshold whose alerts are right four times in
    five.
    """
    return _best_recall(
        verdicts, lambda hits, false, calm: hits >= _ALERT_PRECISION * (hits + false)
    )


def critical_recall_at_2pct(verdicts: Sequence[Verdict]) -> float | None:
    """The most critical messages found by any threshold that flags at most 2 % of the others."""
    return _best_recall(verdicts, lambda hits, false, calm: false <= _MOST_FLAGGED * calm)


def _best_recall(
    verdicts: Sequence[Verdict], allowed: Callable[[int, int, int], bool]
) -> float | None:
    critical = sum(v.urgency is Urgency.CRITICAL for v in verdicts)
    calm = len(verdicts) - critical
    best = hits = false = 0
    for alike in _falling([(v.critical, v.urgency is Urgency.CRITICAL) for v in verdicts]):
        hits += sum(alike)
        false += len(alike) - sum(alike)
        if allowed(hits, false, calm):
            best = hits
    return best / critical if critical else None


def _falling(scored: Sequence[tuple[float, bool]]) -> list[list[bool]]:
    """Outcomes by falling score; equal scores stand together, for no threshold tells them apart."""
    groups: dict[float, list[bool]] = {}
    for score, outcome in scored:
        groups.setdefault(score, []).append(outcome)
    return [groups[score] for score in sorted(groups, reverse=True)]


def ece(scored: Sequence[tuple[float, bool]]) -> float:
    """Expected calibration error of (confidence, was right) pairs."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in scored:
        bins.setdefault(min(int(confidence * _BINS), _BINS - 1), []).append((confidence, right))
    off = sum(abs(sum(c for c, _ in b) - sum(r for _, r in b)) for b in bins.values())
    return off / len(scored) if scored else 0.0


def ece_topic(verdicts: Sequence[Verdict]) -> float:
    """Of the topic's confidence."""
    return ece([(v.confidence, v.topic is v.said_topic) for v in verdicts])


def ece_urgency(verdicts: Sequence[Verdict]) -> float:
    """Of the urgency's confidence."""
    return ece([(v.urgency_confidence, v.urgency is v.said_urgency) for v in verdicts])


def coverage(verdicts: Sequence[Verdict], precision: float) -> float:
    """The largest share of messages, surest first, of which `precision` have the right topic."""
    best = taken = right = 0
    for alike in _falling([(v.confidence, v.topic is v.said_topic) for v in verdicts]):
        taken += len(alike)
        right += sum(alike)
        if right >= precision * taken:
            best = taken
    return best / len(verdicts) if verdicts else 0.0


def by_language(verdicts: Sequence[Verdict]) -> dict[str, list[Verdict]]:
    """The verdicts of each labelled language, in the order of the alphabet."""
    return {
        language: [v for v in verdicts if v.language == language]
        for language in sorted({v.language for v in verdicts})
    }


def confusion(verdicts: Sequence[Verdict]) -> dict[tuple[Topic, Topic], int]:
    """How often (given, guessed) occurred."""
    return dict(Counter((v.topic, v.said_topic) for v in verdicts))


def interval(
    verdicts: Sequence[Verdict], measure: Measure, draw: Callable[[int], int], rounds: int = 300
) -> tuple[float, float] | None:
    """Where `measure` lies in 95 of 100 samples of this size. `draw(n)`: a random number below n.

    None when a sample cannot be measured."""
    n = len(verdicts)
    found: list[float] = []
    for _ in range(rounds):
        value = measure([verdicts[draw(n)] for _ in range(n)]) if n else None
        if value is None:
            return None
        found.append(value)
    found.sort()
    cut = round(0.025 * rounds)
    return found[cut], found[-1 - cut]
