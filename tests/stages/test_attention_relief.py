"""What waits for its turn in a full chat stands on the list meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from monitor.core.pacing import Allowance, Pacer
from monitor.stages import attention, cards
from monitor.testing import a_message


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
