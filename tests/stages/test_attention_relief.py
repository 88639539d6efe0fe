"""What waits for its turn in a full chat stands on the list meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.core.incidents import Incident, IncidentKind
from monitor.core.pacing import Allowance, Pacer
from monitor.stages import attention, cards
from monitor.store import incidents
from monitor.testing import NOON, a_message


def test_normal_cases_are_listed_while_urgent_cards_fill_the_chat(desk: Any) -> None:
    desk.board = replace(desk.board, per_minute=1)
    desk.inbox.board = desk.board
    one = Pacer({"kind:alert": (Allowance(2, timedelta(minutes=1)),)})
    desk.outbox = replace(
        desk.outbox, pacer=one, dress=cards.dressing(desk.board), instead=attention.listing_instead(desk.board)
    )  # fmt: skip
    for n in range(1, 7):
        urgency = "critical" if n < 4 else "normal"
        desk.hears(a_message(f"withdrawal {urgency}", id=str(n), author=f"a{n}", after=n))
    desk.clock.passes(seconds=6)
    desk.speaks()
    assert attention.relieve(desk.board, desk.clock()) == 3
    assert attention.relieve(desk.board, desk.clock()) == 0
    with desk.database.read() as connection:
        text, _ = cards.list_shown(connection, desk.board, desk.clock())
    assert text.startswith("📋 Waiting without a card of their own: 3")


def test_the_list_is_edited_when_something_happens_and_not_because_a_minute_has_passed(desk: Any) -> None:  # fmt: skip
    desk.board = replace(desk.board, per_minute=0)
    desk.inbox.board = desk.board
    desk.outbox = replace(
        desk.outbox, dress=cards.dressing(desk.board), instead=attention.listing_instead(desk.board)
    )
    for n in range(1, 7):
        desk.hears(a_message("withdrawal", id=str(n), author=f"a{n}", after=n))
    desk.works()
    (native,) = (key for key, post in desk.at.shown.items() if post.text.startswith("📋"))
    shown = []

    def minute() -> None:
        desk.clock.passes(minutes=1)
        desk.speaks()
        desk.refreshes()
        shown.append(desk.at.shown[native].text)

    for _ in range(4):  # from 12:01 to 12:04
        minute()
    assert len(set(shown)) == 1
    assert " · new · " in shown[-1]
    desk.manager("/case 3", id="d1")  # asked for: it has a card, and is on the list no more
    minute()
    assert "#3" not in shown[-1]
    minute()
    assert " · 4 min+ · " in shown[-1]


@pytest.mark.parametrize("urgency", ["normal", "critical"])
def test_while_a_surge_goes_on_its_questions_stand_on_one_list_and_only_the_urgent_get_cards(
    either: Any, urgency: str
) -> None:
    """Before the next count takes them in, too: it comes once a minute, and a card within a second."""
    either.outbox = replace(either.outbox, instead=attention.listing_instead(either.board))
    surge = Incident(0, IncidentKind.SURGE, "topic:withdrawal", NOON, NOON, 1.0, 1.0, 9.0, 9)
    with either.database.write() as connection:
        number = incidents.open_one(connection, surge)
    for n in range(1, 4):
        either.hears(a_message(f"withdrawal {urgency}", id=str(n), author=f"a{n}", after=n))
    either.hears(a_message("deposit", id="9", author="b", after=9))  # about something else
    either.works()
    own = [p.text for p in either.at.posts if p.place == "-900" and "#" in p.text and p.text[0] != "📋"]  # fmt: skip
    listed = [p.text for p in either.at.posts if p.text.startswith("📋")]
    assert len(own) == (1 if urgency == "normal" else 4)
    assert [text.splitlines()[0][-1] for text in listed] == (["3"] if urgency == "normal" else [])

    with either.database.write() as connection:
        incidents.save(connection, replace(surge, id=number, closed_at=either.clock()))
    later = (either.clock() - NOON).total_seconds() + 60
    either.clock.passes(minutes=1)
    either.hears(a_message("withdrawal", id="20", author="c", after=later))
    either.works()
    assert either.card(5).text.startswith("🟡 NORMAL · withdrawal")
