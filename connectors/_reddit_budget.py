"""How many requests Reddit still lets us make. It refuses; it never sleeps."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from monitor.ports import Limit, Unavailable

MINUTE = 60.0
WRITES_KEEP = 0.1  # the share of the budget that reads leave alone


@dataclass(slots=True)
class Budget:
    """Shared by the reading and the writing side of one account; safe from any thread.

    Reddit counts queries per client id, so the two sides share one count.
    """

    per_minute: int
    monotonic: Callable[[], float] = time.monotonic
    _asked: deque[float] = field(default_factory=deque)
    _closed_until: float = 0.0
    _remaining: int | None = None
    _resets_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def claim(self, *, writing: bool) -> None:
        """Count one request; Unavailable when Reddit would not like it now."""
        now = self.monotonic()
        with self._lock:
            wait = self._wait(now, writing=writing)
            if wait <= 0:
                self._asked.append(now)
                return
        raise Unavailable(
            "Reddit's request limit is used up for the moment",
            retry_after=timedelta(seconds=wait),
            code="budget",
        )

    def _wait(self, now: float, *, writing: bool) -> float:
        while self._asked and self._asked[0] <= now - MINUTE:
            self._asked.popleft()
        if self._closed_until > now:
            return self._closed_until - now
        kept = 0 if writing else int(self.per_minute * WRITES_KEEP)
        allowed = max(1, self.per_minute - kept)
        if len(self._asked) < allowed:
            return 0.0
        return self._asked[-allowed] + MINUTE - now

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take over what an answer says of the limit."""
        remaining = number(headers.get("x-ratelimit-remaining"))
        reset = number(headers.get("x-ratelimit-reset"))
        if remaining is None:
            return
        now = self.monotonic()
        with self._lock:
            self._remaining = int(remaining)
            self._resets_at = now + (reset or 0.0)
            if remaining < 1:
                self._closed_until = max(self._closed_until, now + max(1.0, reset or MINUTE))

    def close_for(self, pause: timedelta) -> None:
        """Ask nothing for a while: Reddit said so."""
        with self._lock:
            until = self.monotonic() + pause.total_seconds()
            self._closed_until = max(self._closed_until, until)

    def limits(self) -> tuple[Limit, ...]:
        """The limit as last told."""
        with self._lock:
            if self._remaining is None:
                return ()
            left = max(0.0, self._resets_at - self.monotonic())
            at = datetime.now(UTC) + timedelta(seconds=left)
            return (Limit("client", self._remaining, at),)


def number(text: str | None) -> float | None:
    """A finite, non-negative number of a header; None for anything else."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None
