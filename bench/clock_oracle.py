"""The clocks of a place by brute force: from a flat list of what was said, everything read again for every event.

Written apart from the program, to be compared with it: no cases are kept, only who said what to whom; each question
about a case is answered by going through its whole log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MINUTE, HOUR, DAY = 60, 3600, 86400
TOPICS = ("withdrawal", "deposit")
URGENCIES = ("low", "normal", "high", "critical")


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
        elif kind == "closed":
            self.resolved, self.state, self.open = (at, "staff"), "resolved", None
        elif kind == "reopened":
            self.again(at)
        elif kind == "gone" and not self.staff and not self.others:
            self.state, self.open = "withdrawn", None
        elif kind == "own":
            self.own(at, words)

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
            answers = [*self.staff[-1:], *self.others[:1]]
            if self.open is None or any(a >= self.open for a in answers):
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


@dataclass
class World:
    """The place, event after event."""

    facts: Facts
    threads: list[Thread] = field(default_factory=list)
    link: dict[int, int | None] = field(default_factory=dict)  # message to label
    so_far: list[Said] = field(default_factory=list)

    def thread(self, label: int | None) -> Thread | None:
        return next((t for t in self.threads if t.label == label), None)

    def happen(self) -> World:
        for _, _, _, name, what in sorted(self._events(), key=lambda e: e[:4]):
            what(name)
        return self

    def _events(self) -> list[tuple[int, int, int, str, Callable[[str], None]]]:
        found: list[tuple[int, int, int, str, Callable[[str], None]]] = []
        for m in self.facts.said:
            found.append((m.at, 0, len(str(m.id)), str(m.id), self._said))
            for at, words in m.edits:
                found.append((at, 1, len(str(m.id)), f"{m.id}", self._edited(words, at)))
            if m.deleted is not None:
                found.append((m.deleted, 1, 1000, str(m.id), self._deleted))
        for label, what, at in self.facts.marks:
            found.append((at, 1, 1000, str(label), self._marked(what, at)))
        return found

    def _get(self, name: str) -> Said:
        return next(m for m in self.facts.said if m.id == int(name))

    def _said(self, name: str) -> None:
        m = self._get(name)
        self._take(m, m.words, m.at, is_edit=False)
        self.so_far.append(m)

    def _edited(self, words: str, at: int) -> Callable[[str], None]:
        return lambda name: self._take(self._get(name), words, at, is_edit=True)

    def _deleted(self, name: str) -> None:
        m = self._get(name)
        thread = self.thread(self.link.get(m.id))
        if thread is None or m.author != thread.author:
            return
        mine = [
            o
            for o in self.facts.said
            if self.link.get(o.id) == thread.label and o.author == m.author
        ]
        if m.deleted is not None and all(
            o.deleted is not None and o.deleted <= m.deleted for o in mine
        ):
            later = [
                o for o in mine if o.deleted == m.deleted and o.id > m.id and len(str(o.id)) >= 1
            ]
            if not later:
                thread.log.append(Entry("gone", m.deleted))

    def _marked(self, what: str, at: int) -> Callable[[str], None]:
        def mark(name: str) -> None:
            thread = self.thread(int(name))
            if thread is not None and at >= thread.asked:
                thread.log.append(Entry(what, at))

        return mark

    def _take(self, m: Said, words: str, at: int, *, is_edit: bool) -> None:
        role = self.facts.role(m.author, m.at)
        if m.id in self.facts.pins:
            self._pinned(m, words, at, role, is_edit=is_edit)
            return
        before = self.link.get(m.id)
        if (
            is_edit
            and before is not None
            and self.thread(before) is not None
            and role in ("member", "staff")
        ):
            self._reread(m, words, at, role)
            return
        label, how = self._whom(m, words, at, role)
        if label is not None and role == "staff":
            self._answer(label, Entry("staff", at, words, m.author, how))
        elif label is not None and role == "member" and how == "own":
            self._log(label, Entry("own", at, words))
        elif label is not None and role == "member" and how != "new":
            self._answer(label, Entry("other", at, words, m.author))
        self.link[m.id] = label

    def _reread(self, m: Said, words: str, at: int, role: str) -> None:
        thread = self.thread(self.link[m.id])
        if thread is None:
            return
        if role == "staff":
            self._answer(thread.label, Entry("staff", at, words, m.author, _shown(m)))
        elif m.author == thread.author:
            thread.log.append(Entry("edit", at, words))

    def _log(self, label: int, entry: Entry) -> None:
        thread = self.thread(label)
        if thread is not None:
            thread.log.append(entry)

    def _answer(self, label: int, entry: Entry) -> None:
        group = self.facts.joined.get(label)
        for thread in self.threads:
            same = thread.label == label or (
                group is not None and self.facts.joined.get(thread.label) == group
            )
            if same and thread.author != entry.who and entry.at >= thread.asked:
                thread.log.append(entry)

    def _pinned(self, m: Said, words: str, at: int, role: str, *, is_edit: bool) -> None:
        label = self.facts.pins[m.id]
        self.link[m.id] = label
        if label is None or role == "bot":
            return
        thread = self.thread(label)
        if thread is None:
            question_comes = any(
                topic(w)
                for o in self.facts.said
                if self.facts.pins.get(o.id, -1) == label
                and self.facts.askers.get(label, o.author) == o.author
                for w in (o.words, *(words for _, words in o.edits))
            )
            mine = self.facts.askers.get(label, m.author) == m.author
            if role == "member" and mine and (topic(words) or not question_comes):
                self._open(m, words, at, label)
            return
        if role == "staff" or m.author != thread.author:
            if role == "staff" or not is_edit:
                kind = "staff" if role == "staff" else "other"
                self._answer(
                    label,
                    Entry(
                        kind, at, words, m.author, "reply" if m.reply_to is not None else "moved"
                    ),
                )
        else:
            self._log(label, Entry("edit" if is_edit else "own", at, words))

    def _open(self, m: Said, words: str, at: int, label: int | None = None) -> int:
        """The burst that asked begins with what its author said shortly before and belongs to nothing."""
        first, begun, is_edit = m, [], at != m.at
        for o in () if is_edit else reversed(self.so_far):
            mine = (
                o.author == m.author
                and self.facts.role(o.author, o.at) == "member"
                and o.id != m.id
            )
            free = (
                self.link.get(o.id) in (None, label)
                if label is not None
                else self.link.get(o.id) is None
            )
            if (
                not mine
                or not free
                or (o.id in self.facts.pins and self.facts.pins[o.id] != (label or -1))
            ):
                continue
            if o.at > m.at:
                continue
            if first.at - o.at > 5 * MINUTE or m.at - o.at > 10 * MINUTE:
                break
            first = o
            begun.append(o.id)
        asked = at if is_edit else first.at
        own_label = label if label is not None else m.id
        while label is None and self.thread(own_label) is not None:
            own_label += 1000
        for o in begun:
            self.link[o] = own_label
        self.threads.append(Thread(own_label, m.author, asked, [Entry("own", at, words)]))
        self.link[m.id] = own_label
        return own_label

    def _whom(self, m: Said, words: str, at: int, role: str) -> tuple[int | None, str]:
        """Which case it belongs to, and how that is known."""
        answered = next((o for o in self.so_far if o.id == m.reply_to), None)
        replied = self.link.get(answered.id) if answered is not None else None
        if self.thread(replied) is None:
            replied = None
        if role == "bot":
            return replied, "reply"
        if role == "staff":
            return _first(
                (replied, "reply"),
                (self._named(m), "mention"),
                (self._near(m, DAY, staff=True), "learned"),
            )
        thread = self.thread(replied)
        if thread is not None and thread.author != m.author:
            if not (topic(words) and "asking" in words.split()):
                return replied, "reply"
            replied = None
        mine = replied if replied is not None else self._mine(m, words, at)
        if mine is not None:
            return mine, "own"
        if topic(words):
            return self._open(m, words, at), "new"
        return _first((self._named(m), "mention"), (self._near(m, HOUR, staff=False), "learned"))

    def _mine(self, m: Said, words: str, at: int) -> int | None:
        found: list[tuple[int, str, int]] = []
        for thread in self.threads:
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
        for thread in self.threads:
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
            if o.id != m.id and (o.at, len(str(o.id)), o.id) < (m.at, len(str(m.id)), m.id)
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


def _first(*found: tuple[int | None, str]) -> tuple[int | None, str]:
    return next((one for one in found if one[0] is not None), (None, ""))


def _shown(m: Said) -> str:
    if m.reply_to is not None:
        return "reply"
    return "mention" if m.mentions else "proximity"


def truth(facts: Facts) -> tuple[list[dict[str, Any]], Mapping[int, int | None]]:
    """The clocks of all cases, silence taken for an end, and the case of each message by label."""
    world = World(facts).happen()
    found = []
    for thread in world.threads:
        now = clocks(thread)
        if now["state"] == "open" and now["waiting"] is None and now["staff_last"] is not None:
            now |= {"state": "resolved", "resolved": (now["staff_last"], "assumed")}
        found.append(now | {"label": thread.label})
    return found, world.link


def labels(found: Sequence[dict[str, Any]]) -> set[int]:
    return {case["label"] for case in found}
