"""Announcements: what they say where, who may approve, and what is wrong with them. Nothing is sent here."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.core.messages import Platform
from monitor.core.text import utf16_length
from monitor.core.triage import Delivery, Kind, priority
from monitor.core.xtext import cashtags, weighted_length

LATEST = timedelta(minutes=30)  # later than this after its time it is not said, but asked about
_TELEGRAM_LIMIT, _REDDIT_LIMIT, _X_LIMIT = 4096, 10_000, 280
_NAME = re.compile(r"[\w .-]{1,100}")  # no colon: it parts the keys of deliveries
_PLACEHOLDER = re.compile(r"\{[^{}]*\}|\bTODO\b|\bXXX\b|<[A-Z_ ]+>")


class State(StrEnum):
    """draft -> approved -> scheduled -> done; cancelled from any but done."""

    DRAFT = "draft"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"
    DONE = "done"


def same_person(name: str) -> str:
    """A name as names are compared: Ann and " ann " are one person."""
    return name.strip().casefold()


@dataclass(frozen=True, slots=True)
class Target:
    """A place, the account that speaks there, and the language people read there."""

    account: str
    platform: Platform
    place: str
    language: str


@dataclass(frozen=True, slots=True)
class Announcement:
    """A text in several languages for several places."""

    name: str
    texts: Mapping[str, str]
    targets: Sequence[Target]
    state: State
    drafted_by: str
    approved_by: str | None = None
    at: datetime | None = None
    spec: str | None = None
    timezone: str = "UTC"
    at_once: bool = False  # as soon as it was approved: a pause of the desk does not stop it

    @property
    def digest(self) -> str:
        """Of what would be said where: an edit changes it and so voids an approval."""
        said = [
            dict(sorted(self.texts.items())),
            [(t.account, t.place, t.language) for t in self.targets],
        ]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()

    def text_for(self, target: Target, default_language: str) -> str | None:
        """In the place's language, else the default, else None."""
        wanted = (target.language, target.language.partition("-")[0], default_language)
        return next((self.texts[w] for w in wanted if w in self.texts), None)


def problems(announcement: Announcement, default_language: str) -> list[str]:
    """Why it cannot go out as it is, one sentence each."""
    found = [
        f"{language}: {p}"
        for language, text in announcement.texts.items()
        for p in _text_problems(text)
    ]
    if not _NAME.fullmatch(announcement.name):
        found.append("a name has up to 100 letters, digits, spaces, dots, dashes and underscores.")
    if not announcement.targets:
        found.append("no targets: name places or a set from [announce.sets].")
    for target in announcement.targets:
        text = announcement.text_for(target, default_language)
        if text is None:
            found.append(
                f"{target.place}: no text in {target.language} and none in {default_language}."
            )
        else:
            found.extend(f"{target.place}: {p}" for p in place_problems(text, target.platform))
    return found


def _text_problems(text: str) -> list[str]:
    if not text.strip():
        return ["the text is empty."]
    placeholder = _PLACEHOLDER.search(text)
    return [f"an unfilled placeholder ({placeholder.group()})."] if placeholder else []


def length_of(text: str, platform: Platform) -> tuple[int, int]:
    """As the platform counts it, and its limit."""
    if platform is Platform.TWITTER:
        return weighted_length(text), _X_LIMIT
    limit = _TELEGRAM_LIMIT if platform is Platform.TELEGRAM else _REDDIT_LIMIT
    return utf16_length(text), limit


def place_problems(text: str, platform: Platform) -> list[str]:
    """What the platform would refuse: too long, too many cashtags. Each ends with a full stop."""
    length, limit = length_of(text, platform)
    is_x = platform is Platform.TWITTER
    double = "; Chinese, Japanese and Korean count double" if is_x else ""
    found = (
        [f"too long for {platform.shown} ({length} of {limit}{double})."] if length > limit else []
    )
    if is_x and len(cashtags(text)) > 1:
        found.append("X takes one cashtag a post.")
    return found


def fan_out(
    announcement: Announcement, period: str, nominal_at: datetime, default_language: str
) -> list[Delivery]:
    """One delivery a target; the key holds for ever, so that a second run says nothing."""
    said = []
    for target in announcement.targets:
        text = announcement.text_for(target, default_language)
        if text is None:
            continue
        said.append(
            Delivery(
                key=f"announce:{announcement.name}:{period}:{target.account}:{target.place}",
                kind=Kind.ANNOUNCEMENT,
                account=target.account,
                platform=target.platform,
                place=target.place,
                text=text,
                priority=priority(Kind.ANNOUNCEMENT),
                not_before=nominal_at,
                not_after=nominal_at + LATEST,
            )
        )
    return said
