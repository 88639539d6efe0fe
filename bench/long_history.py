"""Years of an invented community, written straight into the desk's own tables. Only for benchmarks.

One week in four variants is invented in Python, the same for the same seed; SQLite copies it week by
week. Indexes are taken away for that and made again afterwards, so that millions of rows take minutes.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.store import migrate
from monitor.store.database import open_database

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000
_WEEK = 7 * 86400
_VARIANTS = 4
_PLACES = tuple(
    ("telegram", f"-100{n}") for n in range(6)
) + tuple(("reddit", f"r/example{n}") for n in range(4)) + (("twitter", "x"),)  # fmt: skip
_TOPICS = ("withdrawal", "deposit", "account", "trading", "liquidation", "api", "promo", "outage")
_LANGUAGES = (("en", 40), ("zh", 18), ("ru", 10), ("es", 9), ("tr", 7), ("vi", 5), ("ko", 4),
              ("pt", 3), ("ja", 3), ("id", 1))  # fmt: skip
MESSAGES_A_CASE = 2.5


@dataclass(frozen=True, slots=True)
class Size:
    """`weeks` full weeks up to `end` (a Monday), so many cases in each."""

    end: datetime
    weeks: int
    cases_a_week: int

    @property
    def cases(self) -> int:
        """All of them."""
        return self.weeks * self.cases_a_week


def write(path: Path, size: Size) -> None:
    """A new database there, at the newest migration, full and with its indexes and statistics."""
    database = open_database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.close()
    connection = sqlite3.connect(path, isolation_level=None)
    # Nothing of it must outlive a power cut.
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-262144"):
        connection.execute(f"PRAGMA {pragma}").close()
    indexes = _without_indexes(connection)
    connection.execute("BEGIN")
    _invent(connection, size.cases_a_week)
    for week in range(size.weeks):
        start = size.end - timedelta(weeks=size.weeks - week)
        _copy(connection, week, size.cases_a_week, (start - _EPOCH) // timedelta(seconds=1))
    _places(connection)
    connection.execute("DROP TABLE invented")
    connection.execute("COMMIT")
    for statement in indexes:
        connection.execute(statement)
    connection.execute("PRAGMA journal_mode=WAL").close()
    connection.close()


def _without_indexes(connection: sqlite3.Connection) -> list[str]:
    """Take them away; the statements that make them again."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    found = connection.execute(query).fetchall()
    for name, _ in found:
        connection.execute(f'DROP INDEX "{name}"')
    return [statement for _, statement in found]


def _invent(connection: sqlite3.Connection, n: int) -> None:
    connection.execute(
        "CREATE TABLE invented (variant INTEGER, n INTEGER, platform TEXT, place TEXT, topic TEXT, "
        "urgency INTEGER, language TEXT, complexity TEXT, opened INTEGER, ack INTEGER, "
        "staff INTEGER, staff_id TEXT, community INTEGER, lag INTEGER, PRIMARY KEY (variant, n)) "
        "WITHOUT ROWID"
    )
    for variant in range(_VARIANTS):
        rows = _week(random.Random(variant), variant, n)
        connection.executemany(
            "INSERT INTO invented VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
        )


def _week(chance: random.Random, variant: int, n: int) -> Iterator[tuple[object, ...]]:
    """Seconds after Monday and after the question; None: never."""
    languages, weights = zip(*_LANGUAGES, strict=True)
    moments = sorted(_moment(chance) for _ in range(n))
    for number, opened in enumerate(moments):
        platform, place = chance.choice(_PLACES)
        night = opened % 86400 < 6 * 3600
        staff = chance.lognormvariate(7.2 if night else 6.1, 1.1)
        answered = chance.random() < 0.87
        community = chance.random() < 0.35
        yield (
            variant, number, platform, place, chance.choice(_TOPICS),
            chance.choices((0, 1, 2, 3), (10, 60, 25, 5))[0], chance.choices(languages, weights)[0],
            chance.choice(("simple", "complex")), opened, chance.randint(1, 9),
            int(staff) if answered else None,
            f"staff{chance.randrange(30)}" if answered else None,
            int(chance.lognormvariate(6.5, 1.3)) if community else None,
            chance.randint(300, 4000),
        )  # fmt: skip


