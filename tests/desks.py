"""Desks for tests: a config that leads to a sandbox, the program as a process, what was said where."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from monitor import assets
from monitor.sandbox import cast, settings
from monitor.sandbox.sandbox import Sandbox
from monitor.sandbox.voices import Saying

PATIENCE = 60.0  # seconds before a condition counts as never coming true
ROOT = Path(__file__).resolve().parent.parent


def soon(what: str, condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Wait for a condition; its value."""
    deadline = time.monotonic() + patience
    while not (value := condition()):
        assert time.monotonic() < deadline, f"never came true: {what}"
        time.sleep(0.05)
    return value


@dataclass
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as one JSON value."""
        return json.loads(self.out)

    @property
    def all(self) -> str:
        """Both streams."""
        return self.out + self.err


@dataclass
class Desk:
    """A folder with a config that leads to the sandbox, and the secrets that fit."""

    folder: Path
    environment: dict[str, str]

    @property
    def config(self) -> Path:
        """The config file."""
        return self.folder / "config.toml"

    @property
    def database(self) -> Path:
        """The database's file."""
        return self.folder / "monitor.db"

    def rewrite(self, old: str, new: str) -> None:
        """Change the config; what is to be changed must be there."""
        text = self.config.read_text(encoding="utf-8")
        assert old in text
        self.config.write_text(text.replace(old, new, 1), encoding="utf-8")


def lay_out(folder: Path, sandbox: Sandbox, secrets: Mapping[str, str] | None = None) -> Desk:
    """config.toml, rules/ and roster for a started, populated sandbox."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(assets.path("rules"), folder / "rules")
    roster = settings.roster(sandbox.author_id)
    (folder / "rules" / "roster.toml").write_text(roster, encoding="utf-8")
    config = settings.config(sandbox.at, health_port=0)
    (folder / "config.toml").write_text(config, encoding="utf-8")
    return Desk(folder, dict(secrets or sandbox.secrets()))


@contextlib.contextmanager
def full_disk(largest: int) -> Iterator[None]:
    """No file of this process grows beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """For a subprocess: ours without MONITOR_*, our checkout first."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"} | dict(extra or {})


def program(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None, **more: Any) -> Said:
    """`python -m monitor ARGUMENTS` as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "monitor", *arguments],
        cwd=cwd, env=environment(env), text=True, timeout=60, check=False,
        **({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL} | more),
    )  # fmt: skip
    return Said(done.returncode, done.stdout or "", done.stderr or "")


@dataclass
class Running:
    """`monitor run` in a process of its own."""

    desk: Desk
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    readers: list[threading.Thread] = field(default_factory=list)

    @property
    def log(self) -> str:
        """Everything that it wrote to stderr so far."""
        return "".join(self.lines)

    def until_it_runs(self) -> Running:
        """Wait for its first line."""
        soon(
            "the desk runs", lambda: "the desk runs" in self.log or self.process.poll() is not None
        )
        assert self.process.poll() is None, self.log
        return self

    def asks(self, path: str) -> tuple[int, str]:
        """/health or /metrics."""
        address = self.log.partition("health=")[2].partition("/health")[0]
        try:
            with urllib.request.urlopen(address + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def ends(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; the exit code. Ten seconds are what it may take."""
        self.process.send_signal(number)
        return self.wait(10)

    def wait(self, seconds: float = PATIENCE) -> int:
        """The exit code."""
        code = self.process.wait(seconds)
        for thread in self.readers:
            thread.join(5)
        return code

    def close(self) -> None:
        """Killed, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


def _read(stream: IO[str], into: list[str]) -> threading.Thread:
    def read() -> None:
        for line in stream:
            into.append(line)  # noqa: PERF402 - line by line, as they come

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread


def start(desk: Desk, *arguments: str, **env: str) -> Running:
    """`monitor run` as a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "monitor", "run", *arguments], cwd=desk.folder,
        env=environment(desk.environment | env), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    running = Running(desk, process)
    assert process.stdout is not None
    assert process.stderr is not None
    running.readers = [_read(process.stderr, running.lines), _read(process.stdout, running.out)]
    return running


def asks_in_english(sandbox: Sandbox, text: str, who: str = "oliver") -> str:
    """A customer asks in the English group; the message's id."""
    person = cast.BY_KEY[who]
    return sandbox.voices.say(Saying(person, "telegram", str(cast.ENGLISH.id), text))


def said_by_us(sandbox: Sandbox, *groups: cast.TelegramChat) -> list[str]:
    """What the product said in these groups."""
    places = {str(group.id) for group in groups}
    return [
        h.text
        for h in list(sandbox.happenings.all)
        if h.side == "product" and h.kind == "said" and h.place in places
    ]


@dataclass
class Chat:
    """The managers' chat as people see it."""

    sandbox: Sandbox

    def posts(self) -> list[Any]:
        return [m for m in self.sandbox.telegram.messages(cast.DESK.id) if m.by_product and m.text]

    def card(self, about: str) -> Any:
        """The newest card with these words."""
        found = [m for m in self.posts() if about in m.text and m.markup]
        return found[-1] if found else None

    def shows(self, about: str, words: str) -> Any:
        card = self.card(about)
        return card if card is not None and words in card.text else None

    def press(self, who: str, about: str, label: str) -> str:
        """The label's button on that card; what the presser is told."""
        card = soon("the card", lambda: self.card(about))
        rows = card.markup["inline_keyboard"]
        data = next(b["callback_data"] for row in rows for b in row if b["text"] == label)
        return self.press_data(who, card.message_id, data)

    def press_data(self, who: str, message_id: int, data: str) -> str:
        query = self.sandbox.telegram.press(
            cast.DESK.id, cast.BY_KEY[who].telegram_id, message_id, data
        )
        return str(soon("the press was answered", lambda: self.answer(query)))

    def answer(self, query: str) -> str:
        for one in self.sandbox.happenings.all:
            if one.kind == "told" and one.native_id == query:
                return one.text or "(heard)"
        return ""

    def writes(self, who: str, text: str, reply_to: int | None = None) -> str:
        person = cast.BY_KEY[who]
        return self.sandbox.voices.say(
            Saying(person, "telegram", str(cast.DESK.id), text, reply_to=str(reply_to) if reply_to else None)
        )  # fmt: skip
