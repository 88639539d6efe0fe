"""The walk over a listing, as a law: whatever appears between the looks is read, or a gap is told."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors._reddit_walk import (
    DEEP,
    OVERLAP,
    Cursor,
    Seen,
    read_cursor,
    step,
    write_cursor,
)

DEPTH = 1000


@dataclass
class Page:
    """A listing of Reddit, newest first."""

    things: list[Seen] = field(default_factory=list)

    def grow(self, number: int, spread: float) -> None:
        """More things appear, `spread` seconds apart."""
        last = self.things[0].at if self.things else 1_000_000.0
        for _ in range(number):
            last += spread
            self.things.insert(0, Seen(f"t1_{len(self.things)}", last))

    def page(self, after: str | None, limit: int) -> tuple[list[Seen], str | None]:
        """What Reddit answers."""
        shown = self.things[:DEPTH]
        names = [t.name for t in shown]
        start = names.index(after) + 1 if after in names else 0
        page = shown[start : start + limit]
        return page, page[-1].name if page and start + limit < len(shown) else None


def look(
    listing: Page, text: str | None, limit: int, grow_inside: int
) -> tuple[str, set[str], bool]:
    """One whole walk; the listing grows while we read it."""
    got: set[str] = set()
    for _ in range(DEPTH + 5):
        cursor = read_cursor(text)
        page, after = listing.page(cursor.after, limit)
        got |= {t.name for t in page}
        judged = step(cursor, page, after, count=len(page), deep=DEEP)
        text = write_cursor(judged.cursor)
        if judged.complete:
            return text, got, judged.gap
        listing.grow(grow_inside, 1.0)
    raise AssertionError("the walk has no end")


@given(
    bursts=st.lists(st.integers(0, 60), min_size=1, max_size=6),
    limit=st.integers(1, 25),
    spread=st.sampled_from([0.0, 1.0, 30.0, 400.0]),
    grow_inside=st.integers(0, 2),
)
def test_nothing_that_appears_is_ever_missed(
    bursts: list[int], limit: int, spread: float, grow_inside: int
) -> None:
    # Given a listing that was looked at once
    listing = Page()
    listing.grow(3, 1.0)
    text, got, _ = look(listing, None, limit, 0)
    first = {t.name for t in listing.things[min(limit, 3) :]}
    # When it grows between looks and, more slowly than we read, during them
    growth = min(grow_inside, limit - 1)
    for burst in bursts:
        listing.grow(burst, spread)
        text, more, gap = look(listing, text, limit, growth)
        got |= more
        assert not gap
    # Then everything newer than the first page was read (what grew during the last look is next)
    text, more, gap = look(listing, text, limit, 0)
    assert got | more | first == {t.name for t in listing.things}
    assert not gap


@pytest.mark.parametrize("number", [DEPTH - 2, DEPTH + 300])
def test_more_than_reddit_shows_is_a_gap_and_the_mark_moves_on(number: int) -> None:
    listing = Page()
    listing.grow(2, 1.0)
    text, _, _ = look(listing, None, 100, 0)
    listing.grow(number, 5.0)
    text, got, gap = look(listing, text, 100, 0)
    assert len(got) == DEPTH
    assert gap is (number > DEPTH)
    _, _, again = look(listing, text, 100, 0)
    assert not again


def test_an_empty_listing_is_a_beginning_too() -> None:
    listing = Page()
    text, _, gap = look(listing, None, 10, 0)
    assert not gap
    listing.grow(35, 200.0)
    _, got, gap = look(listing, text, 10, 0)
    assert len(got) == 35
    assert not gap


def test_one_old_thing_at_the_end_of_a_page_does_not_end_the_walk() -> None:
    cursor = Cursor(("known",), 10_000.0, begun=True)
    page = [Seen("new1", 20_000.0), Seen("new2", 19_000.0), Seen("known", 10_000.0 - OVERLAP - 1)]
    assert not step(cursor, page, "next", count=3, deep=DEEP).complete


def test_old_things_without_a_known_one_do_not_end_the_walk_but_very_old_ones_do() -> None:
    cursor = Cursor(("known",), 100_000.0, begun=True)
    old = [Seen(f"t{n}", 99_000.0) for n in range(5)]
    ancient = [Seen(f"t{n}", 90_000.0) for n in range(5)]
    assert not step(cursor, old, "next", count=5, deep=DEEP).complete
    assert step(cursor, ancient, "next", count=5, deep=DEEP).complete


def test_a_listing_that_leads_in_a_circle_ends() -> None:
    cursor, page = Cursor(("known",), 10.0, begun=True), [Seen(f"t{n}", 99.0) for n in range(100)]
    for turn in range(100):
        judged = step(cursor, page, f"after{turn}", count=100, deep=DEEP)
        if judged.complete:
            break
        cursor = judged.cursor
    assert judged.complete
    assert judged.gap


@given(st.text(max_size=40))
def test_a_text_that_is_no_cursor_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        read_cursor(text)
