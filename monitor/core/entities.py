"""The typed things a message names: handles, links, addresses, transactions, amounts, assets, error
codes, durations. Never decides what they mean; offsets are those of the text as it was written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from monitor.core.text import LONGEST, capped


class EntityKind(StrEnum):
    """What a piece of a text is. Earlier kinds win where two would overlap."""

    URL = "url"
    HANDLE = "handle"
    TRANSACTION = "transaction"
    ADDRESS = "address"
    ERROR_CODE = "error_code"
    DURATION = "duration"
    AMOUNT = "amount"
    ASSET = "asset"


@dataclass(frozen=True, slots=True)
class Entity:
    """`text[start:end]` of a message. `value` is what it comes to: minutes of a duration, the asset
    in capitals, the bare code or handle; else the words themselves.
    """

    kind: EntityKind
    start: int
    end: int
    value: str


_DAY = 24 * 60
_UNITS = {  # minutes, by the words for them; longer words first where one begins another
    1: "minutes|minute|mins|min|分钟|分鐘|分|분|минут\\w*|мин|minutos?|dakika\\w*|dk|phút|menit",
    60: "hours|hour|hrs|hr|h|个小时|個小時|小时|小時|个钟|時間|시간|часов|часа|час|horas?|saat\\w*|tiếng|giờ|jam",
    _DAY: "days|day|d|个工作日|天|日|일|дней|дня|день|días?|dias?|gün\\w*|ngày|hari",
    7 * _DAY: "weeks|week|周|星期|個禮拜|週間|주|недел\\w*|semanas?|hafta\\w*|tuần|minggu",
    30
    * _DAY: "months|month|个月|個月|ヶ月|か月|개월|месяц\\w*|mes(?:es)?|meses|mês|ay|tháng|bulan",
}
_WORDS = {"一": 1, "两": 2, "兩": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8,
          "九": 9, "十": 10, "半": 0.5, "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4,
          "five": 5, "six": 6, "два": 2, "две": 2, "три": 3, "dos": 2, "tres": 3, "dois": 2,
          "duas": 2, "três": 3, "iki": 2, "üç": 3, "hai": 2, "ba": 3, "dua": 2, "tiga": 3}  # fmt: skip
_ASSETS = """btc|xbt|eth|usdt|usdc|sol|xrp|doge|bnb|trx|ada|ton|ltc|bch|dot|avax|matic|link|shib|pepe|
    xlm|atom|etc|dai|busd|bitcoin|ethereum|tether|solana|ripple|tron"""
_MONEY = """usd|eur|gbp|jpy|cny|krw|rub|try|vnd|brl|idr|mxn|ars|dollars?|euros?|рублей|руб|tl|lira|
    reais|pesos|rupiah|đồng|円|元|块|刀|원|만원|u|коп"""
_SUFFIX = {"k": 1e3, "к": 1e3, "тыс": 1e3, "mil": 1e3, "bin": 1e3, "rb": 1e3, "ribu": 1e3, "千": 1e3,
           "천": 1e3, "万": 1e4, "萬": 1e4, "만": 1e4, "m": 1e6, "jt": 1e6, "juta": 1e6, "triệu": 1e6,
           "млн": 1e6}  # fmt: skip


def _either(words: str) -> str:
    return "|".join(sorted(re.sub(r"\s", "", words).split("|"), key=len, reverse=True))


_NUMBER = r"\d{1,12}(?:[.,\u00a0 ]\d{3}){0,4}(?:[.,]\d{1,18})?"
_BASE58 = "[1-9A-HJ-NP-Za-km-z]"
_EDGE = r"(?![A-Za-z0-9_\u00c0-\u024f\u0400-\u052f])"
_SPACED = _either("|".join(word for word in _WORDS if not "一" <= word <= "龥"))
_START = r"(?<![A-Za-z0-9_\u00c0-\u024f\u0400-\u052f])"
_TLD = "com|net|org|io|app|xyz|info|me|co|dev|site|online|top|vip|live|pro|cc|example|ru|cn|jp|kr|br|tr|vn|id"
_PATTERNS = {
    EntityKind.URL: rf"(?:https?://|www\.)[^\s<>\"']{{2,500}}|{_START}(?<![@.])(?:[a-z0-9-]{{1,63}}\.){{1,4}}(?:{_TLD})"
    rf"(?:/[^\s<>\"']{{0,300}}|{_EDGE})",
    EntityKind.HANDLE: r"(?<![\w/.@])@\w{3,32}|(?<![\w/])/?u/[\w-]{3,20}",
    EntityKind.TRANSACTION: rf"{_START}(?:0x)?[0-9a-f]{{64}}{_EDGE}|{_START}{_BASE58}{{86,88}}{_EDGE}",
    EntityKind.ADDRESS: rf"{_START}(?:0x[0-9a-f]{{40}}|bc1[a-z0-9]{{25,62}}|(?-i:T{_BASE58}{{33}})"
    rf"|(?-i:[13]{_BASE58}{{25,34}})){_EDGE}",
    EntityKind.ERROR_CODE: r"(?:error|err|错误|錯誤|エラー|에러|오류|ошибк\w{0,3}|hata|lỗi|erro|código|kode)"
    r"\s?(?:code|码|碼|代码|コード|코드|код|kodu|mã)?[\s:：#(]{0,3}(?P<code>-?\d{3,7})(?!\d)",
    EntityKind.DURATION: rf"{_START}(?P<much>\d{{1,4}}(?:[.,]\d)?|[一两兩二三四五六七八九十半]|(?:{_SPACED})(?=\s))\s?"
    rf"(?:{'|'.join(f'(?P<u{m}>{_either(w)})' for m, w in _UNITS.items())}){_EDGE}",
    EntityKind.AMOUNT: rf"(?:(?P<sign>[$€£¥₩₽₺]|r\$|rp)\s?)?(?P<number>{_NUMBER})\s?"
    rf"(?P<suffix>(?:{_either('|'.join(_SUFFIX))}){_EDGE})?\s?(?P<of>(?:{_either(_ASSETS)}|{_either(_MONEY)}){_EDGE})?",
    EntityKind.ASSET: rf"(?<![\w$])\$[a-z]{{2,10}}{_EDGE}|{_START}(?:{_either(_ASSETS)}){_EDGE}",
}
_NUMBERED = re.compile(r"\d")
_CODED = re.compile(r"\d{3}")
_LONG = re.compile(r"[a-z0-9]{26}", re.IGNORECASE)  # what addresses and transactions have at least
_REMEMBERED = 20_000  # signs
_RECALLED = 256  # texts: who judges a message asks more than once what it names
_COMPILED = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in _PATTERNS.items()}


def entities(text: str) -> tuple[Entity, ...]:
    """All of them, by where they stand; none overlaps another."""
    return _entities(capped(text))


@lru_cache(_RECALLED)
def _entities(text: str) -> tuple[Entity, ...]:
    read, origin = _readable(text)
    found: list[Entity] = []
    taken = bytearray(len(read))
    for kind in _possible(read):
        for match in _COMPILED[kind].finditer(read):
            value = _value(kind, match)
            start, end = match.start(), match.start() + len(match[0].rstrip(".,;:!?)]» "))
            if value and end > start and not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found.append(Entity(kind, origin[start], origin[end - 1] + 1, value))
    return tuple(sorted(found, key=lambda e: e.start))


def _possible(read: str) -> Iterator[EntityKind]:
    """Which kinds are worth looking for: a glance tells that most texts name no address and no code."""
    is_numbered, is_long = _NUMBERED.search(read), _LONG.search(read)
    if "." in read or "://" in read:
        yield EntityKind.URL
    if "@" in read or "/" in read:
        yield EntityKind.HANDLE
    if is_long:
        yield from (EntityKind.TRANSACTION, EntityKind.ADDRESS)
    if is_numbered and _CODED.search(read):
        yield EntityKind.ERROR_CODE
    yield EntityKind.DURATION
    if is_numbered:
        yield EntityKind.AMOUNT
    yield EntityKind.ASSET


class _Plain(dict[int, str]):
    """How signs are read, as met."""

    def __missing__(self, code: int) -> str:
        if len(self) >= _REMEMBERED:
            self.clear()
        plain = self[code] = _plain(chr(code))
        return plain


_SIGNS = _Plain()


def _readable(text: str) -> tuple[str, range | list[int]]:
    """The text without what eyes do not see and with plain digits, and where each sign stood."""
    if text.isascii():
        return text, range(len(text))
    read = text.translate(_SIGNS)
    if read == text:
        return text, range(len(text))
    origin = [at for at, sign in enumerate(text) for _ in _SIGNS[ord(sign)]]
    return capped(read), origin[:LONGEST]  # some signs stand for eighteen


def _plain(sign: str) -> str:
    if sign.isascii() or (sign.isalpha() and not "\uff00" < sign < "\uffef"):
        return sign
    return "" if unicodedata.category(sign) in ("Cf", "Cs") else unicodedata.normalize("NFKC", sign)


def _value(kind: EntityKind, match: re.Match[str]) -> str:
    if kind is EntityKind.DURATION:
        return _minutes(match)
    if kind is EntityKind.AMOUNT:
        return _amount(match)
    words = match[0].rstrip(".,;:!?)]» ")
    if kind is EntityKind.ERROR_CODE:
        return match["code"]
    if kind is EntityKind.HANDLE:
        return words.removeprefix("/").removeprefix("u/").removeprefix("@")
    return words.lstrip("$").upper() if kind is EntityKind.ASSET else words


def _minutes(match: re.Match[str]) -> str:
    much = match["much"].lower().replace(",", ".")
    unit = next(minutes for minutes in _UNITS if match[f"u{minutes}"])
    return (
        f"{_WORDS.get(much) or float(much):g}"
        if unit == 1
        else f"{(_WORDS.get(much) or float(much)) * unit:g}"
    )


def _amount(match: re.Match[str]) -> str:
    """ "1500 USDT"; "" where nothing says that the number is money."""
    of = match["of"] or match["sign"]
    if not of:
        return ""
    number = _number(match["number"]) * _SUFFIX.get((match["suffix"] or "").lower(), 1)
    return f"{number:.12g} {of.upper()}"


def _number(written: str) -> float:
    """ "1,234.5", "1.234,5", "1 234" and "0.004" as they are meant."""
    plain = re.sub(r"[\u00a0 ]", "", written)
    last = max(plain.rfind("."), plain.rfind(","))
    if last < 0:
        return float(plain)
    whole, rest = re.sub("[.,]", "", plain[:last]), plain[last + 1 :]
    thousands = (
        len(rest) == 3 and whole not in ("", "0") and len(set(re.findall("[.,]", plain))) == 1
    )
    return float(whole + rest) if thousands else float(f"{whole or 0}.{rest}")
