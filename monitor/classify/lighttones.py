"""What a message names (times, sums, transactions) and how it is written, as numbers for the heads,
and as words for people. Never learns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitor.core.entities import Entity, EntityKind, entities

Floats = NDArray[np.float32]

_KINDS = {kind: at for at, kind in enumerate(EntityKind)}
_WAITS = (60, 6 * 60, 2 * 24 * 60)  # minutes: what "since" means changes there
_WRITTEN = (
    re.compile(r"[!?！？]{2,}"),
    re.compile(r"[?？]"),
    re.compile(r"[!！]"),
    re.compile(r"\b[A-ZА-ЯÇĞİÖŞÜ]{4,}\b.{0,40}\b[A-ZА-ЯÇĞİÖŞÜ]{3,}\b"),
    re.compile(
        r"[😂🤣😅🙈😁😄]|\blo+l\b|哈哈|ㅋㅋ|ㅎㅎ|kkk|[jh]aja|www|wkwk|草$|笑$|\)\)\)", re.IGNORECASE
    ),
)
_READ = 2_000  # signs; who has not come to the point by then will not
_LONG = 200  # signs from which a message is simply long
_WEIGHT = 3**0.5  # of these against a rule's word; by cross-validation on the seeds
WIDTH = len(_KINDS) + len(_WAITS) + 1 + len(_WRITTEN) + 1
_TOLD = {
    EntityKind.DURATION: "a time",
    EntityKind.AMOUNT: "a sum",
    EntityKind.TRANSACTION: "a transaction",
    EntityKind.ERROR_CODE: "an error code",
}
_MOST_TOLD = 2


def tones(texts: Sequence[str]) -> Floats:
    """One row a text."""
    table = np.zeros((len(texts), WIDTH), dtype=np.float32)
    for row, text in zip(table, texts, strict=True):
        read = text[:_READ]
        _named(row, entities(read))
        at = len(_KINDS) + len(_WAITS) + 1
        for column, pattern in enumerate(_WRITTEN, at):
            row[column] = pattern.search(read) is not None
        row[-1] = min(len(read) / _LONG, 1.0)
    return table * np.float32(_WEIGHT)


def _named(row: Floats, found: Sequence[Entity]) -> None:
    longest = 0.0
    for entity in found:
        row[_KINDS[entity.kind]] = min(row[_KINDS[entity.kind]] + 0.5, 1.0)
        if entity.kind is EntityKind.DURATION:
            longest = max(longest, float(entity.value))
    if longest:
        row[len(_KINDS) + sum(longest > wait for wait in _WAITS)] = 1.0


def told(text: str) -> tuple[str, ...]:
    """What it names that makes a message weigh more, quoted."""
    named = (e for e in entities(text[:_READ]) if e.kind in _TOLD)
    phrases = dict.fromkeys(f'names {_TOLD[e.kind]}: "{_short(text, e)}"' for e in named)
    return tuple(phrases)[:_MOST_TOLD]


def _short(text: str, entity: Entity) -> str:
    words = text[entity.start : entity.end]
    return words if len(words) <= 24 else f"{words[:10]}…{words[-6:]}"
