"""A surge is told once, at its beginning and its end; a silence too; after a restart all goes on."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from monitor.core.triage import Desk
from monitor.stages.surges import look
from monitor.stages.usual import Usual
from monitor.store import incidents as store
from monitor.store import tables
from monitor.store.database import Database

NOW = datetime(2026, 11, 11, 12, 30, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DESK = Desk("tg", "-100900")


def add_cases(database: Database, times: list[datetime], prefix: str, **more: Any) -> None:
    """One case a time, each by its own author."""
    rows = []
    for number, at in enumerate(times):
        rows.append({
            "key": f"telegram:-1001:{prefix}{number}", "platform": "telegram", "place": "-1001",
            "author_id": f"{prefix}{number}", "topic": "login", "urgency": 1, "language": "en",
            "complexity": "simple", "opened_at": at, "burst_until": at, "last_turn_at": at,
            "staff_first_at": at + 3 * MINUTE, "open_turn_at": None,
        } | more)  # fmt: skip
    if rows:
        with database.write() as connection:
            connection.execute(sa.insert(tables.cases), rows)


def usual_weeks(database: Database, until: datetime = NOW, an_hour: int = 8) -> None:
    chance = random.Random(1)
    times = sorted(until - chance.uniform(0, 10) * DAY for _ in range(an_hour * 240))
    add_cases(database, times, "usual")


def rush(minutes: int, an: int = 4, since: datetime = NOW) -> list[datetime]:
    return [since + (i + 0.5) * MINUTE / an for i in range(minutes * an)]


def alerts(database: Database) -> list[Any]:
    with database.read() as connection:
        query = sa.select(tables.deliveries).order_by(tables.deliveries.c.id)
        return list(connection.execute(query))


def stored(database: Database) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(sa.select(tables.incidents).order_by(tables.incidents.c.id)))


def waiting(**more: Any) -> dict[str, Any]:
    return {"topic": "withdrawal", "staff_first_at": None, "open_turn_at": NOW} | more


def test_a_surge_is_told_once_with_what_managers_need(database: Database) -> None:
    usual_weeks(database)
    add_cases(database, rush(10), "rush", **waiting())
    usual = Usual()
    assert look(database, usual, DESK, NOW - 5 * MINUTE) == 0
    assert look(database, usual, DESK, NOW + 10 * MINUTE) == 1
    assert look(database, usual, DESK, NOW + 11 * MINUTE) == 0
    assert look(database, Usual(), DESK, NOW + 12 * MINUTE) == 0  # after a restart
    (alert,) = alerts(database)
    (incident,) = stored(database)
    assert alert.key == f"surge:topic:withdrawal:{(NOW + 10 * MINUTE).isoformat()}"
    assert (alert.kind, alert.account, alert.place) == ("alert", "tg", "-100900")
    assert alert.text.startswith("🌊 SURGE · Withdrawal · over ×100 the usual")
    assert "40 wait, the oldest 9 min; whoever asks now will wait more than 15 min." in alert.text
    assert (incident.series, incident.began_at) == ("topic:withdrawal", NOW)
    assert set(incident.folded) <= {"all", "place:telegram:-1001", "language:en"}
    with database.read() as connection:
        assert len(store.cases_of(connection, [incident.id])[incident.id]) == 40


def test_one_person_asking_forty_times_is_no_surge(database: Database) -> None:
    usual_weeks(database)
    add_cases(database, rush(10), "one", **waiting(author_id="7"))
    assert look(database, Usual(), DESK, NOW + 10 * MINUTE) == 0
    assert stored(database) == []


def test_it_is_over_when_the_queue_is_what_it_was_and_is_told_once(database: Database) -> None:
    usual_weeks(database)
    add_cases(database, rush(10), "rush", **waiting())
    usual = Usual()
    look(database, usual, DESK, NOW + 10 * MINUTE)
    for minute in (60, 80, 100):  # the volume is back, but forty wait
        assert look(database, usual, DESK, NOW + minute * MINUTE) == 0
    with database.write() as connection:
        answered = sa.update(tables.cases).where(tables.cases.c.topic == "withdrawal")
        connection.execute(answered.values(staff_first_at=NOW + 105 * MINUTE))
    assert look(database, usual, DESK, NOW + 110 * MINUTE) == 0
    assert look(database, Usual(), DESK, NOW + 126 * MINUTE) == 1
    assert look(database, usual, DESK, NOW + 127 * MINUTE) == 0
    assert alerts(database)[1].text == (
        "🌊 Over: Withdrawal, after 2 h 6 min. 40 questions, 0 still without a staff answer."
    )
    assert stored(database)[0].closed_at == NOW + 126 * MINUTE


def test_two_causes_at_once_are_two_incidents(database: Database) -> None:
    usual_weeks(database)
    add_cases(database, rush(10), "rush", **waiting())
    add_cases(database, rush(10), "other", **waiting(topic="login", place="-1002", language="zh"))
    look(database, Usual(), DESK, NOW + 10 * MINUTE)
    assert len(stored(database)) == 2
    assert len(alerts(database)) == 2


def test_imported_history_teaches_but_raises_no_alarm(database: Database) -> None:
    usual_weeks(database)
    add_cases(database, rush(10), "rush", **waiting(imported=True))
    assert look(database, Usual(), DESK, NOW + 10 * MINUTE) == 0


def test_without_a_desk_an_incident_is_kept_for_the_report(database: Database) -> None:
    usual_weeks(database)
    add_cases(database, rush(10), "rush", **waiting())
    assert look(database, Usual(), None, NOW + 10 * MINUTE) == 0
    assert len(stored(database)) == 1


def test_a_silence_is_one_question_about_the_connector_and_ends_with_the_first_asker(
    database: Database,
) -> None:
    usual_weeks(database, an_hour=20)
    usual = Usual()
    assert look(database, usual, DESK, NOW) == 0
    assert look(database, usual, DESK, NOW + 3 * HOUR) == 1
    assert look(database, usual, DESK, NOW + 4 * HOUR) == 0
    add_cases(database, [NOW + 4 * HOUR + MINUTE], "again")
    assert look(database, usual, DESK, NOW + 4 * HOUR + 2 * MINUTE) == 1
    asked, over = alerts(database)
    assert asked.key.startswith("silence:all:")
    assert "Is the connector blind? Ask: monitor check" in asked.text
    assert over.text.startswith("🔊 all questions: people ask again")


def test_a_desk_that_has_just_started_hears_no_silence(database: Database) -> None:
    usual_weeks(database, an_hour=20)
    assert look(database, Usual(), DESK, NOW + 3 * HOUR) == 0


def test_an_empty_database_is_quiet(database: Database) -> None:
    assert look(database, Usual(), DESK, NOW) == 0


@pytest.mark.parametrize("name", ["\u202e<b>x</b>\n\n🌊 fake", "x" * 500])
def test_a_hostile_place_and_text_stay_one_line_each(sqlite: Database, name: str) -> None:
    usual_weeks(sqlite)
    add_cases(sqlite, rush(10), "rush", **waiting(topic="login", place="-1002", language="zh"))
    with sqlite.write() as connection:
        connection.execute(
            sa.insert(tables.places).values(platform="telegram", key="-1002", name=name)
        )
    look(sqlite, Usual(), DESK, NOW + 10 * MINUTE)
    text = alerts(sqlite)[0].text
    assert "\u202e" not in text
    assert sum(line.startswith("🌊") for line in text.splitlines()) == 1


def daily_bursts(database: Database, days: int = 10) -> None:
    """Every day for so long, forty ask within ten minutes, each time at another hour."""
    for ago in range(1, days + 1):
        begins = NOW - ago * DAY - (5 * ago % 24) * HOUR
        add_cases(database, rush(10, since=begins), f"day{ago}-", topic="withdrawal")


def test_what_bursts_every_day_is_usual_there_and_a_larger_burst_is_not(
    database: Database,
) -> None:
    usual_weeks(database)
    daily_bursts(database)
    add_cases(database, rush(8, an=2), "today", **waiting())  # half of other days
    usual = Usual()
    look(database, usual, DESK, NOW - 5 * MINUTE)
    assert look(database, usual, DESK, NOW + 8 * MINUTE) == 0
    add_cases(database, rush(6, an=40, since=NOW + 8 * MINUTE), "more", **waiting())
    assert look(database, usual, DESK, NOW + 14 * MINUTE) == 1


def test_days_are_weighed_once_and_after_a_restart_anew(database: Database) -> None:
    usual_weeks(database)
    daily_bursts(database)
    usual = Usual()
    look(database, usual, DESK, NOW)
    bars = usual.bars_of("topic:withdrawal")
    look(database, usual, DESK, NOW + HOUR)
    again = Usual()
    look(database, again, DESK, NOW + HOUR)
    assert bars == usual.bars_of("topic:withdrawal")
    assert min(bars.values()) > 5
    assert again.bars_of("topic:withdrawal").keys() == bars.keys()
    assert again.bars_of("topic:terms") == {}


def test_one_person_who_asks_for_ever_sets_no_bar(database: Database) -> None:
    usual_weeks(database)
    for ago in range(1, 9):
        add_cases(database, rush(10, since=NOW - ago * DAY), f"one{ago}-", author_id="7")
    usual = Usual()
    look(database, usual, DESK, NOW)
    assert set(usual.bars_of("all").values()) == {5.0}
