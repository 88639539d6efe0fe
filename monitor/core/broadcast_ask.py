"""What a manager writes to announce or correct something, read; and what is doubtful in the texts.

It decides nothing, reads no file and no clock.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from monitor.core.announcements import Announcement, problems
from monitor.core.entities import EntityKind, entities
from monitor.core.language import guess, is_other
from monitor.core.schedules import BadSchedule, parse
from monitor.core.text import LONGEST

NAME = re.compile(r"[\w-]{1,60}")
_WORD = re.compile(r'"([^"]*)"|[“„]([^”“]*)[”“]|(\S+)')  # a telephone writes the quotes it likes
_LANGUAGE = re.compile(r"\s*([a-z]{2,3}(?:-[A-Za-z]{2,8})?)[:：]\s*(.*)", re.DOTALL)
_LINK = re.compile(
    r"tg://\S+|[a-z][a-z0-9+.-]{1,20}://\S+|(?<![\w@.])(?:[\w-]+\.)+[a-z]{2,24}/\S*", re.IGNORECASE
)
_WINDOW, _OVERLAP = 7_000, 1_000
HOW = (
    'Write: /announce NAME @set [at 2026-11-25T09:00 | every "mon 09:00"], then lines en: …, zh: …'
)


class BadAsk(Exception):
    """It cannot be read; the text says in a sentence what to write."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One command: a name, where to, when, what. Nothing said of a thing leaves it empty."""

    name: str
    targets: tuple[str, ...] = ()
    at: str = ""
    every: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)


def read(written: str, languages: Collection[str]) -> Asked:
    """What stands after the command. Raises BadAsk."""
    head, _, body = written.strip().partition("\n")
    words = [(a or b or c) for a, b, c in _WORD.findall(head)]
    if not words:
        raise BadAsk(HOW)
    name, *rest = words
    if not NAME.fullmatch(name):
        raise BadAsk(f"{name[:60]!r} is no name. Use letters, digits, - and _: maintenance-25-nov.")
    targets, at, every = _head(rest)
    return Asked(name, targets, at, every, _texts(body, languages))


def _head(words: Sequence[str]) -> tuple[tuple[str, ...], str, str]:
    targets: list[str] = []
    said = {"at": "", "every": ""}
    left = list(words)
    while left:
        word = left.pop(0)
        if word in said:
            while left and not left[0].startswith("@") and left[0] not in said:
                said[word] = f"{said[word]} {left.pop(0)}".strip()
            if not said[word]:
                raise BadAsk(f"Say when after “{word}”. {HOW}")
        elif word.startswith("@") or ":" in word:
            targets.append(word)
        else:
            raise BadAsk(f"I do not understand {word[:60]!r}. {HOW}")
    if said["at"] and said["every"]:
        raise BadAsk("Either at or every, not both.")
    return tuple(targets), said["at"], said["every"]


def _texts(body: str, languages: Collection[str]) -> dict[str, str]:
    """A text goes on until a line begins with the next language."""
    found: dict[str, str] = {}
    current = ""
    for line in body.split("\n"):
        match = _LANGUAGE.match(line)
        if match and match[1].partition("-")[0] in languages:
            current = match[1]
            if current in found:
                raise BadAsk(f"There are two texts in {current}. Write one.")
            found[current] = match[2]
        elif current:
            found[current] += "\n" + line
        elif line.strip():
            raise BadAsk(
                f"{line.strip()[:60]!r}: begin a text with its language, one of "
                f"{', '.join(languages)}: en: …"
            )
    return {language: text.strip() for language, text in found.items()}


def moment(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """ "2026-11-25T09:00", local unless it says otherwise. Raises BadAsk, also for a time that has passed."""
    try:
        at = datetime.fromisoformat(text)
        at = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadAsk(f"{text[:40]!r} is not a time. Write at 2026-11-25T09:00.") from None
    if at < now - timedelta(minutes=1):
        raise BadAsk(f"{text} has passed. Name a time to come.")
    return at


def recurring(text: str) -> str:
    """A recurring schedule that can be kept. Raises BadAsk."""
    try:
        parse(text)
    except BadSchedule as error:
        raise BadAsk(f"{error}") from None
    return text


# -- what is doubtful in the texts


@dataclass(frozen=True, slots=True)
class Found:
    """What the linter found: what forbids it to go out, and what two people should look at."""

    stops: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()


def lint(announcement: Announcement, default_language: str, links: Sequence[str]) -> Found:
    """`links`: hosts, or host and path, that may be named; empty: every link is only pointed at."""
    stops = problems(announcement, default_language)
    looks: list[str] = []
    for language, text in announcement.texts.items():
        foreign = [link for link in _links(text) if not allowed(link, links)]
        told = [
            f"{language}: {link[:80]} is not on the list of links ([announce] links)."
            for link in foreign
        ]
        (stops if links else looks).extend(told)
        looks += [f"{language}: {what}" for what in _coins(text)]
        if is_other(text, language):
            looks.append(f"{language}: this reads like {guess(text).language}.")
    looks += _elsewhere(announcement, default_language)
    return Found(tuple(dict.fromkeys(stops)), tuple(dict.fromkeys(looks)))


def _windows(text: str) -> Iterator[str]:
    """Pieces that are read whole; what lies on a border stands whole in one of them."""
    for start in range(0, max(1, len(text)), _WINDOW):
        yield text[start : start + min(_WINDOW + _OVERLAP, LONGEST)]


def _links(text: str) -> list[str]:
    read_as = [
        e.value for part in _windows(text) for e in entities(part) if e.kind is EntityKind.URL
    ]
    return list(
        dict.fromkeys((*read_as, *(m[0].rstrip(".,;:!?)]»") for m in _LINK.finditer(text))))
    )


def _coins(text: str) -> list[str]:
    words = {EntityKind.ADDRESS: "the wallet address", EntityKind.TRANSACTION: "the transaction"}
    found = [e for part in _windows(text) for e in entities(part) if e.kind in words]
    return [f"{words[e.kind]} {e.value} will be public. Compare every sign." for e in found]


def _elsewhere(announcement: Announcement, default_language: str) -> list[str]:
    """Languages that places read and nobody wrote."""
    missing: dict[str, int] = {}
    for target in announcement.targets:
        spoken = {target.language, target.language.partition("-")[0]} & set(announcement.texts)
        if not spoken and announcement.text_for(target, default_language) is not None:
            missing[target.language] = missing.get(target.language, 0) + 1
    return [
        f"no text in {language}: {count} {'place gets' if count == 1 else 'places get'} {default_language}."
        for language, count in missing.items()
    ]


def allowed(link: str, links: Sequence[str]) -> bool:
    """Is it one of ours? By its host as a browser reads it, subdomains included, and by the path's beginning."""
    if "\\" in link or ".." in link:
        return False  # what a browser makes of it is not what it looks like
    where = _parted(link)
    return where is not None and any(_covers(_parted(one), where) for one in links)


def _parted(link: str) -> tuple[str, str] | None:
    scheme, found, rest = link.partition("://")
    if found and scheme.lower() not in ("http", "https"):
        return None
    try:
        parts = urlsplit("//" + (rest if found else link))
        return (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/").lower()
    except ValueError:
        return None


def _covers(ours: tuple[str, str] | None, other: tuple[str, str]) -> bool:
    if ours is None or not ours[0]:
        return False
    same = other[0] == ours[0] or other[0].endswith("." + ours[0])
    return same and (not ours[1] or other[1] == ours[1] or other[1].startswith(ours[1] + "/"))
