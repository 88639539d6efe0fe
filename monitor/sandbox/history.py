"""Four generated weeks of an exchange's communities, from a seed. Never of the future."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import cache
from importlib import resources
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from monitor.sandbox import cast
from monitor.sandbox.history_records import AuthorId, Line, Numbers, Record, Speaker, author_id

WEEKS = 4
QUESTIONS = 1150
CHATTER = 950
ENDS_BEFORE = timedelta(minutes=20)  # the last minutes belong to the live show
OURS, ELSEWHERE = (
    f"r/{name.lower()}" for name in cast.SUBREDDITS
)  # as the connector writes places
COINS = ("BTC", "ETH", "SOL", "XRP", "TON", "DOGE")
LANGUAGES = {
    "en": 30,
    "zh": 22,
    "ru": 9,
    "tr": 9,
    "vi": 7,
    "es": 7,
    "ko": 5,
    "ja": 4,
    "pt": 4,
    "id": 3,
}
TOPICS = {
    "withdrawal": 20, "deposit": 14, "account": 14, "trading": 12, "liquidation": 6, "terms": 9,
    "outage": 5, "security": 6, "api": 4, "promo": 6, "feedback": 4,
}  # fmt: skip
ZONES = {
    "en": "Europe/London", "zh": "Asia/Shanghai", "ru": "Europe/Istanbul", "tr": "Europe/Istanbul",
    "vi": "Asia/Ho_Chi_Minh", "es": "America/Bogota", "ko": "Asia/Seoul", "ja": "Asia/Tokyo",
    "pt": "America/Sao_Paulo", "id": "Asia/Jakarta",
}  # fmt: skip
BY_HOUR = (4, 2, 1, 1, 1, 2, 3, 5, 8, 10, 11, 10, 9, 9, 10, 11, 11, 11, 12, 13, 14, 13, 10, 7)
BY_WEEKDAY = (11, 11, 10, 10, 10, 7, 7)
USUAL_MINUTES = {"en": 4, "zh": 5, "ru": 6, "tr": 7, "ja": 18, "ko": 8}  # others: 9
SLOWER = {"telegram": 1.0, "twitter": 1.5, "reddit": 2.5}
FIRST = frozenset({"security", "outage", "liquidation"})  # what staff look at first


@dataclass(frozen=True, slots=True)
class Surge:
    """Many people with one topic within minutes."""

    days_ago: int
    at: time
    minutes: int
    topic: str
    questions: int


SURGES = (Surge(17, time(14, 5), 35, "outage", 90), Surge(5, time(2, 40), 50, "withdrawal", 70))


@cache
def phrases() -> dict[str, Any]:
    """What people say, by language."""
    text = resources.files(__package__).joinpath("phrases.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def history(
    now: datetime,
    seed: int = 7,
    ids: AuthorId = author_id,
) -> Iterator[Record]:
    """Records in the import schema, oldest first, ending before `now`.

    `ids`: platform and Telegram id to the author's id on that platform.
    """
    lines = Story(Random(seed), now).lines()
    yield from Numbers(ids).records(lines, now - ENDS_BEFORE)


class Story:
    """Makes the lines: questions with what followed, surges, chatter."""

    def __init__(self, chance: Random, now: datetime) -> None:
        self._chance, self._now, self._lines = chance, now, list[Line]()
        self._start = (now - timedelta(weeks=WEEKS)).replace(minute=0, second=0, microsecond=0)

    def lines(self) -> list[Line]:
        """All lines, in no order."""
        for _ in range(QUESTIONS):
            language = self._weighted(LANGUAGES)
            self._question(language, self._weighted(TOPICS), self._moment(language), calm=True)
        for surge in SURGES:
            self._surge(surge)
        for _ in range(CHATTER):
            language = self._weighted(LANGUAGES)
            platform, place = "telegram", self._group(language)
            text = self._phrase(language, "chatter")
            self._say(
                self._moment(language), platform, place, self._member(language), text, language
            )
        return self._lines

    def _surge(self, surge: Surge) -> None:
        day = (self._now - timedelta(days=surge.days_ago)).date()
        begin = datetime.combine(day, surge.at, self._now.tzinfo)
        for _ in range(surge.questions):
            at = begin + timedelta(minutes=surge.minutes * self._chance.betavariate(2, 3))
            self._question(self._weighted(LANGUAGES), surge.topic, at, calm=False)

    def _question(self, language: str, topic: str, at: datetime, *, calm: bool) -> None:
        chance = self._chance
        platform, place = self._where(language)
        asker = self._member(language)
        text = self._fill(chance.choice(phrases()[language]["ask"][topic]))
        first = self._say(at, platform, place, asker, text, language)
        if platform == "telegram" and chance.random() < 0.2:
            second = (
                self._phrase(language, "nudge")
                if chance.random() < 0.4
                else self._fill("{amount} {coin}")
            )
            self._say(
                at + timedelta(seconds=chance.randint(8, 90)),
                platform,
                place,
                asker,
                second,
                language,
            )
        self._community(first, calm)
        answered = self._staff(first, topic, calm)
        if answered is None:
            self._nudge(first)
        elif chance.random() < 0.4:
            thanks = self._phrase(language, "thanks")
            self._reply(answered, timedelta(minutes=chance.expovariate(1 / 6) + 0.3), asker, thanks)

    def _community(self, first: int, calm: bool) -> None:
        if self._chance.random() < (0.24 if calm else 0.1):
            wait = timedelta(minutes=self._chance.lognormvariate(2.0, 1.0) + 0.4)
            line = self._lines[first]
            self._reply(
                first, wait, self._member(line.language), self._phrase(line.language, "community")
            )

    def _staff(self, first: int, topic: str, calm: bool) -> int | None:
        """Say the staff's answer; None when nobody ever answered."""
        chance, asked = self._chance, self._lines[first]
        if chance.random() < (0.05 if calm else 0.2) + (0.15 if asked.place == ELSEWHERE else 0):
            return None
        person, begin, slower = self._on_duty(asked)
        minutes = USUAL_MINUTES.get(asked.language, 9) * SLOWER[asked.platform] * slower
        minutes *= (1 if calm else 3) * (0.25 if topic in FIRST else 1)
        wait = (begin - asked.at) + timedelta(minutes=minutes * chance.lognormvariate(0, 0.7))
        if wait > timedelta(minutes=25) and chance.random() < 0.3:
            self._reply(first, wait * 0.4, staff(person), self._phrase(asked.language, "holding"))
        answers = phrases()[asked.language]["answer"]
        text = chance.choice(answers.get(topic, answers["else"]))
        return self._reply(first, wait + timedelta(seconds=40), staff(person), text)

    def _on_duty(self, asked: Line) -> tuple[cast.Person, datetime, float]:
        """Who answers, from when on, and how much slower: readers of the language, then others."""
        readers = [p for p in cast.STAFF if asked.language in p.languages]
        awake = [p for p in readers if on_shift(p, asked.at)]
        weekend = 1.6 if asked.at.weekday() >= 5 else 1.0
        if awake:
            return self._chance.choice(awake), asked.at, weekend
        others = [p for p in cast.STAFF if on_shift(p, asked.at)]
        if others and self._chance.random() < 0.9:
            return self._chance.choice(others), asked.at, 2 * weekend
        person = self._chance.choice(readers)
        return person, next_shift(person, asked.at), weekend

    def _nudge(self, first: int) -> None:
        if self._chance.random() < 0.4:
            line = self._lines[first]
            wait = timedelta(minutes=self._chance.randint(12, 200))
            self._reply(first, wait, line.speaker, self._phrase(line.language, "nudge"))

    def _reply(self, to: int, wait: timedelta, speaker: Speaker, text: str) -> int:
        line = self._lines[to]
        pressed = line.platform != "telegram" or self._chance.random() < 0.88
        root = to if line.root is None else line.root
        reply = replace(
            line,
            at=line.at + wait,
            speaker=speaker,
            text=text,
            answers=to if pressed else None,
            root=root,
        )
        return self._add(reply)

    def _say(
        self, at: datetime, platform: str, place: str, who: Speaker, text: str, language: str
    ) -> int:
        return self._add(Line(at, platform, place, who, text, language))

    def _add(self, line: Line) -> int:
        self._lines.append(replace(line, at=line.at.replace(microsecond=0)))
        return len(self._lines) - 1

    def _moment(self, language: str) -> datetime:
        """A moment of the four weeks, in the rhythm of those who speak the language."""
        zone = ZoneInfo(ZONES[language])
        while True:
            at = self._start + timedelta(seconds=self._chance.randrange(WEEKS * 7 * 86_400))
            there = at.astimezone(zone)
            weight = BY_HOUR[there.hour] * BY_WEEKDAY[there.weekday()]
            if self._chance.random() * max(BY_HOUR) * max(BY_WEEKDAY) < weight:
                return at

    def _where(self, language: str) -> tuple[str, str]:
        draw = self._chance.random()
        if language == "en" and draw < 0.25:
            return (
                "reddit",
                OURS if draw < 0.2 else ELSEWHERE,
            )
        if language in ("es", "pt") and draw < 0.1:
            return "reddit", OURS
        return ("twitter", "x") if draw > 0.8 else ("telegram", self._group(language))

    def _group(self, language: str) -> str:
        if language == "en" or self._chance.random() < 0.12:
            return str(cast.ENGLISH.id)
        return str(cast.CHINESE.id if language == "zh" else cast.FORUM.id)

    def _member(self, language: str) -> Speaker:
        # Nobody of the cast: what they say live is not to look like a nudge from last week.
        names = phrases()[language]["names"]
        number = self._chance.randrange(len(names) * 9)
        return Speaker(
            _stranger_id(language, number), f"{names[number % len(names)]} {10 + number}"
        )

    def _phrase(self, language: str, kind: str) -> str:
        return self._fill(self._chance.choice(phrases()[language][kind]))

    def _fill(self, text: str) -> str:
        chance = self._chance
        amount, hours = chance.choice((50, 120, 300, 750, 1200, 4800)), chance.randint(2, 9)
        return text.format(coin=chance.choice(COINS), amount=amount, hours=hours)

    def _weighted(self, weights: Mapping[str, int]) -> str:
        return self._chance.choices(list(weights), list(weights.values()))[0]


def staff(person: cast.Person) -> Speaker:
    """The speaker for one of the staff."""
    return Speaker(person.telegram_id, person.name, "staff")


def _stranger_id(language: str, number: int) -> int:
    return 810_000_000 + 1000 * list(LANGUAGES).index(language) + number


def on_shift(person: cast.Person, at: datetime) -> bool:
    """Whether a person is on duty; shifts may pass midnight."""
    begin, end = (time.fromisoformat(part) for part in person.shift.split("-"))
    there = at.astimezone(ZoneInfo(person.zone)).time()
    return begin <= there < end if begin < end else there >= begin or there < end


def next_shift(person: cast.Person, at: datetime) -> datetime:
    """When a person who is not on duty comes back."""
    begin = time.fromisoformat(person.shift.split("-")[0])
    there = at.astimezone(ZoneInfo(person.zone))
    start = there.replace(hour=begin.hour, minute=begin.minute, second=0, microsecond=0)
    return (start if start > there else start + timedelta(days=1)).astimezone(at.tzinfo)
