"""rules/roster.toml and rules/targets.toml as a Roster and Targets. It judges no message.

It complains as the other rule files do: RulesBroken with file, key, what was found, what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, Strict

from monitor.classify.rulereading import RulesBroken, read, shaped, shortened, shown_name
from monitor.classify.ruleshapes import Language, Line, Shape, UrgencyWord
from monitor.core.assessment import Topic, Urgency
from monitor.core.messages import Platform, Role
from monitor.core.roster import EVERY_DAY, Person, Roster, Shift
from monitor.core.targets import DEFAULTS, Target, Targets

ROSTER, TARGETS = "roster.toml", "targets.toml"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_END_OF_DAY = "24:00"


def _clock(value: Any) -> time:
    if value == _END_OF_DAY:
        return time(0)
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError('should be a time of day such as "09:00"')
    return time(int(found[1]), int(found[2]))


def _zone(value: Any) -> ZoneInfo:
    try:
        if not isinstance(value, str) or not value:
            raise ValueError
        return ZoneInfo(value)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ValueError('should be a time zone such as "Asia/Shanghai" or "UTC"') from None


def _days(value: Any) -> frozenset[int]:
    words = value if isinstance(value, list) else [value]
    found: set[int] = set()
    for word in words:
        found |= _some_days(word)
    return frozenset(found)


def _some_days(word: Any) -> set[int]:
    if word == "daily":
        return set(EVERY_DAY)
    first, dash, last = word.partition("-") if isinstance(word, str) else ("", "", "")
    if first not in _DAYS or (dash and last not in _DAYS):
        raise ValueError('should be days such as "mon", "mon-fri" or "daily"')
    start = _DAYS.index(first)
    return {(start + n) % 7 for n in range((_DAYS.index(last) - start) % 7 + 1 if dash else 1)}


def _instant(value: Any) -> datetime | date:
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("should carry a time zone, such as 2026-11-09T08:00:00Z")
    if not isinstance(value, date):
        raise ValueError("should be a date such as 2026-11-09, without quotes")
    return value


def _topic(word: str) -> str:
    if word not in [t.value for t in Topic]:
        raise ValueError(f"topics are {', '.join(Topic)}")
    return word


def _ids(value: Any) -> list[str]:
    # An id without quotes is what people write first; it means the same.
    found = [str(v) if isinstance(v, int) and not isinstance(v, bool) else v for v in _list(value)]
    if not all(isinstance(v, str) and v and v == v.strip() for v in found):
        raise ValueError('should be a list of ids such as ["123456"]')
    return [str(v) for v in found]


def _telegram_ids(value: Any) -> list[str]:
    found = _ids(value)
    if not all(re.fullmatch(r"-?\d+", v) for v in found):
        raise ValueError('should be numeric ids such as ["123456"]: names can be imitated')
    return found


def _reddit_ids(value: Any) -> list[str]:
    found = _ids(value)
    if not all(re.fullmatch(r"t2_[0-9a-z]+", v) for v in found):
        raise ValueError('should be account ids such as ["t2_1w72"]: names can be imitated')
    return found


def _twitter_ids(value: Any) -> list[str]:
    found = _ids(value)
    if not all(v.isdigit() for v in found):
        raise ValueError('should be numeric ids such as ["2244994945"]: handles change hands')
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


_Topic = Annotated[str, AfterValidator(_topic)]
_Moment = Annotated[datetime | date, BeforeValidator(_instant)]
_Minutes = Annotated[float, Strict(), Field(gt=0, le=60 * 24 * 30)]


class _Days(Shape):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, arbitrary_types_allowed=True)

    days: Annotated[frozenset[int], BeforeValidator(_days)] = EVERY_DAY
    start: Annotated[time, BeforeValidator(_clock)] = Field(alias="from")
    end: Annotated[time, BeforeValidator(_clock)] = Field(alias="to")
    timezone: Annotated[ZoneInfo, BeforeValidator(_zone)]


class _Person(Shape):
    name: Line
    role: Literal["staff", "other_bot"] = "staff"
    languages: list[Language] = Field(default_factory=list)
    topics: list[_Topic] = Field(default_factory=list)
    telegram: Annotated[list[str], BeforeValidator(_telegram_ids)] = Field(default_factory=list)
    reddit: Annotated[list[str], BeforeValidator(_reddit_ids)] = Field(default_factory=list)
    twitter: Annotated[list[str], BeforeValidator(_twitter_ids)] = Field(default_factory=list)
    valid_from: _Moment | None = None
    valid_to: _Moment | None = None
    shifts: list[_Days] = Field(default_factory=list)


class _RosterFile(Shape):
    people: list[_Person] = Field(default_factory=list)


class _Default(Shape):
    critical: _Minutes = DEFAULTS[Urgency.CRITICAL] / timedelta(minutes=1)
    high: _Minutes = DEFAULTS[Urgency.HIGH] / timedelta(minutes=1)
    normal: _Minutes = DEFAULTS[Urgency.NORMAL] / timedelta(minutes=1)
    low: _Minutes = DEFAULTS[Urgency.LOW] / timedelta(minutes=1)


class _Target(Shape):
    minutes: _Minutes
    urgency: UrgencyWord | None = None
    topic: _Topic | None = None
    place: Line | None = None
    language: Language | None = None


class _TargetsFile(Shape):
    goal: Annotated[float, Strict(), Field(gt=0, le=1)] = 0.9
    default: _Default = Field(default_factory=_Default)
    target: list[_Target] = Field(default_factory=list)


def load_roster(rules: Path) -> Roster:
    """rules/roster.toml; RulesBroken with one sentence when it cannot be used."""
    path = rules / ROSTER
    shown = shown_name(rules, path)
    file = shaped({shown: read(rules, path)}, shown, _RosterFile)
    people = tuple(_person(p) for p in file.people)
    _refuse_backward(people, shown)
    _refuse_shared_ids(people, shown)
    return Roster(people)


def load_targets(rules: Path) -> Targets:
    """rules/targets.toml; RulesBroken with one sentence when it cannot be used."""
    path = rules / TARGETS
    shown = shown_name(rules, path)
    file = shaped({shown: read(rules, path)}, shown, _TargetsFile)
    special = tuple(_target(t) for t in file.target)
    _refuse_unclear(special, shown)
    waits = {u: timedelta(minutes=getattr(file.default, u.word)) for u in Urgency}
    return Targets(waits, special, file.goal)


def _person(given: _Person) -> Person:
    ids = {
        platform: tuple(getattr(given, platform.value))
        for platform in (Platform.TELEGRAM, Platform.REDDIT, Platform.TWITTER)
        if getattr(given, platform.value)
    }
    return Person(
        name=given.name,
        role=Role(given.role),
        languages=tuple(given.languages),
        topics=tuple(given.topics),
        ids=ids,
        valid_from=_first_instant(given.valid_from),
        valid_to=_first_instant(given.valid_to),
        shifts=tuple(Shift(s.start, s.end, s.timezone, s.days) for s in given.shifts),
    )


def _first_instant(value: datetime | date | None) -> datetime | None:
    """A date means its midnight in UTC."""
    if value is None or isinstance(value, datetime):
        return value and value.astimezone(UTC)
    return datetime.combine(value, time(0), UTC)


def _refuse_backward(people: Iterable[Person], shown: str) -> None:
    for number, person in enumerate(people, 1):
        if person.valid_from and person.valid_to and person.valid_to <= person.valid_from:
            key = f"people[{number}].valid_to"
            raise RulesBroken(shown, key, person.name, "Swap the two", why="before valid_from")


def _refuse_shared_ids(people: Iterable[Person], shown: str) -> None:
    """One id at one time is one person, or the roster would not say who answered."""
    seen: dict[tuple[Platform, str], list[Person]] = {}
    for number, person in enumerate(people, 1):
        for platform, native in ((p, i) for p, ids in person.ids.items() for i in ids):
            for other in seen.setdefault((platform, native), []):
                if _overlap(person, other):
                    key = f"people[{number}].{platform.value}"
                    why = f"also an id of {shortened(other.name)} at the same time"
                    remedy = "Remove one, or set valid_from and valid_to"
                    raise RulesBroken(shown, key, native, remedy, why=why)
            seen[platform, native].append(person)


def _overlap(one: Person, other: Person) -> bool:
    first = one.valid_to is None or other.valid_from is None or other.valid_from < one.valid_to
    second = other.valid_to is None or one.valid_from is None or one.valid_from < other.valid_to
    return first and second


def _target(given: _Target) -> Target:
    return Target(
        wait=timedelta(minutes=given.minutes),
        topic=Topic(given.topic) if given.topic else None,
        urgency=Urgency.parse(given.urgency) if given.urgency else None,
        place=given.place,
        language=given.language,
    )


def _refuse_unclear(special: Iterable[Target], shown: str) -> None:
    seen: dict[tuple[object, ...], int] = {}
    for number, target in enumerate(special, 1):
        conditions = (target.topic, target.urgency, target.place, target.language)
        key = f"target[{number}]"
        if not any(c is not None for c in conditions):
            remedy = "Name an urgency, topic, place or language, or change [default]"
            raise RulesBroken(shown, key, "", remedy, why="it has no condition")
        if conditions in seen:
            why = f"it has the same conditions as target[{seen[conditions]}]"
            raise RulesBroken(shown, key, "", "Remove one of the two", why=why)
        seen[conditions] = number
