"""Measures a tier on labelled messages: how right, how sure, how fast, how large. Never learns from
them.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.classify.labelled import Labelled, load_labelled
from monitor.classify.rulefiles import LiveRules
from monitor.classify.rules_classifier import Reading, RulesClassifier
from monitor.classify.tiers import Judge, Tier, Tiers
from monitor.classify.timing import BATCH, Speed, speed_of
from monitor.core import evaluation as measures
from monitor.core.assessment import Topic
from monitor.core.evaluation import Verdict, Weighed
from monitor.core.messages import Author, Message, Platform
from monitor.core.rules import WEIGHTS, Clue

if TYPE_CHECKING:
    from monitor.classify.transformer import TransformerTier

_SEED = 20_261_122


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured of one tier on one file."""

    tier: Tier
    version: str
    verdicts: tuple[Verdict, ...]
    speed: Speed

    def as_dict(self) -> dict[str, Any]:
        """The figures by name, rounded as far as they mean something."""
        verdicts = self.verdicts
        languages = {name: _of_language(mine) for name, mine in _languages(verdicts).items()}
        worst = min(languages, key=lambda name: languages[name]["topic_f1"])
        mean = sum(one["topic_f1"] for one in languages.values()) / len(languages)
        figures = {
            "tier": self.tier.value,
            "version": self.version,
            "n": len(verdicts),
            "topic_f1": _shown(measures.topic_f1(verdicts)),
            "topic_f1_accepted": _shown(measures.topic_f1_accepted(verdicts)),
            "topic_top2": _shown(measures.topic_top2(verdicts)),
            "urgency_f1": _shown(measures.urgency_f1(verdicts)),
            "urgency_f1_accepted": _shown(measures.urgency_f1_accepted(verdicts)),
            "needs_answer_f1": _shown(measures.needs_answer_f1(verdicts)),
            "critical_recall_at_p80": _shown(measures.critical_recall_at_p80(verdicts)),
            "critical_recall_at_2pct": _shown(measures.critical_recall_at_2pct(verdicts)),
            "worst_language": worst,
            "worst_language_gap": _shown(mean - languages[worst]["topic_f1"]),
            "ece_topic": _shown(measures.ece_topic(verdicts)),
            "ece_urgency": _shown(measures.ece_urgency(verdicts)),
            "language_accuracy": _shown(measures.language_accuracy(verdicts)),
            "coverage_at_p90": _shown(measures.coverage(verdicts, 0.90)),
            "coverage_at_p95": _shown(measures.coverage(verdicts, 0.95)),
        } | self.speed.of_judge()
        return figures | {"per_language": languages} | self.speed.of_encoder()

    def further(self) -> dict[str, Any]:
        """What the names above have no room for: coverage at 98 %, CPU, how busy the machine was, and where each
        main figure lies in 95 of 100 samples of this size.
        """
        draw = random.Random(_SEED).randrange  # noqa: S311 - samples, not secrets
        spans = {
            name: measures.interval(self.verdicts, measure, draw)
            for name, measure in (
                ("topic_f1", measures.topic_f1),
                ("urgency_f1", measures.urgency_f1),
                ("needs_answer_f1", measures.needs_answer_f1),
                ("critical_recall_at_p80", measures.critical_recall_at_p80),
                ("critical_recall_at_2pct", measures.critical_recall_at_2pct),
            )
        }
        return {
            "coverage_at_p98": _shown(measures.coverage(self.verdicts, 0.98)),
            "cpu_us": round(self.speed.cpu_us),
            "load": self.speed.load and round(self.speed.load, 1),
            "intervals": {
                name: span and [_shown(span[0]), _shown(span[1])] for name, span in spans.items()
            },
        }


def evaluate(
    file: Path,
    tier: Tier | None,
    rules: Path,
    cache: Path | None = None,
    third: Callable[[], TransformerTier] | None = None,
) -> Evaluation:
    """Measure `tier` (None: the best that works here) with the rules of that folder. `third` makes the transformer's.

    Raises BadFile, RulesBroken, NoTier.
    """
    labelled = load_labelled(file)
    live = LiveRules(rules)
    tiers = Tiers(live, rules, cache, only=tier, third=third if tier is Tier.TRANSFORMER else None)
    try:
        return measure(labelled, tiers.judge)
    finally:
        tiers.close()


def measure(labelled: Sequence[Labelled], judge: Judge) -> Evaluation:
    """Judge everything, then look at the clock with the messages that are short."""
    messages = [_message(one) for one in labelled]
    weighed = weigh(judge, messages)
    verdicts = tuple(_verdict(*pair) for pair in zip(labelled, weighed, strict=True))
    speed = speed_of(judge, messages)
    return Evaluation(Tier(judge.version.split("/")[0]), judge.version, verdicts, speed)


def weigh(judge: Judge, messages: Sequence[Message]) -> list[Weighed]:
    """The judge's own chances; of the rules, what stands in for them."""
    if isinstance(judge, RulesClassifier):
        clues = judge.rules.clues
        return [_weighed_by_rules(reading, clues) for reading in judge.read_all(messages)]
    own: Any = judge
    return [
        w for at in range(0, len(messages), BATCH) for w in own.weigh(messages[at : at + BATCH])
    ]


def _weighed_by_rules(reading: Reading, clues: Sequence[Clue]) -> Weighed:
    judged = reading.assessment
    said: Counter[str] = Counter()
    for number in reading.found:
        said[clues[number].subject] += WEIGHTS.get(clues[number].says, 0)
    topics = {topic: 1e-3 * said[topic] for topic in Topic} | {judged.topic: judged.confidence}
    low, normal, high, critical = (
        judged.confidence if judged.urgency == level else 0.1 * (level > 1) for level in range(4)
    )
    return Weighed(judged, topics, (low, normal, high, critical))


def _verdict(labelled: Labelled, weighed: Weighed) -> Verdict:
    judged = weighed.assessment
    likely = sorted(weighed.topics, key=lambda t: (t is not judged.topic, -weighed.topics[t]))
    return Verdict(
        language=labelled.language,
        topic=labelled.topic,
        urgency=labelled.urgency,
        topics=labelled.topics,
        urgencies=labelled.urgencies,
        said_language=judged.language,
        ranked=tuple(likely),
        said_urgency=judged.urgency,
        confidence=judged.confidence,
        urgency_confidence=min(1.0, weighed.urgencies[judged.urgency]),
        critical=weighed.urgencies[3],
    )


def _message(labelled: Labelled) -> Message:
    when = datetime(2026, 1, 1, tzinfo=UTC)
    return Message(Platform.TELEGRAM, "", labelled.id, Author(""), labelled.text, when)


def _languages(verdicts: Sequence[Verdict]) -> Mapping[str, Sequence[Verdict]]:
    return measures.by_language(verdicts)


def _of_language(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    return {
        "n": len(verdicts),
        "topic_f1": _shown(measures.topic_f1(verdicts)),
        "urgency_f1": _shown(measures.urgency_f1(verdicts)),
        "needs_answer_f1": _shown(measures.needs_answer_f1(verdicts)),
        "language_accuracy": _shown(measures.language_accuracy(verdicts)),
    }


def _shown(value: float | None) -> Any:
    return None if value is None else round(value, 4)
