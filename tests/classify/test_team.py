"""rules/roster.toml and rules/targets.toml: what may stand there, and what is said when it may not."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from monitor import assets
from monitor.classify.house_rules import HouseRules
from monitor.classify.rulereading import RulesBroken
from monitor.classify.team import load_roster, load_targets
from monitor.classify.tiers import Tier
from monitor.core.assessment import Topic, Urgency
from monitor.core.messages import Platform, Role
from monitor.core.targets import Target, Targets

ROSTER = """
[[people]]
name = "Mia"
languages = ["en", "zh"]
topics = ["withdrawal"]
telegram = ["123", 456]
reddit = "t2_1w72"
valid_from = 2026-01-01
valid_to = 2026-11-30

[[people.shifts]]
days = ["fri-mon", "wed"]
from = "20:00"
to = "24:00"
timezone = "Asia/Shanghai"

[[people]]
name = "Shop bot"
role = "other_bot"
twitter = ["99"]
"""


def rules(folder: Path, roster: str = "", targets: str = "") -> Path:
    folder = folder / "rules"
    folder.mkdir()
    (folder / "roster.toml").write_text(roster, encoding="utf-8")
    (folder / "targets.toml").write_text(targets, encoding="utf-8")
    return folder


def uncommented(text: str) -> str:
    """The lines of TOML that a file keeps as an example in its comments."""
    lines = (line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#"))
    return "\n".join(line for line in lines if re.fullmatch(r"\[\[.+\]\]|[a-z_]+ = \S.*", line))


def said(error: RulesBroken) -> str:
    return str(error).replace("value error, ", "")


def test_a_roster_is_read_with_ids_dates_and_shifts(tmp_path: Path) -> None:
    mia, bot = load_roster(rules(tmp_path, ROSTER)).people
    assert mia.ids == {Platform.TELEGRAM: ("123", "456"), Platform.REDDIT: ("t2_1w72",)}
    assert (mia.languages, mia.topics, mia.role) == (("en", "zh"), ("withdrawal",), Role.STAFF)
    assert mia.valid_from == datetime(2026, 1, 1, tzinfo=UTC)
    assert mia.valid_to == datetime(2026, 11, 30, tzinfo=UTC)  # the first day without them
    (shift,) = mia.shifts
    assert (shift.start, shift.end, shift.days) == (time(20), time(0), {4, 5, 6, 0, 2})
    assert bot.role is Role.OTHER_BOT


def test_targets_are_read_with_goal_and_exceptions(tmp_path: Path) -> None:
    text = """
