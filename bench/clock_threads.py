"""One case by brute force: everything that happened in it, and its clocks by going through that from the start.

Written apart from the program, to be compared with it. It knows nothing of places and of who answers whom.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MINUTE, HOUR, DAY = 60, 3600, 86400
TOPICS = ("withdrawal", "deposit")
URGENCIES = ("low", "normal", "high", "critical")


@dataclass
class Entry:
    kind: str
    at: int
    words: str = ""
    who: str = ""
    how: str = ""
    id: int = 0


@dataclass
class Thread:
    """A case: its label, who asked, when, and all that happened in it."""

    label: int
    author: str
    asked: int
    log: list[Entry]
    place: int = 0
    thanked: bool = False  # its asker has said here that it is done

    def is_copy_of(self, other: Thread) -> bool:
        """The same person asked the same in another place at about the same time."""
        words = self.log[0].words
        return (
            self.place != other.place
            and self.author == other.author
            and words == other.log[0].words
            and topic(words) is not None
            and abs(self.asked - other.asked) <= 30 * MINUTE
        )

    def is_news(self, entry: Entry) -> bool:
        """Nobody of that kind has answered before."""
        return _answers(entry) and not any(e.kind == entry.kind and _answers(e) for e in self.log)


def _answers(entry: Entry) -> bool:
    return entry.kind == "other" or (entry.kind == "staff" and "holding" not in entry.words.split())


def topic(words: str) -> str | None:
    return next((t for t in TOPICS if t in words.split()), None)


def urgency(words: str) -> int:
    found = [URGENCIES.index(u) for u in URGENCIES if u in words.split()]
    return found[0] if found else 1


def only_thanks(words: str) -> bool:
    return "thanks" in words.split() and topic(words) is None


def clocks(case: Thread) -> dict[str, Any]:
    """Everything a report wants to know, by going through the log once more."""
    opening = case.log[0]
    is_question = topic(opening.words) is not None
    found = Heard(
        opened=case.asked, open=case.asked, turns=[[case.asked, None]], last=opening.at, burst=opening.at,
        topic=topic(opening.words) or "feedback", urgency=urgency(opening.words) if is_question else 0,
    )  # fmt: skip
    for entry in case.log[1:]:
        found.hear(entry)
    found.author = case.author
    return found.told()


@dataclass
class Heard:
    """What is known of one case after some of its log."""

    opened: int
    open: int | None
    turns: list[list[int | None]]
    last: int
    burst: int
    topic: str | None
    urgency: int
    nudges: int = 0
    reopened: int = 0
    staff: list[int] = field(default_factory=list)
    holding: list[int] = field(default_factory=list)
    others: list[int] = field(default_factory=list)
    resolved: tuple[int, str] | None = None
    state: str = "open"
    first_by: str | None = None
    author: str = ""

    def told(self) -> dict[str, Any]:
        waiting = self.open if self.state == "open" else None
        return {
            "author": self.author, "opened": self.opened, "turns": [tuple(t) for t in self.turns],
            "waiting": waiting, "nudges": self.nudges, "reopened": self.reopened, "topic": self.topic,
            "urgency": self.urgency, "staff_first": min(self.staff, default=None),
            "staff_by": self.first_by, "staff_last": max(self.staff, default=None),
            "holding": min(self.holding, default=None), "community": min(self.others, default=None),
            "resolved": self.resolved, "state": self.state, "last": self.last, "burst": self.burst,
        }  # fmt: skip

    def hear(self, entry: Entry) -> None:
        at, kind, words = entry.at, entry.kind, entry.words
        if kind in ("own", "edit") and topic(words) is not None:
            weighs = urgency(words)
            if kind == "own" and self.nudges == 1 and self.nags(at):  # the second time weighs more
                weighs = self.pressed(weighs, words)
            if weighs > self.urgency:
                self.urgency, self.topic = weighs, topic(words)
        if kind == "other":
            self.others.append(at)
        elif kind == "staff" and "holding" in words.split():
            self.holding.append(at)
        elif kind == "staff":
            self.first_by = self.first_by if self.staff else entry.how
            self.staff.append(at)
            self.turns = [
                [asked, at if answered is None else answered] for asked, answered in self.turns
            ]
            self.open = None
        elif kind in ("thanked", "confirmed", "closed", "reopened"):
            self.outcome(entry)
        elif kind == "gone" and not self.staff and not self.others:
            self.state, self.open = "withdrawn", None
        elif kind == "own":
            self.own(at, words)

    def outcome(self, entry: Entry) -> None:
        """Somebody says that it is done, or that it is not. What is said elsewhere changes no end of its own."""
        at, kind, is_afar = entry.at, entry.kind, entry.how == "elsewhere"
        if kind == "reopened":
            if not is_afar or self.state == "resolved":
                self.again(at)
        elif kind == "closed" and (not is_afar or self.state == "open"):
            self.resolved, self.state, self.open = (at, "staff"), "resolved", None
        elif (
            kind != "closed"
            and self.state == "open"
            and (kind == "confirmed" or self.heard_answer())
        ):
            self.resolved, self.state, self.open = (at, "asker"), "resolved", None

    def heard_answer(self) -> bool:
        """Somebody has answered what waits; or nothing does."""
        answers = [*self.staff[-1:], *self.others[:1]]
        return self.open is None or any(a >= self.open for a in answers)

    def pressed(self, weighs: int, words: str) -> int:
        same = topic(words) == self.topic
        weighs = max(weighs, self.urgency) if same else weighs
        return min(weighs + 1, 2) if weighs < 2 else weighs

    def nags(self, at: int) -> bool:
        """Still waiting, and no part of the same burst."""
        if self.state != "open" or self.open is None:
            return False
        between = [s for s in (*self.staff, *self.holding[:1]) if self.burst <= s <= at]
        return at > self.burst + 5 * MINUTE or bool(between)

    def again(self, at: int) -> None:
        unanswered = [asked for asked, answered in self.turns if answered is None]
        if not unanswered:
            self.turns.append([at, None])
        self.open = (unanswered or [at])[0]
        self.resolved, self.state, self.last = None, "open", max(self.last, at)
        self.reopened += 1

    def own(self, at: int, words: str) -> None:
        waiting = self.open if self.state == "open" else None
        heard = max(self.last, max(self.staff, default=self.last))
        was_silent = bool(self.staff) and at - heard > 72 * HOUR
        self.last = max(self.last, at)
        if only_thanks(words):
            if self.heard_answer():
                self.resolved, self.state, self.open = (at, "asker"), "resolved", None
        elif waiting is not None:
            between = [s for s in (*self.staff, *self.holding[:1]) if self.burst <= s <= at]
            if at <= self.burst + 5 * MINUTE and not between:
                self.burst = at
            elif topic(words):
                self.nudges, self.burst = self.nudges + 1, at
        elif topic(words) or "asking" in words.split():
            self.reopened += 1 if self.resolved or was_silent else 0
            self.resolved, self.state, self.open = None, "open", at
            self.turns.append([at, None])
            self.burst = at
