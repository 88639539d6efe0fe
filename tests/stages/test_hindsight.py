"""After an import the surges of its weeks are known to reports, once, and alert nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from monitor.core.incidents import IncidentKind
from monitor.stages.hindsight import find_past_surges
from monitor.store import tables
from monitor.store.database import Database
from tests.core.test_hindsight import RUSH, START, weeks
from tests.stages.test_report import figures, mails

DAY = timedelta(days=1)


def imported(database: Database, **more: Any) -> None:
    rows = [
        {
            "key": f"telegram:-1:{a.case_id}", "platform": "telegram", "place": a.place,
            "author_id": a.author, "topic": a.topic, "urgency": 2, "language": a.language,
            "complexity": "simple", "opened_at": a.asked_at, "burst_until": a.asked_at,
            "last_turn_at": a.asked_at, "staff_first_at": a.answered_at, "staff_by": "reply",
            "imported": True,
        } | more
        for a in weeks()
    ]  # fmt: skip
    with database.write() as connection:
        connection.execute(sa.insert(tables.cases), rows)


def incidents(database: Database) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(sa.select(tables.incidents)))


def test_an_imported_rush_is_in_its_weeks_report_and_nobody_is_alerted(database: Database) -> None:
    imported(database)
    assert find_past_surges(database) == 1
    (kept,) = incidents(database)
    assert (kept.kind, kept.series) == (IncidentKind.SURGE, "topic:withdrawal")
    assert mails(database) == []
    from monitor.core.weeks import week_of
    from tests.stages.test_report import BERLIN

    week = week_of(RUSH, BERLIN)
    found = figures(database, week, week.end + DAY)
    (surge,) = found.surges
    assert surge.row.n >= 55
    assert found.in_surges is not None
    assert found.in_surges.n >= 55
    assert sum(b.in_surges for b in found.volume) == found.in_surges.n


def test_again_is_nothing(sqlite: Database) -> None:
    imported(sqlite)
    assert [find_past_surges(sqlite), find_past_surges(sqlite)] == [1, 0]
    assert len(incidents(sqlite)) == 1


def test_one_that_the_desk_saw_live_stays_as_it_was(sqlite: Database) -> None:
    imported(sqlite)
    with sqlite.write() as connection:
        connection.execute(sa.insert(tables.incidents).values(
            key="live", kind="surge", series="all", began_at=RUSH, opened_at=RUSH, closed_at=RUSH + DAY,
            usual=1.0, usual_queue=1.0, ratio=8.0, peak=9, folded=["topic:withdrawal"],
        ))  # fmt: skip
    assert find_past_surges(sqlite) == 0


def test_without_an_import_there_is_nothing_to_look_at(sqlite: Database) -> None:
    assert find_past_surges(sqlite) == 0
    imported(sqlite, imported=False)
    assert find_past_surges(sqlite) == 0
    assert START < RUSH
