"""What managers read: the card of a case, its buttons, and the short lines about it. Pure; it never sends.

Times on a card are moments ("asked 12:03"), not waits: a wait would be wrong a minute after it was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.core.assessment import Topic, Urgency
from monitor.core.cases import Case
from monitor.core.context import Pressure
from monitor.core.handling import Act, Handling, Menu
from monitor.core.messages import Platform
from monitor.core.pressing import pressure_on
from monitor.core.spans import duration, precisely
from monitor.core.text import clip, safe

SIGN = {Urgency.CRITICAL: "🔴", Urgency.HIGH: "🟠", Urgency.NORMAL: "🟡", Urgency.LOW: "⚪"}
_LONGEST_QUOTE = 1500
_LONGEST_HEAD = 80
_LONGEST_PLACE, _MOST_PLACES = 40, 3  # of the others in which it was asked
Rows = tuple[tuple[tuple[str, str], ...], ...]  # rows of (label, what comes back)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a card says of a case besides its clocks. `text` is what asked; `why` the judge's reasons."""

    text: str
    who: str
    place_name: str
    why: tuple[str, ...] = ()
    link: str | None = None
    warning: str = ""
    translation: str = ""
    alike: int = 0  # other open cases on the topic in the place
    in_surge: bool = False  # it belongs to a surge that goes on
    answered_by: str = ""
    deleted: bool = False
    quick: tuple[tuple[str, str], ...] = ()  # ready answers: what comes back, label
    people: tuple[tuple[str, str], ...] = ()  # to whom it can be handed: what comes back, name
    similar: tuple[tuple[str, str], ...] = ()  # cases to merge with: number, label
    offers: str = ""  # the FAQ entry that may fit best
    elsewhere: tuple[tuple[str, int], ...] = ()  # where else the same was asked: place, case


def card(case: Case, facts: Facts, handling: Handling, now: datetime, *, repeat: bool = False,
         quote: int = _LONGEST_QUOTE) -> str:  # fmt: skip
    """Urgency, topic, how it stands, where, who, the text, why. `quote`: as much of what was asked, and as much of its
    translation."""
    lines = ["(possible repeat)"] if repeat else []
    pressure = pressure_on(case, now, in_surge=facts.in_surge)
    lines.append(f"{_head(case, pressure.urgency)} · #{handling.case_id}")
    lines.append(standing(case, facts, handling, now))
    lines.append(where(case, facts))
    if facts.elsewhere:
        lines.append(f"Also asked in {also_in(facts.elsewhere)}")
    text = "(the message was deleted)" if facts.deleted else clip(safe(facts.text), quote)
    lines += ["", text, ""]
    if facts.translation:
        lines += [f"→ {clip(safe(facts.translation), quote)}", ""]
    if facts.warning:
        lines.append(f"⚠ {facts.warning}")
    if facts.why and not facts.deleted:
        lines.append("Why: " + clip(safe("; ".join(facts.why[:3])), 300))
    lines.extend(_raised(case, pressure))
    if facts.offers and case.is_waiting:
        lines.append(f"May fit: {clip(safe(facts.offers), 200)}")
    lines.extend(_counts(case, facts))
    lines.append(promised(case))
    if handling.last_act:
        lines.append(f"{handling.last_at:%H:%M} {safe(handling.last_act)}")
    return "\n".join(lines)


def _raised(case: Case, pressure: Pressure) -> list[str]:
    """What has become of it since it was written, where that makes it more urgent."""
    if pressure.urgency is case.urgency:
        return []
    return [f"Raised from {case.urgency.word}: {', '.join(pressure.why)}"]


def where(case: Case, facts: Facts) -> str:
    """Platform, place and person in one line."""
    place = safe(facts.place_name or case.place)
    return f"{case.platform.shown} · {clip(place, _LONGEST_HEAD)} · {clip(safe(facts.who), _LONGEST_HEAD)}"


def also_in(places: Sequence[tuple[str, int]]) -> str:
    """Where else the same question stands, in a few words: one answer ends the wait in all of them."""
    names = [clip(safe(" ".join(name.split())), _LONGEST_PLACE) for name, _ in places]
    named = [f"{name} (#{number})" for name, (_, number) in zip(names, places, strict=True)]
    more = len(named) - _MOST_PLACES
    return ", ".join(named[:_MOST_PLACES]) + (f" and {more} more" if more > 0 else "")


def _counts(case: Case, facts: Facts) -> list[str]:
    found = []
    if case.nudges:
        found.append(f"asked again {case.nudges}×")
    if case.reopened:
        found.append(f"reopened {case.reopened}×")
    if facts.alike:
        found.append(f"{facts.alike} more open on {case.topic} here")
    return [" · ".join(found)] if found else []


def promised(case: Case) -> str:
    """When it was asked, and until when an answer was promised."""
    asked = f"Asked {_clock(case.opened_at)}"
    if case.due_at is None:
        return asked
    return f"{asked} · target {duration(case.due_at - case.opened_at)}, until {case.due_at:%H:%M}"


def _clock(at: datetime) -> str:
    return f"{at:%d %b %H:%M} UTC"


def standing(case: Case, facts: Facts, handling: Handling, now: datetime) -> str:
    """How the case stands, in one line: the first that matters."""
    if case.state == "withdrawn":
        return "⚪ Withdrawn: nothing to answer"
    if case.state == "resolved":
        return f"☑ {_resolved(case)}{_after(case, facts)}"
    if case.is_waiting:
        return _waiting(case, handling, now)
    if case.staff_first_at is not None:
        return f"✅ Answered{_after(case, facts)}"
    return "⏳ Waiting"


def _resolved(case: Case) -> str:
    how = {"asker": "Confirmed by the asker", "staff": "Closed"}.get(case.resolved_by or "")
    return how or "Silent since the answer"


