"""Why an announcement that is due is not said now: a pause, an incident, another one just before. It sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.announcements import Announcement
from monitor.core.spans import duration
from monitor.core.triage import Delivery, Desk, to_desk
from monitor.stages.commands import PAUSED
from monitor.store import broadcast as store
from monitor.store import desk_inputs as switches
from monitor.store.database import Connection


@dataclass(frozen=True, slots=True)
class Halt:
    """Nothing of that kind is said. `word` names this halt and no other; `why` ends "... while "."""

    word: str
    why: str


def halted(connection: Connection, announcement: Announcement) -> Halt | None:
    """A pause holds everything but what two people just sent by hand; an incident holds what recurs."""
    switch = switches.switch(connection, PAUSED)
    if switch is not None and switch.value == "yes" and not announcement.at_once:
        word = f"pause-{switch.at:%Y%m%d%H%M%S}"
        return Halt(word, f"{switch.by} has paused the desk (/pause off ends it)")
    incident = store.open_incident(connection) if announcement.spec is not None else None
    if incident is not None:
        return Halt(f"incident-{incident.id}", f"an incident is open ({incident.kind})")
    return None


def skipped(
    announcement: Announcement, halt: Halt, desk: Desk | None, now: datetime
) -> Delivery | None:
    """What recurs is left out, and the desk told once for each halt."""
    text = f"📣 “{announcement.name}” is not said while {halt.why}."
    return to_desk(f"missed:{announcement.name}:{halt.word}", text, desk, now)


def spaced(
    connection: Connection,
    announcement: Announcement,
    posts: Sequence[Delivery],
    desk: Desk | None,
    now: datetime,
    gap: timedelta,
) -> list[Delivery | None]:
    """What recurs stays out of places where something was announced less than `gap` ago; the desk is told."""
    if announcement.spec is None or not gap:
        return list(posts)
    said: list[Delivery | None] = [
        p for p in posts if not store.crowded(connection, p.platform, p.place, p.key, now, gap)
    ]
    left_out = len(posts) - len(said)
    if left_out:
        where = "1 place" if left_out == 1 else f"{left_out} places"
        text = (
            f"📣 “{announcement.name}” was not said in {where}: another announcement was there less than "
            f"{duration(gap)} ago."
        )
        said.append(to_desk(f"missed:{announcement.name}:gap:{now.isoformat()}", text, desk, now))
    return said
