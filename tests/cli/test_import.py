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


def test_a_line_that_cannot_be_read_stops_nobody(nowhere: Path, monitor: Monitor) -> None:
    (nowhere / "history.jsonl").write_text(lines(2) + "{not json\n" + '{"platform": "telegram"}\n')

    said = monitor("import", "history.jsonl")

    assert said.code == 0
    assert said.out.startswith("2 messages read, 2 new, 2 set aside, 2 judged.")


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
