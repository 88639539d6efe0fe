"""What several commands share: config or its defaults, the rules folder, times as people write them."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.store.database import Database

ConfigFile = typer.Option(
    Path("config.toml"), "--config", "-c", help="The config file.", envvar="MONITOR_CONFIG"
)
LARGEST = 2**63 - 1  # a database counts no further
Number = Annotated[int, typer.Argument(min=1, max=LARGEST)]
AsJson = typer.Option(False, "--json", help="Print one JSON object instead of text.")


class WrongUse(Exception):
    """The command cannot be done as written; the text says what would."""


def read_config(file: Path) -> Config:
    """The config. ConfigBroken in sentences."""
    from monitor.config import load

    config = load(file)
    _set_up_logs(config)
    return config


def read_config_or_defaults(file: Path) -> Config:
    """For commands that need no account: without a file, the defaults beside where it would be."""
    from monitor.config import Config

    if file.exists() or file != Path("config.toml"):
        return read_config(file)
    config = Config(file=file.absolute())
    _set_up_logs(config)
    return config


def _set_up_logs(config: Config) -> None:
    from monitor import logs

    logs.set_up(config.logging.level, config.logging.format)
    logs.log_crashes()


def rules_folder(config: Config) -> Path:
    """The config's own rules, or those that came with the program where there is no config. RulesBroken."""
    from monitor.classify.rulereading import in_force

    return in_force(config.rules, config.file)


@contextlib.contextmanager
def opened(config: Config) -> Iterator[Database]:
    """The database with the tables of this version, made when there is none; closed at the end."""
    from monitor.app import open_store

    database = open_store(config, create=True)
    try:
        yield database
    finally:
        database.close()


@contextlib.contextmanager
def between_steps() -> Iterator[Callable[[], None]]:
    """Long work calls what this yields after every step; there, and only there, Ctrl-C ends it. The second at once.

    A KeyboardInterrupt that strikes anywhere may strike where a library swallows it, and the work would go on.
    """
    pressed = threading.Event()

    def press(number: int, frame: FrameType | None) -> None:
        if pressed.is_set():
            signal.default_int_handler(number, frame)
        pressed.set()

    def look() -> None:
        if pressed.is_set():
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, press)
    try:
        yield look
    finally:
        signal.signal(signal.SIGINT, before)


def write_whole(file: Path, content: bytes) -> None:
    """Write all of it or leave what was there. WrongUse where that cannot be."""
    draft = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        if file.exists() and not file.is_file():  # /dev/stdout
            file.write_bytes(content)
            return
        try:
            draft.write_bytes(content)
            draft.replace(file.resolve())
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise WrongUse(
            f"{file}: cannot be written ({error.strerror}). Name another file."
        ) from None


def readable(text: str) -> str:
    """A text from the command line; bytes that are no UTF-8 become question marks, as databases refuse them."""
    return text.encode("utf-8", "replace").decode("utf-8")


def counted(n: int, noun: str) -> str:
    """ "1 message", "3 messages"."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def local_time(text: str, zone: ZoneInfo, option: str = "--at") -> datetime:
    """ "2026-11-25 09:00" in `zone`. WrongUse for anything else names the `option` it stood at."""
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise WrongUse(f'{option} {text!r}: not a time. Write "2026-11-25 09:00".') from None


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)
