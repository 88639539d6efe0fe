"""One text tried on the rules: what was seen in it, what would be done, what would be said. Never
does any of it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from monitor.classify.rules_classifier import RulesClassifier
from monitor.core.assessment import Assessment, Policy, Urgency
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

    def as_dict(self) -> dict[str, Any]:
        """For JSON; the keys are the field names."""
        return asdict(self)


def try_text(
    text: str,
    rules: RuleSet,
    *,
    judge: RulesClassifier | None = None,
    language: str | None = None,
    prior: str | None = None,
) -> Tried:
    """What the rules make of `text` from a member in a group where we may speak. `language` None:
    find out.
    """
    judge = judge or RulesClassifier(rules)
    seen = judge.judge(text, language=language, prior=prior)
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
