"""What the desk chat shows of an announcement: what would be said where, and what became of it. Texts only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from monitor.core.announcements import Announcement, Target, length_of
from monitor.core.broadcast_ask import Found
from monitor.core.messages import Platform
from monitor.core.text import clip, safe, utf16_length

ROOM = 3_900  # of Telegram's 4,096 units
FAILED_SHOWN, SENT_SHOWN = 12, 20
_MARKS = {
    "announce": "📣",
    "correct": "✏️ Correction of",
    "retract": "🗑 Retraction of",
    "pin": "📌 Pin",
    "unpin": "📌 Unpin",
}
_DONE = {
    "announce": "sent",
    "correct": "corrected",
    "retract": "taken back",
    "pin": "pinned",
    "unpin": "unpinned",
}
Names = Callable[[Target], str]


def title(kind: str, name: str) -> str:
    """The first line."""
    return f"{_MARKS[kind]} {name}"


def posts(count: int) -> str:
    """ "1 post is", "3 posts are"."""
    return "1 post is" if count == 1 else f"{count} posts are"


def excerpt(text: str) -> str:
    """As much as the post has room for."""
    return clip(text, ROOM - 500)


def clock(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """ "12:05:30", with the day when it is another one, and the zone unless that is UTC."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    day = "" if local.date() == today.date() else f"{local:%a %d %b %Y} "
    return f"{day}{local:%H:%M:%S}" + (f" ({zone.key})" if zone.key != "UTC" else " UTC")


def by_text(announcement: Announcement, default: str) -> Mapping[str, Sequence[Target]]:
    """Which places get which text, by its language."""
    found: dict[str, list[Target]] = {}
    for target in announcement.targets:
        wanted = (target.language, target.language.partition("-")[0], default)
        language = next((w for w in wanted if w in announcement.texts), None)
        if language is not None:
            found.setdefault(language, []).append(target)
    return found


def preview(
    announcement: Announcement, default: str, names: Names, found: Found, *, shown: Sequence[str] | None = None
) -> tuple[str, tuple[str, ...]]:  # fmt: skip
    """What exactly would be said where, and what the linter found; texts too long for it, to stand by themselves.
    `shown`: only these languages."""
    groups = {
        language: targets
        for language, targets in by_text(announcement, default).items()
        if shown is None or language in shown
    }
    apart: list[str] = []
    while True:
        text = _whole(announcement, groups, names, _findings(announcement, default, found), apart)
        left = [language for language in groups if language not in apart]
        if utf16_length(text) <= ROOM - 300 or not left:
            return clip(text, ROOM - 300), tuple(announcement.texts[language] for language in apart)
        apart.append(max(left, key=lambda language: utf16_length(announcement.texts[language])))


def _whole(
    announcement: Announcement,
    groups: Mapping[str, Sequence[Target]],
    names: Names,
    findings: Sequence[str],
    apart: Sequence[str],
) -> str:
    blocks = [_counts(announcement.targets), *findings]
    for language, targets in groups.items():
        text = announcement.texts[language]
        shown = f"(whole below, part {apart.index(language) + 1})" if language in apart else text
        blocks.append("\n".join([*_heads(language, text, targets, names), shown]))
    return "\n\n".join(blocks)


def _findings(announcement: Announcement, default: str, found: Found) -> list[str]:
    unread = sorted(set(announcement.texts) - set(by_text(announcement, default)))
    looks = [*found.looks, *([f"Nobody gets the text in {', '.join(unread)}."] if unread else [])]
    blocks = []
    if found.stops:
        stops = "\n".join(f"• {clip(s, 150)}" for s in found.stops[:8])
        blocks.append(f"⛔ It cannot go out like this:\n{stops}")
    if looks:
        blocks.append("⚠️ Look at this:\n" + "\n".join(f"• {clip(s, 150)}" for s in looks[:8]))
    return blocks


def _counts(targets: Sequence[Target]) -> str:
    counts: dict[str, int] = {}
    for target in targets:
        counts[target.platform.shown] = counts.get(target.platform.shown, 0) + 1
    places = "1 place" if len(targets) == 1 else f"{len(targets)} places"
    return f"{places}: " + ", ".join(f"{platform} {n}" for platform, n in counts.items())


def _heads(language: str, text: str, targets: Sequence[Target], names: Names) -> list[str]:
    lines = []
    for platform in Platform:
        there = [names(t) for t in targets if t.platform is platform]
        if there:
            length, limit = length_of(text, platform)
            more = f" and {len(there) - 8} more" if len(there) > 8 else ""
            lines.append(
                f"▸ {language} · {platform.shown} ({length} of {limit}): {', '.join(there[:8])}{more}"
            )
    return lines


# -- what became of it


@dataclass(frozen=True, slots=True)
class Outcome:
    """One place. `state`: done, waits, failed, unknown or spared."""

    place: str
    state: str
    reason: str = ""
    link: str | None = None


_STATES = {
    "sent": "done",
    "queued": "waits",
    "sending": "waits",
    "in_doubt": "waits",
    "held": "unknown",
    "rejected": "failed",
    "cancelled": "spared",
}


def outcome(place: str, state: str, reason: str, link: str | None) -> Outcome:
    """Of a delivery's state."""
    return Outcome(place, _STATES[state], reason, link)


def receipts(kind: str, found: Sequence[Outcome]) -> str:
    """ "✅ 11 sent · ⏳ 2 on their way · ❌ 1 failed: ExampleX World: not enough rights", then where to look."""
    by = {
        s: [o for o in found if o.state == s]
        for s in ("done", "waits", "failed", "unknown", "spared")
    }
    bad = [f"❌ {len(by['failed'])} failed: {_reasons(by['failed'])}"] if by["failed"] else []
    doubt = (
        [f"❓ {len(by['unknown'])} may have arrived: {_reasons(by['unknown'])}"]
        if by["unknown"]
        else []
    )
    spared = [f"➖ {len(by['spared'])} left out: {_reasons(by['spared'])}"] if by["spared"] else []
    waits = len(by["waits"])
    way = [f"⏳ {waits} on {'its' if waits == 1 else 'their'} way"] if waits else []
    done = [f"✅ {len(by['done'])} {_DONE[kind]}"] if by["done"] else []
    links = [f"{o.place}: {o.link}" for o in by["done"] if o.link][:SENT_SHOWN]
    return "\n".join([" · ".join([*done, *way, *bad, *doubt, *spared]), *links])


def _reasons(found: Sequence[Outcome]) -> str:
    told = "; ".join(
        f"{safe(o.place)}: {safe(o.reason) or 'no reason given'}" for o in found[:FAILED_SHOWN]
    )
    return told + (f" and {len(found) - FAILED_SHOWN} more" if len(found) > FAILED_SHOWN else "")


def listed(lines: Sequence[str], total: int) -> str:
    """All announcements, the newest first."""
    if not lines:
        return "No announcements yet. /announce NAME @set, then lines en: …, zh: …"
    more = [f"… and {total - len(lines)} older ones"] if total > len(lines) else []
    return clip("\n".join(["📣 Announcements", *lines, *more]), ROOM)
