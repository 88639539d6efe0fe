"""Announcements: two people, each time once, told when it did not happen."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from monitor.core.announcements import Announcement, State, Target, fan_out, problems
from monitor.core.messages import Platform
from monitor.core.schedules import BadSchedule
from monitor.core.triage import Desk
from monitor.ports import Rejected
from monitor.stages.announce import NotAllowed, announce_due, approve, cancel, draft, schedule
from monitor.store import announcements as stored
from monitor.store.database import Database
from monitor.store.tables import deliveries, schedule_runs, schedules
from monitor.testing import NOON

DESK = Desk("tg", "-900")
PLACES = (
    Target("tg", Platform.TELEGRAM, "-1", "en"),
    Target("tg", Platform.TELEGRAM, "-2", "zh-Hant"),
)
TEXTS = {"en": "Maintenance tonight", "zh": "今晚維護"}
PLAN = Announcement("night", TEXTS, PLACES, State.DRAFT, "ann")


def planned(database: Database, *, at: datetime | None = None, every: str | None = None,
            now: datetime = NOON, plan: Announcement = PLAN, timezone: str = "UTC") -> None:  # fmt: skip
    draft(database, plan, "en", now)
    approve(database, plan.name, "bob", None, now)
    schedule(database, plan.name, at=at, every=every, timezone=timezone, now=now)


def keys(database: Database) -> list[str]:
    with database.read() as connection:
        return sorted(connection.execute(sa.select(deliveries.c.key)).scalars())


def state(database: Database, name: str = "night") -> State:
    with database.read() as connection:
        found = stored.named(connection, name)
    assert found is not None
    return found.state


def words(database: Database) -> dict[str, str]:
    with database.read() as connection:
        found = stored.named(connection, "night")
    assert found is not None
    return dict(found.texts)


def test_each_place_gets_it_once_in_its_language(database: Database) -> None:
    planned(database, at=NOON)
    assert announce_due(database, "en", DESK, NOON) == 2
    assert announce_due(database, "en", DESK, NOON + timedelta(seconds=5)) == 0
    with database.read() as connection:
        found = connection.execute(sa.select(deliveries.c.place, deliveries.c.text)).all()
    assert sorted(found) == [("-1", TEXTS["en"]), ("-2", TEXTS["zh"])]
    assert state(database) is State.DONE


def test_nothing_is_said_before_its_time(sqlite: Database) -> None:
    planned(sqlite, at=NOON + timedelta(hours=1))
    assert announce_due(sqlite, "en", DESK, NOON + timedelta(minutes=59)) == 0
    assert announce_due(sqlite, "en", DESK, NOON + timedelta(hours=1)) == 2


def test_who_wrote_it_cannot_approve_it(sqlite: Database) -> None:
    draft(sqlite, PLAN, "en", NOON)
    for name in ("ann", "Ann", " ANN "):
        with pytest.raises(NotAllowed, match="Somebody else"):
            approve(sqlite, "night", name, None, NOON)


def test_a_draft_that_claims_to_be_approved_is_a_draft(sqlite: Database) -> None:
    draft(sqlite, replace(PLAN, state=State.APPROVED, approved_by="bob"), "en", NOON)
    with pytest.raises(NotAllowed, match="second person"):
        schedule(sqlite, "night", at=None, every=None, timezone="UTC", now=NOON)


def test_an_edit_voids_the_approval(sqlite: Database) -> None:
    draft(sqlite, PLAN, "en", NOON)
    approve(sqlite, "night", "bob", None, NOON)
    draft(sqlite, replace(PLAN, texts={"en": "Something else"}), "en", NOON)
    with pytest.raises(NotAllowed, match="second person"):
        schedule(sqlite, "night", at=None, every=None, timezone="UTC", now=NOON)


def test_an_approval_is_of_what_was_looked_at(sqlite: Database) -> None:
    seen = draft(sqlite, PLAN, "en", NOON).digest[:12]
    draft(sqlite, replace(PLAN, targets=PLACES[:1]), "en", NOON)
    with pytest.raises(NotAllowed, match="changed since"):
        approve(sqlite, "night", "bob", seen, NOON)
    with sqlite.read() as connection:
        now = stored.named(connection, "night")
    assert now is not None
    assert approve(sqlite, "night", "bob", now.digest[:12], NOON).approved_by == "bob"


def test_somebody_elses_draft_is_not_replaced_unless_that_is_said(database: Database) -> None:
    draft(database, PLAN, "en", NOON)
    other = replace(PLAN, texts={"en": "Maintenance is off"}, drafted_by="bob")
    refused = r"^night is ann's draft of 2026-11-16 12:00 UTC: choose another name, or so\.$"
    with pytest.raises(NotAllowed, match=refused):
        draft(database, other, "en", NOON + timedelta(hours=1), or_else=", or so")
    assert words(database) == TEXTS
    draft(database, replace(PLAN, drafted_by=" Ann "), "en", NOON)
    assert draft(database, other, "en", NOON, over=True).drafted_by == "bob"
    assert words(database) == {"en": "Maintenance is off"}


def test_what_somebody_else_had_approved_is_not_replaced_either(sqlite: Database) -> None:
    draft(sqlite, PLAN, "en", NOON)
    approve(sqlite, "night", "eve", None, NOON)
    with pytest.raises(NotAllowed, match="ann's draft"):
        draft(sqlite, replace(PLAN, drafted_by="bob"), "en", NOON)
    assert state(sqlite) is State.APPROVED


def test_nobody_who_drafted_any_version_of_it_can_approve_it(database: Database) -> None:
    draft(database, PLAN, "en", NOON)
    draft(database, replace(PLAN, drafted_by="Bob"), "en", NOON, over=True)
    for name in ("ann", "ANN ", "bob"):
        with pytest.raises(NotAllowed, match="Somebody else"):
            approve(database, "night", name, None, NOON)
    assert approve(database, "night", "eve", None, NOON).approved_by == "eve"


def test_who_drafted_another_announcement_can_approve_this(sqlite: Database) -> None:
    for name in ("nigh", "night-2", "Night"):
        draft(sqlite, replace(PLAN, name=name, drafted_by="bob"), "en", NOON)
    draft(sqlite, PLAN, "en", NOON)
    assert approve(sqlite, "night", "bob", None, NOON).approved_by == "bob"


def test_cancelled_twice_it_says_so(sqlite: Database) -> None:
    draft(sqlite, PLAN, "en", NOON)
    cancel(sqlite, "night", NOON)
    with pytest.raises(NotAllowed, match=r"^night: it is already cancelled\.$"):
        cancel(sqlite, "night", NOON)


def test_twice_approved_is_refused_and_so_is_what_nobody_drafted(sqlite: Database) -> None:
    draft(sqlite, PLAN, "en", NOON)
    approve(sqlite, "night", "bob", None, NOON)
    with pytest.raises(NotAllowed, match="only a draft"):
        approve(sqlite, "night", "eve", None, NOON)
    with pytest.raises(NotAllowed, match="no such announcement"):
        approve(sqlite, "day", "eve", None, NOON)


def test_what_is_scheduled_cannot_be_drafted_over(sqlite: Database) -> None:
    planned(sqlite, at=NOON)
    with pytest.raises(NotAllowed, match="another name"):
        draft(sqlite, PLAN, "en", NOON)


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"at": NOON - timedelta(hours=1), "every": None, "timezone": "UTC"}, NotAllowed),
        ({"at": None, "every": "sometimes", "timezone": "UTC"}, BadSchedule),
        ({"at": None, "every": "daily 09:00", "timezone": "Europe/Berlino"}, NotAllowed),
        ({"at": None, "every": "daily 09:00", "timezone": "../etc/passwd"}, NotAllowed),
    ],
)
def test_a_plan_that_cannot_be_kept_is_refused(
    sqlite: Database, how: Any, error: type[Exception]
) -> None:
    draft(sqlite, PLAN, "en", NOON)
    approve(sqlite, "night", "bob", None, NOON)
    with pytest.raises(error):
        schedule(sqlite, "night", now=NOON, **how)


def test_cancelled_in_time_nothing_is_said(sqlite: Database) -> None:
    planned(sqlite, at=NOON)
    announce_due(sqlite, "en", DESK, NOON)
    assert cancel(sqlite, "night", NOON) == 2
    with sqlite.read() as connection:
        assert stored.outcomes(connection, "night") == {"cancelled": 2}
    assert announce_due(sqlite, "en", DESK, NOON) == 0, (
        "nobody is told of what we cancelled ourselves"
    )


def test_cancelled_before_its_time_it_never_comes(sqlite: Database) -> None:
    planned(sqlite, at=NOON + timedelta(hours=1))
    assert cancel(sqlite, "night", NOON) == 0
    assert announce_due(sqlite, "en", DESK, NOON + timedelta(hours=1)) == 0
    assert state(sqlite) is State.CANCELLED


def test_what_has_been_said_cannot_be_cancelled(sqlite: Database) -> None:
    planned(sqlite, at=NOON)
    announce_due(sqlite, "en", DESK, NOON)
    with sqlite.write() as connection:
        connection.execute(sa.update(deliveries).values(state="sent"))
    with pytest.raises(NotAllowed, match="said already"):
        cancel(sqlite, "night", NOON)


def test_a_time_that_passed_while_the_desk_was_down_is_told_not_made_up_for(
    sqlite: Database,
) -> None:
    planned(sqlite, at=NOON)
    assert announce_due(sqlite, "en", DESK, NOON + timedelta(minutes=31)) == 1
    assert keys(sqlite) == ["missed:night:once"]
    assert announce_due(sqlite, "en", DESK, NOON + timedelta(minutes=32)) == 0


def test_without_a_desk_a_missed_one_is_only_not_said(sqlite: Database) -> None:
    planned(sqlite, at=NOON)
    assert announce_due(sqlite, "en", None, NOON + timedelta(minutes=31)) == 0
    assert keys(sqlite) == []


def test_a_place_that_did_not_get_it_is_told_to_the_desk_once(desk: Any) -> None:
    planned(desk.database, at=NOON)
    announce_due(desk.database, "en", DESK, NOON)
    desk.at.refuse(Rejected("the chat is closed"))
    desk.speaks()
    assert announce_due(desk.database, "en", DESK, NOON) == 1
    assert announce_due(desk.database, "en", DESK, NOON) == 0
    desk.speaks()
    assert desk.alerts() == ["📣 “night” did not reach telegram -1: the chat is closed"]


def test_a_fan_out_that_was_interrupted_is_resumed(desk: Any) -> None:
    planned(desk.database, at=NOON)
    announce_due(desk.database, "en", DESK, NOON)
    with desk.database.write() as connection:  # the first target was said, then the process died
        connection.execute(
            sa.update(deliveries).where(deliveries.c.place == "-1").values(state="sent")
        )
        connection.execute(sa.delete(schedule_runs))
        connection.execute(
            sa.update(schedules).values(enabled=True, last_nominal_at=NOON - timedelta(1))
        )
    announce_due(desk.database, "en", DESK, NOON)
    desk.speaks()
    assert [post.place for post in desk.at.posts] == ["-2"]


def test_every_day_means_once_a_day(sqlite: Database) -> None:
    planned(sqlite, every="daily 09:00", timezone="Europe/Berlin")
    for hour in range(24 * 5):
        announce_due(sqlite, "en", DESK, NOON + timedelta(hours=hour))
    said = [key for key in keys(sqlite) if key.endswith(":-1")]
    assert said == [f"announce:night:2026-11-{day}T09:00:tg:-1" for day in (17, 18, 19, 20, 21)]
    assert state(sqlite) is State.SCHEDULED


def test_several_processes_at_once_say_each_time_once(database: Database) -> None:
    planned(database, every="daily 09:00")
    failures: list[BaseException] = []

    def look() -> None:
        try:
            for day in range(1, 6):
                announce_due(database, "en", DESK, (NOON + timedelta(days=day)).replace(hour=9))
        except BaseException as error:  # noqa: BLE001 - asserted below
            failures.append(error)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert len([k for k in keys(database) if k.startswith("announce")]) == 10


def test_killed_between_claiming_a_time_and_the_outbox_it_is_still_said(database: Database) -> None:
    planned(database, at=NOON)

    def dies(connection: Any) -> None:
        raise KeyboardInterrupt

    sa.event.listen(database.engine, "commit", dies)
    with pytest.raises(KeyboardInterrupt):
        announce_due(database, "en", DESK, NOON)
    sa.event.remove(database.engine, "commit", dies)
    assert announce_due(database, "en", DESK, NOON + timedelta(seconds=9)) == 2


def test_the_list_is_newest_first(sqlite: Database) -> None:
    draft(sqlite, PLAN, "en", NOON)
    draft(sqlite, replace(PLAN, name="day"), "en", NOON + timedelta(hours=1))
    with sqlite.read() as connection:
        assert [a.name for a in stored.all_announcements(connection)] == ["day", "night"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"texts": {"en": " "}}, "empty"),
        ({"texts": {"en": "at {time}"}}, "placeholder"),
        ({"texts": {"en": "x" * 4097}}, "too long for Telegram"),
        ({"texts": {"ja": "x"}}, "no text in"),
        ({"targets": ()}, "no targets"),
        ({"name": "a:b"}, "a name has"),
        (
            {"targets": (Target("x", Platform.TWITTER, "x", "en"),), "texts": {"en": "字" * 141}},
            "too long for X",
        ),
        (
            {"targets": (Target("x", Platform.TWITTER, "x", "en"),), "texts": {"en": "$BTC $ETH"}},
            "one cashtag",
        ),
        (
            {
                "targets": (Target("r", Platform.REDDIT, "r/a", "en"),),
                "texts": {"en": "x" * 10_001},
            },
            "Reddit",
        ),
    ],
)
def test_what_could_not_go_out_is_no_draft(sqlite: Database, changes: Any, says: str) -> None:
    with pytest.raises(NotAllowed, match=says):
        draft(sqlite, replace(PLAN, **changes), "en", NOON)


def test_a_good_one_has_no_problems_and_a_place_without_a_text_is_left_out() -> None:
    assert problems(PLAN, "en") == []
    only_chinese = replace(PLAN, texts={"zh": "維護"})
    assert [d.place for d in fan_out(only_chinese, "p", NOON, "en")] == ["-2"]
