"""The list of what the judge could not tell, short enough for a phone. Pure; it never sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.core.assessment import Topic
from monitor.core.desk import Rows
from monitor.core.spans import duration
from monitor.core.text import clip, safe

MOST = 10  # lines on a phone screen
BUTTONS = 5  # of which one tap decides


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A message that needs triage. `guess`: the topic that it may be about; `case_id`: of which it is already."""

    message_id: int
    text: str
    place: str
    who: str
    at: datetime
    guess: Topic
    case_id: int | None = None


def listed(found: Sequence[Doubtful], total: int, now: datetime) -> str:
    """The oldest first; what does not fit is counted."""
    if not total:
        return "Needs triage: nothing. The judge was sure enough of everything."
    lines = [f"Needs triage: {total}. The judge could not tell what these are; the oldest first."]
    lines += [_line(at, one, now) for at, one in enumerate(found[:MOST], 1)]
    if total > len(lines) - 1:
        lines.append(f"… and {total - len(lines) + 1} newer")
    return "\n".join(lines)


def _line(at: int, one: Doubtful, now: datetime) -> str:
    case = f" · #{one.case_id}" if one.case_id is not None else ""
    said = clip(safe(" ".join(one.text.split())), 90)
    where = f"{clip(safe(one.place), 24)} · {clip(safe(one.who), 24)}"
    return f"{at}. {duration(now - one.at)} · {where}{case} · “{said}” {one.guess}?"


def buttons(found: Sequence[Doubtful]) -> Rows:
    """For the first few: it is what it may be, or nothing; its card, where it has a case."""
    return tuple(_row(at, one) for at, one in enumerate(found[:BUTTONS], 1))


def _row(at: int, one: Doubtful) -> tuple[tuple[str, str], ...]:
    yes = (f"{at} ✓ {one.guess}", f"t:{one.message_id}:{one.guess.value}")
    if one.case_id is not None:
        return yes, (f"Show #{one.case_id}", f"t:{one.message_id}:show")
    return yes, (f"{at} ✗ nothing to answer", f"t:{one.message_id}:{Topic.CHATTER.value}")
