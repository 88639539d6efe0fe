"""Read the annotated logs as lines of rooms. No judging.

Authors keep one identity through changes of nick, as people do on the platforms that have ids.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from bench.ubuntu_irc import _times
from monitor.core.linking import Line

_RENAMED = re.compile(r"=== (\S+) is now known as (\S+)")
_NOTICE = re.compile(
    r"=== \S+ (?:\[\S*\]\s+)?(?:has (?:joined|left|quit)|is now known as|sets? mode|changes? topic)|=== \S*\[topic|"
    r"=== (?:Topic|Signoff|mode)\b|=== \S+ \[\S+\] "
)


@dataclass(frozen=True, slots=True)
class Logged:
    """One row: its number, the line (None: a notice that nobody wrote), what people say it answers.

    `answers` is None where nobody annotated, empty where it starts a conversation."""

    number: int
    line: Line | None
    answers: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Log:
    name: str
    rows: tuple[Logged, ...]


def logs(path: Path) -> Iterator[Log]:
    """All logs of a file, in its order."""
    with gzip.open(path, "rt", encoding="utf-8") as source:
        rows = (json.loads(line) for line in source)
        for name, log in groupby(rows, key=lambda row: row["log"]):
            yield Log(name, tuple(_rows(list(log))))


def _rows(rows: list[dict[str, Any]]) -> Iterator[Logged]:
    people: dict[str, str] = {}
    for row, at in zip(rows, _times(rows), strict=True):
        answers = row.get("replies_to")
        marked = None if answers is None else frozenset(answers) - {row["n"]}
        renamed = _RENAMED.match(row["text"] or "")
        if renamed:
            people[renamed[2]] = people.get(renamed[1], renamed[1])
        author, text = _who(row)
        if author is None:
            yield Logged(row["n"], None, marked)
            continue
        known = people.setdefault(author, author)
        names = (author.casefold(),) if known == author else (author.casefold(), known.casefold())
        yield Logged(row["n"], Line(str(row["n"]), known, at, text, names), marked)


def _who(row: dict[str, Any]) -> tuple[str | None, str]:
    """Who wrote it, and what. Older logs have actions as notices: "=== ann waves"."""
    text = row["text"] or ""
    if row["kind"] != "system":
        return row["author"], text
    if _NOTICE.match(text) or not text.startswith("=== "):
        return None, text
    author, _, rest = text[4:].partition(" ")
    return (author, rest) if author and rest else (None, text)
