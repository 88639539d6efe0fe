"""Who asks the same in several places waits once, is told once, and counts once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.core.messages import Message
from monitor.core.targets import Targets
from monitor.core.weeks import week_of
from monitor.ports import Batch
from monitor.stages import correct
from monitor.stages.report import figures_for
from monitor.store.correction_tables import crossposts
from monitor.store.tables import messages
from monitor.testing import NOON, a_message

HERE, THERE, AFAR = "-1001", "-1002", "-1003"


def said(id: int, after: float, author: str, text: str, place: str = HERE, **more: Any) -> Message:
    return replace(
        a_message(id=str(id), author=author, after=after, text=text, **more), place=place
    )


def asked_twice() -> tuple[Message, Message]:
    return said(1, 0, "a", "withdrawal"), said(2, 600, "a", "Withdrawal  ", THERE)


def waits(desk: Any) -> list[int | None]:
    return [
        c.staff_first_at and int((c.staff_first_at - NOON).total_seconds()) for c in desk.cases()
    ]


def test_the_first_answer_in_any_of_the_places_ends_the_wait_in_all(desk: Any) -> None:
    desk.hears(*asked_twice())
    assert [c.is_waiting for c in desk.cases()] == [True, True]
    desk.hears(said(3, 900, "support", "hm", THERE, reply_to="2"))
    assert [c.is_waiting for c in desk.cases()] == [False, False]
    assert waits(desk) == [900, 900]
    assert sorted(c.staff_by for c in desk.cases()) == ["elsewhere", "reply"]


def test_an_answer_before_it_was_asked_again_ends_only_the_first_wait(desk: Any) -> None:
    one, two = asked_twice()
    desk.hears(one, said(3, 300, "support", "hm", reply_to="1"), two)
    assert waits(desk) == [300, None]


@pytest.mark.parametrize(
    "other",
    [
        said(2, 1801, "a", "withdrawal", THERE),
        said(2, 600, "b", "withdrawal", THERE),
        said(2, 600, "a", "withdrawal high", THERE),
        said(2, 600, "a", "withdrawal", HERE),
    ],
    ids=["later", "somebody else", "other words", "the same place"],
)
def test_what_only_looks_alike_is_a_question_of_its_own(desk: Any, other: Message) -> None:
    desk.hears(said(1, 0, "a", "withdrawal"), other)
    assert desk.rows(crossposts) == {}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_it_is_the_same_in_any_order_of_arrival(desk: Any, order: tuple[int, ...]) -> None:
    came = (*asked_twice(), said(3, 900, "support", "hm", reply_to="1"))
    for index in order:
        desk.hears(came[index])
    assert waits(desk) == [900, 900]


def test_also_an_import_is_found_to_be_the_same_question(desk: Any) -> None:
    one, two = asked_twice()
    desk.stores(Batch((one,)), imported=True)
    desk.stores(Batch((two, said(3, 900, "support", "hm", THERE, reply_to="2"))), imported=True)
    desk.judges()
    assert waits(desk) == [900, 900]


def test_it_is_acknowledged_once_whichever_place_comes_first(desk: Any) -> None:
    desk.hears(*asked_twice())
    assert [key for key in desk.rows() if key.startswith("ack:")] == ["ack:telegram:-1001:1"]
    desk.hears(said(4, 700, "a", "withdrawal", AFAR))
    assert len([key for key in desk.rows() if key.startswith("ack:")]) == 1
    assert len([key for key in desk.rows() if key.startswith("alert:")]) == 3


def test_an_answer_that_was_none_is_taken_back_in_all_places(desk: Any) -> None:
    desk.hears(*asked_twice(), said(3, 900, "support", "hm", THERE, reply_to="2"))
    number = next(row.id for row in desk.rows(messages).values() if row.native_id == "3")
    correct.move(desk.database, number, None, "sam", desk.clock())
    desk.clock.passes(seconds=1)
    desk.judges()
    assert waits(desk) == [None, None]


def test_what_is_found_to_be_no_question_tells_nobody_anything(desk: Any) -> None:
    desk.hears(*asked_twice(), said(3, 900, "support", "hm", THERE, reply_to="2"))
    there = next(c for c in desk.cases() if c.place == THERE)
    correct.not_a_question(desk.database, there.id, "sam", desk.clock())
    desk.clock.passes(seconds=1)
    desk.judges()
    assert (desk.rows(crossposts), waits(desk)) == ({}, [None, None])


def test_the_report_shows_it_in_each_channel_and_counts_it_once(desk: Any) -> None:
    desk.hears(*asked_twice(), said(3, 900, "support", "hm", THERE, reply_to="2"))
    found = figures_for(
        desk.database, week_of(NOON, ZoneInfo("UTC")), NOON + timedelta(days=9), {}, Targets()
    )
    assert (found.total.n, found.total.staff_ever, found.copies) == (1, 1, 1)
    assert [(s.row.n, s.row.staff_ever) for s in found.channels] == [(1, 1), (1, 1)]
    assert sum(s.row.n for s in found.topics) == 1


def test_a_copy_counts_where_the_first_was_withdrawn(desk: Any) -> None:
    desk.hears(*asked_twice())
    first = next(c for c in desk.cases() if c.place == HERE)
    correct.not_a_question(desk.database, first.id, "sam", desk.clock())
    desk.judges()
    found = figures_for(
        desk.database, week_of(NOON, ZoneInfo("UTC")), NOON + timedelta(days=9), {}, Targets()
    )
    assert (found.total.n, found.copies) == (1, 0)
