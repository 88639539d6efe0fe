"""Whose attention a case needs, and when: who is called, when it is quiet, what is reminded of. Pure.

Called are those who can answer: by topic, then by language, then by duty. Nobody is called twice for one thing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from monitor.core.assessment import Topic, Urgency
from monitor.core.cases import Case
from monitor.core.handling import Handling
from monitor.core.messages import Platform, Role
from monitor.core.roster import Person, Roster, Shift

MOST_CALLED = 4
WARN_AT = 0.75  # of the target
MAIL_AT = 2.0
LAGS = timedelta(minutes=2)  # a card that waits longer for its turn in the chat comes too late
_LATEST = timedelta(hours=24)  # nobody is reminded of what was missed a day ago


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which only the urgent makes a sound."""

    begins: time
    ends: time
    zone: ZoneInfo

    def is_on(self, at: datetime) -> bool:
        """By the clock of its zone, over midnight too."""
        return self.begins != self.ends and Shift(self.begins, self.ends, self.zone).covers(at)


class Step(StrEnum):
    """How far a waiting case has been escalated."""

    WARNED = "warn"
    BREACHED = "breach"
    MAILED = "mail"


def called(case: Case, handling: Handling, roster: Roster, now: datetime) -> tuple[Person, ...]:
    """Who is to look at a case: whoever has it; else those on duty for its topic and language, the nearest first."""
    team = [p for p in roster.people if p.role is Role.STAFF and p.counts(now)]
    holder = [p for p in team if p.name == handling.claimed_by]
    if holder:
        return tuple(holder)
    on = [p for p in team if p.is_on_duty(now)]
    fits = sorted(on, key=lambda p: _distance(p, case))
    best = [p for p in fits if _distance(p, case) == _distance(fits[0], case)] if fits else []
    return tuple(best[:MOST_CALLED])


def _distance(person: Person, case: Case) -> tuple[int, int]:
    """Smaller is nearer: named for it, able to, unable to; topic before language."""
    spoken = {x.partition("-")[0] for x in person.languages}
    language = case.language.partition("-")[0]
    by_topic = 1 if not person.topics else 0 if case.topic.value in person.topics else 2
    by_language = 1 if not spoken else 0 if language in spoken else 2
    return by_topic, by_language


def calls(
    people: Sequence[Person], platform: Platform = Platform.TELEGRAM
) -> tuple[tuple[str, str], ...]:
    """(name, id) of those who have an id there."""
    return tuple((p.name, p.ids[platform][0]) for p in people if p.ids.get(platform))


def leads(names: Sequence[str], roster: Roster, now: datetime) -> tuple[Person, ...]:
    """The people of those names who belong to the team now."""
    return tuple(p for p in roster.people if p.name in names and p.counts(now))


def guards(names: Sequence[str], roster: Roster, now: datetime) -> tuple[Person, ...]:
    """Who is told of somebody who pretends to be of the team: those whom the roster names for security, if they are on
    duty; else all of them; without any, the leads (`names`)."""
    named = [p for p in roster.people if Topic.SECURITY.value in p.topics and p.counts(now)]
    on = [p for p in named if p.is_on_duty(now)]
    return tuple((on or named)[:MOST_CALLED]) or leads(names, roster, now)


def thread_of(case: Case, threads: Mapping[str, int]) -> str | None:
    """The forum topic of the desk chat where a case's card stands: by urgency, else by language; None: General."""
    wanted = (case.urgency.word, case.language, case.language.partition("-")[0])
    return next((str(threads[name]) for name in wanted if name in threads), None)


def is_silent(urgency: Urgency, quiet: Quiet | None, now: datetime) -> bool:
    """No sound: it is quiet, and this can wait until the morning."""
    return quiet is not None and urgency < Urgency.HIGH and quiet.is_on(now)


def due_steps(case: Case, handling: Handling, now: datetime) -> tuple[Step, ...]:
    """What this case calls for by now; the caller keeps each from happening twice. A snoozed case calls for nothing."""
    if not case.is_waiting or case.due_at is None or case.imported or handling.sleeps(now):
        return ()
    if case.staff_first_at is not None or now > case.due_at + _LATEST:
        return ()
    allowed = case.due_at - case.opened_at
    found = []
    if case.urgency >= Urgency.HIGH and case.opened_at + WARN_AT * allowed <= now < case.due_at:
        found.append(Step.WARNED)
    if now >= case.due_at:
        found.append(Step.BREACHED)
    if case.urgency >= Urgency.HIGH and now >= case.opened_at + MAIL_AT * allowed:
        found.append(Step.MAILED)
    return tuple(found)


def crowded(urgency: Urgency, said_this_minute: int, limit: int, *, in_surge: bool, lags: timedelta = timedelta(0)
            ) -> bool:  # fmt: skip
    """Too much for cards of their own: this case goes to the list. A high one only when its card `lags`: on the list it
    is seen sooner. A critical one never."""
    is_full = said_this_minute >= limit
    if urgency >= Urgency.HIGH:
        return urgency < Urgency.CRITICAL and is_full and lags > LAGS
    return in_surge or is_full


def ended(before: Mapping[str, bool], roster: Roster, now: datetime) -> tuple[Person, ...]:
    """Whose shift has ended since: on duty then, and no more."""
    return tuple(p for p in roster.people if before.get(p.name) and not p.is_on_duty(now))
