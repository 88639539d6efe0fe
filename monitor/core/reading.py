"""How a text reads to the rules: its language, and the form in which patterns are matched on it. Never matches.

People say the same words again and again, so what a word reads like is remembered.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from monitor.core.language import ENOUGH, detect, packed, spoken, traits_of
from monitor.core.patterns import folded
from monitor.core.text import LONGEST, capped, legible, normalise

_REMEMBERED = 20_000  # words
_LONGEST_WORD = 40  # signs of one that is remembered; nobody writes a longer one twice
_USUAL_WORD = 12  # signs; where there are fewer spaces than that, they do not part words
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")  # some are taken for spaces, and mean none
_HAN, _HANGUL = "\u2e80", "\uac00"  # between them are Chinese and Japanese, which have no spaces
_QUOTE = "`"  # folded where there are other signs than ASCII in the text
_Word = tuple[str, int]  # as it is matched, and its traits in one number (see language.packed)


class _Words(dict[str, _Word]):
    """What words read like, learned when they are first asked for."""

    def __missing__(self, word: str) -> _Word:
        seen = legible(word)
        read = folded(normalise(seen)), packed(traits_of(seen))
        if len(word) <= _LONGEST_WORD:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[word] = read
        return read


_words = _Words()


def read(text: str, configured: Collection[str], prior: str | None = None) -> tuple[str, str]:
    """The language of `text` and the form in which it is matched. `prior` is the language that its author wrote before.

    Reads word by word what has words, else the whole.
    """
    return read_words(text, configured, prior)[:2]


def read_words(
    text: str, configured: Collection[str], prior: str | None = None
) -> tuple[str, str, Sequence[str]]:
    """As read(), and what stands between the spaces of the form in which it is matched, or nothing."""
    words = text.split() if _is_of_words(text) else None
    if words:
        forms, numbers = zip(*map(_words.__getitem__, words), strict=True)
        language = spoken(sum(numbers), configured, prior)
        if language is not None:
            if "" in forms:
                forms = (*filter(None, forms),)
            matched = " ".join(forms)
            if len(matched) <= LONGEST:
                return language, matched, () if matched.count(" ") >= len(forms) else forms
    text = legible(capped(text))
    return detect(text, configured, prior), folded(normalise(text)), ()


def _is_of_words(text: str) -> bool:
    if not text.count(" ") * _USUAL_WORD + _USUAL_WORD >= len(text) <= ENOUGH:
        return False
    if _QUOTE in text or _HAN < text[len(text) // 2 :][:1] < _HANGUL:
        return False
    return text.isprintable() or not _CONTROLS.search(text)
