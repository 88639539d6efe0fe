"""Lists and counts for the desk chat, short enough for a phone. Pure; it never sends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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
ON_DUTY = 15  # people
_LONGEST_NUMBER = 15  # digits; what a database can look for
_WEIGHT = {Urgency.LOW: 1.0, Urgency.NORMAL: 2.0, Urgency.HIGH: 5.0, Urgency.CRITICAL: 12.0}
_HOUR = timedelta(hours=1)
_TICK = timedelta(minutes=5)
_BEGAN = datetime(2000, 1, 1, tzinfo=UTC)


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

    def risk(
        self, now: datetime, unread: frozenset[str] = frozenset(), as_of: datetime | None = None
    ) -> float:
        """What waiting longer costs: urgency x share of the target used up (`as_of` then), twice as much in a language
        that nobody on duty reads."""
        allowed = (self.due_at - self.since) if self.due_at is not None else _HOUR
        used = ((as_of or now) - self.since) / max(allowed, timedelta(minutes=1))
        return _WEIGHT[self.pressing(now)] * max(used, 0.01) * (2 if self.language in unread else 1)


def unanswered(found: Sequence[Case]) -> str:
    """The subject of a mail about cases nobody has answered, the most urgent first: two mails never look alike."""
    news = "nobody has answered"
    if len(found) == 1:
        return f"{headline(found[0], news)} · #{found[0].id}"
    return together(found, news)


def together(found: Sequence[Case], news: str) -> str:
    """The same news of several cases in one line: "🔴 3 cases · nobody has answered · #1, #2, #3"."""
    numbers = ", ".join(f"#{case.id}" for case in found[:MOST])
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


def ticked(now: datetime) -> datetime:
    """The last full five minutes. On a post that stands, waits and ranks are as of then: it is edited when something
    has happened, and not because time passes."""
    return now - (now - _BEGAN) % _TICK


def listed(
    title: str,
    found: Sequence[Waiting],
    total: int,
    now: datetime,
    nobody: frozenset[str] = frozenset(),
    as_of: datetime | None = None,
) -> str:
    """The riskiest first; what does not fit is counted. `as_of`: when waits were looked at, where that is not now."""
    if not total:
        return f"{title}: nobody waits. 🎉"
    first = sorted(found, key=lambda w: -w.risk(now, nobody, as_of))[:MOST]
    none_read = len(first) > 1 and all(w.language in nobody for w in first)
    head = [f"{title}: {total}", *(["Nobody on duty reads these:"] if none_read else [])]
    lines = [*head, *(line(w, now, frozenset() if none_read else nobody, as_of) for w in first)]
    if total > len(first):
        lines.append(f"… and {total - len(first)} more, less pressing")
    return "\n".join(lines)


def line(
    one: Waiting,
    now: datetime,
    nobody: frozenset[str] = frozenset(),
    as_of: datetime | None = None,
) -> str:
    """ "🔴 #12 withdrawal · zh · 14 min ⏰ · Traders · Mei"; `as_of` then: "14 min+", or "new"."""
    late = " ⏰" if one.due_at is not None and now >= one.due_at else ""
    language = f"{one.language} (nobody on duty reads it)" if one.language in nobody else one.language  # fmt: skip
    parts = [
        f"{SIGN[one.pressing(now)]} #{one.case_id} {one.topic}",
        language,
        _waited(one, now, as_of) + late,
        clip(safe(one.place), 24),
    ]
    if one.claimed_by:
        parts.append(f"✋ {safe(one.claimed_by)}")
    if one.snoozed_until is not None and now < one.snoozed_until:
        parts.append(f"💤 {one.snoozed_until:%H:%M}")
    return " · ".join(parts)


def _waited(one: Waiting, now: datetime, as_of: datetime | None) -> str:
    if as_of is None:
        return duration(now - one.since)
    known = as_of - one.since
    return f"{duration(known)}+" if known >= timedelta(minutes=1) else "new"


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
    """Who is on duty, for how long, in which languages, with how many cases, the busiest first; then who comes next."""
    everybody = duties(roster, now)
    on = [d for d in everybody if d.is_on]
    lines = ["On duty now:" if on else "Nobody is on duty now."]
    for one in sorted(on, key=lambda d: -has(d.person.name))[:ON_DUTY]:
        until = f", until {one.until:%H:%M} UTC" if one.until is not None else ""
        languages = ", ".join(one.person.languages[:6]) or "all languages"
        cases = has(one.person.name)
        with_cases = f" · has {cases}" if cases else ""
        lines.append(f"• {clip(safe(one.person.name), 40)} ({languages}){until}{with_cases}")
    if len(on) > ON_DUTY:
        lines.append(f"… and {len(on) - ON_DUTY} more")
    later = [d for d in everybody if not d.is_on and d.begins is not None][:3]
    if later:
        lines.append("Next:")
        lines += [f"• {clip(safe(d.person.name), 40)} at {d.begins:%a %H:%M} UTC" for d in later]
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


def stats(day: Day, now: datetime, spent: Mapping[str, float] | None = None) -> str:
    """The last 24 hours on one screen. Who still waits inside the target is not counted as late. `spent`: dollars that
    an account's platform was paid today."""
    paid = [f"Paid today for {account}: ${dollars:.2f}" for account, dollars in (spent or {}).items()]  # fmt: skip
    if not day.asked and not day.waiting:
        return "\n".join(["Last 24 hours: nobody asked anything.", *paid])
    lines = [
        f"Last 24 hours: {day.asked} asked, {day.acknowledged} acknowledged",
        f"Answered by staff: {day.by_staff} ({_share(day.by_staff, day.asked)}), in time: {day.in_time}",
        f"Community was first: {day.by_community}",
        f"Waiting now: {day.waiting}, past the target: {day.late}, with nobody: {day.unclaimed}",
    ]
    if day.oldest is not None:
        lines.append(f"Longest wait: {duration(now - day.oldest)}")
    return "\n".join(lines + paid)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"
