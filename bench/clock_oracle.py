"""The clocks of a community by brute force: from a flat list of what was said, in one order, each question about a
case answered by going through its whole log.

Written apart from the program, to be compared with it: no cases are kept, only who said what to whom.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.clock_answers import Facts, Said, SoFar
from bench.clock_threads import DAY, HOUR, MINUTE, Entry, Thread, clocks, only_thanks, topic

_Event = tuple[int, int, int, str, Callable[[str], None]]


@dataclass
class World(SoFar):
    """All places together, event after event."""

    coming: list[_Event] = field(default_factory=list)
    answers: int = 0

    def happen(self) -> World:
        self.coming = list(self._events())
        heapq.heapify(self.coming)
        while self.coming:
            *_, name, what = heapq.heappop(self.coming)
            what(name)
        return self

    def _events(self) -> list[_Event]:
        found: list[_Event] = []
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
                self._spread(thread, Entry(what, at))

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
        if thread is None:
            return
        thread.log.append(entry)
        if entry.kind == "own" and only_thanks(entry.words) and not thread.thanked:
            thread.thanked = clocks(thread)["resolved"] == (entry.at, "asker")
            if thread.thanked:
                self._spread(thread, Entry("thanked", entry.at))

    def _answer(self, label: int, entry: Entry) -> None:
        group = self.facts.joined.get(label)
        for thread in self.threads:
            same = thread.label == label or (
                group is not None and self.facts.joined.get(thread.label) == group
            )
            if same and thread.author != entry.who and entry.at >= thread.asked:
                if thread.is_news(entry):
                    self._spread(thread, entry)
                thread.log.append(entry)

    def _spread(self, thread: Thread, entry: Entry) -> None:
        """Last in that instant the other places hear of it."""
        self.answers += 1
        told = (entry.at, 1, 1001, f"{self.answers}", self._told(thread, entry))
        heapq.heappush(self.coming, told)

    def _told(self, thread: Thread, entry: Entry) -> Callable[[str], None]:
        def tell(name: str) -> None:
            for other in self.threads:
                if other.is_copy_of(thread) and entry.at >= other.asked:
                    other.log.append(Entry(entry.kind, entry.at, "", entry.who, "elsewhere"))

        return tell

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
                and self.facts.role(o.author, o.at) == "member"
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
                o.place == m.place
                and o.author == m.author
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
        self.threads.append(Thread(own_label, m.author, asked, [Entry("own", at, words)], m.place))
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
