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
from monitor.store import cases as stored_cases
from monitor.store import crossposts as stored
from monitor.store import faq
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


def at(desk: Any, place: str) -> Any:
    return next(c for c in desk.cases() if c.place == place)


def states(desk: Any) -> list[tuple[str, str | None]]:
    return [(at(desk, place).state, at(desk, place).resolved_by) for place in (HERE, THERE)]


def corrects(desk: Any, what: Any, place: str) -> None:
    what(desk.database, at(desk, place).id, "sam", desk.clock())
    desk.clock.passes(seconds=1)
    desk.judges()


def helps(desk: Any, place: str) -> None:
    """The asker presses yes under the ready answer of that place."""
    with desk.database.write() as connection:
        case = at(desk, place)
        faq.note(connection, case.key, "fees", "en", 1.0, desk.clock())
        assert faq.note_helped(connection, case.key, desk.clock(), helped=True)
        stored.happened(connection, case, desk.clock())
    desk.clock.passes(seconds=1)
    desk.judges()


@pytest.fixture
def asked(desk: Any) -> Any:
    """A desk where one question stands in two places."""
    desk.clock.passes(minutes=20)
    desk.hears(*asked_twice())
    return desk


@pytest.mark.parametrize("place", [HERE, THERE])
def test_closing_it_in_one_place_closes_it_in_all(asked: Any, place: str) -> None:
    corrects(asked, correct.close, place)
    assert states(asked) == [("resolved", "staff")] * 2
    assert [c.open_turn_at for c in asked.cases()] == [None, None]


@pytest.mark.parametrize("place", [HERE, THERE])
def test_a_ready_answer_that_helped_in_one_place_has_helped_in_all(asked: Any, place: str) -> None:
    helps(asked, place)
    assert states(asked) == [("resolved", "asker")] * 2


def test_opening_it_again_in_one_place_opens_it_in_all(asked: Any) -> None:
    corrects(asked, correct.close, HERE)
    corrects(asked, correct.reopen, THERE)
    assert [(c.is_waiting, c.open_turn_at) for c in asked.cases()] == [
        (True, NOON),
        (True, NOON + timedelta(seconds=600)),
    ]


def test_who_asks_on_in_one_place_after_it_was_closed_waits_only_there(asked: Any) -> None:
    corrects(asked, correct.close, HERE)
    asked.clock.passes(minutes=5)
    later = (asked.clock() - NOON).total_seconds()
    asked.hears(said(5, later, "a", "withdrawal asking", THERE, reply_to="2"))
    assert [at(asked, place).is_waiting for place in (HERE, THERE)] == [False, True]


def test_what_was_closed_before_it_was_asked_again_waits_of_its_own(desk: Any) -> None:
    one, two = asked_twice()
    desk.clock.passes(minutes=1)
    desk.hears(one)
    corrects(desk, correct.close, HERE)
    desk.clock.passes(minutes=15)
    desk.hears(two)
    assert states(desk) == [("resolved", "staff"), ("open", None)]


def test_thanks_for_an_answer_of_somebody_end_the_wait_in_all_places(asked: Any) -> None:
    asked.hears(said(3, 900, "b", "hm", HERE, reply_to="1"), said(4, 960, "a", "thanks", HERE))
    assert states(asked) == [("resolved", "asker")] * 2


def test_thanks_for_an_answer_that_came_before_it_was_asked_again_end_only_the_first_wait(
    desk: Any,
) -> None:
    one, two = asked_twice()
    desk.hears(one, said(3, 300, "support", "hm", reply_to="1"), two)
    desk.hears(said(4, 700, "a", "thanks", HERE, reply_to="1"))
    assert states(desk) == [("resolved", "asker"), ("open", None)]


def test_thanks_that_a_person_moves_elsewhere_are_taken_back_in_all_places(asked: Any) -> None:
    asked.hears(said(3, 900, "b", "hm", HERE, reply_to="1"), said(4, 960, "a", "thanks", HERE))
    number = next(row.id for row in asked.rows(messages).values() if row.native_id == "4")
    correct.move(asked.database, number, None, "sam", asked.clock())
    asked.clock.passes(seconds=1)
    asked.judges()
    assert states(asked) == [("open", None)] * 2


def test_what_was_over_in_a_place_keeps_its_own_end(asked: Any) -> None:
    asked.hears(said(3, 900, "support", "hm", THERE, reply_to="2"))
    asked.hears(said(4, 960, "a", "thanks", THERE, reply_to="2"))
    corrects(asked, correct.close, HERE)
    assert states(asked) == [("resolved", "staff"), ("resolved", "asker")]


def test_an_outcome_is_heard_also_where_the_same_question_is_found_only_later(desk: Any) -> None:
    one, two = asked_twice()
    desk.clock.passes(minutes=20)
    desk.hears(one)
    corrects(desk, correct.close, HERE)
    desk.hears(two)
    desk.judges()
    assert states(desk) == [("resolved", "staff")] * 2


def test_a_copy_that_was_closed_elsewhere_leaves_the_queue_of_those_who_wait(asked: Any) -> None:
    corrects(asked, correct.close, HERE)
    with asked.database.read() as connection:
        found = stored_cases.load(connection, [at(asked, THERE).id])
    assert not any(case.is_waiting for case in found.values())


def test_a_question_that_a_ready_answer_helped_with_counts_as_answered_by_it_once(
    asked: Any,
) -> None:
    helps(asked, THERE)
    found = figures_for(
        asked.database, week_of(NOON, ZoneInfo("UTC")), NOON + timedelta(days=9), {}, Targets()
    )
    assert (found.total.n, found.copies) == (1, 1)
    assert found.total.first is not None
    assert found.total.first.faq == 1.0


def test_the_card_says_where_else_it_was_asked_also_when_that_comes_later(either: Any) -> None:
    one, two = asked_twice()
    either.works()
    either.hears(one)
    either.works()
    assert "Also asked in" not in either.card(1).text
    either.hears(two)
    either.works()
    assert f"\nAlso asked in {THERE} (#2)\n" in either.card(1).text
    assert f"\nAlso asked in {HERE} (#1)\n" in either.card(2).text


def test_the_cards_of_all_places_show_that_it_was_closed(either: Any) -> None:
    either.works()
    either.hears(*asked_twice())
    either.works()
    either.clock.passes(minutes=20)
    corrects(either, correct.close, THERE)
    either.works()
    assert ["☑ Closed" in either.card(n).text for n in (1, 2)] == [True, True]
