"""Slips of a person at the keyboard, and what a disk does to them: one sentence, the right exit code, nothing half done."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor import assets
from tests.desks import Desk, Said, full_disk

Monitor = Callable[..., Said]
TOO_LARGE = "99999999999999999999"


@pytest.fixture
def configured(nowhere: Path) -> Path:
    """A config and rules of its own, as the current folder."""
    shutil.copytree(assets.path("rules"), nowhere / "rules", ignore=shutil.ignore_patterns("seeds"))
    (nowhere / "config.toml").write_text("", "utf-8")
    return nowhere


# -- numbers


@pytest.mark.parametrize("number", [TOO_LARGE, str(2**63), "0"])
@pytest.mark.parametrize(
    "command",
    [("label", "NUMBER", "--topic", "withdrawal"), ("outbox", "settle", "NUMBER", "sent"), ("case", "show", "NUMBER")],
)  # fmt: skip
def test_a_number_that_no_database_holds_is_wrong_use(
    command: tuple[str, ...], number: str, nowhere: Path, monitor: Monitor
) -> None:
    said = monitor(*(number if word == "NUMBER" else word for word in command))

    assert said.code == 2
    assert "Input should be " in said.err


# -- rules


def lost(rules: Path) -> None:
    shutil.rmtree(rules)


def replaced(rules: Path) -> None:
    shutil.rmtree(rules)
    rules.touch()


def misspelt(rules: Path) -> None:
    (rules.parent / "config.toml").write_text('[monitor]\nrules = "rulez"\n', "utf-8")


@pytest.mark.parametrize("command", [("try", "hello"), ("report",), ("faq", "list"), ("label", "--list")])  # fmt: skip
@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lost, "rules: there is no such folder. "),
        (replaced, "rules: is not a folder. "),
        (misspelt, "rulez: there is no such folder. "),
    ],
)
def test_rules_that_the_config_names_and_nobody_finds_are_not_replaced_unseen(
    spoil: Callable[[Path], None],
    why: str,
    command: tuple[str, ...],
    configured: Path,
    monitor: Monitor,
) -> None:
    spoil(configured / "rules")

    said = monitor(*command)

    assert (said.code, said.out) == (2, "")
    assert why in said.err
    assert said.err.count("\n") == 1


def test_check_tells_lost_rules_beside_everything_else(desk: Desk, monitor: Monitor) -> None:
    shutil.rmtree(desk.folder / "rules")

    said = monitor("check")

    assert said.code == 1
    assert "rules: there is no such folder. " in said.all
    assert "database" in said.all


def test_check_tells_how_many_seeds_there_are_or_what_is_wrong_with_them(
    desk: Desk, monitor: Monitor
) -> None:
    def seeds() -> tuple[str, str]:
        (one,) = (f for f in monitor("check", "--json").json if f["subject"] == "seeds")
        return one["standing"], one["found"]

    folder = desk.folder / "rules" / "seeds"
    standing, found = seeds()
    assert standing == "ok"
    assert found.endswith(
        " labelled messages in 10 languages (en, es, id, ja, ko, pt, ru, tr, vi, zh)"
    )

    (folder / "en.toml").write_text("[[seed]")
    standing, found = seeds()
    assert standing == "failed"
    assert found.startswith("rules/seeds/en.toml: not valid TOML")

    shutil.rmtree(folder)
    assert seeds() == (
        "warning",
        f"no labelled messages in {folder}: the light judge knows only the examples in rules/topics",
    )


def test_an_import_says_so_before_it_reads(configured: Path, monitor: Monitor) -> None:
    lost(configured / "rules")
    (configured / "history.jsonl").write_text("{}")

    assert monitor("import", "history.jsonl").code == 2
    assert not (configured / "monitor.db").exists()


def test_without_any_config_the_rules_of_the_program_judge(nowhere: Path, monitor: Monitor) -> None:
    said = monitor("try", "my withdrawal is stuck", "--tier", "rules", "--json")

    assert said.json["topic"] == "withdrawal"


# -- files


def test_a_config_that_a_windows_editor_saved_is_read(configured: Path, monitor: Monitor) -> None:
    (configured / "config.toml").write_text('[monitor]\nrules = "rules"\n', "utf-8-sig")

    assert monitor("faq", "list").code == 0


def test_a_backup_for_which_there_is_no_room_names_its_file_and_leaves_none(
    nowhere: Path, monitor: Monitor
) -> None:
    assert monitor("db", "upgrade").code == 0
    with full_disk(60_000):  # its shared memory still fits
        said = monitor("db", "backup", "copy.db")

    assert said.code == 4
    assert said.err.startswith("copy.db: cannot be written (")
    assert said.err.count("\n") == 1
    assert not list(nowhere.glob("copy.db*"))
    assert monitor("db", "backup", "copy.db").code == 0


def test_a_backup_of_a_damaged_database_blames_the_database(
    nowhere: Path, monitor: Monitor
) -> None:
    assert monitor("db", "upgrade").code == 0
    whole = (nowhere / "monitor.db").read_bytes()
    (nowhere / "monitor.db").write_bytes(b"no database at all" + whole[18:])

    said = monitor("db", "backup", "copy.db")

    assert said.code == 4
    assert "damaged" in said.err
    assert not list(nowhere.glob("copy.db*"))


# -- announcements


def test_of_two_texts_in_one_language_none_is_lost_unseen(desk: Desk, monitor: Monitor) -> None:
    said = monitor("announce", "draft", "tea", "--text", "en=hi", "--text", "en=ho")

    assert said.code == 2
    assert said.err == "--text: en twice. Give each language one text.\n"
    assert not desk.database.exists()
