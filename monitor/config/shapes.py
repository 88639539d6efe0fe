"""The shapes of config.toml: frozen dataclasses with their defaults. They read no file.

Durations are written "5s", "15m", "24h", "7d" and are timedelta here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ConfigDict, with_config

from monitor.config.words import (
    LANGUAGES,
    Address,
    CallsWord,
    ChatId,
    ClockTime,
    ClockTimeOrNone,
    Count,
    CountOrNone,
    Direction,
    Duration,
    DurationOrNone,
    Flag,
    Format,
    Language,
    Level,
    NativeId,
    PlaceName,
    PlatformName,
    Rate,
    Share,
    Text,
    TranslatorKind,
    UrgencyWord,
    Weekday,
    Zone,
    ZoneOrNone,
)
from monitor.core.assessment import Urgency
from monitor.core.messages import Platform

shape = with_config(ConfigDict(extra="forbid"))


@shape
@dataclass(frozen=True, slots=True)
class Program:
    """[monitor]"""

    database: Text = "sqlite:///monitor.db"
    database_password_file: Text = ""
    rules: Text = "rules"
    languages: tuple[Language, ...] = LANGUAGES
    default_language: Language = "en"
    timezone: Zone = "UTC"


@shape
@dataclass(frozen=True, slots=True)
class Health:
    """[health]. `listen` "" turns it off."""

    listen: Text = "127.0.0.1:8787"
    expose: Flag = False

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port, None when off."""
        if not self.listen:
            return None
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


@shape
@dataclass(frozen=True, slots=True)
class Logging:
    """[logging]"""

    level: Level = "info"
    format: Format = "text"


@shape
@dataclass(frozen=True, slots=True)
class Place:
    """One of [[accounts.NAME.places]]. `acknowledge` is settled by the platform when not said; `react`: with this
    emoji instead of a message."""

    id: NativeId
    name: Text = ""
    ours: Flag = False
    language: Language | None = None
    acknowledge: Flag | None = None
    react: Text = ""
    channel: Text = ""
    link: Text = ""


@dataclass(frozen=True, slots=True)
class Account:
    """[accounts.NAME]. `options` go to the connector as they are; secrets do not stand here."""

    name: str
    platform: Platform
    enabled: bool = True
    speaks: bool = True
    poll_every: timedelta = timedelta(seconds=5)
    places: tuple[Place, ...] = ()
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    secret_files: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def connector_options(self) -> dict[str, Any]:
        """What the connector is made with: the options, and the places it must look at."""
        options, ids = dict(self.options), tuple(place.id for place in self.places)
        if self.platform is Platform.TELEGRAM and ids:
            options["places"] = ids
        if self.platform is Platform.REDDIT:
            named = (*options.get("subreddits", ()), *(i for i in ids if i.startswith("r/")))
            options["subreddits"] = tuple(dict.fromkeys(n.removeprefix("r/") for n in named))
        return options

    def place(self, key: str) -> Place | None:
        """The place as configured, None for one that config.toml does not name."""
        return next((p for p in self.places if p.id.casefold() == key.casefold()), None)

    def acknowledges(self, key: str) -> bool:
        """May an acknowledgement be said there? On X triage asks for a summons besides."""
        place = self.place(key)
        if not self.speaks or self.platform is Platform.EMAIL:
            return False
        if place is not None and place.acknowledge is not None:
            return place.acknowledge
        return self.platform is not Platform.REDDIT or (place is not None and place.ours)


@shape
@dataclass(frozen=True, slots=True)
class Desk:
    """[desk]: the managers' chat. `account` "" means no desk; `threads`: urgency or language to forum topic."""

    account: Text = ""
    chat: ChatId = ""
    language: Language = "en"
    leads: tuple[Text, ...] = ()
    quiet_from: ClockTimeOrNone = None
    quiet_to: ClockTimeOrNone = None
    cards_per_minute: Count = 8
    threads: Mapping[str, Count] = field(default_factory=dict)
    warn_of_fakes: Flag = False


@shape
@dataclass(frozen=True, slots=True)
class Weekly:
    """When the weekly mail goes out, in the report's time zone."""

    day: Weekday = Weekday.MON
    at: ClockTime = time(9)