def _moment(chance: random.Random) -> int:
    """Busy afternoons, quiet nights, and one surge: Wednesday at one, a twentieth of the week."""
    if chance.random() < 0.05:
        return 2 * 86400 + 13 * 3600 + int(chance.random() * 3600)
    day = int(chance.random() * 7)
    return day * 86400 + int(chance.triangular(0, 86400, 15 * 3600))


def _copy(connection: sqlite3.Connection, week: int, n: int, start: int) -> None:
    """One week of cases, their messages, its surge."""
    given = {"base": week * n, "variant": week % _VARIANTS, "start": start, "us": _SECOND}
    connection.execute(_CASES, given)
    connection.execute(_MESSAGES + _QUESTIONS, given)
    connection.execute(_MESSAGES + _ANSWERS, given)
    connection.execute(_SURGE, given | {"week": week})
    connection.execute(_SURGE_CASES, given | {"week": week})


def _places(connection: sqlite3.Connection) -> None:
    rows = [(platform, key, f"Example {n}") for n, (platform, key) in enumerate(_PLACES)]
    connection.executemany("INSERT INTO places (platform, key, name) VALUES (?, ?, ?)", rows)


_CASES = """
INSERT INTO cases (id, key, platform, place, author_id, state, topic, urgency, language, complexity,
    opened_at, burst_until, last_turn_at, open_turn_at, ack_at, staff_first_at, staff_last_at, staff_id,
    staff_by, community_first_at, imported)
SELECT :base + n + 1, printf('%s:%s:%010d', platform, place, :base + n), platform, place,
    CAST(n % 9000 AS TEXT),
    CASE WHEN n % 50 = 0 THEN 'withdrawn' WHEN staff IS NULL THEN 'open' ELSE 'resolved' END,
    topic, urgency, language, complexity, (:start + opened) * :us, (:start + opened) * :us,
    (:start + opened) * :us,
    CASE WHEN staff IS NULL AND n % 50 > 0 THEN (:start + opened) * :us END,
    (:start + opened + ack) * :us, (:start + opened + staff) * :us,
    (:start + opened + staff) * :us, staff_id,
    CASE WHEN staff IS NULL THEN NULL WHEN n % 4 = 0 THEN 'proximity' ELSE 'reply' END,
    (:start + opened + community) * :us, 0
FROM invented WHERE variant = :variant ORDER BY n
"""
_MESSAGES = """
INSERT INTO messages (platform, place, native_id, author_id, author_kind, text, sent_at, seen_at,
    state, case_id, imported)
"""
_QUESTIONS = """
SELECT platform, place, printf('q%010d', :base + n), CAST(n % 9000 AS TEXT), 'person',
    'Where is my withdrawal, please?', (:start + opened) * :us, (:start + opened) * :us + lag * 1000,
    'assessed', :base + n + 1, 0
FROM invented WHERE variant = :variant ORDER BY n
"""
_ANSWERS = """
SELECT platform, place, printf('a%010d-%d', :base + n, step), coalesce(staff_id, 'somebody'), 'person',
    'Looking into it, one moment.', (:start + opened + 60 * (step + 1)) * :us,
    (:start + opened + 60 * (step + 1)) * :us + lag * 1000, 'assessed', :base + n + 1, 0
FROM invented, (SELECT 0 AS step UNION ALL SELECT 1) WHERE variant = :variant AND step <= n % 2
ORDER BY n
"""
_SURGE = """
INSERT INTO incidents (id, key, kind, series, began_at, opened_at, closed_at, usual, usual_queue,
    ratio, peak, folded)
VALUES (:week + 1, 'surge:all:' || :week, 'surge', 'all', (:start + 219600) * :us,
    (:start + 219900) * :us, (:start + 226800) * :us, 250, 5, 8, 2000, '[]')
"""
_SURGE_CASES = """
INSERT INTO incident_cases SELECT :week + 1, :base + n + 1 FROM invented
WHERE variant = :variant AND opened BETWEEN 219600 AND 226800
"""
