"""The generated four weeks and the demo's folder."""

from __future__ import annotations

import json
import stat
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.classify.team import load_roster
from monitor.config import load
from monitor.core.messages import Platform, Role
from monitor.core.targets import Targets
from monitor.core.weeks import last_full_week, latest_due
from monitor.importers import jsonl
from monitor.sandbox import cast, demo, history
from monitor.sandbox.history import on_shift
from monitor.sandbox.sandbox import Sandbox
from monitor.stages.report import plan_of

NOW = datetime(2026, 11, 19, 10, 30, tzinfo=UTC)
Record = dict[str, Any]


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return list(history.history(NOW))


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as started:
        started.populate()
        yield started


def moment(record: Record) -> datetime:
    return datetime.fromisoformat(record["sent_at"])


def test_the_same_seed_tells_the_same_history_and_another_seed_another(
    records: list[Record],
) -> None:
    assert list(history.history(NOW)) == records
    assert list(history.history(NOW, seed=8)) != records


def test_a_history_has_some_thousand_messages_of_four_weeks_before_now(
    records: list[Record],
) -> None:
    times = [moment(r) for r in records]

    assert 3000 <= len(records) <= 5000
    assert times == sorted(times)
    assert NOW - timedelta(weeks=4, hours=1) <= times[0] < NOW - timedelta(weeks=3, days=6)
    assert times[-1] < NOW


def test_no_two_messages_of_a_place_have_the_same_id(records: list[Record]) -> None:
    keys = Counter((r["platform"], r["place"], r["id"]) for r in records)

    assert max(keys.values()) == 1


def test_an_answer_names_an_earlier_message_of_the_same_place(records: list[Record]) -> None:
    seen: dict[tuple[str, str], Record] = {}
    answers = 0
    for record in records:
        if record["reply_to"] is not None:
            answers += 1
            asked = seen[(record["place"], record["reply_to"])]
            assert asked["thread"] == record["thread"]
        seen[(record["place"], record["id"])] = record
    assert answers > 800


def test_telegram_ids_stay_below_the_live_ones(records: list[Record]) -> None:
    ids = [int(r["id"]) for r in records if r["platform"] == "telegram"]

    assert len(cast.TOPIC_IDS) + 2 <= min(ids) <= max(ids) < cast.FIRST_LIVE_ID


def test_reddit_ids_stay_below_the_live_ones(sandbox: Sandbox, records: list[Record]) -> None:
    live = sandbox.reddit.submit(cast.OWN_SUBREDDIT, "somebody", "now", "")

    ids = [int(r["id"][3:], 36) for r in records if r["platform"] == "reddit"]
    assert max(ids) < int(live[3:], 36)


def test_all_ten_languages_ask_on_every_day_of_the_week(records: list[Record]) -> None:
    texts = {r["text"] for r in records}
    for language, said in history.phrases().items():
        asked = [t for some in said["ask"].values() for t in some if "{" not in t]
        assert texts & set(asked), language
    assert {moment(r).weekday() for r in records} == set(range(7))


def test_members_write_by_day_more_than_by_night(records: list[Record]) -> None:
    chinese = str(cast.CHINESE.id)
    members = [r for r in records if r["role"] == "member" and r["place"] == chinese]
    hours = Counter((moment(r).hour + 8) % 24 for r in members)

    assert sum(hours[h] for h in range(14, 22)) > 3 * sum(hours[h] for h in range(1, 6))


