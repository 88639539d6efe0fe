"""Judgements as they were made. Immutable facts; a later judgement is a further row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from sqlalchemy.engine import Connection

from monitor.core.assessment import Assessment, Grounds
from monitor.core.jsons import written
from monitor.store.bulk import add_rows
from monitor.store.tables import assessments, micros

_NAMES = (
    *("message_id", "by", "at", "topic", "urgency", "language", "complexity", "confidence"),
    *("reasons", "signals", "why", "said"),
)
_KEPT = 4_096  # the same few words are found again and again


def save(
    connection: Connection, found: Iterable[tuple[int, Assessment]], now: datetime,
    said: Mapping[int, int] = MappingProxyType({}),
) -> None:  # fmt: skip
    """(message id, assessment) pairs, and the fingerprints of those that ask."""
    at = micros(now)
    rows = [
        (number, a.by, at, a.topic._value_, a.urgency._value_, a.language, a.complexity._value_, a.confidence,
         *_found(a.reasons, a.signals), _why(a.grounds) if a.grounds else None, said.get(number))
        for number, a in found
    ]  # fmt: skip
    add_rows(connection, assessments, _NAMES, rows)


@lru_cache(maxsize=_KEPT)
def _found(reasons: tuple[str, ...], signals: frozenset[str]) -> tuple[str, str]:
    return written(reasons), written(sorted(signals))


@lru_cache(maxsize=_KEPT)
def _why(grounds: Grounds) -> str:
    """What a judgement stands on, as JSON; what there is none of is left out."""
    found: dict[str, object] = {}
    if grounds.rules:
        found["rules"] = grounds.rules
    if grounds.words:
        found["words"] = grounds.words
    if grounds.near:
        found["near"] = grounds.near
    if grounds.chances:
        found["chances"] = grounds.chances
    return written(found)
