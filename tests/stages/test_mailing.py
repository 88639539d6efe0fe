"""The weekly mail at somebody's request: previewed as it would go out, and sent once a recipient."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from monitor.core.weeks import parse_week
from monitor.ports import Receipt
from monitor.stages.attaching import attached
from monitor.stages.mailing import preview, send
from monitor.stages.report import Plan, weekly
from monitor.store import deliveries, tables
from monitor.store.database import Database
from tests.stages.test_report import MONDAY, T0, add_case, mails

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = parse_week("2026-W46", BERLIN)
PLAN = Plan(("lead@example.com", "ops@example.com"), "mail", BERLIN)
SENDER = ("Response desk", "desk@example.com")
HOUR = timedelta(hours=1)
HOSTILE = (
    '=HYPERLINK("http://evil")\r\nBcc: all@example.com\r\n\r\n<script>alert(1)</script>'
    "\u202e\u2028\x00${7*7}{{7*7}}"
)


def test_a_mail_asked_for_is_queued_once_and_then_told(database: Database) -> None:
    add_case(database, 1, staff_first_at=5)
    first = send(database, PLAN, WEEK, MONDAY)
    again = send(database, PLAN, WEEK, MONDAY + HOUR)
    assert [(q.recipient, q.is_new, q.state) for q in first] == [
        ("lead@example.com", True, "queued"), ("ops@example.com", True, "queued"),
    ]  # fmt: skip
    assert [(q.is_new, q.state, q.at) for q in again] == [(False, "queued", MONDAY)] * 2
    assert len(mails(database)) == 2


def test_when_it_was_sent_is_told(database: Database) -> None:
    add_case(database, 1, staff_first_at=5)
    send(database, PLAN, WEEK, MONDAY)
    number = mails(database)[0].id
    with database.write() as connection:
        deliveries.settle_sent(connection, number, Receipt("<id>", MONDAY + HOUR))
    told = {q.recipient: (q.state, q.at) for q in send(database, PLAN, WEEK, MONDAY + 2 * HOUR)}
    assert told == {
        "lead@example.com": ("sent", MONDAY + HOUR), "ops@example.com": ("queued", MONDAY),
    }  # fmt: skip


def test_the_scheduled_mail_skips_whoever_had_it_and_each_has_its_own_table(
    database: Database,
) -> None:
    add_case(database, 1, staff_first_at=5)
    send(database, replace(PLAN, recipients=("lead@example.com",)), WEEK, MONDAY)
    add_case(database, 2)
    weekly(database, PLAN, MONDAY)
    lead, ops = mails(database)
    assert (lead.subject.count("1 of 1"), ops.subject.count("1 of 2")) == (1, 1)
    tables_of = [attached(database, m.key)[0].content.decode("utf-8-sig") for m in (lead, ops)]
    assert [t.splitlines()[1].split(",")[2] for t in tables_of] == ["1", "2"]


def parsed(content: bytes) -> EmailMessage:
    found = email.message_from_bytes(content, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_the_preview_is_the_mail_and_stores_nothing(database: Database) -> None:
    add_case(database, 1, staff_first_at=5)
    made = preview(database, PLAN, WEEK, SENDER, MONDAY)
    mail = parsed(made.eml)
    assert mail["To"] == "lead@example.com"
    assert mail["From"] == "Response desk <desk@example.com>"
    send(database, PLAN, WEEK, MONDAY)
    queued = mails(database)[0]
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r", "") == queued.text
    assert html.get_content().replace("\r", "") == queued.html == made.html
    (table,) = mail.iter_attachments()
    assert table.get_filename() == "report-2026-W46.csv"
    assert table.get_content_type() == "text/csv"


def test_previewing_puts_nothing_into_the_outbox(database: Database) -> None:
    add_case(database, 1)
    preview(database, PLAN, WEEK, SENDER, MONDAY)
    with database.read() as connection:
        assert (
            connection.execute(sa.select(sa.func.count()).select_from(tables.reports)).scalar() == 0
        )
    assert mails(database) == []


def hostile_case(database: Database, number: int, **more: Any) -> None:
    place = f"-100{number}"
    add_case(database, number, place=place, language="zz<i>"[:10], **more)
    with database.write() as connection:
        connection.execute(
            sa.insert(tables.places).values(platform="telegram", key=place, name=HOSTILE)
        )
        m = tables.messages
        connection.execute(
            sa.update(m).where(m.c.native_id == str(number)).values(
                text=HOSTILE.replace("\x00", ""), link="javascript:alert(1)", author_name=HOSTILE.replace("\x00", ""))
        )  # fmt: skip


@pytest.fixture
def hostile(sqlite: Database) -> Database:
    """Every name of strangers is hostile; a vanished place, negative waits, a gap that says anything."""
    for number in range(20):
        hostile_case(sqlite, number)
    add_case(sqlite, 50, staff_first_at=-30, ack_at=-1)
    with sqlite.write() as connection:
        connection.execute(sa.insert(tables.gaps).values(
            key="k", account="tg", stream=HOSTILE, since=T0, until=T0 + HOUR, reason=HOSTILE, at=T0
        ))  # fmt: skip
        connection.execute(sa.insert(tables.incidents).values(
            key="i", kind="surge", series="place:telegram:-1000", began_at=T0, opened_at=T0,
            closed_at=T0 + HOUR, usual=1.0, usual_queue=1.0, ratio=8.0, peak=9, folded=[],
        ))  # fmt: skip
    return sqlite


def test_hostile_names_in_every_field_are_inert_and_the_mail_goes_out(hostile: Database) -> None:
    plan = replace(PLAN, title=HOSTILE)
    made = preview(hostile, plan, WEEK, (HOSTILE, "desk@example.com"), MONDAY)
    mail = parsed(made.eml)
    assert mail.keys() == [
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert len(mail["Subject"].splitlines()) == 1
    assert mail["Bcc"] is None
    for bad in ("<script", "javascript:", "\u202e", "\x00", "{{", "<i>"):
        assert bad not in made.html.replace("{{7*7}}", ""), bad
    assert "1 question bears a later time" in made.html
    (table,) = mail.iter_attachments()
    rows = table.get_content()
    rows = rows.decode("utf-8-sig") if isinstance(rows, bytes) else rows.lstrip("\ufeff")
    assert not any(cell.startswith(("=", "+", "@")) for line in rows.splitlines()
                   for cell in line.replace('"', "").split(","))  # fmt: skip


def test_no_week_stops_the_mail(sqlite: Database) -> None:
    """None, one, and one in a place that is known to nobody any more."""
    assert preview(sqlite, PLAN, WEEK, SENDER, MONDAY).html
    add_case(sqlite, 1, place="-404", platform="telegram")
    made = preview(sqlite, PLAN, WEEK, SENDER, datetime(2030, 1, 1, tzinfo=UTC))
    assert "-404" in made.html
