"""Personal data out of a text before a stranger's machine reads it, and back in afterwards. Never goes outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.core.entities import EntityKind, entities
from monitor.core.text import capped

_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_NUMBER = re.compile(
    r"\+?\d[\d \u00a0().-]{5,24}\d"
)  # telephones, cards, order and account numbers
_SEED = re.compile(
    r"\b(?:[a-z]{3,8} ){11,23}[a-z]{3,8}\b"
)  # twelve to twenty-four words: a wallet's phrase
_MARK = re.compile(r"\[\s*#\s*(\d{1,4})\s*\]")
_ALWAYS = {EntityKind.HANDLE, EntityKind.URL, EntityKind.ADDRESS, EntityKind.TRANSACTION}


@dataclass(frozen=True, slots=True)
class Masked:
    """A text with marks such as [#1] where its `values` stood."""

    text: str
    values: tuple[str, ...]

    def restored(self, translated: str) -> str | None:
        """The values back in their places; None when a mark was lost, doubled or invented."""
        found = [int(number) for number in _MARK.findall(translated)]
        if sorted(found) != list(range(1, len(self.values) + 1)):
            return None
        return _MARK.sub(lambda mark: self.values[int(mark[1]) - 1], translated)


def masked(text: str, *, amounts: bool = True) -> Masked:
    """Handles, addresses, links, transactions, mail addresses, long numbers and, if wanted, amounts become marks."""
    text = capped(text)
    values: list[str] = []
    parts: list[str] = []
    at = 0
    for start, end in _apart(_spans(text, amounts)):
        parts.append(text[at:start])
        values.append(text[start:end])
        parts.append(f"[#{len(values)}]")
        at = end
    return Masked("".join((*parts, text[at:])), tuple(values))


def _spans(text: str, amounts: bool) -> Iterator[tuple[int, int]]:
    for pattern in (
        _MAIL,
        _NUMBER,
        _SEED,
        _MARK,
    ):  # what looks like a mark of ours is masked as well
        yield from (found.span() for found in pattern.finditer(text))
    wanted = _ALWAYS | ({EntityKind.AMOUNT} if amounts else set())
    yield from ((e.start, e.end) for e in entities(text) if e.kind in wanted)


def _apart(spans: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order; those that touch become one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
