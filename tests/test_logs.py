"""No secret in any log record, traceback or crash, at any level, whatever library wrote it."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import logs
from monitor.secrets import Secret, scrub

# Put together here, so that no file of ours looks as if it held one.
BOT_TOKEN = "7654321098" + ":" + "AAcanaryHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
PASSWORD = "canary-p4ss/w@rd-93c1"


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    before = root.level, tuple(root.handlers), logging.getLogRecordFactory()
    levels = {name: logging.getLogger(name).level for name in logs.QUIETED}
    hooks = sys.excepthook, threading.excepthook
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    logging.setLogRecordFactory(before[2])
    logging.captureWarnings(capture=False)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    sys.excepthook, threading.excepthook = hooks


@pytest.fixture(params=["text", "json"])
def output(request: pytest.FixtureRequest) -> io.StringIO:
    Secret(PASSWORD)
    stream = io.StringIO()
    logs.set_up("debug", request.param, stream)
    return stream


def canaries(text: str) -> list[str]:
    return [c for c in (BOT_TOKEN, PASSWORD, "canary") if c in text]


@pytest.mark.parametrize(
    "message",
    [
        f"POST https://api.telegram.org/bot{BOT_TOKEN}/sendMessage",
        f"https://api.telegram.org/bot{BOT_TOKEN.replace(':', '%3A')}/getMe",
        f"login failed with {PASSWORD}",
        "canary-p4ss%2Fw%40rd-93c1",
        "{'Authorization': 'Bearer canarycanarycanary', 'x': 1}",
        "Authorization: Basic Y2FuYXJ5OmNhbmFyeQ== canary",
        'authorization=OAuth oauth_token="canary"',
        "'Authorization': b'OAuth oauth_consumer_key=\"canary\", oauth_signature=\"canary%3D\"'",
        "send: header bearer canarycanary1",
        "postgresql://me:canary@db/monitor",
        "https://canary@example.com/x",
        "grant_type=password&username=me&password=canary&client_secret=canary",
        '{"access_token": "canary", "refresh_token": "canary"}',
    ],
)
def test_no_record_of_any_logger_holds_a_secret(output: io.StringIO, message: str) -> None:
    logging.getLogger("some.library").debug("%s", message)
    logging.getLogger().error(message)
    logging.getLogger("monitor").info("event", extra={"what": message})

    assert output.getvalue().count("***") >= 3
    assert canaries(output.getvalue()) == []


def test_no_traceback_holds_a_secret(output: io.StringIO) -> None:
    try:
        try:
            raise ValueError(f"401 from https://api.telegram.org/bot{BOT_TOKEN}/getMe")
        except ValueError as error:
            raise RuntimeError(PASSWORD) from error
    except RuntimeError:
        logging.getLogger("telegram.ext").exception("failed", stack_info=True)

    assert "RuntimeError" in output.getvalue()
    assert canaries(output.getvalue()) == []


def test_a_sink_of_somebody_else_gets_no_secret_either(output: io.StringIO) -> None:
    other = io.StringIO()
    sink = logging.StreamHandler(other)
    logging.getLogger("elsewhere").addHandler(sink)

    try:
        raise ValueError(BOT_TOKEN)
    except ValueError:
        logging.getLogger("elsewhere").exception("with %s", PASSWORD)
    logging.getLogger("elsewhere").removeHandler(sink)

    assert "ValueError" in other.getvalue()
    assert canaries(other.getvalue()) == []


def test_a_wrongly_written_log_call_is_logged_and_scrubbed(
    output: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("some.library").warning("%d of them", PASSWORD)

    assert "of them" in output.getvalue()
    assert canaries(output.getvalue() + "".join(capsys.readouterr())) == []


def test_a_crash_of_a_thread_is_logged_and_scrubbed(output: io.StringIO) -> None:
    logs.log_crashes()

    def crash() -> None:
        raise ValueError(BOT_TOKEN)

    thread = threading.Thread(target=crash, name="poller")
    thread.start()
    thread.join()

    assert "poller" in output.getvalue()
    assert canaries(output.getvalue()) == []


def test_a_crash_of_the_program_is_logged_and_scrubbed(output: io.StringIO) -> None:
    logs.log_crashes()
    error = ValueError(BOT_TOKEN)

    sys.excepthook(ValueError, error, None)

    assert "ValueError" in output.getvalue()
    assert canaries(output.getvalue()) == []


@pytest.mark.parametrize(
    "name", ["httpx", "httpcore.connection", "tweepy.client", "apscheduler.scheduler"]
)
def test_libraries_are_quiet_below_warning(output: io.StringIO, name: str) -> None:
    logging.getLogger(name).info("GET something")
    logging.getLogger(name).warning("trouble")

    assert "GET" not in output.getvalue()
    assert "trouble" in output.getvalue()


def test_a_json_line_is_one_object_whatever_it_holds() -> None:
    stream = io.StringIO()
    logs.set_up("info", "json", stream)

    logging.getLogger("monitor.x").info("said", extra={"text": 'a\n"b"', "who": object})

    (line,) = stream.getvalue().splitlines()
    record = json.loads(line)
    assert (record["event"], record["logger"], record["level"]) == ("said", "monitor.x", "info")
    assert record["text"] == 'a\n"b"'
    assert record["at"].endswith("Z")


def test_a_message_cannot_forge_a_line_nor_paint_the_terminal() -> None:
    stream = io.StringIO()
    logs.set_up("info", "text", stream)

    logging.getLogger("monitor").info(
        "from\n2026 ERROR fake \x1b[31m", extra={"who": "a\r\nb\u202e"}
    )

    assert len(stream.getvalue().splitlines()) == 1
    assert not {"\x1b", "\u202e"} & set(stream.getvalue())


def test_setting_up_again_does_not_double_the_lines() -> None:
    first, second = io.StringIO(), io.StringIO()
    logs.set_up("info", "text", first)
    logs.set_up("info", "text", second)

    logging.getLogger("monitor").info("once")

    assert (first.getvalue(), second.getvalue().count("once")) == ("", 1)


@pytest.mark.parametrize(
    "sentence",
    [
        "accounts.tg.token: not set. Put it in MONITOR_TG_TOKEN, or its file's path in "
        "accounts.tg.token_file.",
        "config.toml line 3: accounts.tg.platform: should be one of telegram, reddit",
        "2026-11-22T13:30:00.123Z INFO stored account=tg messages=3",
        "https://t.me/c/1234567890/55",
        "basic questions, bearer of news",
        "t3_abc:-1001234567890:4711",
    ],
)
def test_what_is_no_secret_stays(sentence: str) -> None:
    assert scrub(sentence) == sentence


@given(st.text(), st.text())
def test_a_known_secret_is_never_left_whole(before: str, after: str) -> None:
    Secret(PASSWORD)

    assert PASSWORD not in scrub(f"{before}{PASSWORD}{after}")
