"""What a message's surroundings change in its judgement: what it answers, what it goes on with, how often and
how long somebody has asked, what many ask about just now. Pure; never makes anything less urgent or simpler.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta

from monitor.core.assessment import Assessment, Complexity, Topic, Urgency
from monitor.core.text import clip, normalise

UNSURE = "unsure"  # signal of an assessment that is more likely wrong than right
NUDGES = 2  # times asked again from which a case weighs more
SHORT = 60  # signs that can hardly say by themselves what they are about
_PARENT = 240
_FEW_WORDS = 8
_ONLY_MARKS = re.compile(r"[\W_]*[?？!！][\W_]*")


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known around a message. `case_topic`: of the open case it goes on with, or of what it answers.

    `nudges`: how often its author has asked again, this time included. `waiting` and `target`: how long nobody has
    answered, and how long that may last. `incident`: unusually many ask about its topic just now.
    """

    text: str = ""
    parent_text: str = ""
    case_topic: Topic | None = None
    case_urgency: Urgency = Urgency.LOW
    case_complexity: Complexity = Complexity.SIMPLE
    nudges: int = 0
    waiting: timedelta = timedelta()
    target: timedelta | None = None
    incident: bool = False


def is_follow_up(assessment: Assessment, text: str) -> bool:
    """Does it only ask again ("still nothing", "??", "any news") without saying about what?"""
    if "thanks" in assessment.signals or len(text) > SHORT:
        return False
    plain = normalise(text)
    if _ONLY_MARKS.fullmatch(plain):
        return True
    says_nothing = not assessment.topic.needs_answer or UNSURE in assessment.signals
    asks_again = "repeat" in assessment.signals and len(plain.split()) <= _FEW_WORDS
    return asks_again and (says_nothing or assessment.topic is Topic.FEEDBACK)


def in_full(text: str, parent_text: str) -> str:
    """What to judge of a reply: a short one together with what it answers, the reply first."""
    if not parent_text.strip() or not text.strip() or len(text) > SHORT:
        return text
    return f"{text}\n{clip(parent_text, _PARENT)}"


def in_context(assessment: Assessment, situation: Situation) -> Assessment:
    """The judgement with everything around it; the same object where nothing around it matters."""
    judged = _inherited(assessment, situation)
    if not judged.topic.needs_answer:
        return judged
    pressures = [(most, why) for applies, most, why in _pressures(situation) if applies]
    if pressures and judged.topic is situation.case_topic:
        judged = replace(judged, urgency=max(judged.urgency, situation.case_urgency))
    for most, why in pressures:
        judged = _pressed(judged, most, why)
    return judged


def needs_triage(assessment: Assessment) -> bool:
    """Too doubtful to act upon: a person should say what it is."""
    return UNSURE in assessment.signals


def _inherited(assessment: Assessment, situation: Situation) -> Assessment:
    topic = situation.case_topic
    if topic is None or not topic.needs_answer or not is_follow_up(assessment, situation.text):
        return assessment
    return replace(
        assessment,
        topic=topic,
        urgency=max(assessment.urgency, situation.case_urgency),
        complexity=_harder(assessment.complexity, situation.case_complexity),
        signals=assessment.signals - {UNSURE},
        reasons=("goes on with what was asked before", *assessment.reasons),
    )


def _pressures(situation: Situation) -> tuple[tuple[bool, Urgency, str], ...]:
    late = situation.target is not None and situation.waiting > situation.target
    return (
        (situation.nudges >= NUDGES, Urgency.HIGH, f"asked again {situation.nudges} times"),
        (late, Urgency.HIGH, "waits longer than it should"),
        (situation.incident, Urgency.CRITICAL, "many ask about this just now"),
    )


def _pressed(assessment: Assessment, most: Urgency, why: str) -> Assessment:
    """One step more urgent, up to `most`; what people press for so is no simple question any more."""
    step = Urgency(min(assessment.urgency + 1, most))
    return replace(
        assessment,
        urgency=max(assessment.urgency, step),
        complexity=Complexity.COMPLEX,
        reasons=(why, *assessment.reasons),
    )


def _harder(one: Complexity, other: Complexity) -> Complexity:
    return max(one, other, key=lambda c: c is Complexity.COMPLEX)
