"""X through tweepy: mentions and searches by overlapping walks, each post written once.

It never waits for a limit, never repeats a write, and never spends more in a day than it may.
Authors come without names unless `author_names` is set: X bills each looked-up user at ten times a
mention. `base_url` changes where requests go; their signatures stay those of api.twitter.com.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors import _x_check as lines
from connectors._x_ask import AUTO, Asking
from connectors._x_money import Budget, Prices
from connectors._x_options import OPTIONS, read_options
from connectors._x_reader import MENTIONS, SEARCH, Reader
from connectors._x_wire import HOST, Wire
from connectors._x_writer import Writer
from monitor.core.messages import Platform
from monitor.ports import (
    Batch,
    Finding,
    Health,
    Post,
    Receipt,
    Rechecked,
    Refusal,
    Unavailable,
)

__all__ = ["ALSO_SECRETS", "OPTIONS", "SECRETS", "TwitterConnector", "connect"]

SECRETS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
ALSO_SECRETS = ("bearer_token",)  # only for `check`: X tells the usage to nothing else
_TALKATIVE = ("tweepy", "oauthlib", "requests_oauthlib")  # they log keys and texts at DEBUG


def now_utc() -> datetime:
    """The clock, for those who give none."""
    return datetime.now(UTC)


def connect(
    account: str, options: Mapping[str, Any], secrets: Mapping[str, str]
) -> TwitterConnector:
    """A connector for one account. ValueError, in a sentence, for what cannot be used."""
    for name in SECRETS:
        if not secrets.get(name, "").strip():
            remedy = "developer.x.com shows it under the app's keys and tokens."
            raise ValueError(f"accounts.{account}.{name}: empty. {remedy}")
    try:
        chosen = read_options(options)
    except ValueError as error:
        raise ValueError(f"accounts.{account}.{error}") from None
    return TwitterConnector(account, secrets, **chosen)


class TwitterConnector:
    """One account on X. See monitor.ports.Connector; also finds, rechecks and deletes posts."""

    platform = Platform.TWITTER

    def __init__(
        self,
        account: str,
        secrets: Mapping[str, str],
        *,
        base_url: str = HOST,
        timeout: float = 20.0,
        searches: Sequence[str] = (),
        mentions: bool = True,
        daily_budget_usd: float = 5.0,
        reserve_share: float = 0.15,
        prices: Prices | None = None,
        names: str = AUTO,
        author_names: bool = False,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        self.account = account
        self._streams = ((MENTIONS,) if mentions else ()) + tuple(SEARCH + q for q in searches)
        self._clock = clock
        self._prices = prices or Prices()
        self._daily = float(daily_budget_usd)
        self._budget = budget = Budget(self._daily, reserve_share, clock)
        self._may_ask_usage = bool(secrets.get("bearer_token"))
        # requests' sessions belong to one thread each.
        self._wires = tuple(Wire(secrets, base_url, timeout) for _ in range(2))
        self._asking, finding = (Asking(wire, names, clock) for wire in self._wires)
        self._reader = Reader(self._asking, budget, self._prices, clock, author_names=author_names)
        self._writer = Writer(self._wires[1], finding, budget, self._prices, clock)
        self._closed = False

    def __repr__(self) -> str:
        return f"TwitterConnector({self.account!r})"

    def streams(self) -> Sequence[str]:
        """`mentions` and one `search:<query>` for each search."""
        return self._streams

    def spend(self, today_usd: float) -> None:
        """This much was already spent since midnight UTC, before a restart."""
        self._budget.restore(today_usd)

    def fetch(self, stream: str, cursor: str | None, limit: int) -> Batch:
        """The next page of a walk; `complete` when the walk is over."""
        if stream != MENTIONS and not stream.startswith(SEARCH):
            raise ValueError(f"X has no stream {stream!r}")
        self._must_be_open()
        return self._reader.fetch(stream, cursor, limit)

    def recheck(self, ids: Sequence[str]) -> Sequence[Rechecked]:
        """Up to 100 posts looked at again; what X does not speak of is left out."""
        self._must_be_open()
        return self._reader.recheck(ids)

    def send(self, post: Post) -> Receipt:
        """Say it once. Rejected(code="duplicate") is X's word that it has this text already."""
        self._must_be_open()
        return self._writer.send(post)

    def find(self, post: Post) -> Receipt | None:
        """Look for `post` in our own timeline."""
        self._must_be_open()
        return self._writer.find(post)

    def delete(self, receipt: Receipt, place: str) -> None:
        """Take an own post back."""
        self._must_be_open()
        self._writer.delete(receipt.native_id)

    def check(self) -> Health:
        """Keys, rights, usage, money, and the rule about replies."""
        money = lines.money(self._prices, self._budget, self._daily, self._clock().date())
        try:
            self._must_be_open()
            us = self._reader.ourselves(anew=True)
        except Refusal as refusal:
            return Health(findings=(lines.refused(refusal), money))
        findings = (
            lines.identity(us.handle, us.id),
            lines.rights(self._asking.access_level),
            self._usage(),
            money,
            lines.summons(us.handle),
        )
        return Health(us.id, us.handle, findings)

    def _usage(self) -> Finding:
        if not self._may_ask_usage:
            return lines.credits_left(None)
        try:
            body, _ = self._asking.get("/2/usage/tweets", {}, as_app=True)
        except Refusal as refusal:
            return lines.usage_unknown(refusal)
        usage = body.get("data")
        return lines.credits_left(usage if isinstance(usage, Mapping) else {})

    def _must_be_open(self) -> None:
        if self._closed:
            raise Unavailable("the connector was closed", code="closed")

    def close(self) -> None:
        """End what is under way and give the sockets back."""
        self._closed = True
        for wire in self._wires:
            wire.cut()
            wire.close()
