"""What X costs: the price table, and a budget for each UTC day. It counts; it never pays.

Prices of X's pay-per-use API in US dollars, from
https://docs.x.com/x-api/getting-started/pricing as read on 2026-08-22. X changes them: put your
own under `prices` with the date you looked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from monitor.core import xtext
from monitor.ports import Unavailable

_AFTER_MIDNIGHT = timedelta(seconds=5)  # their day may begin a moment after ours


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars for one resource or one request."""

    post_read: float = 0.005
    owned_read: float = 0.001  # our own mentions and our own posts
    user_read: float = 0.010
    post: float = 0.015
    post_with_url: float = 0.200
    summoned_reply: float = 0.010
    as_of: date = date(2026, 8, 22)

    def of_post(self, text: str, *, is_reply: bool) -> float:
        """What saying `text` costs; with a link always the price of a link: X does not say."""
        if xtext.links(text):
            return self.post_with_url
        return self.summoned_reply if is_reply else self.post


def read_prices(table: Mapping[str, Any]) -> Prices:
    """The defaults with what `table` changes. ValueError, in a sentence, for what is no price."""
    known = {field.name for field in fields(Prices)}
    changes: dict[str, Any] = {}
    for name, value in table.items():
        if name not in known:
            choice = ", ".join(sorted(known))
            raise ValueError(f"prices.{name}: not a price of X ({choice})")
        changes[name] = _date(value) if name == "as_of" else _dollars(name, value)
    return replace(Prices(), **changes)


def _dollars(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1000:
        raise ValueError(f"prices.{name}: expected US dollars, found {value!r}")
    return float(value)


def _date(value: Any) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError(f"prices.as_of: expected a date like 2026-08-22, found {value!r}")
    return value


class Budget:
    """What may still be spent today. Reads leave `reserve` of the day for what we have to say.

    X bills a resource once per UTC day, so an id read again on the same day costs nothing.
    """

    def __init__(self, daily: float, reserve: float, clock: Callable[[], datetime]) -> None:
        self._daily = daily
        self._for_reading = daily * (1 - reserve)
        self._clock = clock
        self._lock = threading.Lock()
        self._day = clock().date()
        self._spent = 0.0
        self._billed: set[str] = set()

    def restore(self, today: float) -> None:
        """At least this much was spent today, by us before a restart."""
        with self._lock:
            self._turn()
            self._spent = max(self._spent, today)

    @property
    def spent(self) -> float:
        """US dollars since midnight UTC."""
        with self._lock:
            self._turn()
            return self._spent

    def affordable(self, price: float, least: int, most: int) -> int:
        """How many resources may be read now. Unavailable when not even `least`."""
        with self._lock:
            self._turn()
            left = self._for_reading - self._spent
        count = most if price <= 0 else min(most, int(left / price + 1e-9))
        if count < least:
            raise self._used_up("reading")
        return count

    def need(self, price: float) -> None:
        """Unavailable when `price` cannot be paid today."""
        if self.spent + price > self._daily + 1e-9:
            raise self._used_up("posting")

    def pay(self, price: float) -> float:
        """Count one request."""
        with self._lock:
            self._turn()
            self._spent += price
        return price

    def pay_reads(self, kind: str, ids: Iterable[str], price: float) -> float:
        """Count resources read, each once a day."""
        with self._lock:
            self._turn()
            new = {f"{kind}:{i}" for i in ids} - self._billed
            self._billed |= new
            self._spent += price * len(new)
        return price * len(new)

    def tab(self) -> Tab:
        """A tab for one thread."""
        return Tab(self)

    def _turn(self) -> None:
        today = self._clock().date()
        if today != self._day:
            self._day, self._spent = today, 0.0
            self._billed.clear()

    def _used_up(self, what: str) -> Unavailable:
        now = self._clock()
        midnight = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
        return Unavailable(
            f"today's X budget of ${self._daily:.2f} does not allow more {what}"
            f" (${self.spent:.2f} spent); it begins anew at midnight UTC",
            retry_after=midnight - now + _AFTER_MIDNIGHT,
            code="budget",
        )


class Tab:
    """What one thread spent and has not reported yet."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._owed = 0.0

    def pay(self, price: float) -> None:
        """Count one request."""
        self._owed += self._budget.pay(price)

    def pay_reads(self, kind: str, ids: Iterable[str], price: float) -> None:
        """Count resources read, each once a day."""
        self._owed += self._budget.pay_reads(kind, ids, price)

    def take(self) -> float:
        """What was spent since the last time this was asked."""
        owed, self._owed = self._owed, 0.0
        return owed
