"""The files of reports, made when they are said: the weekly mail's table, the digest's picture.

The outbox holds neither: they are read from the figures as they went out.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from monitor import reporting
from monitor.core.triage import Kind
from monitor.ports import Attachment
from monitor.store import figures as stored
from monitor.store.database import Database

DIGEST = "digest"


def attached(database: Database, key: str) -> tuple[Attachment, ...]:
    """The files of a post by its delivery's key; none for most."""
    kind, _, rest = key.partition(":")
    period, _, recipient = rest.partition(":")
    if kind == Kind.REPORT.value:
        return _tables(database, period, recipient)
    return _pictures(database, period) if kind == DIGEST else ()


def _tables(database: Database, period: str, recipient: str) -> tuple[Attachment, ...]:
    with database.read() as connection:
        figures = stored.figures_as_mailed(connection, by_hand(period, recipient))
        figures = figures or stored.figures_as_mailed(connection, period)
    return table_of(period, figures) if figures is not None else ()


def _pictures(database: Database, day: str) -> tuple[Attachment, ...]:
    with database.read() as connection:
        kept = stored.figures_as_mailed(connection, f"{DIGEST}:{day}")
    if not kept or "picture" not in kept:
        return ()
    return (Attachment(f"digest-{day}.png", "image/png", base64.b64decode(kept["picture"])),)


def by_hand(period: str, recipient: str) -> str:
    """The key of the figures that went to one recipient because somebody asked for it."""
    return f"{period}#{hashlib.sha256(recipient.encode()).hexdigest()[:10]}"


def table_of(period: str, facts: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """The figures (as `as_json` gives them) as the mail's attachment."""
    table = reporting.as_csv(facts).encode("utf-8-sig")  # else Excel reads it as Latin 1
    return (Attachment(f"report-{period}.csv", "text/csv", table),)
