"""Judgements as they were made. Immutable facts; a later judgement is a further row."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.engine import Connection

from monitor.core.assessment import Assessment
from monitor.store.bulk import add_rows
from monitor.store.tables import assessments, micros

_NAMES = (
    *("message_id", "by", "at", "topic", "urgency", "language", "complexity", "confidence"),
    *("reasons", "signals"),
)


def save(connection: Connection, found: Iterable[tuple[int, Assessment]], now: datetime) -> None:
    """(message id, assessment) pairs."""
    at, written = micros(now), _Written()
    rows = [
        (number, a.by, at, a.topic._value_, a.urgency._value_, a.language, a.complexity._value_, a.confidence,
         written[a.reasons], written[tuple(sorted(a.signals))] if a.signals else "[]")
        for number, a in found
    ]  # fmt: skip
    add_rows(connection, assessments, _NAMES, rows)


class _Written(dict[tuple[str, ...], str]):
    """Phrases as JSON. Most of what people write is chatter, for the same reason."""

    def __missing__(self, phrases: tuple[str, ...]) -> str:
        self[phrases] = text = json.dumps(phrases)
        return text
