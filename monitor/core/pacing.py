"""How fast we may speak: sliding windows per account, chat and kind. It counts; it never waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most `count` in any window of length `per`; `reserve` of them are kept for the urgent."""

    count: int
    per: timedelta
    reserve: int = 0


class Pacer:
    """Sliding windows by scope. One for each account; only its sender uses it."""

    def __init__(self, allowances: Mapping[str, Sequence[Allowance]]) -> None:
        self._allowances = allowances
        self._spent: dict[Hashable, deque[datetime]] = {}

    def refill(self, sent: Iterable[tuple[Sequence[tuple[str, str]], datetime]]) -> None:
        """Remember what was said before we took over: (scopes, when) pairs, oldest first."""
        for scopes, at in sent:
            self.spend(scopes, at)

    def free_at(
        self, scopes: Sequence[tuple[str, str]], now: datetime, *, urgent: bool = False
    ) -> datetime:
        """When the next one may go: `now` if at once. Scopes are (name of allowance, which one)."""
        return max((self._scope_free_at(s, now, urgent=urgent) for s in scopes), default=now)

    def spend(self, scopes: Sequence[tuple[str, str]], at: datetime) -> None:
        """Count one that was said, or may have been."""
        for scope in scopes:
            if self._allowances.get(scope[0]):
                self._spent.setdefault(scope, deque()).append(at)

    def _scope_free_at(self, scope: tuple[str, str], now: datetime, *, urgent: bool) -> datetime:
        allowances = self._allowances.get(scope[0], ())
        spent = self._spent.get(scope)
        if not spent or not allowances:
            return now
        longest = max(a.per for a in allowances)
        while spent and spent[0] <= now - longest:
            spent.popleft()
        return max((_free_at(a, spent, now, urgent=urgent) for a in allowances), default=now)


def _free_at(
    allowance: Allowance, spent: deque[datetime], now: datetime, *, urgent: bool
) -> datetime:
    room = allowance.count if urgent else max(1, allowance.count - allowance.reserve)
    if len(spent) < room:
        return now
    return max(now, spent[-room] + allowance.per)
