"""Judgements as they were made. Immutable facts; a later judgement is a further row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.engine import Connection

from monitor.core.assessment import Assessment
from monitor.store.tables import assessments
from monitor.store.upsert import add


def save(connection: Connection, found: Iterable[tuple[int, Assessment]], now: datetime) -> None:
    """(message id, assessment) pairs."""
    rows = [
        {"message_id": number, "by": a.by, "at": now, "topic": a.topic.value, "urgency": int(a.urgency),
         "language": a.language, "complexity": a.complexity.value, "confidence": a.confidence,
         "reasons": list(a.reasons), "signals": sorted(a.signals)}
        for number, a in found
    ]  # fmt: skip
    add(connection, assessments, rows)
