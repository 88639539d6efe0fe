"""The rules as data and the judgement they lead to. Never reads a file and never matches: it is
given what was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from monitor.core.assessment import Assessment, Complexity, Policy, Topic, Urgency

ANY = "any"


class Says(StrEnum):
    """What a pattern says when it is found."""

    STRONG = "strong"
    WEAK = "weak"
    NEVER = "never"
    URGENCY = "urgency"
    SIGNAL = "signal"


WEIGHTS = {Says.STRONG: 3, Says.WEAK: 1}
_MOST_STRONG = 3  # patterns overlap; saying it five times is not being surer

# Who must act first gets ahead by this much once a strong word is said, when two topics fit.
_HEAD_START = {Topic.SECURITY: 3, Topic.WITHDRAWAL: 2, Topic.DEPOSIT: 2, Topic.LIQUIDATION: 2}

# Which team must act first, when two topics fit.
PRECEDENCE: tuple[Topic, ...] = (
    Topic.SECURITY,
    Topic.WITHDRAWAL,
    Topic.DEPOSIT,
    Topic.LIQUIDATION,
    Topic.OUTAGE,
    Topic.SPAM,
    Topic.API,
    Topic.ACCOUNT,
    Topic.TRADING,
    Topic.TERMS,
    Topic.PROMO,
    Topic.FEEDBACK,
    Topic.CHATTER,
)
_RANK = {topic: at for at, topic in enumerate(PRECEDENCE)}
_TOPICS = {topic.value: topic for topic in Topic}
_URGENCIES = {urgency.word: urgency for urgency in Urgency}
_NO_SIGNALS: frozenset[str] = frozenset()
_NOTHING = ("nothing in the rules speaks of a topic",)


@dataclass(frozen=True, slots=True)
class Clue:
    """One pattern. `subject` is the topic, urgency or signal it speaks for; `topics` limits where
    it counts.
    """

    pattern: str
    language: str
    says: Says
    subject: str
    topics: frozenset[Topic] = frozenset()
    where: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A text the rules must judge right. `expected` False: it must not be judged as `subject`."""

    text: str
    language: str
    says: Says
    subject: str
    expected: bool = True
    where: str = ""


@dataclass(frozen=True, slots=True)
class TopicRule:
    """What holds for all cases about one topic. `urgency` counts when no pattern speaks of
    urgency.
    """

    topic: Topic
    policy: Policy
    complexity: Complexity
    urgency: Urgency
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Replies:
    """Texts by language."""

    acknowledgement: Mapping[str, str] = field(default_factory=dict)
    answer: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Everything in rules/ that judges and speaks, complete and checked. `version` changes with any
    letter of it.
    """

    topics: Mapping[Topic, TopicRule]
    clues: tuple[Clue, ...]
    examples: tuple[Example, ...] = ()
    default_replies: Replies = field(default_factory=Replies)
    replies: Mapping[Topic, Replies] = field(default_factory=dict)
    version: str = "00000000"

    def acknowledgements(self, topic: Topic) -> dict[str, str]:
        """What is said at once, by language: the topic's own texts before the default's."""
        own = self.replies.get(topic, Replies())
        return {**self.default_replies.acknowledgement, **own.acknowledgement}

    def answers(self, topic: Topic) -> dict[str, str]:
        """The topic's standing answers by language; where there is none, the acknowledgement."""
        return {**self.acknowledgements(topic), **self.replies.get(topic, Replies()).answer}

    def reply(self, topic: Topic, language: str) -> str:
        """What the topic's policy lets us say at once, in `language` or else in English; "" if
        nothing.
        """
        policy = self.topics[topic].policy
        if policy not in (Policy.ANSWER, Policy.ACKNOWLEDGE):
            return ""
        texts = self.answers(topic) if policy is Policy.ANSWER else self.acknowledgements(topic)
        return next((texts[t] for t in (*_tongues(language), "en") if t in texts), "")


def _tongues(language: str) -> tuple[str, ...]:
    twins = {"zh": ("zh", "zh-Hant"), "zh-Hant": ("zh-Hant", "zh")}
    return twins.get(language, (language,))


@cache
def hearing(language: str) -> frozenset[str] | None:
    """Whose patterns count for a text in `language`: its own, English (spoken everywhere) and any.
    None: all.
    """
    if language == "und":
        return None
    return frozenset((*_tongues(language), "en", ANY))


