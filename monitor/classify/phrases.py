"""Where words and phrases stand in a text by themselves, and which of those that a pattern stands for stands first."""

from __future__ import annotations

import re
from dataclasses import dataclass

from monitor.classify.needs import EDGE, Needs, bare
from monitor.core.patterns import WORDLY

_PHRASE = re.compile(f"[{WORDLY}]+(?: [{WORDLY}]+)*")
_LETTER = re.compile(f"[{WORDLY}]")
WORDS = re.compile(f"[{WORDLY}]+")


@dataclass(frozen=True, slots=True)
class Phrases:
    """`texts` that count where words begin and end, or only begin, or wherever they stand."""

    texts: tuple[str, ...]
    begin: bool
    end: bool

    def first_in(self, text: str) -> str:
        """The one that stands first; "" when none is there."""
        first, found = len(text), ""
        for one in self.texts:
            if one in text:
                at = position(one, text, self.begin, self.end)
                if 0 <= at < first:
                    first, found = at, one
        return found


def phrases_of(needs: Needs) -> Phrases | None:
    """All that a pattern finds, where these are few and plain words, beginnings of words, or signs anywhere."""
    if not needs.is_plain:
        return None
    texts = tuple(bare(text) for text in needs.texts)
    begin, end = needs.texts[0][0] == EDGE, needs.texts[0][-1] == EDGE
    is_phrases = begin and all(map(_PHRASE.fullmatch, texts))
    return Phrases(texts, begin, end) if is_phrases or not (begin or end) else None


def position(phrase: str, text: str, begins: bool = True, ends: bool = True) -> int:
    """Where `phrase` stands for itself in `text`, or what begins or ends so, or any of it; -1 for nowhere."""
    at = text.find(phrase)
    while at >= 0 and not stands_at(at, len(phrase), text, begins, ends):
        at = text.find(phrase, at + 1)
    return at


def stands_at(at: int, size: int, text: str, begins: bool, ends: bool) -> bool:
    """Whether what is there begins and ends where a word does, as far as that is asked for."""
    is_within = begins and at and _LETTER.match(text, at - 1)
    return not (is_within or (ends and _LETTER.match(text, at + size)))
