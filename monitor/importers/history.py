"""Open a file of any kind that can be imported: find out which, and stream what is in it.

It stores nothing.
"""

from __future__ import annotations

import contextlib
import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from io import BufferedReader
from pathlib import Path

import ijson

from monitor.core.messages import Event, Message
from monitor.importers import jsonl, reddit, telegram
from monitor.importers.files import Counted, ImportBroken, peeked, reading, unpacked
from monitor.ports import Quarantined

Found = Message | Event | Quarantined
_PEEK = 1 << 16
_EXPORT = re.compile(rb'"(messages|chats|left_chats|personal_information)"\s*:')


class Kind(StrEnum):
    """What a file holds."""

    JSON_LINES = "jsonl"
    TELEGRAM = "telegram"
    REDDIT = "reddit"


_NAMES = {
    Kind.JSON_LINES: (b'"platform"', b'"place"'),
    Kind.REDDIT: (b'"subreddit"',),
}


class History:
    """An open file: iterate over what is in it. `position` and `size` are bytes on disk."""

    def __init__(self, path: Path, found: Iterator[Found], counted: Counted, kind: Kind) -> None:
        self.path = path
        self.kind = kind
        self.size = path.stat().st_size
        self._found = found
        self._counted = counted

    def __iter__(self) -> Iterator[Found]:
        try:
            with reading(self.path):
                yield from self._found
        except ijson.JSONError as error:
            raise ImportBroken(
                f"{self.path}: the JSON breaks off or is broken ({_first_line(error)}). What came "
                "before is kept; export again and import again, nothing is taken twice."
            ) from error

    @property
    def position(self) -> int:
        """How far the file has been read."""
        return self._counted.position


@contextlib.contextmanager
def open_history(
    path: Path, *, kind: Kind | None = None, account: str = "import", now: datetime
) -> Iterator[History]:
    """Open a file; `kind` None: look inside.

    `account` names our account in keys of private places.
    """
    with unpacked(path) as (content, counted):
        with reading(path):
            beginning, whole = peeked(content, _PEEK)
            if beginning.startswith(BOM_UTF8):
                whole.read(len(BOM_UTF8))
        kind = kind or _kind_of(path, beginning)
        yield History(path, _read(kind, whole, account, now), counted, kind)


def _read(kind: Kind, content: BufferedReader, account: str, now: datetime) -> Iterator[Found]:
    match kind:
        case Kind.JSON_LINES:
            return jsonl.read(content, now)
        case Kind.REDDIT:
            return reddit.read(content, now)
        case Kind.TELEGRAM:
            return telegram.read(content, account, now)


def _kind_of(path: Path, beginning: bytes) -> Kind:
    beginning = beginning.removeprefix(BOM_UTF8).lstrip()
    if not beginning:
        raise ImportBroken(f"{path}: is empty. Name a file with messages in it.")
    for line in beginning.splitlines()[:20]:
        kind = _kind_of_line(line)
        if kind is not None:
            return kind
    if beginning.startswith(b"{") and _EXPORT.search(beginning):
        return Kind.TELEGRAM
    if b"\n" not in beginning and len(beginning) >= _PEEK // 2:
        return _kind_of_beginning(path, beginning)
    raise ImportBroken(
        f"{path}: not JSON lines, a Telegram result.json or a Reddit dump. "
        "Say which it is with --kind, or convert it to JSON lines (see the README)."
    )


def _kind_of_beginning(path: Path, line: bytes) -> Kind:
    """Of a first line of which only the beginning was looked at."""
    for kind, named in _NAMES.items():
        if line.startswith(b"{") and all(name in line for name in named):
            return kind
    raise ImportBroken(
        f"{path}: its first line does not end within the first {_PEEK // 1024} kB, and does not begin as JSON lines, "
        "a Telegram result.json or a Reddit dump do. Say which it is with --kind, or name another file."
    )


def _kind_of_line(line: bytes) -> Kind | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict):
        return None
    if "subreddit" in row and "created_utc" in row:
        return Kind.REDDIT
    return Kind.JSON_LINES if "platform" in row and "place" in row else None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:120]
