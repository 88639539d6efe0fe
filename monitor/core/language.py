"""In which language a text is written: by its script, then by small words, endings and signs. Never
loads a model.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from operator import itemgetter

from monitor.core.han import JAPANESE, SIMPLIFIED, TRADITIONAL
from monitor.core.tongues import BEGINNINGS, ENDINGS, LATIN, SIGNS, WORDS

UNDECIDED = "und"
LANGUAGES = ("en", "zh", "zh-Hant", "ja", "ko", "ru", "es", "tr", "vi", "pt", "id")

_ENOUGH = 600  # characters that settle it
_WORDS_ENOUGH = 40
_NOISE = re.compile(r"(?:https?://|www\.|t\.me/)\S+|\S*@\S+|[$#]\w+|\bu/\w+", re.IGNORECASE)
_NOISY = re.compile(r"[/@$#]|[wW]{3}")  # without one of these there is no noise to look for
_LETTERS = re.compile(r"[a-z\u00c0-\u024f\u1e00-\u1eff']+")
_ACCENTED = re.compile("[\u00a1-\u024f\u1e00-\u1eff]")
_OTHER_SCRIPT = re.compile("[\u0400-\u052f\u1100-\u11ff\u3041-\uffdc]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d]+")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]+")
_CYRILLIC = re.compile("[\u0400-\u052f]+")
_FAMILY = {"zh": "zh", "zh-Hant": "zh"}
_REMEMBERED = 20_000  # words
_known: dict[str, tuple[tuple[int, float], ...]] = {}


@dataclass(frozen=True, slots=True)
class Guess:
    """A language with how far it leads: `lead` under 1 is a coin's edge. `und` means no evidence at
    all.
    """

    language: str
    lead: float
    script: str = ""  # latin, han, kana, hangul, cyrillic or "" when no letters were seen


def detect(text: str, configured: Collection[str] = LANGUAGES, prior: str | None = None) -> str:
    """One of `configured`, or `und`. `prior` is what the author wrote before; it decides when the
    text does not.
    """
    return _read(text, configured, prior)[0]


def guess(text: str, configured: Collection[str] = LANGUAGES, prior: str | None = None) -> Guess:
    """As `detect`, with the lead, so that a better judge can be asked about the undecided."""
    return Guess(*_read(text, configured, prior))


def _read(text: str, configured: Collection[str], prior: str | None) -> tuple[str, float, str]:
    text = text[:_ENOUGH]
    if _NOISY.search(text):
        text = _NOISE.sub(" ", text)
    text = text.lower()
    known = prior if prior in configured else None
    script = _script(text) if not text.isascii() and _OTHER_SCRIPT.search(text) else "latin"
    if script == "latin":
        return _latin(text, configured, known)
    language = {"kana": "ja", "hangul": "ko", "cyrillic": "ru", "han": "zh"}[script]
    if script == "han":
        language = _han(text, configured, known)
    return (language, 9.0, script) if language in configured else (UNDECIDED, 0.0, script)


def _script(text: str) -> str:
    # Latin jargon is thick in every Asian chat: a sign of the local script outweighs its share.
    han, kana = _length(_HAN, text), _length(_KANA, text)
    weight, best = max(
        (_length(_HANGUL, text) * 1.0, "hangul"),
        (_length(_CYRILLIC, text) * 0.5, "cyrillic"),
        ((han + kana) * 1.2 if kana > 1 or kana > han / 6 else 0.0, "kana"),
        (han * 1.2, "han"),
        key=itemgetter(0),
    )
    if weight >= len(text) * 0.25:  # more than all the rest could weigh
        return best
    return best if weight and weight >= _length(_LETTERS, text) * 0.25 else "latin"


def _length(signs: re.Pattern[str], text: str) -> int:
    """How many characters of `text` are of `signs` (a pattern of runs)."""
    return sum(map(len, signs.findall(text))) if signs.search(text) else 0


def _han(text: str, configured: Collection[str], prior: str | None) -> str:
    signs = set("".join(_HAN.findall(text)))
    if "ja" in configured and len(signs & JAPANESE) > len(signs & SIMPLIFIED):
        return "ja"
    traditional, simplified = len(signs & TRADITIONAL), len(signs & SIMPLIFIED)
    if traditional == simplified and prior is not None and _FAMILY.get(prior) == "zh":
        return prior
    if traditional > simplified and "zh-Hant" in configured:
        return "zh-Hant"
    return "zh"


def _latin(text: str, configured: Collection[str], prior: str | None) -> tuple[str, float, str]:
    words = _LETTERS.findall(text)
    if not words:
        return prior or UNDECIDED, 0.0, ""
    scores = _scores(words, text)
    if prior in LATIN:
        scores[LATIN.index(prior)] += 1.0
    # Of equals the last name, so that the order of LATIN decides nothing.
    ranked = sorted([(s, n) for s, n in zip(scores, LATIN, strict=True) if n in configured])
    if not ranked or ranked[-1][0] < 0.5:
        return prior or UNDECIDED, 0.0, "latin"
    best, language = ranked[-1]
    return language, best - (ranked[-2][0] if len(ranked) > 1 else 0.0), "latin"


def _scores(words: list[str], text: str) -> list[float]:
    scores = [0.0] * len(LATIN)
    for word in words[:_WORDS_ENOUGH]:
        try:
            found = _known[word]
        except KeyError:
            found = _learn(word)
        for at, weight in found:
            scores[at] += weight
    if not text.isascii():
        for sign in _ACCENTED.findall(text):
            for at, weight in SIGNS.get(sign, ()):
                scores[at] += weight
    return scores


def _learn(word: str) -> tuple[tuple[int, float], ...]:
    """What a word says for each language. Words come back, so it is remembered."""
    found = WORDS.get(word)
    if found is None:
        found = _by_shape(word) if len(word) > 4 else ()
    if len(_known) >= _REMEMBERED:
        _known.clear()
    _known[word] = found
    return found


def _by_shape(word: str) -> tuple[tuple[int, float], ...]:
    for size in (5, 4, 3):
        found = ENDINGS.get(word[-size:])
        if found:
            return found
    return BEGINNINGS.get(word[:4]) or BEGINNINGS.get(word[:3]) or ()
