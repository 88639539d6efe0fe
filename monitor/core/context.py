"""What a message's surroundings change in its judgement: what it answers, what it goes on with, how often and
how long somebody has asked, what many ask about just now. Pure; never makes anything less urgent or simpler.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from monitor.core.assessment import UNSURE, Assessment, Complexity, Topic, Urgency
from monitor.core.text import clip, normalise

NUDGES = 2  # times asked again from which a case weighs more
SHORT = 60  # signs that can hardly say by themselves what they are about
MOST = (
    Urgency.HIGH
)  # what surroundings can make of a message; critical is what somebody has written
_PARENT = 240
_FEW_WORDS = 8
_ONLY_MARKS = re.compile(r"[\W_]*[?？!！][\W_]*")


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known around a message. `case_topic`: of the case it goes on with. `nudges`: how often its author has
    asked again, this time included; 0 where that weighs nothing new."""

    text: str = ""
    case_topic: Topic | None = None
    case_urgency: Urgency = Urgency.LOW
    case_complexity: Complexity = Complexity.SIMPLE
    nudges: int = 0


@dataclass(frozen=True, slots=True)
class Pressure:
    """How urgent and how simple a case is by now. `why`: what raised it since it was asked."""

    urgency: Urgency
    complexity: Complexity
    why: tuple[str, ...] = ()


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


def needs_parent(assessment: Assessment, text: str) -> bool:
    """Is it a reply that asks, and leaves it to what it answers to say about what?"""
    asks = "asking" in assessment.signals and "thanks" not in assessment.signals
    return asks and not assessment.topic.needs_answer and 0 < len(text.strip()) <= SHORT


def in_full(text: str, parent_text: str) -> str:
    """What to judge of a short reply: itself, then what it answers."""
    return f"{text}\n{clip(parent_text, _PARENT)}"


def in_context(assessment: Assessment, situation: Situation) -> Assessment:
    """The judgement with everything around it; the same object where nothing around it matters."""
    judged = _inherited(assessment, situation)
    if not judged.topic.needs_answer or situation.nudges < NUDGES:
        return judged
    before = situation.case_urgency if judged.topic is situation.case_topic else Urgency.LOW
    pressure = _raised(
        Pressure(max(judged.urgency, before), judged.complexity), f"asked again {situation.nudges} times"
    )  # fmt: skip
    return replace(
        judged,
        urgency=pressure.urgency,
        complexity=pressure.complexity,
        reasons=(*pressure.why, *judged.reasons),
    )


def under_pressure(
    urgency: Urgency, complexity: Complexity, *, late: bool, in_surge: bool
) -> Pressure:
    """A case by now. `late`: it waits for its first answer longer than it should; `in_surge`: unusually many ask
    about its topic just now. Each is worth one step."""
    pressure = Pressure(urgency, complexity)
    if late:
        pressure = _raised(pressure, "waits longer than it should")
    if in_surge:
        pressure = _raised(pressure, "many ask about this just now")
    return pressure


def _raised(before: Pressure, why: str) -> Pressure:
    """One step more urgent, up to MOST; what people press for so is no simple question any more."""
    step = Urgency(min(before.urgency + 1, MOST))
    return Pressure(max(before.urgency, step), Complexity.COMPLEX, (*before.why, why))


def _inherited(assessment: Assessment, situation: Situation) -> Assessment:
    topic = situation.case_topic
    if topic is None or not topic.needs_answer or not is_follow_up(assessment, situation.text):
        return assessment
    return replace(
        assessment,
        topic=topic,
        urgency=max(assessment.urgency, situation.case_urgency),
        complexity=harder(assessment.complexity, situation.case_complexity),
        signals=assessment.signals - {UNSURE},
        reasons=("goes on with what was asked before", *assessment.reasons),
    )


def harder(one: Complexity, other: Complexity) -> Complexity:
    """The less simple of the two."""
    return max(one, other, key=lambda c: c is Complexity.COMPLEX)
