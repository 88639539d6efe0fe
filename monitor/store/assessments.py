"""Judgements as they were made. Immutable facts; a later judgement is a further row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy.engine import Connection

from monitor.core.assessment import Assessment, Grounds
from monitor.store.bulk import add_rows
from monitor.store.tables import assessments, micros

_NAMES = (
    *("message_id", "by", "at", "topic", "urgency", "language", "complexity", "confidence"),
    *("reasons", "signals", "why", "said"),
)


def save(
    connection: Connection, found: Iterable[tuple[int, Assessment]], now: datetime,
    said: Mapping[int, int] = MappingProxyType({}),
) -> None:  # fmt: skip
    """(message id, assessment) pairs, and the fingerprints of those that ask."""
    at, written = micros(now), _Written()
    rows = [
        (number, a.by, at, a.topic._value_, a.urgency._value_, a.language, a.complexity._value_, a.confidence,
         written[a.reasons], written[tuple(sorted(a.signals))] if a.signals else "[]",
         _why(a.grounds) if a.grounds else None, said.get(number))
        for number, a in found
    ]  # fmt: skip
    add_rows(connection, assessments, _NAMES, rows)


def _why(grounds: Grounds) -> str:
    """What a judgement stands on, as JSON; what there is none of is left out."""
    parts = {
        "rules": grounds.rules,
        "words": grounds.words,
        "near": grounds.near,
        "chances": grounds.chances,
    }
    found = {name: part for name, part in parts.items() if part}
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


class _Written(dict[tuple[str, ...], str]):
    """Phrases as JSON. Most of what people write is chatter, for the same reason."""

    def __missing__(self, phrases: tuple[str, ...]) -> str:
        self[phrases] = text = json.dumps(phrases)
        return text
