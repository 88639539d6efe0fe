"""/health and /metrics over real HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from monitor.core.messages import Platform
from monitor.core.triage import Delivery, Kind
from monitor.health import HealthServer, Look
from monitor.ports import Batch
from monitor.store import accounts, deliveries, messages
from monitor.store.database import Database
from monitor.store.tables import cases
from monitor.testing import NOON, a_message
from tests.databases import quick_folder, sqlite

__all__ = ["quick_folder", "sqlite"]


class Asked:
    def __init__(self, database: Database) -> None:
        self.now: datetime = NOON
        self.problem: str | None = None
        look = Look(
            database, lambda: self.now, judge=lambda: "rules/1", problem=lambda: self.problem
        )
        self.server = HealthServer(look, "127.0.0.1", 0)

    def get(self, path: str) -> tuple[int, str]:
        url = f"http://127.0.0.1:{self.server.port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def health(self) -> tuple[int, Any]:
        status, body = self.get("/health")
        return status, json.loads(body)


@pytest.fixture
def asked(sqlite: Database) -> Iterator[Asked]:
    made = Asked(sqlite)
    yield made
    made.server.close()


def stands(database: Database, standing: str, reason: str = "", at: datetime = NOON) -> None:
    with database.write() as connection:
        accounts.introduce(connection, "tg", "telegram")
        accounts.note_standing(connection, "tg", standing, reason, at)


def test_all_is_well(sqlite: Database, asked: Asked) -> None:
    stands(sqlite, "ok")
    asked.now += timedelta(seconds=42)
    status, body = asked.health()
    assert (status, body["status"], body["judge"]) == (200, "ok", "rules/1")
    assert body["accounts"]["tg"]["seconds_since_poll"] == 42


@pytest.mark.parametrize("path", ["/health?verbose", "/metrics?x=1"])
def test_questions_with_parameters_are_answered(asked: Asked, path: str) -> None:
    assert asked.get(path)[0] == 200


def test_a_stopped_account_is_named_with_its_reason(sqlite: Database, asked: Asked) -> None:
    stands(sqlite, "stopped", "the token is not valid")
    status, body = asked.health()
    assert (status, body["troubles"]) == (503, ["tg: stopped: the token is not valid"])


def test_a_desk_that_has_not_fetched_for_minutes_is_blind(sqlite: Database, asked: Asked) -> None:
    stands(sqlite, "ok")
    asked.now += timedelta(minutes=4)
    assert asked.health()[1]["troubles"] == ["tg: nothing fetched since 12:00:00 UTC"]


def test_an_account_that_never_fetches_is_not_blind(sqlite: Database, asked: Asked) -> None:
    with sqlite.write() as connection:
        accounts.introduce(connection, "mail", "email")
    status, body = asked.health()
    assert (status, body["accounts"]["mail"]["seconds_since_poll"]) == (200, None)


def test_broken_rules_are_a_trouble(asked: Asked) -> None:
    asked.problem = "topics.toml: bad"
    assert asked.health()[1]["troubles"] == ["topics.toml: bad"]


def test_metrics_count_what_waits(sqlite: Database, asked: Asked) -> None:
    stands(sqlite, "ok")
    said = Delivery("k", Kind.ALERT, "tg", Platform.TELEGRAM, "-9", "x", 1, NOON)
    with sqlite.write() as connection:
        messages.save_batch(connection, "tg", "updates", Batch((a_message(),)), NOON)
        deliveries.queue(connection, [said], {}, NOON)
        connection.execute(sa.insert(cases).values(
            key="c", platform="telegram", place="-1", author_id="a", topic="account", urgency=1, language="en",
            complexity="simple", opened_at=NOON, burst_until=NOON, last_turn_at=NOON, open_turn_at=NOON))  # fmt: skip
    asked.now += timedelta(seconds=90)
    status, text = asked.get("/metrics")
    assert status == 200
    for line in ("monitor_messages_unassessed 1.0", "monitor_cases_waiting 1.0", "monitor_oldest_wait_seconds 90.0",
                 'monitor_deliveries{kind="alert",state="queued"} 1.0',
                 'monitor_account_up{account="tg",platform="telegram"} 1.0'):  # fmt: skip
        assert line in text


def test_anything_else_says_what_there_is(asked: Asked) -> None:
    assert asked.get("/") == (404, "There is /health and /metrics.\n")


def test_without_a_database_both_say_so(sqlite: Database, asked: Asked) -> None:
    with sqlite.engine.begin() as connection:
        for table in ("deliveries", "accounts"):
            connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {table}_gone")
    assert asked.health() == (
        503,
        {"status": "failed", "troubles": ["the database does not answer"]},
    )
    assert asked.get("/metrics") == (503, "The database does not answer.\n")


def test_a_port_in_use_is_an_error_at_once(sqlite: Database, asked: Asked) -> None:
    look = Look(sqlite, lambda: NOON, judge=str, problem=lambda: None)
    with pytest.raises(OSError, match="in use"):
        HealthServer(look, "127.0.0.1", asked.server.port)
