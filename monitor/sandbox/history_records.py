"""Gives generated lines their ids and writes them in the import schema. It invents no text.

Ids lie below those that the sandbox's servers give out, so that live messages never meet them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from monitor.sandbox import cast

TOPICS_END = 20  # the forum's first messages opened its topics
REDDIT_FROM = 36**5  # the sandbox's Reddit begins at 36**6
SNOWFLAKE_EPOCH_MS = 1_288_834_974_657


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says a line. `number` is their Telegram id."""

    number: int
    name: str
    role: str = "member"


@dataclass(frozen=True, slots=True)
class Line:
    """One line before it has an id. `answers` and `root` are indexes into the list of lines."""

    at: datetime
    platform: str
    place: str
    speaker: Speaker
    text: str
    language: str
    answers: int | None = None
    root: int | None = None


PLACE_NAMES = (
    {str(group.id): group.title for group in cast.GROUPS}
    | {f"r/{name.lower()}": f"r/{name}" for name in cast.SUBREDDITS}
    | {"x": "X"}
)
AuthorId = Callable[[str, int], str]  # platform and number to the platform's id
Record = dict[str, Any]


def author_id(platform: str, number: int) -> str:
    """The platform's id of one who is not registered there."""
    if platform == "reddit":
        return f"t2_{cast.base36(number)}"
    return str(number if platform == "telegram" else 1_400_000_000_000_000_000 + number)


@dataclass(slots=True)
class Numbers:
    """The next ids, by place."""

    ids: AuthorId = author_id
    given: dict[int, str] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)

    def records(self, lines: Sequence[Line], until: datetime) -> Iterator[Record]:
        """Oldest first; lines from `until` on are left out."""
        order = sorted(range(len(lines)), key=lambda i: (lines[i].at, i))
        for index in order:
            if lines[index].at < until:
                yield self._record(index, lines)

    def _record(self, index: int, lines: Sequence[Line]) -> Record:
        line = lines[index]
        self.given[index] = native_id = self._native_id(line)
        return {
            "platform": line.platform,
            "place": line.place,
            "place_name": PLACE_NAMES[line.place],
            "id": native_id,
            "author_id": self.ids(line.platform, line.speaker.number),
            "author_name": line.speaker.name,
            "role": line.speaker.role,
            "text": line.text,
            "sent_at": line.at.isoformat(),
            "reply_to": None if line.answers is None else self.given[line.answers],
            "thread": self._thread(index, line),
        }

    def _native_id(self, line: Line) -> str:
        match line.platform:
            case "telegram":
                return str(self._next(line.place))
            case "reddit":
                kind = "t3" if line.root is None else "t1"
                return f"{kind}_{cast.base36(REDDIT_FROM + self._next('reddit'))}"
            case _:
                since = int(line.at.timestamp() * 1000) - SNOWFLAKE_EPOCH_MS
                return str((since << 22) + self._next("x") % 4096)

    def _thread(self, index: int, line: Line) -> str | None:
        if line.platform == "telegram":
            in_forum = line.place == str(cast.FORUM.id)
            return cast.TOPIC_IDS.get(line.language) if in_forum else None
        return self.given[index if line.root is None else line.root]

    def _next(self, counter: str) -> int:
        self.last[counter] = self.last.get(counter, TOPICS_END) + 1
        return self.last[counter]
