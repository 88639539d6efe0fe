"""A random history played to the program: what it has stored at the end, and what brute force says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bench.clock_answers import Facts, Said
from bench.clock_histories import BOT, History
from bench.clock_oracle import World, truth
from bench.clock_threads import DAY
from monitor.core import outcomes
from monitor.core.assessment import Assessment
from monitor.core.corrections import CorrectionRefused
from monitor.core.link_scene import Scene
from monitor.core.messages import Author, AuthorKind, Event, EventKind, Message, Platform
from monitor.core.roster import Person, Roster
from monitor.core.targets import Targets
from monitor.core.triage import Playbook
from monitor.ports import Batch
from monitor.stages import correct
from monitor.stages.assess import House, assess_waiting
from monitor.stages.settle import settle
from monitor.store import cases as stored_cases
from monitor.store import crossposts, faq
from monitor.store import messages as stored_messages
from monitor.store.database import Database
from monitor.store.tables import cases, messages
from monitor.testing import NOON, WordClassifier

_MARKS = {"close": "closed", "reopen": "reopened", "helped": "confirmed"}
BEFORE = NOON - timedelta(days=1)  # when our clock stands: everything is edited after we saw it


class OwnWords(WordClassifier):
    """Judges what somebody says by that alone: what a reply takes from what it answers is no matter of clocks."""

    def assess(self, found: Sequence[Message]) -> list[Assessment]:
        return super().assess([replace(m, text=m.text.partition("\n")[0]) for m in found])


class LastLine:
    """A judge of links: what somebody else wrote just before is what is answered."""

    rarity: Mapping[str, float] = {}

    def scores(self, found: Scene, candidates: Sequence[int]) -> list[float]:
        last = len(found.lines) - 1
        return [
            9.0 if at == last and found.lines[at].author != found.line.author else 0.0
            for at in candidates
        ] + [4.0]


class Player:
    """One history in places of their own in a database."""

    def __init__(self, database: Database, place: str, history: History) -> None:
        self.database, self.place, self.history = database, place, history
        self.facts = Facts(role=self._role)
        self.staffed: tuple[int, int] | None = None
        self.clock = BEFORE
        self.size = (1, 2, 3, 5, 1000)[len(history.steps) % 5]  # messages read anew at once
        self.house = House(
            database, OwnWords(), playbook=lambda: Playbook({}, {}, None), roster=lambda: self.roster,
            targets=Targets, links=LastLine(),
        )  # fmt: skip

    @property
    def roster(self) -> Roster:
        people = [Person("Sam", ids={Platform.TELEGRAM: ("s",)})]
        if self.staffed is not None:
            begin, end = (NOON + timedelta(seconds=s) for s in self.staffed)
            people.append(
                Person("Tom", ids={Platform.TELEGRAM: ("t",)}, valid_from=begin, valid_to=end)
            )
        return Roster(tuple(people))

    def _role(self, author: str, at: int) -> str:
        if author == BOT:
            return "bot"
        if author == "t" and self.staffed is not None and self.staffed[0] <= at < self.staffed[1]:
            return "staff"
        return "staff" if author == "s" else "member"

    def play(self) -> None:
        for step in self.history.steps:
            self.clock += timedelta(seconds=1)
            getattr(self, f"_{step[0]}")(*step[1:])
        self._settle()
        self._sweep(1000 * DAY)

    def _hear(self, ids: Sequence[int]) -> None:
        self.facts.said += [replace(self.history.said[n], edits=(), deleted=None) for n in ids]
        self._store(Batch(tuple(self._message(self.history.said[n]) for n in ids)))

    def _edit(self, number: int, at: int, words: str) -> None:
        self._changed(number, edits=(*self._now(number).edits, (at, words)))
        self._store(Batch((), events=(self._event(EventKind.EDITED, number, at, {"text": words}),)))

    def _delete(self, number: int, at: int) -> None:
        self._changed(number, deleted=at)
        self._store(Batch((), events=(self._event(EventKind.DELETED, number, at, {}),)))

    def _roster(self, begin: int, end: int) -> None:
        self.staffed = (begin, end)

    def _sweep(self, until: int) -> None:
        with self.database.write() as connection:
            stored_cases.assume_resolved(connection, NOON + timedelta(seconds=until))

    def _settle(self) -> None:
        settle(self.house, self.clock, size=self.size)

    def _store(self, batch: Batch) -> None:
        with self.database.write() as connection:
            stored_messages.save_batch(connection, "tg", "updates", batch, self.clock)
        while assess_waiting(self.house, self.clock, 3):
            self.clock += timedelta(seconds=1)

    def _now(self, number: int) -> Said:
        return next(m for m in self.facts.said if m.id == number)

    def _changed(self, number: int, **changes: Any) -> None:
        self.facts.said = [replace(m, **changes) if m.id == number else m for m in self.facts.said]

    def _message(self, m: Said) -> Message:
        return Message(
            Platform.TELEGRAM, self._place(m.place), str(m.id), _author(m.author), m.words,
            NOON + timedelta(seconds=m.at), reply_to=str(m.reply_to) if m.reply_to else None,
            mentions=m.mentions, role=None,
        )  # fmt: skip

    def _place(self, number: int) -> str:
        return f"{self.place}-{number}" if number else self.place

    def _event(self, kind: EventKind, number: int, at: int, details: dict[str, str]) -> Event:
        when = NOON + timedelta(seconds=at)
        place = self._place(self.history.said[number].place)
        return Event(kind, Platform.TELEGRAM, place, str(number), when, None, details)

    def _correct(self, kind: str, one: int, two: int) -> None:
        """The same correction on both sides, each by its own case numbers."""
        kind = "helped" if kind == "close" and two % 3 == 0 else kind
        self._settle()
        world = World(self.facts).happen()
        rows = self._rows()
        label = {
            n: world.link.get(n) if world.thread(world.link.get(n)) else None for n in (one, two)
        }
        if kind in ("none", "own", "move", "split") and (self.facts.joined or self.facts.marks):
            return  # for which part of a case it then holds that it was closed or joined, is nobody's to say
        case = {n: rows[n].case_id for n in (one, two)}
        now = max(m.at for m in self.facts.said) + 1
        now = max([now, *(at for _, _, at in self.facts.marks)]) + 1
        try:
            self._do(kind, rows[one].id, case[one], case[two], NOON + timedelta(seconds=now))
        except CorrectionRefused:
            return
        facts_of = {n: world.thread(x).author for n, x in label.items() if world.thread(x)}  # type: ignore[union-attr]
        self.facts.askers |= {label[n]: author for n, author in facts_of.items()}
        self._note(kind, one, label[one], label[two], now, world)

    def _do(
        self, kind: str, message: int, case: int | None, other: int | None, now: datetime
    ) -> None:
        if kind == "own":
            correct.move_to_new(self.database, message, "me", now)
        elif kind == "none":
            correct.move(self.database, message, None, "me", now)
        elif case is None or (kind in ("merge", "move") and other is None):
            raise CorrectionRefused("no case")
        elif kind == "move":
            correct.move(self.database, message, other, "me", now)
        elif kind == "merge":
            correct.merge(self.database, case, other or 0, "me", now)
        elif kind == "split":
            correct.split(self.database, case, message, "me", now)
        elif kind == "helped":
            self._helped(case, now)
        else:
            getattr(correct, kind)(self.database, case, "me", now)

    def _helped(self, number: int, now: datetime) -> None:
        """The asker says that a ready answer helped: once for a case."""
        with self.database.write() as connection:
            case = stored_cases.load(connection, [number])[number]
            faq.note(connection, case.key, "fee", "en", 1.0, now)
            if case.is_empty or not faq.note_helped(connection, case.key, now, helped=True):
                raise CorrectionRefused("said before")
            stored_cases.update_all(connection, [outcomes.confirmed(case, now)])
            crossposts.happened(connection, case, now)

    def _note(
        self, kind: str, one: int, label: int | None, other: int | None, now: int, world: World
    ) -> None:
        facts = self.facts
        human = [m.id for m in facts.said if m.author != BOT]
        of = lambda which: [n for n in human if world.link.get(n) == which]  # noqa: E731
        thread, second = world.thread(label), world.thread(other)
        if kind == "own":
            facts.pins[one] = one if world.thread(one) is None else 1000 + one
        elif kind == "none":
            facts.pins[one] = None
        elif kind == "move":
            facts.pins |= dict.fromkeys([*of(other), one], other)
        elif kind == "split" and thread is not None:
            self._note_split(one, thread.label, thread.author, world)
        elif kind == "not_a_question":
            facts.pins |= dict.fromkeys(of(label), None)
        elif kind == "merge" and thread is not None and second is not None:
            if thread.author == second.author:
                facts.pins |= dict.fromkeys([*of(label), *of(other)], label)
            else:
                root = facts.joined.get(thread.label, thread.label)
                group = facts.joined.get(second.label)
                alike = {n for n, of in facts.joined.items() if of == group}
                facts.joined |= dict.fromkeys({thread.label, second.label, *alike}, root)
        elif label is not None and kind in _MARKS:
            facts.marks.append((label, _MARKS[kind], now))

    def _note_split(self, one: int, label: int, author: str, world: World) -> None:
        first = self._now(one)
        new = one if world.thread(one) is None else 1000 + one
        order = lambda m: (m.at, len(str(m.id)), m.id)  # noqa: E731
        for m in self.facts.said:
            is_later = (
                m.author != BOT and world.link.get(m.id) == label and order(m) >= order(first)
            )
            if is_later and first.author in (author, m.author):
                self.facts.pins[m.id] = new

    def _rows(self) -> dict[int, Any]:
        with self.database.read() as connection:
            m = messages.c
            found = connection.execute(
                sa.select(messages).where(m.place.startswith(self.place))
            ).all()
        return {int(row.native_id): row for row in found}

    def ours(self) -> dict[frozenset[int], dict[str, Any]]:
        """What the program has stored: messages of each case, and its clocks in seconds."""
        with self.database.read() as connection:
            ids = (
                connection.execute(
                    sa.select(cases.c.id).where(cases.c.place.startswith(self.place))
                )
                .scalars()
                .all()
            )
            found = stored_cases.load(connection, list(ids))
        groups: dict[int, set[int]] = {}
        for number, row in self._rows().items():
            groups.setdefault(row.case_id or 0, set()).add(number)
        return {
            frozenset(groups.get(case.id or 0, set())): _told(case)
            for case in found.values()
            if not case.is_empty
        }

    def theirs(self) -> dict[frozenset[int], dict[str, Any]]:
        """The same by brute force."""
        found, link = truth(self.facts)
        return {
            frozenset(n for n, label in link.items() if label == case["label"]): {
                key: value for key, value in case.items() if key != "label"
            }
            for case in found
        }


def _author(name: str) -> Author:
    return Author(name, name, name, AuthorKind.BOT if name == BOT else AuthorKind.PERSON)


def _told(case: Any) -> dict[str, Any]:
    return {
        "author": case.author_id, "opened": _at(case.opened_at),
        "turns": [(_at(t.asked_at), _at(t.staff_at)) for t in case.turns],
        "waiting": _at(case.open_turn_at) if case.state == "open" else None, "nudges": case.nudges,
        "reopened": case.reopened, "topic": case.topic.value, "urgency": int(case.urgency),
        "staff_first": _at(case.staff_first_at), "staff_by": case.staff_by, "staff_last": _at(case.staff_last_at),
        "holding": _at(case.holding_at), "community": _at(case.community_first_at),
        "resolved": (_at(case.resolved_at), case.resolved_by) if case.resolved_at else None, "state": case.state,
        "last": _at(case.last_turn_at), "burst": _at(case.burst_until),
    }  # fmt: skip


def _at(moment: datetime | None) -> int | None:
    return None if moment is None else round((moment - NOON).total_seconds())
