"""Reads mentions, searches and single posts, page by page. It never writes or overspends."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors import _x_walk as walks
from connectors._x_ask import Asking, included, listed
from connectors._x_money import Budget, Prices, Tab
from connectors._x_parse import People, Us, history, read_posts, rendered
from monitor.core import xtext
from monitor.core.messages import Author
from monitor.ports import (
    Batch,
    Gap,
    ItemState,
    Limit,
    Rechecked,
    Refusal,
    Rejected,
    Unavailable,
)

MENTIONS = "mentions"
SEARCH = "search:"
PAGE = 100
_FEWEST = {True: 10, False: 5}  # posts a page: of a search, of mentions
_NAMES_KEPT = 10_000
_LOG = logging.getLogger(__name__)


class Reader:
    """The reading half of an account; one thread's."""

    def __init__(
        self,
        asking: Asking,
        budget: Budget,
        prices: Prices,
        clock: Callable[[], datetime],
        *,
        author_names: bool,
    ) -> None:
        self._asking = asking
        self._budget = budget
        self._tab = budget.tab()
        self._prices = prices
        self._clock = clock
        self._author_names = author_names
        self._us: Us | None = None
        self._people: dict[str, Author] = {}

    def ourselves(self, *, anew: bool = False) -> Us:
        """Who we are; asked once."""
        if self._us is None or anew:
            self._us = ask_ourselves(self._asking, self._tab, self._prices)
        return self._us

    def fetch(self, stream: str, cursor: str | None, limit: int) -> Batch:
        """The next page of the walk that `cursor` is in."""
        search = stream.startswith(SEARCH)
        start = walks.read_cursor(cursor)
        size = self._page_size(limit, search=search)
        us = self.ourselves()
        walk, gap = (start.walk, None) if start.walk else self._new_walk(start, search=search)
        try:
            body, told = self._page(stream, us, walks.page_parameters(walk, size, search=search))
        except Rejected:
            if not walk.token:
                raise
            # Page tokens grow old; the walk begins again from the top.
            return Batch(next_cursor=str(walks.Cursor(start.newest)), complete=False)
        posts = listed(body)
        self._learn(body, posts, self._price(search=search))
        after, gone = walks.turn(start, walk, body, ids_of(posts))
        if after.walk is None and not search:
            gap = walks.cut_off(gone)
        return self._batch(posts, us, stream, after, gap, told)

    def _batch(
        self,
        posts: list[Any],
        us: Us,
        stream: str,
        after: walks.Cursor,
        gap: Gap | None,
        told: Limit | None,
    ) -> Batch:
        read = read_posts(posts, People(self._people), us, addressed=stream == MENTIONS)
        limits = (told,) if told else ()
        found = (read.messages, read.events, read.quarantined)
        # What rechecks and `check` cost since the last batch goes along with this one.
        cost = self._tab.take()
        return Batch(*found, str(after), after.walk is None, gap, limits, cost)

    def _page_size(self, limit: int, *, search: bool) -> int:
        fewest = _FEWEST[search]
        wanted = max(fewest, min(limit, PAGE))
        return self._budget.affordable(self._price(search=search), fewest, wanted)

    def _price(self, *, search: bool) -> float:
        return self._prices.post_read if search else self._prices.owned_read

    def _new_walk(self, start: walks.Cursor, *, search: bool) -> tuple[walks.Walk, Gap | None]:
        return walks.begin(start, self._clock(), search=search)

    def _page(
        self, stream: str, us: Us, params: dict[str, str]
    ) -> tuple[Mapping[str, Any], Limit | None]:
        if stream == MENTIONS:
            return self._asking.posts(f"/2/users/{us.id}/mentions", params)
        params["query"] = stream.removeprefix(SEARCH)
        return self._asking.posts("/2/tweets/search/recent", params)

    def _learn(self, body: Mapping[str, Any], posts: list[Any], price: float) -> None:
        """Count what the page cost and remember who is in it."""
        self._tab.pay_reads("post", ids_of(posts), price)
        extra = included(body, "tweets", "posts")
        self._tab.pay_reads("post", ids_of(extra), self._prices.post_read)
        self._meet(included(body, "users"))
        if self._author_names:
            self._look_up(posts)

    def _meet(self, users: list[Any]) -> None:
        known = [u for u in users if isinstance(u, Mapping) and isinstance(u.get("id"), str)]
        self._tab.pay_reads("user", [u["id"] for u in known], self._prices.user_read)
        if len(self._people) > _NAMES_KEPT:
            self._people.clear()
        for user in known:
            name, handle = str(user.get("name") or ""), str(user.get("username") or "")
            self._people[user["id"]] = Author(user["id"], name, handle)

    def _look_up(self, posts: list[Any]) -> None:
        ids = {str(p.get("author_id") or "") for p in posts if isinstance(p, Mapping)}
        unknown = sorted(i for i in ids - set(self._people) if i.isdigit())[:PAGE]
        if not unknown:
            return
        try:
            count = self._budget.affordable(self._prices.user_read, 1, len(unknown))
            body, _ = self._asking.get("/2/users", {"ids": ",".join(unknown[:count])})
            self._meet(listed(body))
        except Refusal as refusal:
            # A name is for eyes only: its message must not wait for it.
            _LOG.info("names of X authors not read: %s", refusal.reason)

    def recheck(self, ids: Sequence[str]) -> list[Rechecked]:
        """Up to 100 posts looked at again; what X does not speak of is left out."""
        body = self._lookup(ids)
        found = {p["id"]: p for p in listed(body) if isinstance(p, Mapping) and p.get("id") in ids}
        newest = {i: history(p)[-1] for i, p in found.items()}
        later = sorted({n for i, n in newest.items() if n not in found})
        versions = found | (self._versions(later) if later else {})
        gone = {str(e.get("resource_id") or e.get("value")) for e in listed(body, "errors")}
        deleted = [Rechecked(i, ItemState.DELETED) for i in ids if i in gone and i not in found]
        return [_checked(i, versions.get(newest[i], found[i])) for i in found] + deleted

    def _versions(self, ids: list[str]) -> dict[str, Any]:
        return {p["id"]: p for p in listed(self._lookup(ids)) if isinstance(p, Mapping)}

    def _lookup(self, ids: Sequence[str]) -> Mapping[str, Any]:
        self._budget.affordable(self._prices.post_read, len(ids), len(ids))
        body, _ = self._asking.posts("/2/tweets", {"ids": ",".join(ids)})
        self._tab.pay_reads("post", ids_of(listed(body)), self._prices.post_read)
        return body


def ask_ourselves(asking: Asking, tab: Tab, prices: Prices) -> Us:
    """Who the keys belong to."""
    body, _ = asking.get("/2/users/me", {})
    tab.pay(prices.user_read)
    user = body.get("data")
    if not isinstance(user, Mapping) or not user.get("id") or not user.get("username"):
        raise Unavailable("X did not say who we are", code="unreadable")
    return Us(str(user["id"]), str(user["username"]))


def ids_of(posts: Sequence[Any]) -> list[str]:
    """The ids that are ids."""
    ids = (p.get("id") for p in posts if isinstance(p, Mapping))
    return [i for i in ids if isinstance(i, str) and i.isascii() and i.isdigit()]


def _checked(native_id: str, version: Mapping[str, Any]) -> Rechecked:
    if version["id"] == native_id:
        return Rechecked(native_id, ItemState.LIVE)
    at = xtext.id_time(version["id"])
    return Rechecked(native_id, ItemState.EDITED, rendered(version), at)
