"""More urgent cards than the chat can bear: they wait in line, the most urgent and then the oldest first; none for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.config import parse
from monitor.core.pacing import Pacer
from monitor.parts import allowances_of
from monitor.stages import attention, cards, redraw
from monitor.store import desk as store
from monitor.testing import a_message

CHAT = "-100900"


@pytest.fixture
def busy(desk: Any, tmp_path: Path) -> Any:
    """A desk with the limits of a running one."""
    limits = allowances_of(parse("", tmp_path / "config.toml"))
    desk.outbox = replace(
        desk.outbox, pacer=Pacer(limits), dress=cards.dressing(desk.board),
        instead=attention.listing_instead(desk.board),
    )  # fmt: skip
    desk.inbox.look()
    return desk


def asks(desk: Any, first: int, count: int, urgency: str, after: float) -> None:
    desk.hears(*(a_message(f"withdrawal {urgency}", id=str(n), author=f"a{n}", after=after)
                 for n in range(first, first + count)))  # fmt: skip


def in_order(desk: Any) -> list[str]:
    return [
        p.text.partition(" · ")[0] for p in desk.at.posts if p.place == "-900" and "·" in p.text
    ]


def runs(desk: Any, minutes: float, each_second: Any = None) -> None:
    for second in range(int(minutes * 60)):
        desk.clock.passes(seconds=1)
        if each_second is not None:
            each_second(second)
        desk.speaks()


def test_cards_beyond_the_limit_go_out_by_urgency_and_then_by_age(busy: Any) -> None:
    asks(busy, 100, 10, "high", after=0)
    asks(busy, 200, 30, "critical", after=0)
    runs(busy, 5)
    said = in_order(busy)
    assert said[:30] == ["🔴 CRITICAL"] * 30
    with busy.database.read() as connection:
        numbers = [store.card_of(connection, n).native_id for n in range(11, 41)]
    assert numbers == sorted(numbers, key=lambda native: int(native[1:]))  # the oldest first


def test_every_minute_stays_below_the_limit_of_the_chat(busy: Any) -> None:
    asks(busy, 200, 40, "critical", after=0)
    times: list[Any] = []
    runs(busy, 5, lambda _: times.append((busy.clock(), len(busy.at.said("-900")))))
    for at, posted in times:
        before = max((n for t, n in times if t <= at - timedelta(minutes=1)), default=0)
        assert posted - before < 20


def test_new_critical_cases_never_keep_the_oldest_waiting(busy: Any) -> None:
    asks(busy, 1, 1, "critical", after=0)
    busy.at.refuse(_not_now())  # the oldest has bad luck besides

    def more(second: int) -> None:
        asks(busy, 1_000 + second, 1, "critical", after=second + 1)

    runs(busy, 1.5, more)
    with busy.database.read() as connection:
        assert store.card_of(connection, 1).native_id is not None


def test_managers_who_ask_without_end_do_not_keep_a_critical_card_back(busy: Any) -> None:
    for n in range(80):
        busy.hears(a_message("/open", id=f"c{n}", author="support", place="-900"))
    busy.inbox.look()
    asks(busy, 1, 1, "critical", after=0)
    runs(busy, 1.2)
    assert "🔴 CRITICAL" in in_order(busy)


def test_posts_and_edits_together_stay_below_the_limit_of_the_chat(busy: Any) -> None:
    """Cards that change every few seconds, new ones all the time, and managers who ask besides."""
    times: list[Any] = []
    for name in ("edit", "send"):
        setattr(busy.connector, name, counted(getattr(busy.connector, name), times, busy.clock))
    edit = redraw.refreshing(busy.board, busy.outbox)

    def more(second: int) -> None:
        asks(busy, 1_000 + second, 1, "critical" if second % 3 else "normal", after=second + 1)
        with busy.database.write() as connection:
            for number in range(1, 9):
                store.did(connection, number, f"Mei did {second}", busy.clock())
        if second % 5 == 0:
            busy.hears(a_message("/open", id=f"c{second}", author="support", place="-900"))
            busy.inbox.look()
        edit()

    runs(busy, 3, more)
    assert len(times) > 40
    assert max(sum(at - timedelta(minutes=1) < t <= at for t in times) for at in times) < 20


def counted(do: Any, times: list[Any], clock: Any) -> Any:
    """The same, noting when the managers' chat was touched."""

    def noted(*given: Any, **named: Any) -> Any:
        if "-900" in (given[1:2] or (given[0].place,)):
            times.append(clock())
        return do(*given, **named)

    return noted


def _not_now() -> Exception:
    from monitor.ports import Unavailable

    return Unavailable("503")
