"""The rules as data and the judgement they lead to. Never reads a file and never matches: it is
given what was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from monitor.core.assessment import Assessment, Complexity, Policy, Topic, Urgency
from monitor.core.quick import replace

ANY = "any"


class Says(StrEnum):
    """What a pattern says when it is found."""

    STRONG = "strong"
    WEAK = "weak"
    NEVER = "never"
    GREETING = "greeting"  # as strong, where no other topic speaks: everybody begins like that
    URGENCY = "urgency"
    SIGNAL = "signal"


WEIGHTS = {Says.STRONG: 3, Says.WEAK: 1, Says.GREETING: 3}
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


@dataclass(frozen=True, slots=True)
class Decision:
    """A judgement, and the clues that explain it: `mine` for the topic, `pressing` (urgency, clue) for the urgency."""

    assessment: Assessment
    mine: tuple[int, ...]
    pressing: tuple[tuple[str, int], ...]

    @property
    def shown(self) -> tuple[int, ...]:
        """The clues whose words a manager is shown."""
        return (*self.mine, *(i for _, i in self.pressing))

    def explained(self, quote: Callable[[int], str]) -> Assessment:
        """With reasons in phrases for a community manager, strongest first."""
        reasons: tuple[str, ...] = _NOTHING
        if self.mine:
            words = dict.fromkeys([quote(i) for i in self.mine])
            reasons = tuple([f'says "{word}"' for word in words])
        if self.pressing:
            urgent = dict.fromkeys((urgency, quote(i)) for urgency, i in self.pressing)
            reasons = (*reasons, *(f'{urgency} because of "{word}"' for urgency, word in urgent))
        return replace(self.assessment, reasons=reasons)


def decide(found: Iterable[int], language: str, rules: RuleSet) -> Decision:
    """What the clues numbered `found` lead to: at most three of them explain the topic, two the urgency."""
    hits = _sorted_out(found, hearing(language), rules.clues)
    scores = (_scores(hits) if hits.strong or hits.weak else {}) or _greeted(hits)
    topic, confidence = _topic(scores)
    urgency, pressing = _urgency(hits.pressing, topic, rules)
    mine = (
        *hits.strong.get(topic, ()),
        *hits.weak.get(topic, ()),
        *hits.greetings.get(topic, ()),
    )[:3]
    signals = frozenset(hits.signals) if hits.signals else _NO_SIGNALS
    complexity, by = rules.topics[topic].complexity, f"rules/{rules.version}"
    return Decision(
        Assessment(topic, urgency, language, complexity, confidence, signals=signals, by=by),
        mine,
        tuple([(rules.clues[i].subject, i) for i in pressing[:2]]),
    )


class _Hits:
    """The clues that count for a text, by what they say."""

    __slots__ = ("greetings", "pressing", "signals", "strong", "vetoed", "weak")

    def __init__(self) -> None:
        self.strong: dict[str, list[int]] = {}
        self.weak: dict[str, list[int]] = {}
        self.greetings: dict[str, list[int]] = {}
        self.vetoed: list[str] = []
        self.pressing: list[int] = []
        self.signals: list[str] = []


def _sorted_out(found: Iterable[int], heard: frozenset[str] | None, clues: Sequence[Clue]) -> _Hits:
    hits = _Hits()
    for i in found:
        clue = clues[i]
        if heard is not None and clue.language not in heard:
            continue
        says, subject = clue.says, clue.subject
        if says is Says.WEAK:
            hits.weak.setdefault(subject, []).append(i)
        elif says is Says.STRONG:
            hits.strong.setdefault(subject, []).append(i)
        elif says is Says.SIGNAL:
            hits.signals.append(subject)
        elif says is Says.URGENCY:
            hits.pressing.append(i)
        elif says is Says.GREETING:
            hits.greetings.setdefault(subject, []).append(i)
        else:
            hits.vetoed.append(subject)
    return hits


def _scores(hits: _Hits) -> dict[Topic, int]:
    scores: dict[Topic, int] = {}
    for subject, found in hits.strong.items():
        topic = _TOPICS[subject]
        ahead = _HEAD_START.get(topic, 0)
        scores[topic] = min(len(found), _MOST_STRONG) * WEIGHTS[Says.STRONG] + ahead
    for subject, found in hits.weak.items():
        topic = _TOPICS[subject]
        scores[topic] = scores.get(topic, 0) + len(found) * WEIGHTS[Says.WEAK]
    for subject in hits.vetoed:
        scores.pop(_TOPICS[subject], None)
    return scores


def _greeted(hits: _Hits) -> dict[Topic, int]:
    """What greetings say: nothing once any topic has spoken."""
    own = [subject for subject in hits.greetings if subject not in hits.vetoed]
    return {_TOPICS[subject]: WEIGHTS[Says.GREETING] for subject in own}


def _topic(scores: Mapping[Topic, int]) -> tuple[Topic, float]:
    if not scores:
        return Topic.CHATTER, 0.3
    if len(scores) == 1:
        ((topic, best),) = scores.items()
        return topic, round(best / (best + 1), 2)
    first, other, *_ = sorted(scores, key=lambda t: (-scores[t], _RANK[t]))
    return first, round(scores[first] / (scores[first] + scores[other] + 1), 2)


def _urgency(found: Sequence[int], topic: Topic, rules: RuleSet) -> tuple[Urgency, tuple[int, ...]]:
    """The urgency and the clues that made it; none when the topic's own urgency stands."""
    if not topic.needs_answer:
        return Urgency.LOW, ()
    spoken: dict[Urgency, list[int]] = {}
    for i in found:
        clue = rules.clues[i]
        if not clue.topics or topic in clue.topics:
            spoken.setdefault(_URGENCIES[clue.subject], []).append(i)
    if not spoken:
        return rules.topics[topic].urgency, ()
    most = max(spoken)
    if most <= Urgency.NORMAL and Urgency.LOW in spoken:
        most = Urgency.LOW  # "no hurry" makes any question low
    return most, tuple(spoken[most])
