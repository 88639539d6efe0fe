"""Announcements as the config knows them: sets, accounts that speak, files of texts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from monitor import airing
from monitor.config import load
from monitor.core.announcements import Target
from monitor.core.broadcast_ask import BadAsk
from monitor.core.messages import Platform

CONFIG = """
[monitor]
rules = "rules"
languages = ["en", "zh"]

[accounts.tg]
platform = "telegram"
places = [{ id = "-1001", language = "zh" }, { id = "-1002" }]

[accounts.mute]
platform = "telegram"
speaks = false

[announce]
links = ["example.com"]
hold = "90s"

[announce.sets]
groups = ["tg:-1001", "tg:-1002"]
"""
CHINESE = Target("tg", Platform.TELEGRAM, "-1001", "zh")
ENGLISH = Target("tg", Platform.TELEGRAM, "-1002", "en")


@pytest.fixture
def terms(tmp_path: Path) -> airing.Terms:
    (tmp_path / "rules" / "announcements").mkdir(parents=True)
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    return airing.terms_of(load(tmp_path / "config.toml"))


def a_file(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "rules" / "announcements" / f"{name}.toml").write_text(text, encoding="utf-8")


def test_the_desk_announces_on_the_configs_terms(terms: airing.Terms) -> None:
    assert (terms.links, terms.hold) == (("example.com",), timedelta(seconds=90))
    assert terms.languages == ("en", "zh")


def test_a_lost_rules_folder_is_told_and_not_taken_for_no_such_announcement(
    terms: airing.Terms, tmp_path: Path
) -> None:
    (tmp_path / "rules").rename(tmp_path / "moved")

    with pytest.raises(BadAsk, match="rules: there is no such folder"):
        terms.file("tea")


def test_a_place_named_twice_gets_it_once(terms: airing.Terms) -> None:
    assert terms.targets(["@groups", "tg:-1001"]) == (CHINESE, ENGLISH)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("@nobody", "@nobody: no such set in [announce.sets] (there: @groups)."),
        ("-1001", "-1001: write ACCOUNT:PLACE with one of the accounts tg, mute."),
        ("mute:-1", "mute:-1: the account mute does not speak in places. Name another one."),
    ],
)
def test_a_place_that_cannot_be_spoken_in_is_refused(
    terms: airing.Terms, name: str, says: str
) -> None:
    with pytest.raises(BadAsk) as refused:
        terms.targets([name])
    assert str(refused.value) == says


def test_a_file_gives_texts_and_targets(terms: airing.Terms, tmp_path: Path) -> None:
    a_file(tmp_path, "night", 'targets = ["@groups"]\n[texts]\nen = "Tonight"\n')
    asked = terms.file("night")
    assert asked is not None
    assert (asked.targets, asked.texts) == (("@groups",), {"en": "Tonight"})
    assert terms.file("day") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("texts = [", "cannot be read"),
        ('when = "now"', "when: no such key"),
        ("texts = 3", "texts: write a table of texts"),
        ('targets = "x"', "targets: write a list of texts"),
        ('[texts]\nde = "Heute"', "'de': not one of the languages of monitor.languages (en, zh)."),
    ],
)
def test_a_file_that_says_something_else_is_refused_with_a_sentence(
    terms: airing.Terms, tmp_path: Path, text: str, says: str
) -> None:
    a_file(tmp_path, "night", text)
    with pytest.raises(BadAsk) as refused:
        terms.file("night")
    assert says in str(refused.value)
