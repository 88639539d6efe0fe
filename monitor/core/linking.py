"""Which earlier line of a room a line answers. Pure: it reads no file, no clock, and only the room's last lines.

A room is the last `WINDOW` lines of one place. A line answers one of them or begins something new; how sure that is
comes from a small model (monitor.classify.links loads it) over clues of time, speakers, names and words. No link
leans on another guess, so a room that was loaded anew judges as one that has been followed all along.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.core.link_scene import Scene, Seen, called, hearers, scene, shortlist
from monitor.core.link_words import signs
from monitor.core.messages import Message

WINDOW = 100  # lines: 99 of 100 answers in annotated chats lie nearer
ENOUGH = 0.36  # links less likely than this cost more precision than they add recall


@dataclass(frozen=True, slots=True)
class Line:
    """One message as linking needs it. `names`: how others may call its author; `mentions`: whom the platform says
    it names, by author id or name."""

    id: str
    author: str
    at: datetime
    text: str
    names: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """What a line answers (None: nothing, it begins something), how likely that is right, and what else it answers."""

    answers: str | None
    confidence: float
    also: tuple[str, ...] = ()

    @property
    def is_likely(self) -> bool:
        return self.confidence >= ENOUGH


class Judge(Protocol):
    """Scores the candidates of one scene, the last score being that of a beginning: logarithms of chances."""

    @property
    def rarity(self) -> Mapping[str, float]: ...

    def scores(self, found: Scene, candidates: Sequence[int]) -> list[float]: ...


def line_of(message: Message) -> Line:
    """A message as a line of its room."""
    author = message.author
    names = (author.handle, author.name, author.name.partition(" ")[0])
    who = author.id or f"\0{message.native_id}"  # nobody knows who: then it is nobody else either
    return Line(
        message.native_id, who, message.sent_at, message.text, tuple(filter(None, names)), message.mentions
    )  # fmt: skip


class Room:
    """The working set of one place: take its lines in the order they were written."""

    def __init__(self, judge: Judge, lines: Iterable[Line] = ()) -> None:
        self._judge = judge
        self._seen: deque[Seen] = deque(maxlen=WINDOW)
        for line in lines:
            self.note(line)

    def note(self, line: Line) -> None:
        """Remember a line without linking it."""
        self._seen.append(self._read(line))

    def take(self, line: Line) -> Link:
        """Link a line, and remember it."""
        read = self._read(line)
        link = self._guess(read)
        self._seen.append(read)
        return link

    def look(self, line: Line) -> tuple[Scene, list[int]]:
        """The scene that a line finds, and its candidates: what training reads. Remembers nothing."""
        found = scene(self._read(line), tuple(self._seen), self._judge.rarity)
        return found, shortlist(found)

    def _guess(self, read: Seen) -> Link:
        found = scene(read, tuple(self._seen), self._judge.rarity)
        candidates = shortlist(found)
        chances = softened(self._judge.scores(found, candidates))
        best = max(range(len(chances)), key=chances.__getitem__)
        ids: list[str | None] = [*(found.lines[at].id for at in candidates), None]
        also = (
            name
            for name, chance in zip(ids, chances, strict=True)
            if name is not None and name != ids[best] and chance >= ENOUGH
        )
        return Link(ids[best], chances[best], tuple(also))

    def _read(self, line: Line) -> Seen:
        read = signs(line.text)
        people = {name: seen.author for seen in self._seen for name in seen.names}
        to, how, also = hearers(read, line.mentions, line.author, people)
        minute = int(line.at.timestamp()) // 60
        names = called(line.names or (line.author,))
        return Seen(line.id, minute, line.author, names, read, to, how, also)


def link(window: Iterable[Line], line: Line, judge: Judge) -> Link:
    """Link one line to the window before it, oldest first."""
    return Room(judge, window).take(line)


def softened(scores: Sequence[float]) -> list[float]:
    """Chances that sum to one."""
    top = max(scores)
    parts = [math.exp(score - top) for score in scores]
    whole = sum(parts)
    return [part / whole for part in parts]