@shape
@dataclass(frozen=True, slots=True)
class Report:
    """[report]. `timezone` "" means that of [monitor]; `digest_at` "": no digest."""

    recipients: tuple[Address, ...] = ()
    account: Text = ""
    from_name: Text = "Response desk"
    weekly: Weekly = field(default_factory=Weekly)
    digest_at: ClockTimeOrNone = None
    timezone: ZoneOrNone = ""


@shape
@dataclass(frozen=True, slots=True)
class Triage:
    """[triage]: what is raised, how late is too late, the budgets of what we say unasked."""

    alert_from: UrgencyWord = Urgency.NORMAL
    acknowledge_after: DurationOrNone = timedelta(0)
    acknowledge_within: Duration = timedelta(minutes=15)
    settle: Duration = timedelta(seconds=60)
    give_up_after: Duration = timedelta(hours=24)
    per_place_per_minute: Count = 6
    per_place_per_hour: Count = 60
    per_person_per_hour: Count = 3


@shape
@dataclass(frozen=True, slots=True)
class TelegramLimits:
    """[limits.telegram]"""

    chat_per_second: Rate = 1.0
    group_per_minute: Rate = 20.0
    account_per_second: Rate = 25.0


@shape
@dataclass(frozen=True, slots=True)
class RedditLimits:
    """[limits.reddit]"""

    place_per_minute: Rate = 2.0
    account_per_minute: Rate = 6.0


@shape
@dataclass(frozen=True, slots=True)
class TwitterLimits:
    """[limits.twitter]"""

    account_per_minute: Rate = 5.0
    account_per_day: Rate = 100.0


@shape
@dataclass(frozen=True, slots=True)
class EmailLimits:
    """[limits.email]"""

    account_per_minute: Rate = 30.0


@shape
@dataclass(frozen=True, slots=True)
class Limits:
    """[limits]: our own token buckets; never above what the platforms allow."""

    telegram: TelegramLimits = field(default_factory=TelegramLimits)
    reddit: RedditLimits = field(default_factory=RedditLimits)
    twitter: TwitterLimits = field(default_factory=TwitterLimits)
    email: EmailLimits = field(default_factory=EmailLimits)


@shape
@dataclass(frozen=True, slots=True)
class Announce:
    """[announce]. `sets` name several "account:place" at once; `links` are those that may be named, none: any."""

    links: tuple[Text, ...] = ()
    hold: Duration = timedelta(seconds=60)
    min_gap: Duration = timedelta(hours=6)
    sets: Mapping[str, tuple[PlaceName, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        object.__setattr__(self, "sets", MappingProxyType(dict(self.sets)))


@shape
@dataclass(frozen=True, slots=True)
class Learning:
    """[learning]: whose texts the judge may learn from, and after how many corrections it does so unasked."""

    platforms: tuple[PlatformName, ...] = ("telegram",)
    train_after: CountOrNone = 20


@shape
@dataclass(frozen=True, slots=True)
class Translation:
    """[translation]. `kind` "" turns it off; `pairs`: a model by direction ("zh-en"), before `model`."""

    kind: TranslatorKind = ""
    model: Text = ""
    pairs: Mapping[Direction, Text] = field(default_factory=lambda: MappingProxyType({}))
    base_url: Text = "https://api.openai.com/v1"
    key_file: Text = ""
    timeout: Duration = timedelta(seconds=20)
    mask_amounts: Flag = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "pairs", MappingProxyType(dict(self.pairs)))


@shape
@dataclass(frozen=True, slots=True)
class Model:
    """[model]: a transformer that judges what the light tier is unsure of. `checkpoint` "" means none."""

    checkpoint: Text = ""
    folder: Text = "models"
    prefix: Text = "query: "
    calls: CallsWord = "doubtful"
    below: Share = 0.8
    longest: Count = 128
    answer_within: Duration = timedelta(seconds=10)
    linger_ms: Count = 4


@shape
@dataclass(frozen=True, slots=True)
class Retention:
    """[retention]: how often and how long we look for deletions, and how long we keep."""

    recheck_every: Duration = timedelta(hours=12)
    recheck_for: Duration = timedelta(days=30)
    messages: Duration = timedelta(days=400)
    quarantine: Duration = timedelta(days=30)
