"""How long somebody may wait: the most specific rule wins. Reads no file and measures nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from monitor.core.assessment import Topic, Urgency
from monitor.core.cases import Case
from monitor.core.quick import replace

DEFAULTS: Mapping[Urgency, timedelta] = {
    Urgency.CRITICAL: timedelta(minutes=5),
    Urgency.HIGH: timedelta(minutes=10),
    Urgency.NORMAL: timedelta(minutes=60),
    Urgency.LOW: timedelta(minutes=240),
}

Weight = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Target:
    """An allowed wait for whatever fits all its conditions; None fits everything.

    `place` is a place's key ("-1001234", "r/acme"). `language` "zh" fits "zh-Hant" too.
    """

    wait: timedelta
    topic: Topic | None = None
    urgency: Urgency | None = None
    place: str | None = None
    language: str | None = None

    def fits(self, topic: Topic, urgency: Urgency, place: str, language: str) -> bool:
        """Whether every condition holds."""
        return (
            self.topic in (None, topic)
            and self.urgency in (None, urgency)
            and self.place in (None, place)
            and self.language in (None, language, language.partition("-")[0])
        )

    @property
    def weight(self) -> Weight:
        """More conditions first; then place before topic before language before urgency."""
        language = 0 if self.language is None else 1 + ("-" in self.language)
        conditions = (self.place, self.topic, self.language, self.urgency)
        return (
            sum(c is not None for c in conditions),
            int(self.place is not None),
            int(self.topic is not None),
            language,
            int(self.urgency is not None),
        )


@dataclass(frozen=True, slots=True)
class Targets:
    """The waits allowed, and the share of cases that should be answered within them."""

    default: Mapping[Urgency, timedelta] = field(default_factory=lambda: DEFAULTS)
    special: tuple[Target, ...] = ()
    goal: float = 0.9


def target_for(
    topic: Topic, urgency: Urgency, place: str, language: str, targets: Targets
) -> timedelta:
    """The wait of the most specific target that fits, else the default of the urgency."""
    fitting = [t for t in targets.special if t.fits(topic, urgency, place, language)]
    if not fitting:
        return targets.default[urgency]
    return max(fitting, key=lambda t: t.weight).wait


def with_due(case: Case, targets: Targets) -> Case:
    """The case, and until when it should be answered; one without messages stays as it is."""
    if case.is_empty:
        return case
    wait = target_for(case.topic, case.urgency, case.place, case.language, targets)
    return replace(case, due_at=case.opened_at + wait)
