"""One text tried on the judge: what was seen in it and why, what would be done, what would be said. Never
does any of it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from monitor.classify.rules_classifier import RulesClassifier
from monitor.classify.tiers import Judge, Tiers
from monitor.classify.why import Why, why
from monitor.core.assessment import Assessment, Policy, Urgency
from monitor.core.messages import Author, Message, Platform
from monitor.core.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Tried:
    """Everything `monitor try` shows. `does` are sentences; `reply` is "" when nothing would be
    said in public.
    """

    text: str
    language: str
    topic: str
    urgency: str
    complexity: str
    confidence: float
    reasons: tuple[str, ...]
    signals: tuple[str, ...]
    policy: str
    does: tuple[str, ...]
    reply: str
    by: str
    tier: str
    why: Why | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON; the keys are the field names."""
        return asdict(self)


def try_text(text: str, rules: RuleSet, *, judge: Judge | None = None) -> Tried:
    """What `judge` (None: the rules alone) makes of `text` from a member in a group where we may speak."""
    judge = judge or RulesClassifier(rules)
    message = _written(text)
    (seen,) = judge.assess([message])
    tried = _tried(text, seen, rules)
    return replace(tried, why=why(message, seen, judge)) if isinstance(judge, Tiers) else tried


def _written(text: str) -> Message:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Message(Platform.TELEGRAM, "", "", Author(""), text, now)


def _tried(text: str, seen: Assessment, rules: RuleSet) -> Tried:
    policy = rules.topics[seen.topic].policy
    reply = "" if "stop" in seen.signals else rules.reply(seen.topic, seen.language)
    return Tried(
        text=text,
        language=seen.language,
        topic=seen.topic.value,
        urgency=seen.urgency.word,
        complexity=seen.complexity.value,
        confidence=seen.confidence,
        reasons=seen.reasons,
        signals=tuple(sorted(seen.signals)),
        policy=policy.value,
        does=tuple(_doings(seen, policy, reply, rules)),
        reply=reply,
        by=seen.by,
        tier=seen.by.partition("/")[0],
    )


def _doings(seen: Assessment, policy: Policy, reply: str, rules: RuleSet) -> list[str]:
    if "stop" in seen.signals:
        return ["Takes it for a wish not to be written to: says nothing to this person."]
    if not seen.topic.needs_answer:
        return [f"Takes it for {seen.topic}: nobody is waiting, no clock starts."]
    return [_said(seen, policy, reply, rules), _raised(seen, policy)]


def _said(seen: Assessment, policy: Policy, reply: str, rules: RuleSet) -> str:
    if not reply:
        return f"Says nothing in public: the policy of {seen.topic} is {policy}."
    if reply in rules.acknowledgements(seen.topic).values():
        return "Acknowledges in public."
    return "Answers in public with the standing answer."


def _raised(seen: Assessment, policy: Policy) -> str:
    if policy is Policy.NEVER or seen.urgency < Urgency.NORMAL:
        return f"Starts its clocks ({seen.urgency.word}) without an alert."
    return f"Starts its clocks and raises it in the managers' chat ({seen.urgency.word})."
