"""How much a bot may say: a message a second in a chat, twenty a minute in a group.

It counts; it never waits.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Limits:
    """What was accepted lately in each chat. A rate of 0 is no limit."""

    per_chat_per_second: float
    per_group_per_minute: int
    _accepted: defaultdict[int, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))

    def wait(self, chat_id: int, now: datetime, *, group: bool) -> int | None:
        """Whole seconds until the chat may get another message; None: now."""
        sent = self._accepted[chat_id]
        while sent and now - sent[0] >= MINUTE:
            sent.popleft()
        waits = [timedelta(0)]
        if sent and self.per_chat_per_second:
            waits.append(sent[-1] + timedelta(seconds=1 / self.per_chat_per_second) - now)
        if group and self.per_group_per_minute and len(sent) >= self.per_group_per_minute:
            waits.append(sent[-self.per_group_per_minute] + MINUTE - now)
        longest = max(waits)
        return math.ceil(longest.total_seconds()) if longest > timedelta(0) else None

    def count(self, chat_id: int, now: datetime) -> None:
        """A message was accepted."""
        self._accepted[chat_id].append(now)
