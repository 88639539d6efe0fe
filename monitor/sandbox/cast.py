"""The people and places of the sandbox, with fixed ids. Never what they say: that is the play's."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """What a person is to the exchange; the page colours them by it."""

    CUSTOMER = "customer"
    STAFF = "staff"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes. `key` is ours; the ids are the platforms' immutable ones.

    `shift` is in the zone's local time, "08:00-16:00"; only staff have one.
    """

    key: str
    name: str
    language: str
    side: Side
    telegram_id: int
    handle: str
    zone: str = "UTC"
    shift: str = ""
    languages: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TelegramChat:
    """A group. `topics` are the forum topics in the order they are made; `kind` is Telegram's."""

    id: int
    title: str
    username: str
    language: str
    topics: tuple[str, ...] = ()
    kind: str = "supergroup"


def base36(number: int) -> str:
    """How Reddit writes its ids."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    written = ""
    while number:
        number, rest = divmod(number, 36)
        written = digits[rest] + written
    return written or "0"


ENGLISH = TelegramChat(-1002100000001, "ExampleX English", "examplex_en", "en")
CHINESE = TelegramChat(-1002100000002, "ExampleX 中文", "examplex_zh", "zh")
FORUM = TelegramChat(
    -1002100000003,
    "ExampleX World",
    "examplex_world",
    "en",
    ("日本語", "한국어", "Русский", "Español", "Türkçe", "Tiếng Việt", "Português", "Bahasa"),
)
AMBASSADORS = TelegramChat(-4100000001, "ExampleX Ambassadors", "", "en", kind="group")
DESK = TelegramChat(-1002100000009, "ExampleX desk", "", "en")
GROUPS = (ENGLISH, CHINESE, FORUM, AMBASSADORS)
TOPIC_OF = dict(zip(("ja", "ko", "ru", "es", "tr", "vi", "pt", "id"), FORUM.topics, strict=True))
# A topic's id is that of the notice that opened it: the first messages of the group.
TOPIC_IDS = {language: str(number) for number, language in enumerate(TOPIC_OF, start=2)}
FIRST_LIVE_ID = 100_000  # what is said live on Telegram is numbered after the generated history

OWN_SUBREDDIT = "ExampleX"
OTHER_SUBREDDIT = "CryptoHelp"
SUBREDDITS = (OWN_SUBREDDIT, OTHER_SUBREDDIT)

BOT_USERNAME = "desk_bot"
REDDIT_USERNAME = "ExampleXDesk"
X_USERNAME = "ExampleXHelp"


def _staff(
    key: str, name: str, languages: str, number: int, zone: str, shift: str, topics: str = ""
) -> Person:
    read = tuple(languages.split())
    handle = f"{key}_ExampleX"
    return Person(
        key, name, read[0], Side.STAFF, 700_000_100 + number, handle, zone, shift, read,
        tuple(topics.split()),
    )  # fmt: skip


def _customer(key: str, name: str, language: str, number: int) -> Person:
    return Person(key, name, language, Side.CUSTOMER, 800_000_100 + number, f"{key}_trades")


def _stranger(key: str, name: str, handle: str, number: int) -> Person:
    return Person(key, name, "en", Side.STRANGER, 900_000_100 + number, handle)


STAFF = (
    _staff("emma", "Emma Clarke", "en", 1, "Europe/London", "08:00-17:00"),
    _staff("mei", "林梅", "zh en", 2, "Asia/Shanghai", "09:00-18:00"),
    _staff("kenji", "佐藤健司", "ja en", 3, "Asia/Tokyo", "10:00-16:00"),
    _staff("yuna", "박유나", "ko en", 4, "Asia/Seoul", "09:00-18:00"),
    _staff("dmitri", "Дмитрий Волков", "ru en", 5, "Europe/Istanbul", "09:00-18:00"),
    _staff("lucia", "Lucía Ortega", "es pt en", 6, "America/Bogota", "08:00-17:00"),
    _staff("deniz", "Deniz Kaya", "tr en", 7, "Europe/Istanbul", "12:00-21:00"),
    _staff("huong", "Trần Hương", "vi en", 8, "Asia/Ho_Chi_Minh", "09:00-18:00"),
    _staff("rafael", "Rafael Costa", "pt es en", 9, "America/Sao_Paulo", "09:00-18:00"),
    _staff("putri", "Putri Wulandari", "id en", 10, "Asia/Jakarta", "09:00-18:00"),
    _staff("grace", "Grace Okafor", "en", 11, "America/New_York", "09:00-18:00"),
    _staff("sam", "Sam Reyes", "en zh", 12, "Asia/Singapore", "18:00-02:00", "security outage"),
)

CUSTOMERS = (
    _customer("oliver", "Oliver", "en", 1),
    _customer("priya", "Priya S", "en", 2),
    _customer("lihua", "李华", "zh", 3),
    _customer("xiaoyu", "小雨", "zh", 4),
    _customer("haruka", "はるか", "ja", 5),
    _customer("takumi", "takumi_fx", "ja", 6),
    _customer("minjun", "민준", "ko", 7),
    _customer("seoyeon", "서연", "ko", 8),
    _customer("aleksei", "Алексей", "ru", 9),
    _customer("katya", "Катя", "ru", 10),
    _customer("carlos", "Carlos M", "es", 11),
    _customer("sofia", "Sofía", "es", 12),
    _customer("emre", "Emre", "tr", 13),
    _customer("zeynep", "Zeynep", "tr", 14),
    _customer("minh", "Minh Anh", "vi", 15),
    _customer("linh", "Linh Nguyễn", "vi", 16),
    _customer("joao", "João Pedro", "pt", 17),
    _customer("bea", "Bea Martins", "pt", 18),
    _customer("budi", "Budi", "id", 19),
    _customer("sari", "Sari", "id", 20),
)

RUSH = tuple(
    _customer(name.lower(), name, "en", 40 + number)
    for number, name in enumerate(
        ("Ahmed", "Lena", "Tomasz", "Chidi", "Ravi", "Jonas",
         "Aiko", "Pavel", "Nina", "Marco", "Dinesh", "Fatima")
    )
)  # fmt: skip

FAKE_SUPPORT = _stranger("fake", "ExampleX Support", "ExampleX_Helpdesk24", 1)
BYSTANDER = _stranger("bystander", "moonboy", "moonboy_2049", 2)
STRANGERS = (FAKE_SUPPORT, BYSTANDER)

PEOPLE = (*STAFF, *CUSTOMERS, *RUSH, *STRANGERS)
BY_KEY = {person.key: person for person in PEOPLE}