def judge(
    found: Iterable[int], language: str, rules: RuleSet, quote: Callable[[int], str] | None = None
) -> Assessment:
    """The judgement that the clues numbered `found` lead to. `quote` gives the words that a clue
    matched.
    """
    heard = hearing(language)
    clues = rules.clues
    hits = [i for i in found if heard is None or clues[i].language in heard]
    scores = _scores(hits, clues) if hits else {}
    signals = _signals(hits, clues) if hits else _NO_SIGNALS
    topic, confidence = _topic(scores)
    urgency, pressing = _urgency(hits, topic, rules)
    return Assessment(
        topic=topic,
        urgency=urgency,
        language=language,
        complexity=rules.topics[topic].complexity,
        confidence=confidence,
        reasons=explain(hits, topic, pressing, rules, quote or (lambda i: clues[i].pattern)),
        signals=signals,
        by=f"rules/{rules.version}",
    )


def _signals(hits: Sequence[int], clues: Sequence[Clue]) -> frozenset[str]:
    return frozenset([clues[i].subject for i in hits if clues[i].says is Says.SIGNAL])


def _scores(hits: Sequence[int], clues: Sequence[Clue]) -> dict[Topic, int]:
    strong: dict[str, int] = {}
    weak: dict[str, int] = {}
    vetoed: set[str] = set()
    for i in hits:
        clue = clues[i]
        if clue.says is Says.STRONG:
            strong[clue.subject] = min(strong.get(clue.subject, 0) + 1, _MOST_STRONG)
        elif clue.says is Says.WEAK:
            weak[clue.subject] = weak.get(clue.subject, 0) + 1
        elif clue.says is Says.NEVER:
            vetoed.add(clue.subject)
    scores: dict[Topic, int] = {}
    for subject in (strong.keys() | weak.keys()) - vetoed:
        topic = _TOPICS[subject]
        ahead = _HEAD_START.get(topic, 0) if subject in strong else 0
        says = strong.get(subject, 0) * WEIGHTS[Says.STRONG]
        scores[topic] = says + weak.get(subject, 0) * WEIGHTS[Says.WEAK] + ahead
    return scores


def _topic(scores: Mapping[Topic, int]) -> tuple[Topic, float]:
    if not scores:
        return Topic.CHATTER, 0.3
    ranked = (
        sorted(scores, key=lambda t: (-scores[t], _RANK[t])) if len(scores) > 1 else list(scores)
    )
    best = scores[ranked[0]]
    second = scores[ranked[1]] if len(ranked) > 1 else 0
    return ranked[0], round(best / (best + second + 1), 2)


def _urgency(hits: Sequence[int], topic: Topic, rules: RuleSet) -> tuple[Urgency, tuple[int, ...]]:
    """The urgency and the clues that made it; none when the topic's own urgency stands."""
    if not topic.needs_answer:
        return Urgency.LOW, ()
    spoken: dict[Urgency, list[int]] = {}
    for i in hits:
        clue = rules.clues[i]
        if clue.says is Says.URGENCY and (not clue.topics or topic in clue.topics):
            spoken.setdefault(_URGENCIES[clue.subject], []).append(i)
    if not spoken:
        return rules.topics[topic].urgency, ()
    most = max(spoken)
    if most <= Urgency.NORMAL and Urgency.LOW in spoken:
        most = Urgency.LOW  # "no hurry" makes any question low
    return most, tuple(spoken[most])


def explain(
    hits: Sequence[int],
    topic: Topic,
    pressing: Sequence[int],
    rules: RuleSet,
    quote: Callable[[int], str],
) -> tuple[str, ...]:
    """Phrases for a community manager, strongest first: at most three for the topic, two for the
    urgency.
    """
    clues = rules.clues
    if not hits:
        return _NOTHING
    mine = [i for i in hits if clues[i].says in WEIGHTS and clues[i].subject == topic]
    mine.sort(key=lambda i: -WEIGHTS[clues[i].says])
    words = dict.fromkeys(quote(i) for i in mine[:3])
    reasons = [f'says "{word}"' for word in words] or _NOTHING
    urgent = dict.fromkeys((clues[i].subject, quote(i)) for i in pressing[:2])
    return (*reasons, *(f'{urgency} because of "{word}"' for urgency, word in urgent))
