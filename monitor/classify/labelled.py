"""Labelled messages from a file of JSON lines. Only reads; says in one sentence what is wrong with a
line.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.core.assessment import Topic, Urgency

_REMEDY = "Mend or remove the line."


class BadFile(ValueError):
    """A file that cannot be used; str() says where, why and what to do."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A message with its labels, and those that may also pass (its own included)."""

    id: str
    language: str
    text: str
    topic: Topic
    urgency: Urgency
    topics: frozenset[Topic]
    urgencies: frozenset[Urgency]


def load_labelled(file: Path) -> list[Labelled]:
    """All lines of `file`. Raises BadFile."""
    try:
        lines = file.read_bytes().split(b"\n")
    except OSError as error:
        raise BadFile(f"{file}: cannot be read ({error.strerror}). Name another file.") from None
    found = [_line(f"{file}, line {at}", line) for at, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise BadFile(f"{file}: holds no messages. Write one JSON object a line.")
    return found


def _line(where: str, line: bytes) -> Labelled:
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        raise BadFile(f"{where}: not JSON in UTF-8. {_REMEDY}") from None
    if not isinstance(given, dict):
        raise BadFile(f"{where}: not a JSON object. {_REMEDY}")
    if type(given.get("id")) is int:
        given["id"] = str(given["id"])
    text = {key: _text(where, given, key) for key in ("id", "lang", "text", "topic", "urgency")}
    topic, urgency = _topic(where, text["topic"]), _urgency(where, text["urgency"])
    topics = frozenset(_topic(where, t) for t in _several(where, given, "topics"))
    urgencies = frozenset(_urgency(where, u) for u in _several(where, given, "urgencies"))
    language = text["lang"].split("-")[0]
    return Labelled(
        text["id"], language, text["text"], topic, urgency, topics | {topic}, urgencies | {urgency}
    )


def _text(where: str, given: dict[str, Any], key: str) -> str:
    if key not in given:
        raise BadFile(f"{where}: {key} is missing. {_REMEDY}")
    if not isinstance(given[key], str):
        raise BadFile(f"{where}: {key} is not a text. {_REMEDY}")
    return str(given[key])


def _several(where: str, given: dict[str, Any], key: str) -> list[str]:
    found = given.get(key) or []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise BadFile(f"{where}: {key} is not a list of texts. {_REMEDY}")
    return found


def _topic(where: str, word: str) -> Topic:
    if word not in [t.value for t in Topic]:
        raise BadFile(f'{where}: there is no topic "{word}". Say one of {", ".join(Topic)}.')
    return Topic(word)


def _urgency(where: str, word: str) -> Urgency:
    try:
        return Urgency.parse(word)
    except ValueError:
        known = ", ".join(u.word for u in Urgency)
        raise BadFile(f'{where}: there is no urgency "{word}". Say one of {known}.') from None
