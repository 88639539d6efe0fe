"""How lengths, shares, times and names are written in reports. It knows no figures as a whole."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from monitor.core.assessment import Topic, Urgency
from monitor.core.figures import Change, Figures
from monitor.core.incidents import times as ratio_words
from monitor.core.latency import SMALL as SMALL
from monitor.core.latency import Row, Wait
from monitor.core.staffing import Shift
from monitor.core.text import clip, safe

NOTHING = "–"
HIDDEN = "·"  # too few cases for a percentage or a quantile

LANGUAGES = {
    "en": "English", "zh": "Chinese", "zh-Hant": "Chinese (traditional)", "ja": "Japanese",
    "ko": "Korean", "ru": "Russian", "es": "Spanish", "tr": "Turkish", "vi": "Vietnamese",
    "pt": "Portuguese", "id": "Indonesian", "und": "Unknown",
}  # fmt: skip
_TOPICS = {Topic.API: "API", Topic.TERMS: "Terms and fees", Topic.PROMO: "Promotions"}


def percent(count: int, n: int) -> str:
    """As in 77%; never 0% or 100% unless it is exactly that; a dash of nothing."""
    if n == 0:
        return NOTHING
    share = 100 * count / n
    if 0 < share < 0.5:
        return "<1%"
    if 99.5 <= share < 100:
        return ">99%"
    return f"{int(share + 0.5)}%"


def share(count: int, row: Row) -> str:
    """A percentage, or "3 of 5" where a percentage would say too much."""
    if row.n > 0 and row.is_small:
        return f"{count} of {row.n}"
    return percent(count, row.n)


def length(value: timedelta | None) -> str:
    """As in 45 s, 4.1 min, 37 min, 1.8 h, 5.2 d: at least so long. A dash of nothing."""
    return NOTHING if value is None else _written(int(value.total_seconds()), _down)


def at_most(value: timedelta | None) -> str:
    """The same, rounded up: true after the word "within"."""
    return NOTHING if value is None else _written(math.ceil(value.total_seconds()), _up)


def _written(seconds: int, divided: Callable[[int, int], int]) -> str:
    if seconds < 100:
        return f"{seconds} s"
    if seconds < 100 * 60:
        return f"{_short(seconds, 60, divided)} min"
    if seconds < 48 * 3600:
        return f"{_short(seconds, 3600, divided)} h"
    return f"{_short(seconds, 86400, divided)} d"


def _short(seconds: int, unit: int, divided: Callable[[int, int], int]) -> str:
    if seconds >= 10 * unit:
        return str(divided(seconds, unit))
    tenths = divided(seconds * 10, unit)
    return str(tenths // 10) if tenths % 10 == 0 else f"{tenths / 10:.1f}"


def _down(a: int, b: int) -> int:
    return a // b


def _up(a: int, b: int) -> int:
    return -(-a // b)


def wait(value: Wait | None) -> str:
    """A quantile; "> 4.1 d" when so many still wait that only a bound is known."""
    if value is None:
        return NOTHING
    return f"> {length(value.length)}" if value.is_bound else at_most(value.length)


def slowest(value: Wait | None) -> str:
    """As in "9 in 10 within 37 min"; of a bound, "1 in 10 over 4.1 d"."""
    if value is not None and value.is_bound:
        return f"1 in 10 over {length(value.length)}"
    return f"9 in 10 within {wait(value)}"


def quantile(value: Wait | None, row: Row) -> str:
    """A quantile in a table: hidden for few cases."""
    return HIDDEN if row.n > 0 and row.is_small else wait(value)


def change(found: Change | None) -> str:
    """As in −3 pt, in calm hours; "≈ −3 pt" where that could be chance; empty for too few cases."""
    if found is None or min(found.now.n, found.before.n) < SMALL:
        return ""
    # The difference of what is printed: 71% after 74% is three points, whatever the decimals say.
    points = rounded(found.now.share) - rounded(found.before.share)
    if points == 0:
        return "±0 pt"
    sign = "" if found.is_real else "≈ "
    return f"{sign}{'+' if points > 0 else '−'}{abs(points)} pt"


def rounded(share: float) -> int:
    """Whole percent, a half upwards."""
    return int(100 * share + 0.5 + 1e-9)


def between(row: Row) -> str:
    """As in 72–81%; empty when there is no interval worth printing."""
    found = row.attained.interval if row.attained and not row.is_small else None
    return f"{int(100 * found[0])}–{math.ceil(100 * found[1] - 1e-9)}%" if found else ""


def series(kind: str, key: str) -> str:
    """Where a surge is, for eyes."""
    if kind == "topic":
        return topic(key)
    if kind == "language":
        return f"In {language(key)}"
    return line(key, 60) if kind == "place" else "All questions"


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def days(found: Sequence[int]) -> str:
    """As in Mon–Fri, or every day; the days follow each other."""
    if len(found) == len(_DAYS):
        return "every day"
    return f"{_DAYS[found[0]]}–{_DAYS[found[-1]]}"


def shift(found: Shift) -> str:
    """As in Tue–Thu 20:00–24:00."""
    return f"{days(found.days)} {found.start:02}:00–{found.end:02}:00"


def times(ratio: float) -> str:
    """As in ×8 or ×2.4."""
    return ratio_words(ratio)


def before_it(figures: Figures) -> str:
    """What a period is compared with."""
    return "last week" if figures.period.is_week else "the days before"


def count(n: int, one: str, many: str) -> str:
    """As in: 1 question, 2,891 questions."""
    return f"{n:,} {one if n == 1 else many}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """As in: Mon 9 Nov 2026, 09:00."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def day(found: date) -> str:
    """As in Sat 21 Nov."""
    return f"{found:%a} {found.day} {found:%b}"


def short(at: datetime, zone: ZoneInfo) -> str:
    """As in: Mon 9 Nov, 09:00; where the year goes without saying."""
    local = at.astimezone(zone)
    return f"{day(local.date())}, {local:%H:%M}"


def language(code: str) -> str:
    """The English name of a language."""
    return LANGUAGES.get(code, code)


def topic(word: str) -> str:
    """A topic for eyes; one of an older version as it is."""
    known = Topic(word) if word in set(Topic) else None
    return _TOPICS.get(known, word.capitalize()) if known else word.capitalize()


def kind(word: str) -> str:
    """Simple or complex, for eyes."""
    return word.capitalize()


def urgency(word: str) -> str:
    """An urgency for eyes."""
    return Urgency.parse(word).word.capitalize()


def line(text: str, limit: int = 140) -> str:
    """A stranger's text in one harmless line."""
    return clip(" ".join(safe(text).split()), limit)


def link(url: str | None) -> str | None:
    """The address if it is a plain https one, else None.

    A stranger's link must not run anything.
    """
    if not url or not url.isascii() or any(c <= " " or c in "\"'<>\\`\x7f" for c in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme == "https" and parts.hostname and "@" not in parts.netloc else None


def fitted(name: str, width: int = 24) -> str:
    """Cut and filled to a fixed width in terminal cells; East Asian signs take two."""
    cells, kept = 0, ""
    for char in name:
        size = _cells(char)
        if cells + size > width - 1:
            return kept + "…" + " " * (width - 1 - cells)
        cells, kept = cells + size, kept + char
    return kept + " " * (width - cells)


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
