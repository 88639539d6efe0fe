"""What was shown before it went out says what became of it, and has no buttons that lead nowhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.core.messages import Author, Event, EventKind, Platform
from monitor.core.pacing import Allowance, Pacer
from monitor.ports import Batch, Rejected
from monitor.testing import a_message

SHOWN = "Everybody on X will read this.\n\nIt left at noon."


@pytest.fixture
def room(either: Any) -> Any:
    """Somebody asks on X, where an answer is shown first."""
    either.works()
    either.hears(a_message("withdrawal", id="501", place="x", platform=Platform.TWITTER, thread="501", summoned=True))  # fmt: skip
    either.works()
    either.clock.passes(minutes=4)
    return either


def answers(desk: Any, text: str = "It left at noon.", n: str = "d1") -> str:
    """Sam replies to the card; the number of the preview."""
    card = next(key for key, post in desk.at.shown.items() if post == desk.card())
    desk.manager(text, id=n, reply_to=card)
    return next(key for key, post in reversed(desk.at.shown.items()) if post.key.startswith("draft:"))  # fmt: skip


def presses(desk: Any, preview: str, label: str, n: str = "q1") -> str:
    data = next(b.data for row in desk.at.shown[preview].buttons for b in row if b.label == label)
    return str(desk.presses("", press=n, data=data))


def reads(desk: Any, preview: str) -> tuple[str, int]:
    post = desk.at.shown[preview]
    return post.text, sum(map(len, post.buttons))


def test_what_was_sent_says_so_and_has_no_buttons(room: Any) -> None:
    preview = answers(room)
    assert reads(room, preview) == (SHOWN, 2)
    presses(room, preview, "Send")
    room.works()
    assert reads(room, preview) == ("✅ Sent.\n\nIt left at noon.", 0)


def test_what_was_discarded_says_so_too(room: Any) -> None:
    preview = answers(room)
    presses(room, preview, "Discard")
    room.works()
    assert reads(room, preview) == ("✖ Not sent.\n\nIt left at noon.", 0)


def test_other_words_take_the_place_of_the_first(room: Any) -> None:
    first = answers(room)
    second = answers(room, "It left at one.", "d2")
    room.works()
    assert reads(room, first) == ("✖ Not sent.\n\nIt left at noon.", 0)
    assert reads(room, second)[1] == 2


def test_what_the_platform_refused_can_be_sent_from_below_only(room: Any) -> None:
    preview = answers(room)
    room.at.refusals = [Rejected("403 Forbidden.")]
    presses(room, preview, "Send")
    room.works()
    assert reads(room, preview) == ("↓ Asked again below.\n\nIt left at noon.", 0)
    (told,) = (post for post in room.at.shown.values() if post.text.startswith("Not sent: 403 Forbidden."))  # fmt: skip
    assert [b.label for row in told.buttons for b in row] == ["Send anyway", "Discard"]


def test_it_waits_while_the_chat_is_full(room: Any) -> None:
    preview = answers(room)
    group = (("telegram:group", "-900"),)
    room.outbox = replace(
        room.outbox, pacer=Pacer({"telegram:group": (Allowance(1, timedelta(minutes=1)),)})
    )
    room.outbox.pacer.spend(group, room.clock())
    data = room.at.shown[preview].buttons[0][1].data
    press = Event(EventKind.BUTTON, Platform.TELEGRAM, "-900", "q1", room.clock(), Author("support"),
                  {"data": data, "query_id": "q1"})  # fmt: skip
    room.stores(Batch(events=(press,)))
    room.inbox.look()
    assert room.refreshes() == room.outbox.pacer.free_at(group, room.clock())
    assert reads(room, preview)[1] == 2
    room.clock.passes(minutes=2)
    room.refreshes()
    assert reads(room, preview)[1] == 0


def test_a_preview_that_was_deleted_by_hand_is_let_go(room: Any) -> None:
    preview = answers(room)
    data = room.at.shown[preview].buttons[0][0].data
    del room.at.shown[preview]
    assert room.presses("", press="q1", data=data) == "On its way."
    room.works()
    assert room.at.said("x")[-1] == "It left at noon."
    assert not room.board.settled
