"""What X's rules say about a text and an id. It never talks to X.

The weights are those of twitter-text's configuration v3
(https://github.com/twitter/twitter-text/tree/master/config): 280 units, a link is 23, an emoji
sequence 2, most Latin, Greek, Cyrillic and Arabic characters 1, all else 2.
"""

from __future__ import annotations

import html
import re
import unicodedata
from datetime import UTC, datetime, timedelta

LIMIT = 280
LINK_WEIGHT = 23
ELLIPSIS = "…"  # weighs 2: it lies outside the light ranges
_LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
# The first millisecond of X's 64-bit ids; the lower 22 bits are machine and sequence.
_SNOWFLAKE_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)
_FIRST_SNOWFLAKE = 30_000_000_000  # smaller ids were counted, not timed
_LAST_ID = 2**63 - 1

_TLDS = (
    "com|net|org|info|io|app|dev|xyz|gg|ai|biz|online|site|tech|network|exchange|finance|trade|trading"
    "|money|cash|shop|store|live|link|news|blog|club|vip|top|pro|world|support|help|cloud|eth|fi|me|tv|co"
    "|uk|de|fr|jp|kr|cn|ru|tr|vn|br|id|in|es|pt|us|eu"
)
_URL = re.compile(
    r"https?://[^\s<>\"]+?(?=[.,;:!?)\]'\u3002\uff0c\uff01\uff1f\u3001]*(?:\s|$|[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]))"
    rf"|(?<![@\w./$-])(?:[a-z0-9](?:[a-z0-9-]{{0,62}}[a-z0-9])?\.)+(?:{_TLDS})(?![\w-]|\.\w)(?:/[^\s<>\"]*[^\s<>\".,;:!?)\]'])?",
    re.IGNORECASE,
)
_SYMBOL = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf"
    "\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa"
    "\U0001f400-\U0001faff]"
)
_ONE_EMOJI = f"{_SYMBOL}\ufe0f?[\U0001f3fb-\U0001f3ff]?"
_EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}|[#*0-9]\ufe0f?\u20e3"
    f"|{_ONE_EMOJI}(?:[\U000e0020-\U000e007f]+|(?:\u200d{_ONE_EMOJI})*)"
)
_CASHTAG = re.compile(
    r"(?:^|(?<=[\s\u200e\u200f\u202a-\u202e]))\$([A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?)(?=$|[^\w])"
)
_MENTION = re.compile(r"(?<![\w@/.!#$%&*\uff20])[@\uff20]([A-Za-z0-9_]{1,15})(?![@\w\uff20]|://)")
_PREFIX = re.compile(r"(?:\s*[@\uff20][A-Za-z0-9_]{1,15}(?![\w@]))*\s*")
_WORD_END = re.compile(r"\s+\S*$")


def weighted_length(text: str) -> int:
    """How many of the 280 units `text` takes."""
    text = unicodedata.normalize("NFC", text)
    links = len(_URL.findall(text))
    rest = _URL.sub("", text)
    emoji = len(_EMOJI.findall(rest))
    return links * LINK_WEIGHT + emoji * 2 + sum(map(_weight, _EMOJI.sub("", rest)))


def _weight(character: str) -> int:
    point = ord(character)
    return 1 if any(low <= point <= high for low, high in _LIGHT) else 2


def clip(text: str, limit: int = LIMIT) -> str:
    """`text` cut at a word, with an ellipsis, so that it weighs at most `limit` (at least 2)."""
    if weighted_length(text) <= limit:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _fits(text[:middle], limit) else (low, middle - 1)
    return _at_a_word(text, low, limit)


def _at_a_word(text: str, end: int, limit: int) -> str:
    cut = text[:end]
    if not text[end].isspace():
        shorter = _WORD_END.sub("", cut)
        # A text without spaces (Chinese, Japanese) is cut where it is full.
        cut = shorter if len(shorter) * 2 > len(cut) else cut
    while cut and not _fits(cut, limit):  # a cut link may weigh otherwise
        cut = cut[:-1]
    return cut.rstrip() + ELLIPSIS


def _fits(cut: str, limit: int) -> bool:
    return weighted_length(cut.rstrip() + ELLIPSIS) <= limit


def cashtags(text: str) -> tuple[str, ...]:
    """The cashtags, in order, repeats included; X takes one a post."""
    return tuple(_CASHTAG.findall(text))


def links(text: str) -> tuple[str, ...]:
    """What X will turn into links, bare domains included."""
    return tuple(_URL.findall(text))


def mentions(text: str) -> tuple[tuple[int, str], ...]:
    """(position, name without @) of every mention, in order."""
    return tuple((found.start(), found.group(1)) for found in _MENTION.finditer(text))


def reply_prefix(text: str) -> int:
    """Where the run of mentions at the start ends: in a reply X puts them there by itself."""
    found = _PREFIX.match(text)
    return found.end() if found else 0


def fingerprint(text: str) -> str:
    """A text without what X changes: reply mentions, shortened links, escapes, spaces."""
    text = html.unescape(text)
    text = _URL.sub("\u29c9", text)  # t.co hides which link it was
    text = text[reply_prefix(text) :]
    return " ".join(unicodedata.normalize("NFC", text).split())


def id_time(native_id: str) -> datetime | None:
    """When the post with this id was written; None before November 2010 and for no id."""
    if not (native_id.isascii() and native_id.isdigit()):
        return None
    number = int(native_id)
    if not _FIRST_SNOWFLAKE < number <= _LAST_ID:
        return None
    return _SNOWFLAKE_EPOCH + timedelta(milliseconds=number >> 22)


def id_at(moment: datetime) -> int:
    """The smallest id of a post written at `moment` (0 before the ids were times)."""
    milliseconds = (moment - _SNOWFLAKE_EPOCH) // timedelta(milliseconds=1)
    return max(0, milliseconds) << 22
