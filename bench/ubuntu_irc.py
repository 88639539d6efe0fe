"""Turn logs of the Ubuntu support channel into the JSON lines of `monitor import`. No judging.

    python -m bench.ubuntu_irc IN.jsonl.gz OUT.jsonl[.gz] [--annotated] [--json]

The logs (Kummerfeld et al., ACL 2019, CC BY 4.0) have one JSON object a line: log, n, at, kind,
author, text and, for some, replies_to: the numbers of the messages that people say it answers. The
annotations are only written as `reply_to` with --annotated: without it the file is what a chat
program sees.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import IO, Any

_ADDRESS = re.compile(r"\s*(\S+?)[:,]")
_HALF_DAY = timedelta(hours=12)
_BACK = timedelta(hours=-11)


def converted(
    rows: Iterable[dict[str, Any]], *, annotated: bool = False
) -> Iterator[dict[str, Any]]:
    """Rows of logs, each log's together, as rows of the schema."""
    for _, log in groupby(rows, key=lambda row: row["log"]):
        yield from _one_log(list(log), annotated=annotated)


def _one_log(rows: list[dict[str, Any]], *, annotated: bool) -> Iterator[dict[str, Any]]:
    nicks = {row["author"].casefold(): row["author"] for row in rows if row.get("author")}
    for row, at in zip(rows, _times(rows), strict=True):
        if not row.get("author") or not row.get("text"):
            continue  # joins, parts and topic changes were written by nobody
        yield {
            "platform": "telegram",
            "place": f"irc:{row['log']}",
            "id": _native(row["n"]),
            "author_id": row["author"],
            "author_name": row["author"],
            "text": row["text"],
            "sent_at": at.isoformat(),
            "place_name": f"#ubuntu {row['log']}",
            **_spoken_to(row, nicks),
            **_answers(row, annotated=annotated),
        }


def _native(number: int) -> str:
    # Many messages share a minute: padded ids keep their order.
    return f"{number:06}"


def _spoken_to(row: dict[str, Any], nicks: dict[str, str]) -> dict[str, list[str]]:
    """Channels have no reply button: people begin with the nick and a colon or comma."""
    found = _ADDRESS.match(row["text"])
    nick = nicks.get(found[1].casefold()) if found else None
    return {"mentions": [nick]} if nick and nick != row["author"] else {}


def _answers(row: dict[str, Any], *, annotated: bool) -> dict[str, str]:
    earlier = [n for n in row.get("replies_to") or () if n != row["n"]]
    return {"reply_to": _native(max(earlier))} if annotated and earlier else {}


def _times(rows: list[dict[str, Any]]) -> list[datetime]:
    """Some logs were written on a 12-hour clock.

    Where time falls back by half a day, it was earlier before.
    """
    found: list[datetime] = []
    shift = timedelta()
    later: datetime | None = None
    for row in reversed(rows):
        at = datetime.fromisoformat(row["at"])
        if later is not None and later - at <= _BACK:
            shift -= _HALF_DAY
        later = at
        found.append(at + shift)
    return found[::-1]


def _reading(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def _writing(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "wt", encoding="utf-8")
    return path.open("w", encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.ubuntu_irc", description=__doc__)
    parser.add_argument("source", type=Path, metavar="IN")
    parser.add_argument("target", type=Path, metavar="OUT")
    parser.add_argument("--annotated", action="store_true", help="write who answered whom")
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    given = parser.parse_args(arguments)
    counts = {"rows": 0, "messages": 0, "logs": 0}
    places = set()
    with _reading(given.source) as source, _writing(given.target) as target:
        rows = [json.loads(line) for line in source]
        counts["rows"] = len(rows)
        for row in converted(rows, annotated=given.annotated):
            target.write(json.dumps(row, ensure_ascii=False) + "\n")
            counts["messages"] += 1
            places.add(row["place"])
    counts["logs"] = len(places)
    if given.json:
        print(json.dumps(counts))
    else:
        print(f"{counts['messages']} messages of {counts['logs']} logs: {given.target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
