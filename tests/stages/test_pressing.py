"""What becomes of a case raises it on the desk: waiting too long, a surge. Its clocks and figures never change by it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from monitor.core.assessment import Urgency
from monitor.store import incidents
from monitor.store.tables import incidents as table
from monitor.testing import NOON, a_message

RAISED = "Raised from normal: "


def surge(desk: Any, *numbers: int) -> None:
    """The cases of these numbers belong to a surge from now on."""
    with desk.database.write() as connection:
        row = {"key": "k", "kind": "surge", "series": "all", "began_at": NOON, "opened_at": NOON, "usual": 1.0,
               "usual_queue": 1.0, "ratio": 9.0, "peak": 9, "folded": []}  # fmt: skip
        number = connection.execute(sa.insert(table).values(row).returning(table.c.id)).scalar_one()
        incidents.attach(connection, number, numbers)


def asked(desk: Any) -> None:
    desk.hears(a_message("normal withdrawal asking"))
    desk.works()


def test_a_card_says_when_waiting_has_raised_its_case(either: Any) -> None:
    asked(either)
    assert either.card().text.startswith("🟡 NORMAL")
    assert RAISED not in either.card().text

    either.clock.now = either.case().due_at
    either.works()

    assert either.card().text.startswith("🟠 HIGH")
    assert f"{RAISED}waits longer than it should" in either.card().text


def test_an_answer_takes_the_pressure_away(either: Any) -> None:
    asked(either)
    either.clock.now = either.case().due_at + timedelta(minutes=1)
    late = (either.clock() - NOON).total_seconds()
    either.hears(a_message("done", id="2", author="support", after=late, reply_to="1"))
    either.works()

    assert either.card().text.startswith("🟡 NORMAL")
    assert RAISED not in either.card().text


def test_a_card_says_when_a_surge_has_raised_its_case_and_when_that_is_over(either: Any) -> None:
    asked(either)

    surge(either, either.case().id)
    either.clock.passes(minutes=1)
    either.works()
    during = either.card().text
    with either.database.write() as connection:
        connection.execute(sa.update(table).values(closed_at=either.clock()))
    either.clock.passes(minutes=1)
    either.works()

    assert f"{RAISED}many ask about this just now" in during
    assert during.startswith("🟠 HIGH")
    assert either.card().text.startswith("🟡 NORMAL")


def test_the_list_ranks_a_case_by_how_urgent_it_is_by_now(either: Any) -> None:
    either.hears(
        a_message("normal withdrawal asking"), a_message("normal deposit asking", id="2", author="43"),
    )  # fmt: skip
    either.works()
    surge(either, 2)

    either.manager("/open", id="m1")

    lines = either.alerts()[-1].splitlines()[1:]
    assert [line[:4] for line in lines] == ["🟠 #2", "🟡 #1"]


def test_neither_clocks_nor_the_stored_urgency_nor_the_target_change_by_it(either: Any) -> None:
    asked(either)
    before = either.case()
    surge(either, before.id)
    either.clock.now = before.due_at + timedelta(minutes=1)
    either.works()

    # Something late has the whole place read anew: it must find the same.
    either.hears(a_message("gm", id="9", author="99", after=-30))
    either.works()

    assert either.case() == before
    assert either.case().urgency is Urgency.NORMAL
