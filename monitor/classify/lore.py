"""What the team has taught the judge, as it hands it over: corrections in force and promoted heads. Only the nouns."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Protocol

from monitor.classify.seeds import Seed
from monitor.core.assessment import Topic, Urgency


@dataclass(frozen=True, slots=True)
class Lesson:
    """A message that somebody has labelled. `number` is the label's, `message` the message's."""

    number: int
    message: int
    text: str
    language: str
    topic: Topic
    urgency: Urgency
    by: str

    def shown(self, how: float) -> tuple[str, str, float]:
        """To somebody who asks what a message is like: which, its label, how close it is."""
        return (
            f"message {self.message}, labelled by {self.by}",
            f"{self.topic}, {self.urgency.word}",
            round(how, 3),
        )

    @property
    def seed(self) -> Seed:
        """To learn from: what had to be corrected was hard to read."""
        where = f"message {self.message}, labelled by {self.by}"
        return Seed(
            self.text, self.language, self.topic, self.urgency, where, hard=True, by=self.by
        )


@dataclass(frozen=True, slots=True)
class Heads:
    """Promoted heads: what they have learned besides the seeds, and their weights, None where they are forgotten."""

    number: int
    key: str
    lessons: tuple[Lesson, ...]
    weights: bytes | None

    @property
    def name(self) -> str:
        """Another one as soon as one of its lessons is forgotten."""
        return f"{self.number}:{self.key}:{digest(self.lessons)}"


@dataclass(frozen=True, slots=True)
class Lore:
    """Everything learned that is in force. `version` grows with every change."""

    version: int = 0
    lessons: tuple[Lesson, ...] = ()
    heads: Heads | None = None


class Source(Protocol):
    """Where the lore is kept."""

    def stamp(self) -> Hashable:
        """Another one after every change. Cheap."""

    def read(self) -> Lore:
        """All of it."""


def digest(lessons: Iterable[Lesson]) -> str:
    """Names a set of corrections by what they say; the same corrections, the same name."""
    whole = hashlib.sha256()
    for one in sorted(lessons, key=lambda lesson: lesson.number):
        said = f"{one.number}\0{one.topic}\0{one.urgency.word}\0{one.by}\0{one.text}\0"
        whole.update(said.encode("utf-8", "surrogatepass"))
    return whole.hexdigest()[:8]
