"""Structured logs on stderr, no secret in any record of any logger. It never writes to a file.

A log line is an event with keys, not a sentence:

    log.info("stored", extra={"account": "tg", "messages": 3})
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import IO, Any

from monitor.secrets import scrub

# Their DEBUG and INFO lines tell URLs, headers and bodies, and nothing an operator needs.
QUIETED = (
    "httpx", "httpcore", "tweepy", "oauthlib", "requests_oauthlib", "praw", "prawcore", "urllib3",
    "apscheduler", "telegram", "asyncio", "aiohttp", "alembic", "mail.log",
)  # fmt: skip
_BORN_WITH = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def set_up(level: str = "info", format: str = "text", stream: IO[str] | None = None) -> None:
    """Log to `stream` (stderr) as "text" or "json". May be called again; the last call counts."""
    sink = logging.StreamHandler(stream or sys.stderr)
    sink.setFormatter(JsonLines() if format == "json" else TextLines())
    root = logging.getLogger()
    for old in tuple(root.handlers):
        if isinstance(old.formatter, _Lines):
            root.removeHandler(old)
    root.addHandler(sink)
    root.setLevel(level.upper())
    logging.setLogRecordFactory(scrubbed_record)
    logging.captureWarnings(capture=True)
    for name in QUIETED:
        logging.getLogger(name).setLevel(logging.WARNING)


def log_crashes() -> None:
    """What nobody caught, in any thread, is logged scrubbed instead of printed as it is."""
    sys.excepthook = _crashed
    threading.excepthook = _thread_crashed


def scrubbed_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """A log record whose message and traceback hold no secret, whichever sink they reach."""
    record = logging.LogRecord(*args, **kwargs)
    try:
        message = record.getMessage()
    except (TypeError, ValueError, KeyError):
        # logging would print message and arguments, unscrubbed, as its own error.
        message = f"{record.msg!r} % {record.args!r}"
        record.msg, record.args = scrub(message), None
        return _scrub_traceback(record)
    clean = scrub(message)
    if clean != message:
        record.msg, record.args = clean, None
    return _scrub_traceback(record)


def _scrub_traceback(record: logging.LogRecord) -> logging.LogRecord:
    if record.exc_info and record.exc_info[0] is not None:
        # A formatter takes exc_text as it stands when it is there.
        record.exc_text = scrub(logging.Formatter().formatException(record.exc_info))
    if record.stack_info:
        record.stack_info = scrub(record.stack_info)
    return record


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        # The keys of `extra` reach a record after it is made: scrub once more, the whole line.
        return scrub(self.line(record))

    def line(self, record: logging.LogRecord) -> str:
        raise NotImplementedError


class TextLines(_Lines):
    """`2026-11-22T13:30:00.123Z INFO monitor.stages.ingest stored account=tg messages=3`"""

    def line(self, record: logging.LogRecord) -> str:
        """One line, and the traceback below it if there is one."""
        keys = "".join(f" {key}={_one_line(value)}" for key, value in _extra(record).items())
        head = f"{_at(record)} {record.levelname} {record.name} {_one_line(record.getMessage())}"
        trouble = _trouble(record)
        return f"{head}{keys}\n{trouble}" if trouble else f"{head}{keys}"


class JsonLines(_Lines):
    """One JSON object a line: at, level, logger, event, the keys of `extra`, `trouble`."""

    def line(self, record: logging.LogRecord) -> str:
        """One line whatever the event holds."""
        fields: dict[str, Any] = {
            "at": _at(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_extra(record),
        }
        trouble = _trouble(record)
        if trouble:
            fields["trouble"] = trouble
        return json.dumps(fields, ensure_ascii=False)


def _at(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {key: _clean(value) for key, value in vars(record).items() if key not in _BORN_WITH}


def _clean(value: object) -> object:
    # Before JSON puts a backslash before every quote that gives a secret away.
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, dict):
        return {str(key): _clean(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(inner) for inner in value]
    return scrub(str(value))


def _one_line(value: object) -> str:
    # Somebody's message must not be able to forge a line of ours, nor to paint the terminal.
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(value))


def _trouble(record: logging.LogRecord) -> str:
    parts = (record.exc_text, record.stack_info)
    return "\n".join(part for part in parts if part)


def _crashed(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.exit(130)
    logging.getLogger("monitor").critical("crashed", exc_info=(kind, error, traceback))


def _thread_crashed(crash: threading.ExceptHookArgs) -> None:
    if crash.exc_value is None:
        return
    name = crash.thread.name if crash.thread else "?"
    logging.getLogger("monitor").critical(
        "thread crashed",
        exc_info=(crash.exc_type, crash.exc_value, crash.exc_traceback),
        extra={"thread_name": name},
    )
