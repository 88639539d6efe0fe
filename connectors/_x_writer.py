"""Says things on X, once each, and looks whether they were said. It never repeats a write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors._x_ask import Asking, listed
from connectors._x_money import Budget, Prices
from connectors._x_parse import Us, rendered
from connectors._x_reader import PAGE, ask_ourselves, ids_of
from connectors._x_refusals import asked
from connectors._x_wire import Wire
from monitor.core import xtext
from monitor.ports import Post, Receipt, Rejected, Unavailable, Uncertain

_FIND_PAGES = 10
_BEFORE_CLAIM = timedelta(seconds=60)
_WITHOUT_CLAIM = timedelta(days=1)


class Writer:
    """The writing half of an account; one thread's."""

    def __init__(
        self,
        wire: Wire,
        asking: Asking,
        budget: Budget,
        prices: Prices,
        clock: Callable[[], datetime],
    ) -> None:
        self._wire = wire
        self._asking = asking
        self._budget = budget
        self._tab = budget.tab()
        self._prices = prices
        self._clock = clock
        self._us: Us | None = None

    def send(self, post: Post) -> Receipt:
        """One POST, after everything that can be known without it."""
        _postable(post.text)
        price = self._prices.of_post(post.text, is_reply=post.reply_to is not None)
        self._budget.need(price)
        create = self._wire.create
        try:
            body, _ = asked(lambda: create(post.text, post.reply_to), self._clock, write=True)
            native_id = _id_in(body)
        except Uncertain:
            self._tab.pay(price)  # X bills it if it took it
            raise
        self._tab.pay(price)
        return self._receipt(native_id, None, self._tab.take())

    def _receipt(self, native_id: str, told: str | None, cost: float) -> Receipt:
        at = datetime.fromisoformat(told).astimezone(UTC) if told else xtext.id_time(native_id)
        link = f"https://x.com/i/web/status/{native_id}"
        return Receipt(native_id, at or self._clock(), link, cost=cost)

    def find(self, post: Post) -> Receipt | None:
        """Look for `post` in our own timeline, from a minute before it was claimed."""
        if self._us is None:
            self._us = ask_ourselves(self._asking, self._tab, self._prices)
        begin = (post.claimed_at or self._clock() - _WITHOUT_CLAIM) - _BEFORE_CLAIM
        params = {"max_results": str(PAGE), "start_time": begin.strftime("%Y-%m-%dT%H:%M:%SZ")}
        for _ in range(_FIND_PAGES):
            body, _limit = self._asking.posts(f"/2/users/{self._us.id}/tweets", params)
            posts = [p for p in listed(body) if isinstance(p, Mapping)]
            self._tab.pay_reads("post", ids_of(posts), self._prices.owned_read)
            said = next((p for p in posts if _same(p, post)), None)
            if said is not None:
                return self._receipt(str(said["id"]), said.get("created_at"), self._tab.take())
            token = (body.get("meta") or {}).get("next_token")
            if not token:
                return None
            params["pagination_token"] = str(token)
        raise Unavailable("too many posts of ours since then to look through", code="find")

    def delete(self, native_id: str) -> None:
        """Take an own post back; one that is gone already counts as taken back."""
        try:
            asked(lambda: self._wire.delete(native_id), self._clock, write=True)
        except Rejected as refusal:
            if refusal.code != "gone":
                raise


def _id_in(body: Mapping[str, Any]) -> str:
    taken = body.get("data")
    native_id = taken.get("id") if isinstance(taken, Mapping) else None
    if not isinstance(native_id, str) or not native_id.isdigit():
        raise Uncertain("X answered without the id of the post", code="unreadable")
    return native_id


def _postable(text: str) -> None:
    """What X would refuse anyway costs no request."""
    if not text.strip():
        raise Rejected("an empty post", code="empty")
    weight = xtext.weighted_length(text)
    if weight > xtext.LIMIT:
        raise Rejected(f"{weight} of {xtext.LIMIT} units: too long for X", code="too_long")
    tags = xtext.cashtags(text)
    if len(tags) > 1:
        shown = ", ".join(f"${tag}" for tag in tags)
        raise Rejected(f"X takes one cashtag a post, not {shown}", code="cashtags")


def _same(said: Mapping[str, Any], post: Post) -> bool:
    references = said.get("referenced_tweets") or said.get("referenced_posts") or ()
    answers = {str(r.get("id")) for r in references if r.get("type") == "replied_to"}
    if answers != ({post.reply_to} if post.reply_to else set()):
        return False
    return xtext.fingerprint(rendered(said)) == xtext.fingerprint(post.text)
