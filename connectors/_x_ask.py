"""What the X connector reads, in the field names that the server takes. It never writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors._x_refusals import asked
from connectors._x_wire import Wire
from monitor.ports import Limit, Rejected, Unavailable

AUTO, OLD, NEW = "auto", "tweet", "post"
NAMES = (AUTO, OLD, NEW)
_SAME = "conversation_id,created_at,display_text_range,entities,lang"
# Old names: relations are fields, and free. New names: they are only told as expansions, whose
# users and posts X may bill; there is no other way to learn who wrote.
_FIELDS: Mapping[str, Mapping[str, str]] = {
    OLD: {
        "tweet.fields": f"{_SAME},author_id,edit_history_tweet_ids,in_reply_to_user_id,note_tweet"
        ",referenced_tweets"
    },
    NEW: {
        "post.fields": f"{_SAME},note_post",
        "expansions": "author_id,edit_history_post_ids,in_reply_to_user_id,referenced_posts",
    },
}


class Asking:
    """Reads through one wire; remembers which names the server takes and what limits it told."""

    def __init__(self, wire: Wire, names: str, clock: Callable[[], datetime]) -> None:
        self._wire = wire
        self._clock = clock
        self._may_change = names == AUTO
        self._names = OLD if names == AUTO else names
        self.access_level = ""

    @property
    def names(self) -> str:
        """The names used now: tweet or post."""
        return self._names

    def posts(
        self, route: str, params: Mapping[str, str]
    ) -> tuple[Mapping[str, Any], Limit | None]:
        """A list of posts with all we want to know of them. Raises Refusal."""
        try:
            return self.get(route, {**params, **_FIELDS[self._names]})
        except Rejected as refusal:
            if not self._may_change or f"{self._names}.fields" not in refusal.reason:
                raise
        self._may_change, self._names = False, NEW
        return self.get(route, {**params, **_FIELDS[self._names]})

    def get(
        self, route: str, params: Mapping[str, str], *, as_app: bool = False
    ) -> tuple[Mapping[str, Any], Limit | None]:
        """Any read. Raises Refusal; a 200 that holds nothing but errors is Unavailable."""
        body, headers = asked(
            lambda: self._wire.get(route, params, as_app=as_app), self._clock, write=False
        )
        self.access_level = headers.get("x-access-level", self.access_level)
        if "data" not in body and "meta" not in body and "errors" not in body:
            raise Unavailable("X answered without an answer", code="unreadable")
        return body, _limit(route, headers)


def _limit(route: str, headers: Mapping[str, str]) -> Limit | None:
    remaining, reset = headers.get("x-rate-limit-remaining"), headers.get("x-rate-limit-reset")
    if remaining is None or not remaining.isdigit():
        return None
    resets_at = datetime.fromtimestamp(int(reset), UTC) if reset and reset.isdigit() else None
    return Limit(f"GET {route}", int(remaining), resets_at)


def listed(body: Mapping[str, Any], name: str = "data") -> list[Any]:
    """A list that X leaves out when it is empty. Unavailable when it is no list."""
    entries = body.get(name)
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise Unavailable("X answered with something that is no list", code="unreadable")
    return entries


def included(body: Mapping[str, Any], *names: str) -> list[Any]:
    """What came along: users, or posts under either name."""
    includes = body.get("includes")
    if not isinstance(includes, Mapping):
        return []
    return [entry for name in names for entry in listed(includes, name)]
