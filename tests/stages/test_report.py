"""Figures from stored cases, and the weekly mail: once per week and recipient, whatever happens."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from monitor import config
from monitor.core.latency import Wait
from monitor.core.messages import Platform
from monitor.core.targets import Target, Targets
from monitor.core.weeks import Period, parse_week
from monitor.reporting import as_json
from monitor.stages.attaching import attached
from monitor.stages.report import Plan, channels_of, figures_for, plan_of, weekly
from monitor.store import tables
from monitor.store.database import Database

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = parse_week("2026-W46", BERLIN)
T0 = WEEK.start + timedelta(hours=30)
MONDAY = datetime(2026, 11, 16, 8, tzinfo=UTC)  # nine o'clock in Berlin
MINUTE = timedelta(minutes=1)


def add_case(database: Database, number: int, **more: Any) -> None:
    """A stored case opened at T0 + `number` minutes, with its first message. Clocks in minutes."""
    opened = more.pop("opened_at", T0 + number * MINUTE)
    clocks = {
        name: opened + minutes * MINUTE
        for name in ("ack_at", "staff_first_at", "community_first_at", "resolved_at")
        if (minutes := more.pop(name, None)) is not None
    }
    row = {
        "key": f"telegram:-1001:{number}", "platform": "telegram", "place": "-1001", "author_id": "7",
        "topic": "withdrawal", "urgency": 2, "language": "en", "complexity": "simple",
        "opened_at": opened, "burst_until": opened, "last_turn_at": opened,
        "open_turn_at": None if "staff_first_at" in clocks else opened,
        "staff_by": "reply" if "staff_first_at" in clocks else None,
    } | clocks | more  # fmt: skip
    with database.write() as connection:
        done = connection.execute(
            sa.insert(tables.cases).values(**row).returning(tables.cases.c.id)
        )
        add_message(connection, number, done.scalar_one(), row)


def add_message(connection: sa.Connection, number: int, case_id: int | None, case: Any) -> None:
    connection.execute(sa.insert(tables.messages).values(
        platform=case["platform"], place=case["place"], native_id=str(number), author_id="7",
        author_kind="person", text=f"question {number}", sent_at=case["opened_at"],
        seen_at=case["opened_at"] + timedelta(seconds=number), case_id=case_id,
        link=f"https://t.me/c/1/{number}",
    ))  # fmt: skip


def figures(
    database: Database, period: Period = WEEK, as_of: datetime = MONDAY, **more: Any
) -> Any:
    targets = more.pop("targets", Targets())
    return figures_for(database, period, as_of, more.pop("channels", {}), targets, **more)


def test_a_case_belongs_to_the_local_week_in_which_it_was_asked(database: Database) -> None:
    second = timedelta(seconds=1)
    for number, at in enumerate((WEEK.start - second, WEEK.start, WEEK.end - second, WEEK.end)):
        add_case(database, number, opened_at=at)
    found = figures(database)
    assert (found.total.n, found.previous.n) == (2, 1)
    assert found.total.unanswered == 2
    assert [w.text for w in found.unanswered] == ["question 1", "question 2"]


def test_figures_are_cut_by_channel_topic_urgency_and_language(database: Database) -> None:
    add_case(database, 1, staff_first_at=5)
    add_case(database, 2, staff_first_at=50, language="zh", urgency=1, topic="api")
    add_case(database, 3, community_first_at=2, platform="twitter", place="x", urgency=3)
    add_case(database, 4, platform="reddit", place="r/acme")
    with database.write() as connection:
        name = sa.insert(tables.places).values(platform="reddit", key="r/acme", name="r/Acme")
        connection.execute(name)
    channels = {(Platform.TELEGRAM, "-1001"): "Acme chats"}
    found = figures(database, channels=channels)
    assert [(s.key, s.row.n, s.row.staff) for s in found.channels] == [
        ("Acme chats", 2, 2), ("X", 1, 0), ("r/Acme", 1, 0),
    ]  # fmt: skip
    assert [(s.key, s.row.n) for s in found.topics] == [("withdrawal", 3), ("api", 1)]
    assert [s.key for s in found.urgencies] == ["critical", "high", "normal"]
    assert [(s.key, s.row.n) for s in found.languages] == [("en", 3), ("zh", 1)]
    assert (found.total.staff, found.total.community, found.total.nobody) == (2, 1, 1)


def test_the_most_specific_target_judges(database: Database) -> None:
    add_case(database, 1, staff_first_at=15)
    assert figures(database).total.staff == 0
    longer = Targets(special=(Target(timedelta(minutes=20), place="-1001"),))
    assert figures(database, targets=longer).total.staff == 1


def test_the_report_is_about_what_was_known_at_its_cut_off(database: Database) -> None:
    add_case(database, 1, staff_first_at=5)
    add_case(database, 60)
    early = figures(database, as_of=T0 + 3 * MINUTE)
    assert (early.total.n, early.total.staff, early.is_running) == (1, 0, True)
    assert early.total.undecided == 1


def test_withdrawn_questions_are_left_out_and_counted(database: Database) -> None:
    add_case(database, 1, state="withdrawn", open_turn_at=None)
    add_case(database, 2, state="withdrawn", community_first_at=1, open_turn_at=None)
    found = figures(database)
    assert (found.total.n, found.withdrawn) == (1, 1)


def test_what_waits_from_before_is_told_apart_and_imported_history_is_not(
    database: Database,
) -> None:
    add_case(database, 1, opened_at=WEEK.start - timedelta(days=9))
    add_case(database, 2, opened_at=WEEK.start - timedelta(days=99), imported=True)
    found = figures(database)
    assert (found.total.n, found.backlog.n) == (0, 1)
    assert found.backlog.oldest == MONDAY - WEEK.start + timedelta(days=9)


def test_visibility_is_measured_on_live_messages_by_platform(database: Database) -> None:
    for number in range(1, 21):
        add_case(database, number)
    with database.write() as connection:
        old = sa.update(tables.messages).where(tables.messages.c.native_id == "20")
        connection.execute(old.values(imported=True, seen_at=MONDAY))
    (lag,) = figures(database).lags
    assert (lag.platform, lag.n, lag.p95) == (Platform.TELEGRAM, 19, timedelta(seconds=19))


def test_gaps_that_touch_the_week_are_listed(database: Database) -> None:
    def gap(key: str, since: datetime | None, until: datetime | None, at: datetime) -> None:
        with database.write() as connection:
            connection.execute(sa.insert(tables.gaps).values(
                key=key, account="tg", stream="updates", since=since, until=until, reason=key, at=at
            ))  # fmt: skip

    day = timedelta(days=1)
    gap("before", WEEK.start - 3 * day, WEEK.start - day, WEEK.start)
    gap("into", WEEK.start - day, WEEK.start + day, WEEK.start + day)
    gap("unknown beginning", None, T0, T0)
    gap("unknown", None, None, T0)
    gap("after", WEEK.end + day, WEEK.end + 2 * day, WEEK.end + 2 * day)
    assert {g.reason for g in figures(database).gaps} == {"into", "unknown beginning", "unknown"}


def test_an_empty_database_gives_an_empty_report(database: Database) -> None:
    found = figures(database)
    assert (found.total.n, found.total.share, found.channels) == (0, None, ())


def test_the_same_question_asked_twice_gives_the_same_bytes(database: Database) -> None:
    for number in range(30):
        add_case(database, number, staff_first_at=number if number % 3 else None)
    assert as_json(figures(database)) == as_json(figures(database))


def test_figures_agree_with_a_count_by_hand(sqlite: Database) -> None:
    chance = random.Random(5)
    waits = [chance.choice([None, chance.randrange(1, 40)]) for _ in range(60)]
    for number, wait in enumerate(waits):
        add_case(sqlite, number, staff_first_at=wait)
    answered = sorted(w for w in waits if w is not None)
    row = figures(sqlite).total
    assert row.staff == sum(w <= 10 for w in answered)
    assert row.nobody == 60 - row.staff
    median = answered[29] if len(answered) >= 30 else None
    assert row.p50 == (median and Wait(median * MINUTE)) or (median is None and row.p50.is_bound)


def add_incident(database: Database, series: str, cases: list[int], **more: Any) -> None:
    """From T0 on, for an hour; `cases` are numbers of stored cases."""
    row = {
        "key": f"surge:{series}", "kind": "surge", "series": series, "began_at": T0,
        "opened_at": T0 + 4 * MINUTE, "closed_at": T0 + 60 * MINUTE, "usual": 4.0,
        "usual_queue": 1.0, "ratio": 8.0, "peak": 40, "folded": [],
    } | more  # fmt: skip
    c = tables.cases.c
    with database.write() as connection:
        keys = [f"telegram:-1001:{number}" for number in cases]
        ids = connection.execute(sa.select(c.id).where(c.key.in_(keys))).scalars().all()
        found = connection.execute(
            sa.insert(tables.incidents).values(**row).returning(tables.incidents.c.id)
        ).scalar_one()
        for case_id in ids:
            connection.execute(
                sa.insert(tables.incident_cases).values(incident_id=found, case_id=case_id)
            )


def test_surges_stand_apart_from_calm_hours(database: Database) -> None:
    for number in range(10):  # in the hour
        add_case(database, number, staff_first_at=30)
    for number in range(100, 120):
        add_case(database, number, staff_first_at=2, topic="api")
    add_incident(database, "topic:withdrawal", [0, 1, 2])
    found = figures(database)
    assert (found.total.n, found.total.staff) == (30, 20)
    assert (found.in_surges.n, found.in_surges.staff) == (10, 0)
    assert (found.calm.n, found.calm.staff) == (20, 20)
    assert (found.change.now.n, found.change.now.share) == (20, 1.0)
    (surge,) = found.surges
    assert (surge.kind, surge.key, surge.row.n) == ("topic", "withdrawal", 3)
    assert surge.noticed_at - surge.began_at == 4 * MINUTE


def test_a_week_without_surges_is_calm_as_a_whole(database: Database) -> None:
    add_case(database, 1, staff_first_at=30)
    found = figures(database)
    assert (found.surges, found.calm, found.in_surges) == ((), None, None)
    assert found.change.now.n == 1


def test_a_surge_is_named_as_its_channel_and_one_of_another_week_is_left_out(
    database: Database,
) -> None:
    add_case(database, 1, staff_first_at=30)
    add_incident(database, "place:telegram:-1001", [1], closed_at=None)
    early = WEEK.start - timedelta(days=2)
    add_incident(database, "all", [], began_at=early, opened_at=early, closed_at=early + MINUTE)
    add_incident(database, "place:telegram:-1009", [], kind="silence", closed_at=MONDAY + MINUTE)
    found = figures(database, channels={(Platform.TELEGRAM, "-1001"): "Acme chats"})
    assert [(s.key, s.ended_at) for s in found.surges] == [("Acme chats", None)]
    assert [(s.key, s.ended_at) for s in found.silences] == [("-1009", None)]


def test_advice_comes_from_the_two_weeks_and_only_for_whole_ones(sqlite: Database) -> None:
    chance = random.Random(8)
    for start in (WEEK.previous.start, WEEK.start):
        rows, free = [], start
        for number in range(1500):
            at = start + number * timedelta(days=7) / 1500
            begins = max(at, free)
            if begins.astimezone(BERLIN).hour >= 20:  # nobody is there in the evening
                midnight = begins.astimezone(BERLIN).replace(hour=0, minute=0, second=0)
                begins = (midnight + timedelta(days=1)).astimezone(UTC)
            free = begins + chance.uniform(1, 5) * MINUTE
            rows.append({
                "key": f"telegram:-1001:{start}{number}", "platform": "telegram", "place": "-1001",
                "author_id": str(number), "topic": "api", "urgency": 2, "language": "zh",
                "complexity": "simple", "opened_at": at, "burst_until": at, "last_turn_at": at,
                "staff_first_at": free, "staff_by": "reply", "staff_id": "9",
            })  # fmt: skip
        with sqlite.write() as connection:
            connection.execute(sa.insert(tables.cases), rows)
    advised = figures(sqlite).advised
    assert advised.language == "zh"
    assert all(s.start >= 18 or s.start <= 4 for s in advised.advice.shifts)
    assert advised.advice.promised > advised.advice.measured
    assert figures(sqlite, as_of=WEEK.end - timedelta(hours=1)).advised is None


def test_hours_are_those_of_the_readers_zone(database: Database) -> None:
    add_case(database, 1, staff_first_at=2)  # T0 is six in the morning in Berlin
    (line,) = figures(database).hours
    assert (line.language, line.cells[1]) == ("en", (1, 1))
    assert sum(n for n, _ in line.cells) == 1


PLAN = Plan(("lead@example.com", "ops@example.com"), "mail", BERLIN)


def mails(database: Database) -> list[Any]:
    with database.read() as connection:
        return list(
            connection.execute(sa.select(tables.deliveries).order_by(tables.deliveries.c.key))
        )


def test_the_weekly_mail_goes_to_every_recipient_once(database: Database) -> None:
    add_case(database, 1, staff_first_at=5)
    assert weekly(database, PLAN, MONDAY) == 2
    assert weekly(database, PLAN, MONDAY + MINUTE) == 0
    assert weekly(database, PLAN, MONDAY + timedelta(days=6)) == 0
    first, second = mails(database)
    assert first.key == "report:2026-W46:lead@example.com"
    assert second.key == "report:2026-W46:ops@example.com"
    assert (first.kind, first.platform, first.account) == ("report", "email", "mail")
    assert (first.place, first.state) == ("lead@example.com", "queued")
    assert first.subject == "Support 9–15 Nov: 1 of 1 question answered within target"
    assert first.text.startswith("Support · Mon 9 Nov – Sun 15 Nov 2026")
    assert first.html.startswith("<!DOCTYPE html>")


def test_the_mail_is_not_written_before_its_hour_and_is_made_up_for(database: Database) -> None:
    add_case(database, 1, opened_at=WEEK.start)
    assert weekly(database, PLAN, MONDAY - MINUTE) == 0  # the week before had nothing to say
    assert weekly(database, PLAN, MONDAY + timedelta(days=5)) == 2


def test_figures_are_kept_as_mailed(database: Database) -> None:
    add_case(database, 1, staff_first_at=5)
    weekly(database, PLAN, MONDAY)
    add_case(database, 2)
    with database.read() as connection:
        kept = connection.execute(sa.select(tables.reports)).one()
        run = connection.execute(sa.select(tables.schedule_runs)).one()
    assert (kept.period, kept.as_of, kept.figures["total"]["n"]) == ("2026-W46", MONDAY, 1)
    assert (run.schedule, run.period, run.nominal_at) == ("weekly-report", "2026-W46", MONDAY)


def test_the_mail_brings_its_figures_as_a_table(database: Database) -> None:
    add_case(database, 1, staff_first_at=5)
    weekly(database, PLAN, MONDAY)
    add_case(database, 2)  # afterwards
    (file,) = attached(database, mails(database)[0].key)
    assert (file.name, file.content_type) == ("report-2026-W46.csv", "text/csv")
    assert (
        file.content.decode("utf-8-sig").splitlines()[1].startswith("all,2026-W46,1,1,0,0,1.0000")
    )
    assert attached(database, "report:2026-W01:lead@example.com") == ()
    assert attached(database, "trouble:tg:lead@example.com") == ()


def test_without_recipients_or_anything_asked_there_is_no_mail(database: Database) -> None:
    assert weekly(database, PLAN, MONDAY) == 0
    add_case(database, 1)
    assert weekly(database, Plan((), "mail", BERLIN), MONDAY) == 0
    assert mails(database) == []


def test_a_quiet_week_is_reported_too(database: Database) -> None:
    add_case(database, 1, opened_at=WEEK.start - timedelta(days=20))
    assert weekly(database, PLAN, MONDAY) == 2
    assert mails(database)[0].subject == "Support 9–15 Nov: no questions"


def test_several_at_once_write_one_mail_each(database: Database) -> None:
    add_case(database, 1)
    written: list[int] = []

    def try_it() -> None:
        written.append(weekly(database, PLAN, MONDAY))

    threads = [threading.Thread(target=try_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(written) == [0, 0, 0, 2]
    assert len(mails(database)) == 2


def test_the_week_is_that_of_the_recipients(database: Database) -> None:
    add_case(database, 1)
    shanghai = Plan(("lead@example.com",), "mail", ZoneInfo("Asia/Shanghai"))
    nine_there = datetime(2026, 11, 16, 1, tzinfo=UTC)
    assert weekly(database, shanghai, nine_there) == 1
    assert mails(database)[0].key == "report:2026-W46:lead@example.com"


CONFIG = """
[monitor]
timezone = "Asia/Shanghai"

