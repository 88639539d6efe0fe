"""`monitor report --preview`, `--send`, and `monitor roster`, as somebody at a terminal sees them."""

from __future__ import annotations

import email
import json
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.cli.common import WrongUse, write_whole
from monitor.sandbox import cast
from monitor.sandbox.sandbox import Sandbox
from tests.desks import Desk, Said, full_disk

Monitor = Callable[..., Said]
LINE = (
    '{"platform": "telegram", "place": "-1001", "id": "1", "author_id": "5", "author_name": "Ann", '
    '"text": "My withdrawal is stuck, please help?", "sent_at": "2026-11-10T10:00:00Z"}\n'
)


def this_week() -> str:
    year, week, _ = datetime.now(UTC).isocalendar()
    return f"{year}-W{week:02}"


@pytest.fixture
def asked(desk: Desk, monitor: Monitor) -> Desk:
    """A desk whose week 46 has one question."""
    Path("history.jsonl").write_text(LINE)
    assert monitor("import", "history.jsonl").code == 0
    return desk


def test_a_preview_is_a_mail_and_its_page(asked: Desk, monitor: Monitor) -> None:
    done = monitor("report", "--week", "2026-W46", "--preview", "out")
    assert done.code == 0
    assert "Written: out/report-2026-W46.eml" in done.out
    mail = email.message_from_bytes(Path("out/report-2026-W46.eml").read_bytes())
    assert mail["Subject"]
    assert Path("out/report-2026-W46.html").read_text().startswith("<!DOCTYPE html>")


def test_a_preview_says_what_comes_next(asked: Desk, monitor: Monitor) -> None:
    done = monitor("report", "--week", "2026-W46", "--preview", "out")
    assert done.out.splitlines()[-2:] == [
        "Next: open out/report-2026-W46.html in a browser.",
        "Send it: monitor report --week 2026-W46 --send",
    ]


def test_a_preview_for_somebody_of_a_week_that_is_not_over_says_so(
    asked: Desk, monitor: Monitor
) -> None:
    days = ("--from", "2026-11-09", "--to", "2026-11-10")
    done = monitor("report", *days, "--preview", "out", "--recipient", "boss@example.com")
    running = monitor("report", "--week", this_week(), "--preview", "out")
    assert done.out.endswith(
        "Send it: monitor report --from 2026-11-09 --to 2026-11-10 --send --recipient boss@example.com\n"
    )
    assert running.out.endswith(
        f"Send it when {this_week()} is over: monitor report --week {this_week()} --send\n"
    )


def test_a_page_for_which_there_is_no_room_leaves_the_one_before(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    write_whole(page, b"the one before")
    with (
        full_disk(1_000),
        pytest.raises(WrongUse, match=r"page.html: cannot be written \(File too large"),
    ):
        write_whole(page, b"x" * 5_000)
    assert page.read_bytes() == b"the one before"
    assert list(tmp_path.iterdir()) == [page]


def test_a_preview_goes_where_it_is_told_to(asked: Desk, monitor: Monitor) -> None:
    monitor("report", "--week", "2026-W46", "--preview", "out", "--recipient", "boss@example.com")
    assert b"To: boss@example.com" in Path("out/report-2026-W46.eml").read_bytes()


def test_sending_twice_sends_once_and_says_so(asked: Desk, monitor: Monitor) -> None:
    first = monitor("report", "--week", "2026-W46", "--send", "--recipient", "boss@example.com")
    again = monitor("report", "--week", "2026-W46", "--send", "--recipient", "boss@example.com")
    assert first.out == (
        "boss@example.com: put into the outbox; the running desk sends it within seconds (monitor run).\n"
    )
    assert again.code == 0
    assert "boss@example.com: in the outbox since" in again.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--recipient", "boss@example.com"), "Use it with --preview or --send"),
        (("--send", "--recipient", "boss"), "not a mail address"),
        (("--send", "--from", "2026-11-10", "--to", "x@y.example"), "not a date"),
        (("--send", "--week", this_week()), "is not over, and its mail goes out once"),
        (("--send", "--week", "2099-W01"), "lies in the future"),
    ],
)
def test_what_cannot_be_sent_is_explained(
    asked: Desk, monitor: Monitor, arguments: tuple[str, ...], told: str
) -> None:
    done = monitor("report", *arguments)
    assert done.code == 2
    assert told in done.err


def test_a_folder_that_cannot_be_is_explained(asked: Desk, monitor: Monitor) -> None:
    Path("file").touch()
    done = monitor("report", "--preview", "file/out")
    assert done.code == 2
    assert "no folder can be made there" in done.err


def test_the_roster_says_who_is_on_duty_and_who_reads_what(desk: Desk, monitor: Monitor) -> None:
    done = monitor("roster", "--no-ask")
    assert done.code == 0
    assert done.out.startswith("On duty, ")
    assert "Who reads\n" in done.out
    for person in cast.STAFF:
        assert person.name in done.out


def test_an_empty_roster_says_what_to_do(nowhere: Path, monitor: Monitor) -> None:
    done = monitor("roster", "--no-ask")
    assert "Name your people in rules/roster.toml." in done.out


def test_an_admin_whom_the_roster_does_not_know_comes_with_the_lines_to_paste(
    desk: Desk, stage: Sandbox, monitor: Monitor
) -> None:
    stage.telegram.add_user(4242, 'Bo "the boss"', "bo")
    stage.telegram.add_member(cast.ENGLISH.id, 4242, "administrator")
    done = monitor("roster")
    told = json.loads(monitor("roster", "--json").out)
    (stranger,) = [s for s in told["unknown_admins"] if s["id"] == "4242"]
    assert tomllib.loads(stranger["entry"]) == {
        "people": [{"name": 'Bo "the boss"', "telegram": ["4242"]}]
    }
    assert stranger["entry"] in done.out


def test_accounts_that_cannot_be_asked_are_named(
    desk: Desk, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MONITOR_TG_TOKEN")
    done = monitor("roster")
    assert done.code == 0
    assert "Look: tg could not be asked" in done.out
