"""What managers read: the text of an alert. Pure; it never sends."""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.core.assessment import Urgency
from monitor.core.cases import Case, Read
from monitor.core.text import clip, safe

_SIGN = {Urgency.CRITICAL: "🔴", Urgency.HIGH: "🟠", Urgency.NORMAL: "🟡", Urgency.LOW: "⚪"}
_LONGEST_QUOTE = 1500


def card(case: Case, read: Read, place_name: str, *, news: str = "", warning: str = "") -> str:
    """Urgency and topic, platform and place, who, the text, why. The waiting time is added when it is said."""
    message, assessment = read.message, read.assessment
    head = f"{_SIGN[case.urgency]} {case.urgency.word.upper()} · {case.topic} · {case.language}"
    if news:
        head += f" · {news}"
    who = safe(message.author.name or message.author.handle or message.author.id)
    where = f"{case.platform.shown} · {safe(place_name or message.place)}"
    lines = [head, f"{where} · {clip(who, 80)}", "", clip(safe(message.text), _LONGEST_QUOTE), ""]
    if warning:
        lines.append(f"⚠ {warning}")
    if assessment.reasons:
        lines.append("Why: " + clip(safe("; ".join(assessment.reasons[:3])), 300))
    return "\n".join(lines)


def with_waiting(
    text: str, opened_at: datetime, due_at: datetime | None, now: datetime, *, repeat: bool
) -> str:
    """The card as it is said now: how long the person waits, and what was promised."""
    waiting = f"Waiting {duration(now - opened_at)}"
    if due_at is not None:
        waiting += f" (target {duration(due_at - opened_at)})"
    marked = "(possible repeat)\n" + text if repeat else text
    return f"{marked}\n{waiting}"


def breach_card(case: Case, place_name: str, text: str) -> str:
    """A target was missed: say so once."""
    head = f"⏰ {case.urgency.word.upper()} · {case.topic} · {case.language} · no staff answer within the target"
    where = f"{case.platform.shown} · {safe(place_name or case.place)} · {clip(safe(case.author_name), 80)}"
    return "\n".join([head, where, "", clip(safe(text), 400), ""])


def duration(length: timedelta) -> str:
    """ "45 s", "12 min", "3 h 20 min", "2 d 4 h"."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"
