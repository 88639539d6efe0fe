"""Measures a tier on labelled messages: how right, how sure, how fast, how large. Never learns from
them.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.classify.labelled import Labelled, load_labelled
from monitor.classify.rulefiles import LiveRules
from monitor.classify.rules_classifier import Reading, RulesClassifier
from monitor.classify.tiers import Judge, Tier, Tiers
from monitor.core import evaluation as measures
from monitor.core.assessment import Topic
from monitor.core.evaluation import Verdict, Weighed
from monitor.core.messages import Author, Message, Platform
from monitor.core.rules import WEIGHTS, Clue

if TYPE_CHECKING:
    from monitor.classify.transformer import TransformerTier
    from monitor.classify.transformerworker import Raw

SHORT = 80  # signs of a message in the figure of messages per second
_BATCH = 200  # what the desk judges at a time
_FEWEST_TIMED = 2_000
_SINGLES = 300
_SEED = 20_261_122


@dataclass(frozen=True, slots=True)
class Speed:
    """`messages_per_second` of short messages in batches; the milliseconds of single messages.

    Of a transformer besides: how many of the same messages its bare forward pass takes in the same batches, right after
    each, and the memory of its own process.
    """

    messages_per_second: float
    p50_ms: float
    p99_ms: float
    rss_mb: float
    forward_per_second: float | None = None
    model_rss_mb: float | None = None

    def of_model(self) -> dict[str, Any]:
        """The figures that only a transformer has."""
        if self.forward_per_second is None or self.model_rss_mb is None:
            return {}
        return {
            "forward_per_second": round(self.forward_per_second),
            "share_of_forward": _shown(self.messages_per_second / self.forward_per_second),
            "model_rss_mb": round(self.model_rss_mb),
        }


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
        return {
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
            "messages_per_second": round(self.speed.messages_per_second),
            "p50_ms": round(self.speed.p50_ms, 2),
            "p99_ms": round(self.speed.p99_ms, 2),
            "rss_mb": round(self.speed.rss_mb),
            "per_language": languages,
        } | self.speed.of_model()

    def further(self) -> dict[str, Any]:
        """What the names above have no room for: coverage at 98 %, and where each main figure lies
        in 95 of 100 samples of this size.
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
    speed = _speed(judge, messages)
    return Evaluation(Tier(judge.version.split("/")[0]), judge.version, verdicts, speed)


def weigh(judge: Judge, messages: Sequence[Message]) -> list[Weighed]:
    """The judge's own chances; of the rules, what stands in for them."""
    if isinstance(judge, RulesClassifier):
        clues = judge.rules.clues
        return [_weighed_by_rules(reading, clues) for reading in judge.read_all(messages)]
    own: Any = judge
    return [
        w for at in range(0, len(messages), _BATCH) for w in own.weigh(messages[at : at + _BATCH])
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


def _speed(judge: Judge, messages: Sequence[Message]) -> Speed:
    short = [m for m in messages if len(m.text) <= SHORT] or list(messages)
    many = _never_seen(short, max(_FEWEST_TIMED, len(short)))
    raw: Callable[[Sequence[str]], Raw] | None = getattr(judge, "raw", None)
    taken, bare, memory = 0.0, 0.0, 0.0
    for at in range(0, len(many), _BATCH):
        part = many[at : at + _BATCH]
        taken += _milliseconds(judge, *part) / 1000
        if raw is not None:
            told = raw([one.text for one in part])
            bare, memory = bare + told.seconds, told.rss_mb
    spent = sorted(_milliseconds(judge, one) for one in _never_seen(messages, _SINGLES))
    middle, worst = spent[len(spent) // 2], spent[int(len(spent) * 0.99)]
    forward = (len(many) / bare, memory) if raw is not None else (None, None)
    return Speed(len(many) / taken, middle, worst, _rss_mb(), *forward)


def _never_seen(messages: Sequence[Message], count: int) -> list[Message]:
    """So many messages, each a little different: a judge may remember what it has read."""
    repeated = enumerate(islice(cycle(messages), count))
    return [replace(one, text=f"{one.text} {at}") for at, one in repeated]


def _milliseconds(judge: Judge, *messages: Message) -> float:
    started = time.perf_counter()
    judge.assess(messages)
    return (time.perf_counter() - started) * 1000


def _rss_mb() -> float:
    """Memory in use; where only the most that was ever in use is told, that."""
    import resource

    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * resource.getpagesize() / 1e6
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / 1e6 if sys.platform == "darwin" else most / 1e3


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
