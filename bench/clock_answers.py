"""What was said in places by brute force, and whom a message answers that does not say so.

Written apart from the program, to be compared with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.clock_threads import DAY, Thread, clocks, only_thanks, topic


@dataclass(frozen=True)
class Said:
    """One message: seconds, words, and what became of it."""

    id: int
    author: str
    at: int
    words: str
    reply_to: int | None = None
    mentions: tuple[str, ...] = ()
    edits: tuple[tuple[int, str], ...] = ()
    deleted: int | None = None
    place: int = 0


@dataclass
class Facts:
    """All that happened. `role`: by author and time. Labels of cases are ids of the messages they began with."""

    said: list[Said] = field(default_factory=list)
    role: Callable[[str, int], str] = lambda author, at: "member"
    pins: dict[int, int | None] = field(default_factory=dict)
    askers: dict[Any, str] = field(default_factory=dict)  # whose case a label is
    joined: dict[int, int] = field(default_factory=dict)  # label to the label of its group
    marks: list[tuple[int, str, int]] = field(default_factory=list)  # label, what, when


@dataclass
class SoFar:
    """Everything that has been said so far, and the cases it made."""

    facts: Facts
    threads: list[Thread] = field(default_factory=list)
    link: dict[int, int | None] = field(default_factory=dict)  # message to label
    so_far: list[Said] = field(default_factory=list)

    def thread(self, label: int | None) -> Thread | None:
        return next((t for t in self.threads if t.label == label), None)

    def _here(self, m: Said) -> list[Thread]:
        return [thread for thread in self.threads if thread.place == m.place]

    def _mine(self, m: Said, words: str, at: int) -> int | None:
        found: list[tuple[int, str, int]] = []
        for thread in self._here(m):
            now = clocks(thread)
            if thread.author != m.author or abs(at - now["last"]) > 7 * DAY:
                continue
            same = topic(words) is not None and topic(words) == now["topic"]
            in_burst = now["opened"] - 300 <= at <= now["burst"] + 300
            if now["staff_first"] is not None and at > now["staff_first"]:
                in_burst = False
            if same or in_burst or (only_thanks(words) and now["state"] == "open"):
                found.append((now["last"], str(thread.label), thread.label))
        return max(found)[2] if found else None

    def _named(self, m: Said) -> int | None:
        found = []
        for thread in self._here(m):
            now = clocks(thread)
            is_named = thread.author in m.mentions and thread.author != m.author
            is_in_time = now["opened"] <= m.at <= now["last"] + 7 * DAY
            if is_named and is_in_time and now["waiting"] is not None:
                found.append((now["last"], str(thread.label), thread.label))
        return max(found)[2] if found else None

    def _near(self, m: Said, reach: int, *, staff: bool) -> int | None:
        """The judge of these histories says: it answers the line just before it, when somebody else wrote that."""
        before = [
            o
            for o in self.so_far
            if o.place == m.place
            and o.id != m.id
            and (o.at, len(str(o.id)), o.id) < (m.at, len(str(m.id)), m.id)
        ]
        if m.reply_to is not None or not before or before[-1].author == m.author:
            return None
        thread = self.thread(self.link.get(before[-1].id))
        if thread is None or thread.author == m.author:
            return None
        now = clocks(thread)
        if now["waiting"] is None or not now["waiting"] <= m.at <= now["last"] + reach:
            return None
        return thread.label if staff or now["community"] is None else None
