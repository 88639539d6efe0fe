"""Which language a text is in, with py3langid asked where our own word lists cannot decide. Never
required.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib.util import find_spec

from monitor.core.language import UNDECIDED, detect, guess
from monitor.core.tongues import LATIN

Detector = Callable[[str, Collection[str], str | None], str]
_DECIDED = 1.0


def own_words(text: str, languages: Collection[str], prior: str | None) -> str:
    """Scripts and word lists only."""
    return detect(text, languages, prior)


def best_detector(languages: Collection[str]) -> Detector:
    """With py3langid (extra `nlp`) as the tie-breaker if it is installed, else `own_words`."""
    if find_spec("py3langid") is None:
        return own_words
    return _with_langid(sorted(set(languages) & set(LATIN)))


def _with_langid(latin: list[str]) -> Detector:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # numpy, 18 MB

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(latin)

    def detected(text: str, languages: Collection[str], prior: str | None) -> str:
        own = guess(text, languages, prior)
        if own.script != "latin" or own.lead >= _DECIDED or own.language == prior:
            return own.language
        letters = sum(c.isalpha() for c in text[:40])
        if own.language == UNDECIDED and letters < 4:
            return UNDECIDED  # on "lol" or "ok" the model only seems to know
        return str(identifier.classify(text[:600])[0])

    return detected
