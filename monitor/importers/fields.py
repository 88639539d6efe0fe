"""Fields of foreign records as clean values, or a complaint that names the field.

It knows no format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.importers.files import LONGEST_LINE
from monitor.ports import Quarantined

Record = Mapping[str, Any]
_LONE = re.compile("[\ud800-\udfff]")
_RAW = 64_000
LONGEST_ID, LONGEST_NAME, LONGEST_LINK = 80, 200, 4_000
MOST_WORDS = 100
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), timedelta(days=2)
_MILLISECONDS = 1e11  # seconds until the year 5138: a larger number counts something smaller


class Unreadable(Exception):
    """One record cannot be taken; the text says which field and why."""


def record(line: bytes) -> dict[str, Any]:
    """A line as a JSON object."""
    if len(line) >= LONGEST_LINE:  # cut there
        raise Unreadable(f"longer than {LONGEST_LINE // 1_000_000} MB")
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Unreadable(f"not a JSON object but {_shown(found)}")
    return found


def text(row: Record, key: str) -> str:
    """A text that must be there; it may be empty."""
    if key not in row:
        raise Unreadable(f"{key}: missing")
    if not isinstance(row[key], str):
        raise Unreadable(f"{key}: not a text (found {_shown(row[key])})")
    return clean(row[key])


def word(row: Record, key: str, *, most: int = LONGEST_ID) -> str:
    """An id or name that must be there and say something; numbers are taken as they are written."""
    found = optional(row, key, most=most)
    if not found:
        raise Unreadable(f"{key}: {'empty' if key in row else 'missing'}")
    return found


def optional(row: Record, key: str, *, most: int = LONGEST_ID) -> str | None:
    """An id or name that may be missing; None for null and for the empty text."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | None):
        raise Unreadable(f"{key}: not a text or number (found {_shown(value)})")
    found = None if value is None else clean(str(value)).strip() or None
    if found and len(found) > most:
        raise Unreadable(f"{key}: longer than {most} characters")
    return found


def words(row: Record, key: str) -> tuple[str, ...]:
    """A list of ids or names, each once; missing is empty."""
    value = row.get(key)
    if not isinstance(value, list | None) or len(value or ()) > MOST_WORDS:
        raise Unreadable(f"{key}: not a list of at most {MOST_WORDS} (found {_shown(value)})")
    found = (optional({key: one}, key) for one in value or ())
    return tuple(dict.fromkeys(one for one in found if one))


def moment(value: Any, key: str, now: datetime) -> datetime:
    """ISO with a time zone, or seconds (or milliseconds) since 1970, as a number or in quotes."""
    try:
        found = _moment(value)
    except (ValueError, OverflowError, OSError):
        raise Unreadable(
            f"{key}: not a time (found {_shown(value)}); write 2026-11-09T12:00:00Z or seconds"
        ) from None
    if found.tzinfo is None:
        raise Unreadable(f"{key}: no time zone (found {_shown(value)}); write 2026-11-09T12:00:00Z")
    found = found.astimezone(UTC)
    if not _EARLIEST <= found <= now + _LATEST:
        raise Unreadable(f"{key}: not between 1990 and today (found {_shown(value)})")
    return found


def _moment(value: Any) -> datetime:
    if isinstance(value, str) and not re.fullmatch(r"\s*\d+(\.\d+)?\s*", value):
        return datetime.fromisoformat(value.strip())
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(value)
    seconds = float(value)
    return datetime.fromtimestamp(seconds / 1000 if seconds > _MILLISECONDS else seconds, UTC)


def clean(value: str) -> str:
    """Without what no database takes: lone surrogates and NUL."""
    return _LONE.sub("\ufffd", value.replace("\x00", ""))


def set_aside(where: str, raw: bytes | Record, reason: str) -> Quarantined:
    """A record to be looked at by a person."""
    shown = raw if isinstance(raw, bytes) else json.dumps(raw, default=str).encode()
    return Quarantined(where, clean(shown[:_RAW].decode("utf-8", "replace")), clean(reason))


def _shown(value: Any) -> str:
    found = repr(value)
    return found if len(found) <= 40 else found[:39] + "…"
