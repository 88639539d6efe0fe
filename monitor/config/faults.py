"""What is wrong in config.toml: file, line, key, found value, remedy. Never a secret's value."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from monitor.secrets import HIDDEN, scrub

Key = tuple[str | int, ...]
SECRETIVE = re.compile(r"(?i)(token|secret|password|passwd|credential|api_?key|consumer_key)$")
_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]")
_ASSIGNED = re.compile(r"\s*([\w.\"'-]+(?:\s*\.\s*[\w\"'-]+)*)\s*=")
_LONGEST_SHOWN = 60
_WHERE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class ConfigBroken(Exception):
    """config.toml cannot be used. `sentences` name every fault, one each."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = tuple(sentences)


@dataclass(slots=True)
class Faults:
    """The faults found in one file so far. `text` is the file, for line numbers."""

    file: Path
    text: str = ""
    sentences: list[str] = field(default_factory=list)

    def add(self, key: Key, wrong: str, found: object = None) -> None:
        """One more: `wrong` says what and what to do; a secret's `found` is never shown."""
        shown = f" (found {_shown(key, found)})" if found is not None else ""
        line = line_of(self.text, key)
        where = f"{self.file.name} line {line}" if line else self.file.name
        sentence = f"{where}: {dotted(key)}: {wrong}{shown}."
        if sentence not in self.sentences:
            self.sentences.append(sentence)

    def unknown(self, key: Key, allowed: Iterable[str]) -> None:
        """A key that nobody reads."""
        allowed = sorted(allowed)
        close = difflib.get_close_matches(str(key[-1]), allowed, n=1)
        guess = f"did you mean {close[0]!r}?" if close else f"known here: {', '.join(allowed)}."
        self.add(key, f"unknown key; {guess} Correct it or take it out")

    def invalid(self, at: Key, error: ValidationError, shape: type) -> None:
        """Everything that pydantic found in the table at `at`."""
        for one in error.errors(include_url=False, include_context=False):
            key = (*at, *one["loc"])
            if one["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
                self.unknown(key, _keys_beside(shape, one["loc"]))
            elif one["type"] == "missing":
                self.add(key, "missing; add it")
            else:
                self.add(key, _worded(one["msg"]), one["input"])

    def give_up(self) -> None:
        """Raise ConfigBroken if there is any fault."""
        if self.sentences:
            raise ConfigBroken(self.sentences)


def not_toml(file: Path, error: Exception) -> ConfigBroken:
    """A syntax error, with its line."""
    message = scrub(str(error))
    where = _WHERE.search(message)
    line = f" line {where[1]}" if where and where[1] else ""
    reason = _WHERE.sub("", message)
    return ConfigBroken(
        [f"{file.name}{line}: not valid TOML: {reason}. Texts stand in quotes, tables in brackets."]
    )


def dotted(key: Key) -> str:
    """accounts.tg.places[2].id, counted from one as people do."""
    out = ""
    for part in key:
        out += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if out else part
    return out


def line_of(text: str, key: Key) -> int | None:
    """The line of the deepest part of `key` that the file has. A look at the text, not a parser."""
    here: Key = ()
    seen: dict[Key, int] = {}
    best: tuple[int, int | None] = (0, None)
    for number, line in enumerate(text.splitlines(), 1):
        header, assigned = _HEADER.match(line), _ASSIGNED.match(line)
        if header:
            full = here = _opened(header, seen)
        elif assigned:
            full = (*here, *_parts(assigned[1]))
        else:
            continue
        if key[: len(full)] == full and len(full) > best[0]:
            best = (len(full), number)
    return best[1]


def _opened(header: re.Match[str], seen: dict[Key, int]) -> Key:
    name = _parts(header[2])
    if header[1] == "[":
        return name
    seen[name] = seen.get(name, -1) + 1
    return (*name, seen[name])


def _parts(name: str) -> Key:
    return tuple(part.strip().strip("\"'") for part in name.split("."))


def _shown(key: Key, found: object) -> str:
    if any(isinstance(part, str) and SECRETIVE.search(part) for part in key):
        return HIDDEN
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, dict):
        return "a table"
    if isinstance(found, (list, tuple)):
        return "a list"
    whole = scrub(repr(found))
    return whole if len(whole) <= _LONGEST_SHOWN else f"{whole[:_LONGEST_SHOWN]}..."


def _worded(message: str) -> str:
    if message.startswith("Value error, "):
        return message.removeprefix("Value error, ")
    level = re.fullmatch(r"String should match pattern '\^\((.+)\)\$'", message)
    if level:
        return f"should be one of {level[1].replace('|', ', ')}"
    if message == "Input should be a valid tuple":
        return "should be a list"
    if message.startswith("Input should be a dictionary"):
        return "should be a table"
    message = re.sub(r"^(Input|String) should (be|have)", r"should \2", message)
    message = message.replace("a valid boolean", "true or false").replace("a valid string", "text")
    return message.replace("a valid integer", "a whole number").replace(
        "a valid number", "a number"
    )


def _keys_beside(shape: type, inside: tuple[int | str, ...]) -> list[str]:
    """The keys known where `inside` (ending in the unknown one) stands, going down from `shape`."""
    current: Any = shape
    for part in inside[:-1]:
        known = getattr(current, "__dataclass_fields__", {}).get(part)
        if known is not None:
            current = known.default_factory
    return list(getattr(current, "__dataclass_fields__", {}))
