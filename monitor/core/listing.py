"""Lists and counts for the desk chat, short enough for a phone. Pure; it never sends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.assessment import Complexity, Topic, Urgency
from monitor.core.cases import Case
from monitor.core.context import under_pressure
from monitor.core.desk import SIGN, headline
from monitor.core.messages import Platform
from monitor.core.onduty import duties
from monitor.core.roster import Roster, on_duty
from monitor.core.spans import duration
from monitor.core.text import clip, safe

MOST = 10  # lines on a phone screen
_LONGEST_NUMBER = 15  # digits; what a database can look for
_WEIGHT = {Urgency.LOW: 1.0, Urgency.NORMAL: 2.0, Urgency.HIGH: 5.0, Urgency.CRITICAL: 12.0}
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One case that waits, as a line shows it. `since`: when the open turn was asked."""

    case_id: int
    urgency: Urgency
    topic: Topic
    language: str
    platform: Platform
    place: str
    who: str
    since: datetime
    due_at: datetime | None = None
    claimed_by: str | None = None
    snoozed_until: datetime | None = None
    answered: bool = False  # before: what waits is a further turn
    in_surge: bool = False

    def pressing(self, now: datetime) -> Urgency:
        """How urgent it is by now."""
        late = not self.answered and self.due_at is not None and now >= self.due_at
        return under_pressure(
            self.urgency, Complexity.SIMPLE, late=late, in_surge=self.in_surge
        ).urgency

    def risk(self, now: datetime, unread: frozenset[str] = frozenset()) -> float:
        """What waiting longer costs: urgency x share of the target used up, twice as much in a language that nobody
        on duty reads."""
        allowed = (self.due_at - self.since) if self.due_at is not None else _HOUR
        used = (now - self.since) / max(allowed, timedelta(minutes=1))
        return _WEIGHT[self.pressing(now)] * max(used, 0.01) * (2 if self.language in unread else 1)


def unanswered(found: Sequence[Case]) -> str:
    """The subject of a mail about cases nobody has answered, the most urgent first: two mails never look alike."""
    news = "nobody has answered"
    numbers = ", ".join(f"#{case.id}" for case in found[:MOST])
    if len(found) == 1:
        return f"{headline(found[0], news)} · {numbers}"
    more = f" and {len(found) - MOST} more" if len(found) > MOST else ""
    return f"{SIGN[found[0].urgency]} {len(found)} cases · {news} · {numbers}{more}"


def case_number(said: str) -> int | None:
    """The number of a case as people write it: "12", "#12"; None when it is none."""
    digits = said.strip().removeprefix("#")
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST_NUMBER
    return int(digits) if is_number else None


def unread(roster: Roster, languages: Iterable[str], now: datetime) -> frozenset[str]:
    """Languages that nobody on duty reads."""
    people = on_duty(roster, now)
    if any(not p.languages for p in people):
        return frozenset()
    read = {language for p in people for language in p.languages}
    return frozenset(x for x in languages if x not in read and x.partition("-")[0] not in read)


def listed(
    title: str,
    found: Sequence[Waiting],
    total: int,
    now: datetime,
    nobody: frozenset[str] = frozenset(),
) -> str:
    """The riskiest first; what does not fit is counted."""
    if not total:
        return f"{title}: nobody waits. 🎉"
    first = sorted(found, key=lambda w: -w.risk(now, nobody))[:MOST]
    lines = [f"{title}: {total}", *(line(w, now, nobody) for w in first)]
    if total > len(first):
        lines.append(f"… and {total - len(first)} more, less pressing")
    return "\n".join(lines)


def line(one: Waiting, now: datetime, nobody: frozenset[str] = frozenset()) -> str:
    """ "🔴 #12 withdrawal · zh · 14 min ⏰ · Traders · Mei" """
    late = " ⏰" if one.due_at is not None and now >= one.due_at else ""
    language = f"{one.language} (nobody on duty reads it)" if one.language in nobody else one.language  # fmt: skip
    parts = [
        f"{SIGN[one.pressing(now)]} #{one.case_id} {one.topic}",
        language,
        duration(now - one.since) + late,
        clip(safe(one.place), 24),
    ]
    if one.claimed_by:
        parts.append(f"✋ {safe(one.claimed_by)}")
    if one.snoozed_until is not None and now < one.snoozed_until:
        parts.append(f"💤 {one.snoozed_until:%H:%M}")
    return " · ".join(parts)


def handed_over(by: str, found: Sequence[Waiting], total: int, released: int, roster: Roster,
                now: datetime) -> str:  # fmt: skip
    """What the next shift starts with: the riskiest first, claims given back, clocks as they were."""
    nobody = unread(roster, {w.language for w in found}, now)
    title = f"Hand-over by {safe(by)}, {now:%H:%M} UTC"
    given = (
        f"\n{released} of {safe(by)}'s cases are free again; their clocks run on."
        if released
        else ""
    )
    spoken = Counter(w.language for w in found)
    languages = ", ".join(f"{name} {n}" for name, n in spoken.most_common(6))
    return (
        listed(title, found, total, now, nobody) + (f"\nBy language: {languages}" if found else "") + given
    )  # fmt: skip


def who(roster: Roster, has: Callable[[str], int], now: datetime) -> str:
    """Who is on duty, for how long, in which languages, with how many cases; then who comes next."""
    everybody = duties(roster, now)
    on = [d for d in everybody if d.is_on]
    lines = ["On duty now:" if on else "Nobody is on duty now."]
    for one in on:
        until = f", until {one.until:%H:%M} UTC" if one.until is not None else ""
        languages = ", ".join(one.person.languages) or "all languages"
        cases = has(one.person.name)
        with_cases = f" · has {cases}" if cases else ""
        lines.append(f"• {safe(one.person.name)} ({languages}){until}{with_cases}")
    later = [d for d in everybody if not d.is_on and d.begins is not None][:3]
    if later:
        lines.append("Next:")
        lines += [f"• {safe(d.person.name)} at {d.begins:%a %H:%M} UTC" for d in later]
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Day:
    """Counts of the last 24 hours."""

    asked: int = 0
    acknowledged: int = 0
    by_staff: int = 0
    in_time: int = 0
    by_community: int = 0
    waiting: int = 0
    late: int = 0
    unclaimed: int = 0
    oldest: datetime | None = None


def stats(day: Day, now: datetime) -> str:
    """The last 24 hours on one screen. Who still waits inside the target is not counted as late."""
    if not day.asked and not day.waiting:
        return "Last 24 hours: nobody asked anything."
    lines = [
        f"Last 24 hours: {day.asked} asked, {day.acknowledged} acknowledged",
        f"Answered by staff: {day.by_staff} ({_share(day.by_staff, day.asked)}), in time: {day.in_time}",
        f"Community was first: {day.by_community}",
        f"Waiting now: {day.waiting}, past the target: {day.late}, with nobody: {day.unclaimed}",
    ]
    if day.oldest is not None:
        lines.append(f"Longest wait: {duration(now - day.oldest)}")
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"