[report]
recipients = ["lead@example.com"]
account = "mail"
weekly = { day = "tue", at = "07:30" }

[accounts.mail]
platform = "email"
host = "localhost"
sender = "desk@example.com"

[accounts.tg]
platform = "telegram"
places = [{ id = "-1001", name = "Acme", channel = "English" }, { id = "-1002", name = "Acme zh" }, { id = "-1003" }, { id = "-45", name = "Founders" }]
"""


def test_the_plan_follows_the_config(tmp_path: Path) -> None:
    try:
        read = config.parse(CONFIG, tmp_path / "config.toml")
    except config.ConfigBroken as error:
        pytest.fail(str(error))
    plan = plan_of(read, Targets())
    assert (plan.recipients, plan.account, plan.zone.key) == (
        ("lead@example.com",), "mail", "Asia/Shanghai",
    )  # fmt: skip
    assert (plan.weekday, plan.at.isoformat()) == (1, "07:30:00")
    channels = channels_of(read)
    assert channels[Platform.TELEGRAM, "-1001"] == "English"
    assert channels[Platform.TELEGRAM, "-1002"] == "Acme zh"
    assert channels[Platform.TELEGRAM, "tg:-45"] == "Founders"  # a basic group, by its live key
    assert (Platform.TELEGRAM, "-1003") not in channels
