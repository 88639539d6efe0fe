"""How far we have read a listing: a walk from the newest thing back to what we knew. Pure.

A listing of Reddit is newest first, a hundred a page, about a thousand deep. A walk starts at the
top and goes on until a known thing was seen and the page lies OVERLAP before the newest time we
knew: Reddit shows some things late. Only then does the mark move. Until then the cursor holds both
the old mark and where the walk stands, so that a crash resumes it.

The first look at a listing takes one page and calls that the beginning: no gap is reported then.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

OVERLAP = 120.0
FORGOTTEN = 3600.0  # so far before the mark nothing is new, though no known thing was met
REMEMBERED = 20
TAIL = 3  # that many at the end of a page must be old: one thing out of order proves nothing
DEEP = 900
SEARCH_DEEP = 200  # searches end sooner
ENDLESS = 3000  # no listing is that long: it leads us in a circle


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing of a page, as far as the walk cares."""

    name: str
    at: float


@dataclass(frozen=True, slots=True)
class Walk:
    """An unfinished walk: where it goes on, and the mark that it will leave."""

    after: str | None
    names: tuple[str, ...]
    newest_utc: float | None
    count: int
    met: bool
    oldest_utc: float | None
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class Cursor:
    """The mark (`newest` names and time) and the walk under way, if one is."""

    newest: tuple[str, ...] = ()
    newest_utc: float | None = None
    walk: Walk | None = None
    begun: bool = False

    @property
    def after(self) -> str | None:
        """Where the next page starts."""
        return self.walk.after if self.walk else None


@dataclass(frozen=True, slots=True)
class Step:
    """What a page means. `gap_until` is set when the listing ended before it met the mark."""

    cursor: Cursor
    complete: bool
    gap_until: float | None = None
    gap: bool = False


def read_cursor(text: str | None) -> Cursor:
    """The cursor that `write_cursor` wrote. ValueError when it is none."""
    if text is None:
        return Cursor()
    try:
        kept: dict[str, Any] = json.loads(text)
        walk = kept.pop("walk")
        if walk is not None:
            walk["names"] = tuple(walk["names"])
        kept["newest"] = tuple(kept["newest"])
        return Cursor(**kept, walk=Walk(**walk) if walk else None)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"not a cursor of Reddit: {text[:80]!r}") from error


def write_cursor(cursor: Cursor) -> str:
    """The cursor as text."""
    return json.dumps(asdict(cursor), separators=(",", ":"))


def step(cursor: Cursor, page: Sequence[Seen], after: str | None, *, count: int, deep: int) -> Step:
    """Judge one page. `after`: where the listing says it goes on; `count`: things on the page,
    unreadable ones too; `deep`: from how many things on an end means that Reddit cut it."""
    walk = _advance(cursor, page, count)
    if not cursor.begun or _reached(cursor, walk, page):
        return Step(_finished(cursor, walk), complete=True)
    if after is not None and after != cursor.after and walk.count < ENDLESS:
        return Step(replace(cursor, walk=replace(walk, after=after)), complete=False)
    if _lost_its_place(cursor, count, walk):
        again = replace(walk, after=None, restarts=walk.restarts + 1)
        return Step(replace(cursor, walk=again), complete=False)
    cut = walk.count >= deep or (cursor.after is not None and count == 0)
    missed = cut and not walk.met and not _passed(cursor, walk)
    until = walk.oldest_utc if missed else None
    return Step(_finished(cursor, walk), complete=True, gap_until=until, gap=missed)


def _advance(cursor: Cursor, page: Sequence[Seen], count: int) -> Walk:
    times = [thing.at for thing in page]
    known = set(cursor.newest)
    met = any(thing.name in known for thing in page)
    was = cursor.walk
    if was is None:
        names = tuple(dict.fromkeys(t.name for t in page))[:REMEMBERED]
        oldest = min(times, default=None)
        return Walk(None, names, max(times, default=None), count, met, oldest)
    return replace(
        was,
        names=tuple(dict.fromkeys((*was.names, *(t.name for t in page))))[:REMEMBERED],
        newest_utc=_largest(was.newest_utc, times),
        count=was.count + count,
        met=was.met or met,
        oldest_utc=min(
            [*times, *([was.oldest_utc] if was.oldest_utc is not None else [])], default=None
        ),
    )


def _largest(known: float | None, times: list[float]) -> float | None:
    return max([*times, *([known] if known is not None else [])], default=None)


def _smallest(known: float | None, times: list[float]) -> float | None:
    return min([*times, *([known] if known is not None else [])], default=None)


def _reached(cursor: Cursor, walk: Walk, page: Sequence[Seen]) -> bool:
    if cursor.newest_utc is None or not page:
        return False
    tail = max(thing.at for thing in page[-TAIL:])
    if walk.met and tail < cursor.newest_utc - OVERLAP:
        return True
    return tail < cursor.newest_utc - FORGOTTEN


def _passed(cursor: Cursor, walk: Walk) -> bool:
    """Was something seen that is older than the mark? Then nothing lies between."""
    return (
        cursor.newest_utc is not None
        and walk.oldest_utc is not None
        and walk.oldest_utc < cursor.newest_utc
    )


def _lost_its_place(cursor: Cursor, count: int, walk: Walk) -> bool:
    """An empty page inside a walk: the thing it was to go on from is gone. Start again, once."""
    return cursor.walk is not None and cursor.after is not None and count == 0 and not walk.restarts


def _finished(cursor: Cursor, walk: Walk) -> Cursor:
    names = tuple(dict.fromkeys((*walk.names, *cursor.newest)))[:REMEMBERED]
    known = [cursor.newest_utc] if cursor.newest_utc is not None else []
    return Cursor(names, _largest(walk.newest_utc, known), None, begun=True)


def as_time(at: float | None) -> datetime | None:
    """Seconds since 1970 as a time."""
    return None if at is None else datetime.fromtimestamp(at, UTC)
