"""X's request limits: so many per 15 minutes and request. It counts; it never sleeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
DOCUMENTED = {
    "GET /2/users/me": 75,
    "GET /2/users/:id/mentions": 300,
    "GET /2/users/:id/tweets": 900,
    "GET /2/tweets/search/recent": 300,
    "GET /2/tweets": 5000,
    "GET /2/users": 900,
    "GET /2/users/by": 900,
    "POST /2/tweets": 100,
    "DELETE /2/tweets/:id": 50,
    "GET /2/usage/tweets": 50,
}


@dataclass(slots=True)
class Windows:
    """How often each request was made since its window began."""

    limits: dict[str, int] = field(default_factory=lambda: dict(DOCUMENTED))
    _used: dict[str, tuple[datetime, int]] = field(default_factory=dict)

    def count(self, operation: str, now: datetime) -> tuple[bool, dict[str, str]]:
        """(allowed, headers) for one more request."""
        began, used = self._used.get(operation, (now, 0))
        if now - began >= WINDOW:
            began, used = now, 0
        limit = self.limits.get(operation, 900)
        allowed = used < limit
        used += allowed
        self._used[operation] = (began, used)
        return allowed, {
            "x-rate-limit-limit": str(limit),
            "x-rate-limit-remaining": str(limit - used),
            "x-rate-limit-reset": str(int((began + WINDOW).timestamp())),
        }
