"""`monitor faq eval`: the FAQ asked its own questions, each left out in turn, and messages that nothing answers; or the
lines of a file. Changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from monitor.classify.faq import LIGHT, FaqBook
from monitor.classify.faq_words import Leads, samples_of
from monitor.classify.labelled import BadFile
from monitor.core.faq import is_general
from monitor.core.faq_figures import Found
from monitor.core.language import LANGUAGES, detect

_REMEDY = "Mend or remove the line."


def left_out(book: FaqBook) -> list[Found]:
    """Every question of an entry, and every negative, judged as if it were not in the files."""
    samples = samples_of(book.faq)
    by_meaning = book.meaning.left_out() if book.meaning is not None else [[] for _ in samples]
    found = []
    for sample, meant in zip(samples, by_meaning, strict=True):
        tier = book.tier(sample.language)
        leads = meant if tier == LIGHT else book.words.ranked(sample.text, without=sample.entry)
        found.append(_found(book, sample.language, sample.text, sample.entry, tier, leads))
    return found


def asked(book: FaqBook, lines: Iterable[tuple[str, str, str]]) -> list[Found]:
    """(language, text, id of the entry that answers it or "") judged by the whole FAQ."""
    found = []
    for language, text, wanted in lines:
        tier = book.tier(language)
        meant = book.meaning.ranked([text])[0] if book.meaning is not None else []
        leads = meant if tier == LIGHT else book.words.ranked(text)
        found.append(_found(book, language, text, wanted, tier, leads))
    return found


def _found(book: FaqBook, language: str, text: str, wanted: str, tier: str, leads: Leads) -> Found:
    name, lead = leads[0] if leads else ("", -1.0)
    said = lead >= book.faq.thresholds[tier].answer and is_general(text)
    return Found(language, text, wanted, name, lead, tier, said)


def load_lines(file: Path, book: FaqBook) -> list[tuple[str, str, str]]:
    """JSON lines with `text`, `entry` (null for none) and optionally `lang`. Raises BadFile."""
    try:
        lines = file.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"{file}: cannot be read ({error}). Name another file.") from None
    found = [
        _line(f"{file}, line {at}", line, book) for at, line in enumerate(lines, 1) if line.strip()
    ]
    if not found:
        raise BadFile(f"{file}: holds no messages. Write one JSON object a line.")
    return found


def _line(where: str, line: str, book: FaqBook) -> tuple[str, str, str]:
    try:
        given: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise BadFile(f"{where}: not JSON. {_REMEDY}") from None
    text = given.get("text") if isinstance(given, dict) else None
    if not isinstance(text, str) or not text:
        raise BadFile(f"{where}: text is missing. {_REMEDY}")
    wanted = given.get("entry") or ""
    if wanted and book.faq.entry(str(wanted)) is None:
        raise BadFile(f"{where}: there is no entry {wanted!r}. {_REMEDY}")
    language = given.get("lang") or detect(text)
    if language not in (*LANGUAGES, "und"):
        raise BadFile(f"{where}: lang {language!r} is not one of {', '.join(LANGUAGES)}. {_REMEDY}")
    return str(language), text, str(wanted)
