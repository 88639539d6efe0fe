"""In which language a text is written: by its script, then by small words, endings and signs. Never
loads a model.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from monitor.core.han import JAPANESE, SIMPLIFIED, TRADITIONAL
from monitor.core.tongues import BEGINNINGS, ENDINGS, LATIN, SIGNS, WORDS

UNDECIDED = "und"
LANGUAGES = ("en", "zh", "zh-Hant", "ja", "ko", "ru", "es", "tr", "vi", "pt", "id")

ENOUGH = 600  # characters that settle it
_WORDS_ENOUGH = 40
_NOISE = re.compile(r"(?:https?://|www\.|t\.me/)\S+|\S*@\S+|[$#]\w+|\bu/\w+", re.IGNORECASE)
_NOISY = re.compile(r"[/@$#]|[wW]{3}")  # without one of these there is no noise to look for
_LETTERS = re.compile(r"[a-z\u00c0-\u024f\u1e00-\u1eff']+")
_ACCENTED = re.compile("[\u00a1-\u024f\u1e00-\u1eff]")
_OTHER_SCRIPTS = re.compile("[\u0400-\u052f\u1100-\u11ff\u3041-\uffdc]+")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d]+")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]+")
_CYRILLIC = re.compile("[\u0400-\u052f]+")
_SCRIPTS = (_HANGUL, _CYRILLIC, _KANA, _HAN)
_LANGUAGE = {"kana": "ja", "hangul": "ko", "cyrillic": "ru"}
_FAMILY = {"zh": "zh", "zh-Hant": "zh"}
_Weights = tuple[tuple[int, float], ...]
# Traits in one number, so that those of a text are the sum of its words': a score for each of LATIN, the words, their
# letters, and the letters of the other scripts.
_FIELDS = struct.Struct(f"<{len(LATIN)}I6H")
_OTHERS = 8 * struct.calcsize(f"<{len(LATIN)}I2H")  # bits before the other scripts
# One of a score: 32 bits hold more than ENOUGH signs can say.
_UNIT = 1 << 20
_HALF = _UNIT // 2
_NEAR = _UNIT >> 8  # far more than what is lost of a text's score by counting it in units
_PRIOR: dict[str | None, int] = {name: _UNIT << 32 * at for at, name in enumerate(LATIN)}


@dataclass(frozen=True, slots=True)
class Guess:
    """A language with how far it leads: `lead` under 1 is a coin's edge. `und` means no evidence at
    all.
    """

    language: str
    lead: float
    script: str = ""  # latin, han, kana, hangul, cyrillic or "" when no letters were seen


def is_other(text: str, language: str) -> bool:
    """Is it surely in another language than that? Scripts of one language are no two languages."""
    found = guess(text)
    bases = {found.language.partition("-")[0], language.partition("-")[0]}
    return found.lead >= 1 and not bases & {"", UNDECIDED} and len(bases) == 2


class Traits(NamedTuple):
    """What a text, or a word of one, says of its language. Those of a text are those of its words together."""

    words: int = 0  # in Latin letters
    letters: int = 0  # of these words
    speaks: _Weights = ()  # what each of them says for a language (its place in LATIN)
    accents: _Weights = ()  # what each letter says that English has not
    scripts: tuple[int, ...] = ()  # letters of Hangul, Cyrillic, Kana and Han, if any


def detect(text: str, configured: Collection[str] = LANGUAGES, prior: str | None = None) -> str:
    """One of `configured`, or `und`. `prior` is what the author wrote before; it decides when the
    text does not.
    """
    return _read(text, configured, prior)[0]


def guess(text: str, configured: Collection[str] = LANGUAGES, prior: str | None = None) -> Guess:
    """As `detect`, with the lead, so that a better judge can be asked about the undecided."""
    return Guess(*_read(text, configured, prior))


def traits_of(text: str) -> Traits:
    """Of all of `text`; of too many words only the first count."""
    return _traits(_clean(text))


def packed(traits: Traits) -> int:
    """`traits` of a text of ENOUGH signs at most as one number; it is the sum of those of its words."""
    scores = [0.0] * len(LATIN)
    for at, weight in (*traits.speaks, *traits.accents):
        scores[at] += weight
    units = [round(score * _UNIT) for score in scores]
    others = traits.scripts or (0,) * len(_SCRIPTS)
    return int.from_bytes(_FIELDS.pack(*units, traits.words, traits.letters, *others), "little")


def spoken(total: int, configured: Collection[str], prior: str | None) -> str | None:
    """As `detect` says of a text of ENOUGH signs at most, by the sum of what was packed() of its words (what stands
    between spaces). None: that does not tell, or too narrowly.
    """
    known = prior if prior in configured else None
    total += _PRIOR.get(known, 0)
    *scores, number, letters, a, b, c, d = _FIELDS.unpack(total.to_bytes(_FIELDS.size, "little"))
    if total >> _OTHERS:
        script = _script((a, b, c, d), letters)
        if script != "latin":
            language = _LANGUAGE.get(script)
            return language if language is None or language in configured else UNDECIDED
    if not 0 < number <= _WORDS_ENOUGH:
        return None if number else known or UNDECIDED
    best = max(scores)
    if best < _HALF - _NEAR:
        return known or UNDECIDED
    at = scores.index(best)
    scores[at] = 0
    is_narrow = best < _HALF + _NEAR or best - max(scores) < _NEAR
    return None if is_narrow or LATIN[at] not in configured else LATIN[at]


def _clean(text: str) -> str:
    return (_NOISE.sub(" ", text) if _NOISY.search(text) else text).lower()


def _traits(text: str) -> Traits:
    words = _LETTERS.findall(text)
    speaks = tuple(chain.from_iterable(map(_weights, words[:_WORDS_ENOUGH])))
    letters = sum(map(len, words))
    if text.isascii():
        return Traits(len(words), letters, speaks)
    signs = [SIGNS.get(sign, ()) for sign in _ACCENTED.findall(text)]
    others = "".join(_OTHER_SCRIPTS.findall(text))
    scripts = _lengths(others) if others else ()
    return Traits(len(words), letters, speaks, tuple(chain.from_iterable(signs)), scripts)


def _read(text: str, configured: Collection[str], prior: str | None) -> tuple[str, float, str]:
    text = _clean(text[:ENOUGH])
    traits = _traits(text)
    known = prior if prior in configured else None
    script = _script(traits.scripts, traits.letters) if traits.scripts else "latin"
    if script == "latin":
        return _latin(traits, configured, known)
    language = _han(text, configured, known) if script == "han" else _LANGUAGE[script]
    return (language, 9.0, script) if language in configured else (UNDECIDED, 0.0, script)


def _script(signs: tuple[int, ...], letters: int) -> str:
    # Latin jargon is thick in every Asian chat: a sign of the local script outweighs its share.
    hangul, cyrillic, kana, han = signs
    weight, best = max(
        (hangul * 1.0, "hangul"),
        (cyrillic * 0.5, "cyrillic"),
        ((han + kana) * 1.2 if kana > 1 or kana > han / 6 else 0.0, "kana"),
        (han * 1.2, "han"),
        key=itemgetter(0),
    )
    return best if weight and weight >= letters * 0.25 else "latin"


def _lengths(signs: str) -> tuple[int, ...]:
    """How many of `signs` are of each script."""
    for at, script in enumerate(_SCRIPTS):
        if script.fullmatch(signs):  # as is most often so
            return (*(0,) * at, len(signs), *(0,) * (len(_SCRIPTS) - at - 1))
    return tuple(sum(map(len, script.findall(signs))) for script in _SCRIPTS)


def _han(text: str, configured: Collection[str], prior: str | None) -> str:
    signs = set("".join(_HAN.findall(text)))
    simplified = len(signs & SIMPLIFIED)
    if "ja" in configured and len(signs & JAPANESE) > simplified:
        return "ja"
    traditional = len(signs & TRADITIONAL)
    if traditional == simplified and prior is not None and _FAMILY.get(prior) == "zh":
        return prior
    if traditional > simplified and "zh-Hant" in configured:
        return "zh-Hant"
    return "zh"


def _latin(
    traits: Traits, configured: Collection[str], prior: str | None
) -> tuple[str, float, str]:
    if not traits.words:
        return prior or UNDECIDED, 0.0, ""
    scores = _scores((*traits.speaks, *traits.accents), prior)
    # Of equals the last name, so that the order of LATIN decides nothing.
    ranked = sorted([(s, n) for s, n in zip(scores, LATIN, strict=True) if n in configured])
    if not ranked or ranked[-1][0] < 0.5:
        return prior or UNDECIDED, 0.0, "latin"
    best, language = ranked[-1]
    return language, best - (ranked[-2][0] if len(ranked) > 1 else 0.0), "latin"


def _scores(said: Iterable[tuple[int, float]], prior: str | None) -> list[float]:
    scores = [0.0] * len(LATIN)
    for at, weight in said:
        scores[at] += weight
    if prior in LATIN:
        scores[LATIN.index(prior)] += 1.0
    return scores


def _weights(word: str) -> _Weights:
    """What a word says for each language."""
    found = WORDS.get(word)
    if found is None:
        found = _by_shape(word) if len(word) > 4 else ()
    return found


def _by_shape(word: str) -> tuple[tuple[int, float], ...]:
    for size in (5, 4, 3):
        found = ENDINGS.get(word[-size:])
        if found:
            return found
    return BEGINNINGS.get(word[:4]) or BEGINNINGS.get(word[:3]) or ()