goal = 0.8
[default]
critical = 2
[[target]]
topic = "withdrawal"
urgency = "high"
minutes = 7.5
[[target]]
place = "-1001"
language = "zh"
minutes = 20
"""
    found = load_targets(rules(tmp_path, targets=text))
    assert found.goal == 0.8
    assert found.default[Urgency.CRITICAL] == timedelta(minutes=2)
    assert found.default[Urgency.LOW] == timedelta(minutes=240)
    assert found.special == (
        Target(timedelta(minutes=7.5), Topic.WITHDRAWAL, Urgency.HIGH),
        Target(timedelta(minutes=20), place="-1001", language="zh"),
    )


def test_empty_files_are_an_empty_team_and_the_usual_targets(tmp_path: Path) -> None:
    folder = rules(tmp_path)
    assert load_roster(folder).people == ()
    assert load_targets(folder) == Targets(dict(Targets().default))


def test_the_files_that_ship_are_right() -> None:
    folder = assets.path("rules")
    assert load_roster(folder).people == ()
    found = load_targets(folder)
    assert found.goal == 0.9
    assert found.default[Urgency.CRITICAL] < found.default[Urgency.LOW]


@pytest.mark.parametrize("name", ["roster.toml", "targets.toml"])
def test_the_examples_in_the_shipped_files_work_when_uncommented(tmp_path: Path, name: str) -> None:
    text = (assets.path("rules") / name).read_text(encoding="utf-8")
    marks = {"roster.toml": "# [[people]]", "targets.toml": "# [[target]]"}
    example = uncommented(text[text.index(marks[name]) :])
    folder = rules(tmp_path)
    (folder / name).write_text(example, encoding="utf-8")
    assert len(load_roster(folder).people) + len(load_targets(folder).special) == 2


SHIFT = '[[people]]\nname = "Mia"\n[[people.shifts]]\nfrom = "09:00"\nto = "17:00"\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            '[[people]]\nname = "Mia"\nshift = 1',
            "rules/roster.toml: people[1].shift: there is no such key. "
            "Correct its spelling or remove it.",
        ),
        ("[[people]]\n", "rules/roster.toml: people[1].name: missing. Add it."),
        (
            '[[people]]\nname = "Mia"\ntelegram = ["@mia"]',
            "rules/roster.toml: people[1].telegram: should be numeric ids such as "
            '["123456"]: names can be imitated (found "[\'@mia\']"). Correct it.',
        ),
        (
            '[[people]]\nname = "Mia"\nreddit = ["mia"]',
            "rules/roster.toml: people[1].reddit: should be account ids such as "
            '["t2_1w72"]: names can be imitated (found "[\'mia\']"). Correct it.',
        ),
        (
            '[[people]]\nname = "Mia"\nvalid_from = "2026-01-01"',
            "rules/roster.toml: people[1].valid_from: should be a date such as "
            '2026-11-09, without quotes (found "2026-01-01"). Correct it.',
        ),
        (
            SHIFT + 'timezone = "Shanghai"',
            "rules/roster.toml: people[1].shifts[1].timezone: should be a time zone "
            'such as "Asia/Shanghai" or "UTC" (found "Shanghai"). Correct it.',
        ),
        (
            SHIFT.replace("17:00", "25:00") + 'timezone = "UTC"',
            "rules/roster.toml: people[1].shifts[1].to: should be a time of day such "
            'as "09:00" (found "25:00"). Correct it.',
        ),
        (
            SHIFT + 'timezone = "UTC"\ndays = ["monday"]',
            "rules/roster.toml: people[1].shifts[1].days: should be days such as "
            '"mon", "mon-fri" or "daily" (found "[\'monday\']"). Correct it.',
        ),
        (
            '[[people]]\nname = "Mia"\nvalid_from = 2026-02-01\nvalid_to = 2026-01-01',
            'rules/roster.toml: people[1].valid_to: before valid_from (found "Mia"). Swap the two.',
        ),
        (
            '[[people]]\nname = "Mia"\ntelegram = ["7"]\n[[people]]\nname = "Leo"\ntelegram = ["7"]',
            "rules/roster.toml: people[2].telegram: also an id of Mia at the same time "
            '(found "7"). Remove one, or set valid_from and valid_to.',
        ),
    ],
)
def test_a_wrong_roster_is_refused_in_one_sentence(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(RulesBroken) as caught:
        load_roster(rules(tmp_path, text))
    assert said(caught.value) == complaint


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("[default]\nhigh = 0", "rules/targets.toml: default.high: input should be greater than 0"),
        ("goal = 90", "rules/targets.toml: goal: input should be less than"),
        ('[default]\nhigh = "10"', "rules/targets.toml: default.high: input should be a valid num"),
        ("[[target]]\nminutes = 5", "rules/targets.toml: target[1]: it has no condition."),
        (
            '[[target]]\nminutes = 5\ntopic = "money"',
            "rules/targets.toml: target[1].topic: topics are account, deposit,",
        ),
        (
            '[[target]]\nminutes = 5\nurgency = "urgnt"',
            "rules/targets.toml: target[1].urgency: input should be 'low', 'normal', 'high' or",
        ),
        (
            '[[target]]\nminutes = 5\ntopic = "api"\n[[target]]\nminutes = 6\ntopic = "api"',
            "rules/targets.toml: target[2]: it has the same conditions as target[1].",
        ),
    ],
)
def test_wrong_targets_are_refused_in_one_sentence(tmp_path: Path, text: str, start: str) -> None:
    with pytest.raises(RulesBroken) as caught:
        load_targets(rules(tmp_path, targets=text))
    assert said(caught.value).startswith(start)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    with pytest.raises(RulesBroken, match=r"rules/roster.toml: the file is missing"):
        load_roster(folder)


def test_an_id_may_pass_to_somebody_else_later(tmp_path: Path) -> None:
    text = (
        '[[people]]\nname = "Mia"\ntelegram = ["7"]\nvalid_to = 2026-02-01\n'
        '[[people]]\nname = "Leo"\ntelegram = ["7"]\nvalid_from = 2026-02-01\n'
    )
    assert len(load_roster(rules(tmp_path, text)).people) == 2


def test_a_roster_that_was_away_and_came_back_unchanged_is_no_trouble_any_more(
    rules_folder: Path,
) -> None:
    roster, clock = rules_folder / "roster.toml", itertools.count(0.0, 10.0)
    for name in ("roster", "targets"):
        (rules_folder / f"{name}.toml").write_text("", encoding="utf-8")
    house = HouseRules(rules_folder, monotonic=lambda: next(clock), only=Tier.RULES)
    roster.rename(rules_folder / "away")
    assert "roster.toml" in (house.refresh() or "")

    (rules_folder / "away").rename(roster)

    assert house.refresh() is None