def test_two_surges_stand_out_of_the_usual_day(records: list[Record]) -> None:
    days = Counter(moment(r).date() for r in records)
    median = sorted(days.values())[len(days) // 2]

    loud = [day for day, count in days.items() if count > 1.5 * median]

    assert sorted((NOW.date() - day).days for day in loud) == [5, 17]


def test_some_questions_were_never_answered_by_staff_and_most_were(records: list[Record]) -> None:
    roots = {r["id"] for r in records if r["platform"] == "twitter" and r["reply_to"] is None}
    answered = {r["thread"] for r in records if r["role"] == "staff"} & roots

    assert 0.6 * len(roots) < len(answered) < 0.97 * len(roots)


def test_staff_and_only_staff_have_the_role_staff(records: list[Record]) -> None:
    names = {person.name for person in cast.STAFF}

    assert {r["author_name"] for r in records if r["role"] == "staff"} <= names
    assert not {r["author_name"] for r in records if r["role"] == "member"} & names


def test_a_shift_over_midnight_is_on_before_and_after_it() -> None:
    sam = cast.BY_KEY["sam"]  # Singapore, 18:00-02:00

    assert on_shift(sam, datetime(2026, 11, 19, 17, 30, tzinfo=UTC))
    assert on_shift(sam, datetime(2026, 11, 19, 10, 30, tzinfo=UTC))
    assert not on_shift(sam, datetime(2026, 11, 19, 18, 30, tzinfo=UTC))


def test_every_record_is_read_by_the_importer(tmp_path: Path, records: list[Record]) -> None:
    file = tmp_path / "history.jsonl"
    demo.write_history(file, records)

    with file.open("rb") as content:
        read = list(jsonl.read(content, NOW))

    assert len(read) == len(records)
    assert {type(one).__name__ for one in read} == {"Message"}


def test_the_folder_is_a_complete_configuration(tmp_path: Path, sandbox: Sandbox) -> None:
    made = demo.prepare(tmp_path / "demo", sandbox, NOW)

    config = load(made.config)

    for account in config.enabled:
        assert config.secret_troubles(account.name, made.environment)[0] == ()
    assert config.accounts["tg"].options["base_url"] == sandbox.at.telegram
    assert config.desk.chat == str(cast.DESK.id)
    assert config.rules == made.rules
    told = [json.loads(line) for line in made.history.read_text(encoding="utf-8").splitlines()]
    assert len(told) == made.messages


@pytest.mark.parametrize("hour", [0, 3, 12])
def test_on_a_monday_morning_the_mail_tells_of_the_week_that_has_just_ended(
    tmp_path: Path, sandbox: Sandbox, hour: int
) -> None:
    config = load(demo.prepare(tmp_path, sandbox, NOW).config)
    plan = plan_of(config, Targets())
    monday = datetime(2026, 11, 23, hour, 5, tzinfo=UTC)

    due = latest_due(monday, plan.zone, plan.weekday, plan.at)

    assert last_full_week(due, plan.zone) == last_full_week(monday, plan.zone)


def test_secrets_are_for_their_owner_only(tmp_path: Path, sandbox: Sandbox) -> None:
    made = demo.prepare(tmp_path, sandbox, NOW)

    assert stat.S_IMODE(made.secrets.stat().st_mode) == 0o600
    for secret in made.environment.values():
        assert f'"{secret}"' not in made.config.read_text(encoding="utf-8").replace('"tg"', "")


def test_the_roster_knows_the_staff_by_the_ids_under_which_they_write(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    made = demo.prepare(tmp_path, sandbox, NOW)

    roster = load_roster(made.rules)

    told = tomllib.loads((made.rules / "roster.toml").read_text(encoding="utf-8"))["people"]
    assert [person["name"] for person in told] == [person.name for person in cast.STAFF]
    staff = {(p, i) for one in roster.people for p, ids in one.ids.items() for i in ids}
    records = map(json.loads, made.history.read_text(encoding="utf-8").splitlines())
    for record in records:
        known = (Platform(record["platform"]), record["author_id"]) in staff
        assert known == (record["role"] == Role.STAFF), record


def test_preparing_again_writes_the_folder_anew(tmp_path: Path, sandbox: Sandbox) -> None:
    first = demo.prepare(tmp_path, sandbox, NOW)
    again = demo.prepare(tmp_path, sandbox, NOW)

    assert first == again
