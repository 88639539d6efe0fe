"""What the ledger is given and what it gives back. Only the nouns; nothing is decided here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from monitor.core.answering import Found, Parent
from monitor.core.cases import Case, Read
from monitor.core.messages import Message, Platform


class MarkKind(StrEnum):
    """What happens to a case without a message."""

    CLOSED = "closed"
    REOPENED = "reopened"
    CONFIRMED = "confirmed"  # by the asker: a ready answer helped
    STAFF_ELSEWHERE = "staff elsewhere"  # where the same person asked the same, staff has answered
    OTHERS_ELSEWHERE = "others elsewhere"
    THANKED_ELSEWHERE = "thanked elsewhere"
    CLOSED_ELSEWHERE = "closed elsewhere"
    REOPENED_ELSEWHERE = "reopened elsewhere"
    CONFIRMED_ELSEWHERE = "confirmed elsewhere"

    @property
    def is_elsewhere(self) -> bool:
        """It happened in another place."""
        return self.value.endswith("elsewhere")


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened to a case without a message in its place. `by`: who of staff answered elsewhere."""

    case_key: str
    kind: MarkKind
    at: datetime
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Pin:
    """Where a message belongs, whatever it says: a person has put it there, or it is settled. None: to no case."""

    key: str | None
    how: str = ""  # "": what the message itself shows
    sure: float | None = None
    at: datetime | None = None  # of the edit by which it came there


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows around a batch.

    `cases`: by key, all that the batch could touch. `parents`: (platform, place, native id) to the message
    answered, own posts included. `nearby`: stored messages of no case that may turn out to begin one: the "hi"
    before the question. `recent`: the last messages of rooms
    in which it must be guessed who answers whom. `pins`: by message id, where people put messages. `settled`: by
    message id and time, what was decided before. `merged`: case key to what it is merged into.
    `askers`: case key to who asked, of cases that are read from their first message on. `names`: keys that would
    be given anew to the keys that these cases have.
    """

    cases: Mapping[str, Case] = field(default_factory=dict)
    parents: Mapping[tuple[Platform, str, str], Parent] = field(default_factory=dict)
    nearby: tuple[Read, ...] = ()
    recent: tuple[Message, ...] = ()
    pins: Mapping[int, Pin] = field(default_factory=dict)
    settled: Mapping[tuple[int, datetime], Pin] = field(default_factory=dict)
    merged: Mapping[str, str] = field(default_factory=dict)
    askers: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attached:
    """What became of a batch. `links`: message id to case key (None: belongs to none).

    `guesses`: how messages without a reply mark came to their case.
    """

    cases: dict[str, Case]
    links: dict[int, str | None]
    touched: frozenset[str]
    opened: dict[str, Read]  # case key to the message that asked
    raised: dict[str, Read]  # case key to the message that made it more urgent
    again: dict[str, Read] = field(default_factory=dict)  # asked again, and no staff is there
    guesses: dict[int, Found] = field(default_factory=dict)