def _after(case: Case, facts: Facts) -> str:
    if case.staff_first_at is None:
        return ""
    wait = precisely(case.staff_first_at - case.opened_at)
    return f" · {safe(facts.answered_by or 'staff')} after {wait}"


def _waiting(case: Case, handling: Handling, now: datetime) -> str:
    late = case.due_at is not None and case.staff_first_at is None and now >= case.due_at
    again = " again" if case.staff_first_at is not None else ""
    late_words = f" · past its target since {case.due_at:%H:%M}" if late else ""
    if handling.claimed_by is not None:
        return f"✋ {safe(handling.claimed_by)} has it{late_words}"
    if handling.sleeps(now):
        return f"💤 Snoozed until {handling.snoozed_until:%H:%M} UTC{late_words}"
    if late:
        return f"⏰ Waiting{again}{late_words}"
    held = " · told: we are looking" if case.holding_at is not None else ""
    community = (
        " · the community has answered" if case.community_first_at is not None and not again else ""
    )
    return f"⏳ Waiting{again}{held}{community}"


def buttons(case: Case, facts: Facts, handling: Handling) -> Rows:
    """At most four at once; the rest behind "More"."""
    rows = {
        Menu.FIRST: _first,
        Menu.MORE: _more,
        Menu.SNOOZE: _snoozes,
        Menu.TOPICS: _topics,
        Menu.URGENCIES: _urgencies,
        Menu.QUICK: _quick,
        Menu.PEOPLE: _people,
        Menu.MERGE: _merge,
    }.get(handling.menu, _first)(case, facts, handling)
    return tuple(
        tuple((label, data_of(handling.nonce, act, argument)) for label, act, argument in row)
        for row in rows
    )


_Rows = Sequence[Sequence[tuple[str, Act, str]]]
_BACK = ("‹ Back", Act.MENU, Menu.FIRST.value)


def _first(case: Case, facts: Facts, handling: Handling) -> _Rows:
    if case.state == "withdrawn":
        return ()
    more = ("More ›", Act.MENU, Menu.MORE.value)
    if not case.is_waiting:
        return ((("Close", Act.CLOSE, ""), more),) if case.state == "open" else ((more,),)
    mine = ("Release", Act.RELEASE, "") if handling.claimed_by else ("✋ I take it", Act.CLAIM, "")
    return ((mine, ("💬 Quick answer", Act.QUICK, "")), (("✓ Close", Act.CLOSE, ""), more))


def _more(case: Case, facts: Facts, handling: Handling) -> _Rows:
    sleep = (
        ("Wake", Act.WAKE, "")
        if handling.snoozed_until
        else ("💤 Snooze", Act.MENU, Menu.SNOOZE.value)
    )
    return (
        (sleep, ("→ Hand to…", Act.REASSIGN, "")),
        (("Not a question", Act.NOT_QUESTION, ""), ("Wrong label", Act.MENU, Menu.TOPICS.value)),
        (("Merge…", Act.MERGE, ""), _BACK),
    )


def _snoozes(case: Case, facts: Facts, handling: Handling) -> _Rows:
    return (
        tuple((span, Act.SNOOZE, span) for span in ("30m", "2h", "8h")),
        (_BACK,),
    )


def _topics(case: Case, facts: Facts, handling: Handling) -> _Rows:
    named = [(t.value, Act.TOPIC, t.value) for t in Topic if t is not case.topic]
    rows = [tuple(named[at : at + 3]) for at in range(0, len(named), 3)]
    return (*rows, (("Urgency…", Act.MENU, Menu.URGENCIES.value), _BACK))


def _urgencies(case: Case, facts: Facts, handling: Handling) -> _Rows:
    named = tuple(
        (f"{SIGN[u]} {u.word}", Act.URGENCY, u.word) for u in Urgency if u is not case.urgency
    )
    return (named, (_BACK,))


def _quick(case: Case, facts: Facts, handling: Handling) -> _Rows:
    return (*(((label, Act.QUICK, tag),) for tag, label in facts.quick), (_BACK,))


def _people(case: Case, facts: Facts, handling: Handling) -> _Rows:
    named = [(name, Act.REASSIGN, tag) for tag, name in facts.people]
    return (*(tuple(named[at : at + 2]) for at in range(0, len(named), 2)), (_BACK,))


def _merge(case: Case, facts: Facts, handling: Handling) -> _Rows:
    return (*(((label, Act.MERGE, tag),) for tag, label in facts.similar), (_BACK,))


def data_of(nonce: str, act: Act, argument: str = "") -> str:
    """What travels in a button of a card: "c:<nonce>:<act>:<argument>", at most 64 bytes."""
    return f"c:{nonce}:{act.value}" + (f":{argument}" if argument else "")


def headline(case: Case, news: str = "") -> str:
    """One line: urgency, topic, language, and what is new."""
    said = _head(case, case.urgency)
    return f"{said} · {news}" if news else said


def _head(case: Case, urgency: Urgency) -> str:
    return f"{SIGN[urgency]} {urgency.word.upper()} · {case.topic} · {case.language}"


def ping(case: Case, news: str, case_id: int, now: datetime, *, in_surge: bool = False) -> str:
    """One line under the card, so that phones ring: what is new, and how long the person waits."""
    since = case.open_turn_at or case.opened_at
    head = _head(case, pressure_on(case, now, in_surge=in_surge).urgency)
    return f"{head} · #{case_id}: {news}, waiting {duration(now - since)}"


def is_public(platform: Platform) -> bool:
    """Everybody on the internet reads it: an answer is shown to its writer before it is said."""
    return platform in (Platform.REDDIT, Platform.TWITTER)
