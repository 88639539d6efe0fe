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
from typing import Protocol, runtime_checkable

from monitor.core.link_scene import People, Scene, Seen, called, hearers, scene, shortlist
from monitor.core.link_words import signs
from monitor.core.messages import Message
from monitor.core.text import capped

WINDOW = 100  # lines: 99 of 100 answers in annotated chats lie nearer
ENOUGH = 0.36  # links less likely than this cost more precision than they add recall
SLIGHT = 0.01  # chances below this are not told


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
    """What a line answers (None: nothing, it begins something), and how likely that is right.

    `chances`: of all that it may answer, the likeliest first; what they lack of one is its being a beginning or
    answering what the room has forgotten."""

    answers: str | None
    confidence: float
    chances: tuple[tuple[str, float], ...] = ()

    @property
    def is_likely(self) -> bool:
        return self.confidence >= ENOUGH

    @property
    def also(self) -> tuple[str, ...]:
        """What else it is likely to answer."""
        return tuple(id for id, chance in self.chances if chance >= ENOUGH and id != self.answers)


class Judge(Protocol):
    """Scores the candidates of one scene, the last score being that of a beginning: logarithms of chances."""

    @property
    def rarity(self) -> Mapping[str, float]: ...

    def scores(self, found: Scene, candidates: Sequence[int]) -> list[float]: ...


@runtime_checkable
class ReadsAhead(Protocol):
    """A judge that reads many texts cheaper together than one by one."""

    def read_ahead(self, texts: Sequence[str]) -> None: ...


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
        self._people = People(WINDOW)
        for line in lines:
            self.note(line)

    def note(self, line: Line) -> None:
        """Remember a line without linking it."""
        self._remember(self._read(line))

    def judged(self, line: Line) -> Link:
        """Link a line without remembering it."""
        return self._guess(self._read(line))

    def take(self, line: Line) -> Link:
        """Link a line, and remember it."""
        read = self._read(line)
        link = self._guess(read)
        self._remember(read)
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
        ids = [found.lines[at].id for at in candidates]
        worth = [pair for pair in zip(ids, chances, strict=False) if pair[1] >= SLIGHT]
        worth.sort(key=lambda pair: -pair[1])
        return Link(ids[best] if best < len(ids) else None, chances[best], tuple(worth))

    def _remember(self, read: Seen) -> None:
        self._seen.append(read)
        self._people.note(read.names, read.author)

    def _read(self, line: Line) -> Seen:
        read = signs(line.text)
        to, how, also = hearers(read, line.mentions, line.author, self._people)
        minute = int(line.at.timestamp()) // 60
        names = called(line.names or (line.author,))
        text = capped(line.text)
        return Seen(line.id, minute, line.author, names, read, to, how, also, text)


def link(window: Iterable[Line], line: Line, judge: Judge) -> Link:
    """Link one line to the window before it, oldest first."""
    return Room(judge, window).take(line)


class Memberships:
    """How likely each line belongs to each conversation that is followed. Fed with links in the order of their lines.

    A line belongs to a conversation as far as what it may answer does. Summing over all it may answer finds first
    responses that the single likeliest link misses."""

    def __init__(self) -> None:
        self._shares: dict[str, dict[str, float]] = {}

    def begin(self, line: str) -> None:
        """Follow the conversation that this line began."""
        self._shares[line] = {line: 1.0}

    def take(self, line: str, link: Link) -> Mapping[str, float]:
        """Chances that a line belongs to the conversations followed, by the line that began each."""
        shares: dict[str, float] = {}
        for answered, chance in link.chances:
            for begun, share in self._shares.get(answered, {}).items():
                shares[begun] = shares.get(begun, 0.0) + chance * share
        worth = {begun: share for begun, share in shares.items() if share >= SLIGHT}
        self._shares[line] = self._shares.get(line, {}) | worth
        return worth


def softened(scores: Sequence[float]) -> list[float]:
    """Chances that sum to one."""
    top = max(scores)
    parts = [math.exp(score - top) for score in scores]
    whole = sum(parts)
    return [part / whole for part in parts]
