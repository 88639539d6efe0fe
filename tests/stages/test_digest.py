"""The daily digest: into the managers' chat once a day, with its picture, whatever happens."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from monitor.core.triage import Desk
from monitor.stages.attaching import attached
from monitor.stages.digest import daily
from monitor.stages.report import Plan
from monitor.store import tables
from monitor.store.database import Database
from tests.stages.test_report import T0, add_case, mails

PLAN = Plan((), "mail", ZoneInfo("Europe/Berlin"))
DESK = Desk("tg", "-1009")
NINE = time(9)
DUE = datetime(2026, 11, 11, 8, tzinfo=UTC)  # nine in Berlin, the day after T0
MINUTE = timedelta(minutes=1)


def posted(database: Database, now: datetime = DUE) -> bool:
    return daily(database, PLAN, DESK, NINE, now)


def test_it_is_posted_once_a_day_and_desk(database: Database) -> None:
    add_case(database, 1, staff_first_at=5)
    assert T0.date() == DUE.date() - timedelta(days=1)
    assert [posted(database), posted(database), posted(database, DUE + MINUTE)] == [
        True,
        False,
        False,
    ]
    (post,) = mails(database)
    assert post.key == "digest:2026-11-10:tg:-1009"
    assert (post.kind, post.platform, post.account, post.place) == (
        "report", "telegram", "tg", "-1009",
    )  # fmt: skip
    assert post.text.startswith("📊 Tue 10 Nov: 1 question, 1 answered in target.")
    assert posted(database, DUE + timedelta(days=1))


def test_it_is_made_up_for_in_the_morning_and_not_in_the_evening(database: Database) -> None:
    add_case(database, 1)
    assert not posted(database, DUE - MINUTE)  # before its hour; yesterday's was long ago
    assert not posted(database, DUE + timedelta(hours=5))
    assert posted(database, DUE + timedelta(hours=3))


def test_before_anything_was_asked_there_is_none(database: Database) -> None:
    assert not posted(database)
    assert mails(database) == []


def test_the_picture_goes_with_it_and_is_the_same_every_time(sqlite: Database) -> None:
    pytest.importorskip("matplotlib")
    for number in range(20):
        add_case(sqlite, number, staff_first_at=5)
    posted(sqlite)
    (post,) = mails(sqlite)
    (image,) = attached(sqlite, post.key)
    assert (image.name, image.content_type) == ("digest-2026-11-10.png", "image/png")
    assert image.content.startswith(b"\x89PNG")
    assert attached(sqlite, post.key) == (image,)
    assert "█" not in post.text
    assert len(post.text.splitlines()) == 3


def test_without_a_picture_signs_stand_in(sqlite: Database, monkeypatch: Any) -> None:
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda n, p=None: None if n == "matplotlib" else found(n, p)
    )
    add_case(sqlite, 1, staff_first_at=5)
    posted(sqlite)
    (post,) = mails(sqlite)
    assert len(post.text.splitlines()) == 4
    assert "█" in post.text
    assert attached(sqlite, post.key) == ()


def test_the_days_figures_are_not_taken_for_a_weekly_mail(sqlite: Database) -> None:
    add_case(sqlite, 1, staff_first_at=5)
    posted(sqlite)
    with sqlite.read() as connection:
        kept = connection.execute(sa.select(tables.reports.c.period)).scalars().all()
    assert kept == ["digest:2026-11-10"]
