"""Nobody is forgotten, and the desk chat stays readable."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.core.attention import Quiet
from monitor.core.messages import Platform
from monitor.core.roster import Person, Roster, Shift
from monitor.ports import Rejected
from monitor.stages import attention, cards
from monitor.store.tables import deliveries
from monitor.testing import a_message

MAIL = ("mail", ("lead@example.com",))
TEAM = Roster(
    (
        Person("Mei", ids={Platform.TELEGRAM: ("11",)}),
        Person("Lea", ids={Platform.TELEGRAM: ("12",)}, shifts=(Shift(time(1), time(2), ZoneInfo("UTC")),)),
    )
)  # fmt: skip


def furnish(desk: Any, **more: Any) -> Any:
    """A desk with everything that a running one has."""
    desk.roster = TEAM
    desk.board = replace(desk.board, mail=MAIL, leads=("Lea",), **more)
    desk.outbox = replace(
        desk.outbox,
        dress=cards.dressing(desk.board),
        instead=attention.listing_instead(desk.board),
        refused=attention.mailing_refused(desk.board),
    )
    desk.inbox.board = desk.board
    desk.inbox.private_presses = {"l": attention.press_list}
    desk.works()
    return desk


@pytest.fixture
def room(either: Any) -> Any:
    return furnish(either)


def reminded(desk: Any, **later: float) -> int:
    desk.clock.passes(**later)
    found = attention.remind(desk.board, desk.clock())
    desk.works()
    return found


def test_a_card_calls_who_is_on_duty(room: Any) -> None:
    room.hears(a_message("withdrawal"))
    room.works()
    (card,) = [p for p in room.at.posts if p.place == "-900"]
    assert card.calls == (("Mei", "11"),)


def test_a_missed_target_is_told_once_under_the_card_and_calls_the_lead(room: Any) -> None:
    room.hears(a_message("withdrawal"))
    room.works()
    assert reminded(room, minutes=59) == 0
    assert reminded(room, minutes=2) == 1
    assert reminded(room, minutes=1) == 0
    (told,) = [p for p in room.at.posts if "no staff answer" in p.text]
    assert told.calls == (("Lea", "12"), ("Mei", "11"))
    assert told.reply_to == room.at.receipts["alert:telegram:-100:1"].native_id
    assert "⏰ Waiting · past its target" in room.card().text


def test_an_urgent_case_is_warned_of_before_and_mailed_after(room: Any) -> None:
    room.hears(a_message("withdrawal critical"))
    room.works()
    due = room.case().due_at - room.case().opened_at
    assert reminded(room, seconds=due.total_seconds() * 0.8) == 1
    assert "target in" in room.at.posts[-1].text
    assert reminded(room, seconds=due.total_seconds() * 1.3) == 2
    mail = room.row("mail:telegram:-100:1:lead@example.com")
    assert (mail.account, mail.place) == ("mail", "lead@example.com")
    assert "nobody has answered" in mail.subject
    assert "withdrawal critical" in mail.text
    assert (
        mail.subject == f"🔴 CRITICAL · withdrawal · en · nobody has answered · #{room.case().id}"
    )


def test_cases_that_fall_due_together_come_in_one_mail(room: Any) -> None:
    for n in (1, 2, 3):
        room.hears(a_message("withdrawal critical", id=str(n), author=f"a{n}", after=n))
    room.works()
    assert reminded(room, hours=1) > 0
    mails = [r for r in room.rows().values() if r.account == "mail"]
    (mail,) = [r for r in mails if "nobody has answered" in r.subject]
    assert mail.subject == "🔴 3 cases · nobody has answered · #1, #2, #3"
    assert mail.text.count("withdrawal critical") == 3
    assert reminded(room, minutes=5) == 0


def test_many_that_fall_due_together_share_one_line_and_each_is_told_once(room: Any) -> None:
    for n in range(1, 6):
        room.hears(a_message("withdrawal critical", id=str(n), author=f"a{n}", after=n))
    room.works()
    posts = len(room.at.posts)
    target = (room.cases()[0].due_at - room.cases()[0].opened_at).total_seconds()
    assert reminded(room, seconds=0.8 * target) == 5
    (warned,) = room.at.posts[posts:]
    assert warned.text == "🔴 5 cases · their targets end soon · #1, #2, #3, #4, #5"
    assert warned.calls == (("Mei", "11"),)
    assert reminded(room, seconds=0.3 * target) == 5
    (late,) = (p for p in room.at.posts[posts + 1 :] if p.place == "-900")
    assert late.text == "🔴 5 cases · no staff answer within the target · #1, #2, #3, #4, #5"
    assert late.calls == (("Lea", "12"), ("Mei", "11"))
    assert reminded(room, seconds=20) == 0


def test_who_was_answered_in_time_is_not_told(room: Any) -> None:
    room.hears(a_message("withdrawal"))
    room.hears(a_message("done", id="2", author="11", after=60, reply_to="1"))
    room.works()
    assert reminded(room, minutes=61) == 0


def test_more_than_the_chat_can_bear_goes_to_one_list(either: Any) -> None:
    room = furnish(either, per_minute=3)
    for n in range(1, 9):
        room.hears(a_message("withdrawal", id=str(n), author=f"a{n}", after=n))
    room.works()
    own = [p for p in room.at.posts if p.place == "-900" and p.text.startswith("🟡")]
    listed = [p for p in room.at.posts if p.place == "-900" and p.text.startswith("📋")]
    assert len(own) == 3
    assert len(listed) == 1
    assert listed[0].text.startswith("📋 Waiting without a card of their own: 5")
    assert [b.label for b in listed[0].buttons[0]] == ["Show #4", "Show #5", "Show #6", "Show #7"]


def test_an_urgent_case_gets_its_card_whatever_goes_on(either: Any) -> None:
    room = furnish(either, per_minute=1)
    for n in range(1, 4):
        room.hears(a_message("withdrawal", id=str(n), author=f"a{n}", after=n))
    room.hears(a_message("security critical", id="9", author="a9", after=9))
    room.works()
    assert any(p.text.startswith("🔴") for p in room.at.posts if p.place == "-900")


def test_a_high_case_whose_turn_would_come_too_late_stands_on_the_list_meanwhile(
    either: Any,
) -> None:
    room = furnish(either, per_minute=1)
    for n, urgency in enumerate(("high", "high", "critical"), 1):
        room.hears(a_message(f"withdrawal {urgency}", id=str(n), author=f"a{n}", after=n))
    with (
        room.database.write() as connection
    ):  # one was said just now; the chat was full for a while
        connection.execute(deliveries.update().values(created_at=room.clock.now))
    room.clock.passes(minutes=3)
    room.works()
    cards_now = [p.text[0] for p in room.at.posts if p.place == "-900" and "#" in p.text]
    assert cards_now.count("🔴") == 1
    assert any(p.text.startswith("📋") and "🟠 #" in p.text for p in room.at.posts)


def test_a_listed_case_gets_its_card_on_a_press(either: Any) -> None:
    room = furnish(either, per_minute=1)
    for n in (1, 2):
        room.hears(a_message("withdrawal", id=str(n), author=f"a{n}", after=n))
    room.works()
    told = room.presses("", by="11", data="l:2", press="show")
    assert told == "Its card comes below."
    assert room.card(2).text.startswith("🟡 NORMAL · withdrawal · en · #2")
    assert room.presses("", by="11", data="l:99", press="none") == "That case is not at this desk."
    assert room.presses("", by="666", data="l:2", press="who").startswith(
        "You are not in the roster"
    )


def test_a_listed_case_that_is_asked_for_by_its_number_gets_its_card_too(either: Any) -> None:
    room = furnish(either, per_minute=1)
    for n in (1, 2):
        room.hears(a_message("withdrawal", id=str(n), author=f"a{n}", after=n))
    room.works()
    room.manager("/case 2", id="d1", by="11")
    assert room.card(2).text.startswith("🟡 NORMAL · withdrawal · en · #2")
    posts = len(room.at.posts)
    room.manager("/case 2", id="d2", by="11")
    assert len(room.at.posts) == posts + 1  # its answer, and no second card


def test_it_is_quiet_at_night_except_for_the_urgent(either: Any) -> None:
    room = furnish(either, quiet=Quiet(time(11), time(13), ZoneInfo("UTC")))
    room.hears(a_message("withdrawal"))
    room.hears(a_message("security critical", id="2", author="43", after=1))
    room.works()
    posts = {p.text[0]: p for p in room.at.posts if p.place == "-900"}
    assert (posts["🟡"].silent, posts["🟡"].calls) == (True, ())
    assert (posts["🔴"].silent, posts["🔴"].calls) == (False, (("Mei", "11"),))


def test_what_the_chat_refuses_comes_by_mail_and_says_so(room: Any) -> None:
    room.hears(a_message("withdrawal stuck"))
    with room.database.write() as connection:
        connection.execute(deliveries.delete().where(deliveries.c.kind != "alert"))
    room.at.refuse(Rejected("Forbidden: bot was kicked from the supergroup chat"))
    room.works()
    mail = room.row("mailed:alert:telegram:-100:1:lead@example.com")
    assert "did not take this (Forbidden: bot was kicked" in mail.text
    assert "withdrawal stuck" in mail.text
