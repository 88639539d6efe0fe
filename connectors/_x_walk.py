"""Where we are in a list of posts that X tells newest first. It never moves past what was not read.

A walk goes from the newest post down to the one known before, minus an overlap, because X lists
some posts minutes late with an id that is already passed. Only a finished walk moves `newest`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from monitor.core import xtext
from monitor.ports import Gap

OVERLAP = timedelta(minutes=10)
SEARCH_REACHES = timedelta(days=7)
MARGIN = timedelta(minutes=1)  # between our clock and theirs
FIRST_SEARCH = timedelta(hours=24)  # a post found costs five times a mention
MENTIONS_REACH = 800
_NEARLY = 0.95  # X counts deleted posts among the 800
_REACHED = "X's search reaches back seven days"


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk under way: its next page, the newest id it saw, its lower bound, how many it read."""

    token: str = ""
    top: str = ""
    since: str = ""
    bottom: str = ""
    read: int = 0


@dataclass(frozen=True, slots=True)
class Cursor:
    """`newest` is the newest id of the last finished walk, "" before the first."""

    newest: str = ""
    walk: Walk | None = None

    def __str__(self) -> str:
        return json.dumps({"newest": self.newest, "walk": asdict(self.walk) if self.walk else None})


def read_cursor(text: str | None) -> Cursor:
    """From its text. ValueError for text that is none of ours."""
    if text is None:
        return Cursor()
    try:
        stored = json.loads(text)
        walk = stored["walk"]
        return Cursor(str(stored["newest"]), Walk(**walk) if walk else None)
    except (KeyError, TypeError) as error:
        raise ValueError("this is no cursor of X") from error


def begin(cursor: Cursor, now: datetime, *, search: bool) -> tuple[Walk, Gap | None]:
    """A new walk, and what it cannot or need not reach."""
    seen = xtext.id_time(cursor.newest)
    bound = seen - OVERLAP if seen else None
    gap = None
    if search:
        reach = now - (SEARCH_REACHES - MARGIN if seen else FIRST_SEARCH)
        if bound is None or bound < reach:
            # A first look begins with the last day; nobody was promised more.
            bound, gap = reach, Gap(seen, reach, _REACHED) if seen else None
    return Walk(since=str(xtext.id_at(bound)) if bound else ""), gap


def page_parameters(walk: Walk, size: int, *, search: bool) -> dict[str, str]:
    """How to ask for the next page of this walk."""
    asked = {"max_results": str(size)}
    if walk.since:
        asked["since_id"] = walk.since
    if walk.token:
        asked["next_token" if search else "pagination_token"] = walk.token
    return asked


def turn(
    cursor: Cursor, walk: Walk, body: Mapping[str, Any], ids: list[str]
) -> tuple[Cursor, Walk]:
    """The cursor after a page that held `ids`, and the walk as far as it has gone."""
    meta = body.get("meta")
    token = str(meta.get("next_token") or "") if isinstance(meta, Mapping) else ""
    numbers = [int(i) for i in ids]
    top = max([*numbers, int(walk.top or 0)])
    bottom = min([*numbers, *([int(walk.bottom)] if walk.bottom else [])], default=0)
    gone = Walk(token, str(top or ""), walk.since, str(bottom or ""), walk.read + len(ids))
    if token and token != walk.token:
        return replace(cursor, walk=gone), gone
    newest = max(int(cursor.newest or 0), top)
    return Cursor(str(newest or "")), gone


def cut_off(gone: Walk) -> Gap | None:
    """What lies below the last mention X lists, when the walk ended there."""
    if gone.read < MENTIONS_REACH * _NEARLY:
        return None
    known = xtext.id_time(gone.since) if gone.since else None
    reason = f"X lists the newest {MENTIONS_REACH} mentions only"
    return Gap(known, xtext.id_time(gone.bottom), reason)
