"""`monitor faq`: what the FAQ holds, makes of a text, is worth and lacks; and what `monitor check` says of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor import assets
from tests.desks import Said

Monitor = Callable[..., Said]


@pytest.fixture
def own_rules(nowhere: Path) -> Path:
    """A copy of the shipped rules, used by the commands in this folder."""
    shutil.copytree(assets.path("rules"), nowhere / "rules")
    shutil.rmtree(nowhere / "rules" / "seeds")
    (nowhere / "config.toml").write_text("", "utf-8")
    return nowhere / "rules"


@pytest.fixture
def account(own_rules: Path) -> Path:
    """The file of the first entry, which has expired."""
    path = own_rules / "faq" / "account.toml"
    text = path.read_text("utf-8")
    dated = text.replace('link = "reset-2fa"', 'link = "reset-2fa"\nvalid_until = 2020-01-01', 1)
    path.write_text(dated, "utf-8")
    return path


def test_list_shows_every_entry_and_whether_it_still_counts(
    monitor: Monitor, account: Path
) -> None:
    said = monitor("faq", "list")
    assert said.code == 0
    assert "reset-2fa" in said.out
    assert "EXPIRED 2020-01-01" in said.out
    entries = monitor("faq", "list", "--json").json["entries"]
    assert [e["id"] for e in entries if not e["in_force"]] == ["reset-2fa"]


def test_check_warns_of_an_expired_entry_and_refuses_a_broken_one(
    monitor: Monitor, account: Path
) -> None:
    found = {f["standing"]: f for f in monitor("check", "--json").json if f["subject"] == "faq"}
    assert "reset-2fa expired on 2020-01-01" in found["warning"]["found"]
    text = account.read_text("utf-8")
    account.write_text(text.replace('topics = ["account"]', 'topics = ["accounts"]', 1), "utf-8")
    (broken,) = (f for f in monitor("check", "--json").json if f["subject"] == "faq")
    assert broken["standing"] == "failed"
    assert "rules/faq/account.toml: entry[1].topics[1]" in broken["found"]


def test_try_shows_the_entry_why_and_what_would_happen(monitor: Monitor, own_rules: Path) -> None:
    said = monitor("faq", "try", "how do I reset 2FA after losing my phone?", "--json").json
    best = said["matches"][0]
    assert (said["language"], best["entry"]) == ("en", "reset-2fa")
    assert "Staff never message you first" in best["answer"]
    assert "No entry fits." in monitor("faq", "try", "🦆🦆🦆 wxyzzy").out


def test_eval_prints_precision_and_coverage_by_language_and_the_target(
    monitor: Monitor, own_rules: Path
) -> None:
    said = monitor("faq", "eval", "--words")
    assert "target 0.95 right of what is said: reached" in said.out
    assert {line.split()[0] for line in said.out.splitlines() if line} >= {"all", "en", "zh", "vi"}
    figures = monitor("faq", "eval", "--words", "--json").json
    assert figures["precision"] >= figures["target"]
    assert figures["tiers"]["words"]["threshold"] == 0.2


def test_eval_takes_a_file_and_says_what_is_wrong_in_it(monitor: Monitor, own_rules: Path) -> None:
    file = own_rules.parent / "asked.jsonl"
    file.write_text(
        json.dumps({"text": "how do I reset my 2FA", "entry": "reset-2fa"}) + "\n", "utf-8"
    )
    assert monitor("faq", "eval", str(file), "--words", "--json").json["asked"] == 1
    file.write_text(json.dumps({"text": "a", "entry": "gone"}), "utf-8")
    wrong = monitor("faq", "eval", str(file), "--words")
    assert (wrong.code, "there is no entry 'gone'" in wrong.err) == (2, True)


def test_gaps_puts_together_what_no_entry_answers(monitor: Monitor, own_rules: Path) -> None:
    texts = ["my position shows a wrong pnl for the zork contract"] * 3 + [
        "how long does a withdrawal normally take?"
    ]
    lines = [
        json.dumps({"platform": "telegram", "place": "-1001", "id": str(n), "author_id": str(n), "text": text,
                    "sent_at": f"2026-11-0{n + 1}T10:00:00Z"})
        for n, text in enumerate(texts)
    ]  # fmt: skip
    (own_rules.parent / "history.jsonl").write_text("\n".join(lines), "utf-8")
    assert monitor("import", "history.jsonl").code == 0
    found = monitor(
        "faq", "gaps", "--from", "2026-11-01", "--to", "2026-11-04", "--words", "--json"
    ).json
    assert (found["asked"], found["unanswered"]) == (4, 3)
    assert [(g["topic"], g["count"], g["examples"]) for g in found["gaps"]] == [
        ("trading", 3, texts[:1])
    ]
    assert (
        texts[0]
        in monitor("faq", "gaps", "--from", "2026-11-01", "--to", "2026-11-04", "--words").out
    )
    later = monitor(
        "faq", "gaps", "--from", "2026-11-05", "--to", "2026-11-06", "--words", "--json"
    ).json
    assert later["asked"] == 0
    assert monitor("faq", "gaps", "--from", "2026-11-05", "--to", "2026-11-01").code == 2
    for day, option in ((("x", "2026-11-04"), "--from"), (("2026-11-04", "x"), "--to")):
        assert monitor("faq", "gaps", "--from", day[0], "--to", day[1]).err.startswith(f"{option} ")
