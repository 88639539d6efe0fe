"""How single values are written in config.toml: durations, times, zones, names. Only reading.

Each reader raises ValueError with a sentence that begins "should be".
"""

from __future__ import annotations

import re
from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, Strict

from monitor.core.assessment import Urgency
from monitor.core.messages import Platform

LANGUAGES = ("en", "zh", "ja", "ko", "ru", "es", "tr", "vi", "pt", "id")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_PLACE = re.compile(r"[a-z][a-z0-9_-]*:\S+")


class Weekday(StrEnum):
    """Days as config.toml spells them."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @property
    def number(self) -> int:
        """Monday is 0, as in `datetime.weekday()`."""
        return list(Weekday).index(self)


def duration(value: object) -> timedelta:
    """Read "90s", "15m", "24h", "7d"; ValueError says how to write one."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd])", value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('should be a duration such as "30s", "15m", "24h" or "7d"')
    return timedelta(**{_UNITS[found[2]]: float(found[1])})


def _positive(value: object) -> timedelta:
    length = duration(value)
    if not length:
        raise ValueError('should be longer than nothing, such as "30s"')
    return length


def _clock(value: object) -> time:
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('should be a time of day such as "09:00"')
    return time(int(found[1]), int(found[2]))


def _urgency(value: object) -> Urgency:
    if not isinstance(value, str):
        raise ValueError("should be one of low, normal, high, critical")
    try:
        return Urgency.parse(value)
    except ValueError:
        raise ValueError("should be one of low, normal, high, critical") from None


def _zone(value: object) -> str:
    try:
        if not isinstance(value, str) or not value:
            raise ValueError("no name")
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        raise ValueError('should be an IANA time zone such as "Europe/Berlin" or "UTC"') from None
    return value


def _text_id(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _mail(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", value):
        raise ValueError('should be a mail address such as "lead@example.com"')
    return value


def _known_place(value: object) -> object:
    if isinstance(value, str) and not _PLACE.fullmatch(value):
        raise ValueError('should be "account:place", such as "tg:-1001234" or "reddit:r/example"')
    return value


def _language(value: object) -> object:
    if isinstance(value, str) and value not in LANGUAGES:
        raise ValueError(f"should be one of {', '.join(LANGUAGES)}")
    return value


def _people_write_there(value: object) -> object:
    allowed = [p.value for p in Platform if p is not Platform.EMAIL]
    if value not in allowed:
        raise ValueError(f"should be one of {', '.join(allowed)}")
    return value


def _translator(value: object) -> object:
    if value not in ("", "seq2seq", "openai"):
        raise ValueError('should be "seq2seq", "openai" or "" for none')
    return value


def _direction(value: object) -> object:
    known = (*LANGUAGES, "zh-Hant")
    if not isinstance(value, str) or not any(
        value == f"{a}-{b}" for a in known for b in known if a != b
    ):
        raise ValueError('should be a direction such as "zh-en"')
    return value


Text = Annotated[str, Strict()]
TranslatorKind = Annotated[str, Strict(), BeforeValidator(_translator)]
Direction = Annotated[str, Strict(), BeforeValidator(_direction)]
Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=1)]
CountOrNone = Annotated[int, Strict(), Field(ge=0)]
PlatformName = Annotated[str, Strict(), BeforeValidator(_people_write_there)]
Rate = Annotated[float, Strict(), Field(gt=0)]
Share = Annotated[float, Strict(), Field(ge=0, le=1)]
CallsWord = Annotated[str, Strict(), Field(pattern="^(doubtful|always)$")]
Duration = Annotated[timedelta, BeforeValidator(_positive)]
DurationOrNone = Annotated[timedelta, BeforeValidator(duration)]
ClockTime = Annotated[time, BeforeValidator(_clock)]
ClockTimeOrNone = Annotated[
    time | None, BeforeValidator(lambda value: None if value in ("", None) else _clock(value))
]
UrgencyWord = Annotated[Urgency, BeforeValidator(_urgency)]
Zone = Annotated[str, BeforeValidator(_zone)]
ZoneOrNone = Annotated[str, BeforeValidator(lambda value: value if value == "" else _zone(value))]
ChatId = Annotated[str, BeforeValidator(_text_id)]
NativeId = Annotated[str, BeforeValidator(_text_id), Field(min_length=1)]
Address = Annotated[str, Strict(), BeforeValidator(_mail)]
Language = Annotated[str, Strict(), BeforeValidator(_language)]
PlaceName = Annotated[str, Strict(), BeforeValidator(_known_place)]
Level = Annotated[str, Strict(), Field(pattern="^(debug|info|warning|error)$")]
Format = Annotated[str, Strict(), Field(pattern="^(text|json)$")]
