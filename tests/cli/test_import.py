"""`monitor import`: whatever the file is, one sentence or the same result as before; interrupted, it goes on."""

from __future__ import annotations

import gzip
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.desks import Said, environment, program, soon

Monitor = Callable[..., Said]


def lines(count: int) -> str:
    """So many questions, as JSON lines."""
    return "".join(
        json.dumps({"platform": "telegram", "place": "-1001", "id": str(n), "author_id": str(n % 97),
                    "text": f"my withdrawal number {n} is stuck", "sent_at": 1_790_000_000 + 60 * n}) + "\n"
        for n in range(1, count + 1)
    )  # fmt: skip


def stored(folder: Path, what: str = "messages") -> int:
    connection = sqlite3.connect(folder / "monitor.db")
    try:
        (count,) = connection.execute(f"SELECT count(*) FROM {what}").fetchone()
    except sqlite3.OperationalError:  # not made yet
        count = 0
    connection.close()
    return int(count)


def test_importing_twice_is_importing_once(nowhere: Path, monitor: Monitor) -> None:
    (nowhere / "history.jsonl").write_text(lines(30))

    first = monitor("import", "history.jsonl", "--json")
    second = monitor("import", "history.jsonl", "--json")

    assert first.json == {"seen": 30, "new": 30, "quarantined": 0, "judged": 30}
    assert second.json == {"seen": 30, "new": 0, "quarantined": 0, "judged": 0}
    assert monitor("report", "--from", "2026-09-01", "--to", "2026-10-31").code == 0


def test_one_message_is_one_message(nowhere: Path, monitor: Monitor) -> None:
    (nowhere / "history.jsonl").write_text(lines(1))

    assert monitor("import", "history.jsonl").out.startswith("1 message read, 1 new, ")


def test_a_line_that_cannot_be_read_stops_nobody(nowhere: Path, monitor: Monitor) -> None:
    (nowhere / "history.jsonl").write_text(lines(2) + "{not json\n" + '{"platform": "telegram"}\n')

    said = monitor("import", "history.jsonl")

    assert said.code == 0
    assert said.out.startswith("2 messages read, 2 new, 2 set aside, 2 judged.")


def test_what_is_set_aside_is_told_with_its_line_and_the_reason(
    nowhere: Path, monitor: Monitor
) -> None:
    (nowhere / "history.jsonl").write_text(lines(1) + '{"platform": "fax"}\n' * 5)

    said = monitor("import", "history.jsonl")

    assert [told.partition(" (")[0] for told in said.err.splitlines()[-4:]] == [
        "set aside: line 2: platform: not telegram, reddit or twitter",
        "set aside: line 3: platform: not telegram, reddit or twitter",
        "set aside: line 4: platform: not telegram, reddit or twitter",
        "set aside: 2 more; the database's table quarantine has them all.",
    ]


def test_what_a_stranger_wrote_cannot_overprint_the_terminal(
    nowhere: Path, monitor: Monitor
) -> None:
    (nowhere / "history.json").write_text(
        json.dumps({"type": "public_supergroup", "id": "\x1b[2J\x1b[31m",
                    "messages": [{"type": "message"}, {"type": "message", "id": 1, "date_unixtime": "1790000000",
                                                       "text": "hi"}]})
    )  # fmt: skip

    said = monitor("import", "history.json")

    assert "set aside: " in said.err
    assert "\x1b" not in said.err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"platform": "telegram", "place": "-1001"}\n' * 2, "none of its 2 records could be read (line 1: "),
        ('{"chats": {"list": []}}', "no message of a group or channel is in it."),
    ],
)  # fmt: skip
def test_a_file_of_which_nothing_could_be_read_is_no_success(
    text: str, sentence: str, nowhere: Path, monitor: Monitor
) -> None:
    (nowhere / "history").write_text(text)

    said = monitor("import", "history", "--json")

    assert (said.code, said.out) == (6, "")
    assert said.err.strip().startswith(f"history: {sentence}")
    assert said.err.strip().count("\n") == 0


def nothing(file: Path) -> None:
    """It stays away."""


def folder(file: Path) -> None:
    file.mkdir()


def binary(file: Path) -> None:
    file.write_bytes(bytes(range(256)) * 20)


def half(file: Path) -> None:
    whole = gzip.compress(lines(3000).encode())
    file.write_bytes(whole[: len(whole) // 2])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (nothing, "history: there is no such file. Check the name."),
        (folder, "history: is a folder. Name the file inside it."),
        (binary, "history: "),
        (half, "history: damaged or cut off"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(
    make: Callable[[Path], None], sentence: str, nowhere: Path, monitor: Monitor
) -> None:
    make(nowhere / "history")

    said = monitor("import", "history")

    assert said.code == 6, said.all
    assert sentence in said.err
    assert said.err.strip().count("\n") == 0


def test_an_unknown_kind_is_refused_with_the_known_ones(nowhere: Path, monitor: Monitor) -> None:
    (nowhere / "history.jsonl").write_text(lines(1))

    said = monitor("import", "history.jsonl", "--kind", "csv")

    assert said.code == 2
    assert said.err == "--kind 'csv': no such kind. Say jsonl, telegram or reddit.\n"


def test_interrupted_in_the_middle_and_started_again_nothing_is_lost(nowhere: Path) -> None:
    (nowhere / "history.jsonl").write_text(lines(6000))
    process = subprocess.Popen(
        [sys.executable, "-m", "monitor", "import", "history.jsonl"], cwd=nowhere,
        env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    soon("something is stored", lambda: stored(nowhere) or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)

    assert process.returncode == 130, err
    assert err.strip().endswith("Interrupted; nothing is lost.")
    assert "Traceback" not in err
    again = program("import", "history.jsonl", "--json", cwd=nowhere)
    assert again.json["seen"] == 6000
    assert stored(nowhere) == 6000
    assert stored(nowhere, "messages WHERE state = 'new'") == 0
    assert program("import", "history.jsonl", "--json", cwd=nowhere).json["judged"] == 0
