"""Where we stand in Telegram's queue of updates, as text for the store. It never asks the clock."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from monitor.ports import Gap

KEPT = timedelta(hours=24)  # Telegram forgets an update after a day
# After a week without updates Telegram goes on from a random number: an offset that old could lie
# above it and would throw new updates away unseen.
TRUSTED = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Cursor:
    """`offset`: the next update to ask for. `recent`: of the last batch; it may come again."""

    offset: int | None = None
    polled_at: datetime | None = None
    updated_at: datetime | None = None
    recent: tuple[int, ...] = ()

    @classmethod
    def read(cls, text: str | None) -> Self:
        """From its text; from nothing for None."""
        if text is None:
            return cls()
        stored = json.loads(text)
        return cls(
            stored.get("offset"),
            _moment(stored.get("polled_at")),
            _moment(stored.get("updated_at")),
            tuple(stored.get("recent", ())),
        )

    def write(self) -> str:
        """As text."""
        stored = {
            "offset": self.offset,
            "polled_at": _seconds(self.polled_at),
            "updated_at": _seconds(self.updated_at),
            "recent": self.recent,
        }
        return json.dumps(
            {key: value for key, value in stored.items() if value}, separators=(",", ":")
        )

    def trusted_offset(self, now: datetime) -> int | None:
        """The offset to ask with, None when it may be too old to mean anything."""
        if self.updated_at is None or now - self.updated_at > TRUSTED:
            return None
        return self.offset

    def gap(self, now: datetime) -> Gap | None:
        """What Telegram has forgotten since we last asked."""
        if self.polled_at is None or now - self.polled_at <= KEPT:
            return None
        return Gap(
            self.polled_at,
            now - KEPT,
            "Telegram keeps updates for 24 hours, and we did not ask for longer",
        )

    def after(self, ids: tuple[int, ...], now: datetime) -> Self:
        """The cursor once these updates are stored."""
        if not ids:
            return type(self)(self.offset, now, self.updated_at, self.recent)
        return type(self)(max(ids) + 1, now, now, ids)

    def after_nameless(self, now: datetime) -> Self:
        """After a batch whose updates had no number: one further, or it comes for ever."""
        return type(self)(None if self.offset is None else self.offset + 1, now, now, self.recent)


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())
