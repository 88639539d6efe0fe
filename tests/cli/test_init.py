"""`monitor init`: asks only what it must, asks again where an answer cannot be, and writes all or nothing."""

from __future__ import annotations

import fcntl
import os
import pty
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.config import load
from tests.desks import Said, environment, full_disk, program

Monitor = Callable[..., Said]


def answered(folder: Path, *answers: str) -> Said:
    return program("init", cwd=folder, stdin=None, input="\n".join(answers) + "\n")


def test_init_asks_only_what_it_must_and_what_it_writes_loads(nowhere: Path) -> None:
    said = answered(
        nowhere, "Mars/Base", "Asia/Singapore", "y", "-1001234567890", "-1009876543210", "y",
        "r/Example, Other", "our_bot", "y", "y", "nobody", "lead@example.com", "desk@example.com", "",
    )  # fmt: skip

    assert said.code == 0, said.err
    config = load(nowhere / "config.toml")
    assert config.monitor.timezone == "Asia/Singapore"
    assert [a.platform for a in config.enabled] == ["telegram", "reddit", "twitter", "email"]
    assert config.desk.chat == "-1009876543210"
    assert config.report.recipients == ("lead@example.com",)
    assert config.rules.is_dir()
    assert "No such time zone: Mars/Base" in said.out
    assert "Not an address: nobody" in said.out


def test_init_asks_again_where_an_id_cannot_be_one(nowhere: Path) -> None:
    said = answered(
        nowhere, "", "y", "@our_group", "-1001234567890, 42", "-1001234567890, -1009",
        "t.me/desk", "-1, -2", "-1007", "n", "n", "n",
    )  # fmt: skip

    assert said.code == 0, said.err
    config = load(nowhere / "config.toml")
    assert [place.id for place in config.accounts["tg"].places] == ["-1001234567890", "-1009"]
    assert config.desk.chat == "-1007"
    told = [line for line in said.out.splitlines() if "Not a group's id" in line]
    assert [line.split("id: ")[1].split(". It")[0] for line in told] == [
        "@our_group",
        "42",
        "t.me/desk",
    ]
    assert "begins with -, such as -1001234567890" in told[0]


def test_init_interrupted_at_a_question_writes_nothing(nowhere: Path) -> None:
    ours, theirs = pty.openpty()
    asked = subprocess.Popen(
        [sys.executable, "-m", "monitor", "init", "desk"],
        cwd=nowhere, env=environment(None), stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    seen = b""
    while b"Telegram?" not in seen:
        seen += os.read(ours, 1_000)
        if b"time zone [UTC]: " in seen and seen.endswith(b": "):
            os.write(ours, b"\n")

    os.write(ours, b"\x03")

    assert asked.wait(30) == 130
    os.close(ours)
    os.close(theirs)
    assert not list(nowhere.iterdir())


def test_init_on_a_full_disk_leaves_the_folder_as_it_was(nowhere: Path, monitor: Monitor) -> None:
    with full_disk(20_000):
        said = monitor("init", "--yes", "desk")

    assert said.code == 2
    assert said.err.startswith("desk: cannot be written (")
    assert said.err.count("\n") == 1
    assert not list(nowhere.iterdir())


def test_what_init_wrote_lacks_nothing_but_secrets(nowhere: Path, monitor: Monitor) -> None:
    assert monitor("init", "--yes").code == 0

    said = monitor("check", "--json")

    assert said.code == 1
    wrong = [f for f in said.json if f["standing"] == "failed"]
    assert [f["subject"] for f in wrong] == ["tg"]
    assert "MONITOR_TG_TOKEN" in wrong[0]["found"]
    assert said.json[0]["found"] == "1 account enabled"


@pytest.mark.parametrize("there", ["config.toml", "rules"])
def test_init_never_overwrites(there: str, nowhere: Path, monitor: Monitor) -> None:
    (nowhere / there).mkdir()

    said = monitor("init", "--yes")

    assert said.code == 2
    assert (
        said.err
        == f"{there}: exists already, and is left alone. Name another folder: monitor init DIR\n"
    )
    assert [p.name for p in nowhere.iterdir()] == [there]


def test_init_with_nobody_to_answer_names_the_way_out_and_writes_nothing(nowhere: Path) -> None:
    said = program("init", cwd=nowhere)

    assert said.code == 2
    assert said.err.splitlines()[-1].endswith("Say: monitor init --yes")
    assert not list(nowhere.iterdir())


def test_init_where_nothing_can_be_written_says_so(nowhere: Path, monitor: Monitor) -> None:
    (nowhere / "file").touch()

    said = monitor("init", "--yes", "file/desk")

    assert said.code == 2
    assert said.err == "file/desk: cannot be written (Not a directory). Name another folder.\n"
