"""The queue of updates that Telegram keeps for a bot: confirmed by offset, forgotten after a day.

It never delivers by itself.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

KEPT = timedelta(hours=24)
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(frozen=True, slots=True)
class Waiting:
    """One update on its way. Offsets are compared with `number`, even when the update hides it."""

    number: int
    at: datetime
    update: dict[str, Any]


@dataclass(slots=True)
class Updates:
    """What the bot has not confirmed yet. Not thread-safe: its owner holds a lock."""

    next_id: int = 1001
    allowed: tuple[str, ...] = ()
    waiting: list[Waiting] = field(default_factory=list)
    doubled: int = 0
    shuffled: bool = False
    confirmed: int = 0
    _chance: random.Random = field(default_factory=lambda: random.Random(7))

    def add(self, kind: str, content: dict[str, Any], at: datetime) -> None:
        """Queue an update, if the bot asked for its kind."""
        wanted = kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT
        if wanted:
            self.push({"update_id": self.next_id, kind: content}, at)

    def push(self, update: dict[str, Any], at: datetime) -> None:
        """Queue anything at all, also what Telegram would never send."""
        self.waiting.append(Waiting(self.next_id, at, update))
        self.next_id += 1

    def page(self, offset: int | None, limit: int, now: datetime) -> list[dict[str, Any]]:
        """Confirm what lies below `offset`; the next updates, oldest first."""
        self._forget(offset, now)
        page = [waiting.update for waiting in self.waiting[:limit]]
        again, self.doubled = page[: self.doubled], max(0, self.doubled - len(page))
        page += again
        if self.shuffled:
            self._chance.shuffle(page)
        return page

    def _forget(self, offset: int | None, now: datetime) -> None:
        self.waiting = [w for w in self.waiting if now - w.at <= KEPT]
        if offset is not None and offset > 0:
            kept = [w for w in self.waiting if w.number >= offset]
            self.confirmed += len(self.waiting) - len(kept)
            self.waiting = kept
        elif offset is not None and offset < 0:
            self.waiting = self.waiting[offset:]
