"""Whether somebody who is not of the team calls themselves as if they were. Pure; by names alone, so it only warns."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_OFFICIAL = (
    "support", "official", "admin", "moderator", "helpdesk", "help desk", "customer care", "customer service",
    "客服", "官方", "管理员", "管理員", "サポート", "公式", "고객센터", "고객지원", "공식",
    "поддержка", "админ", "soporte", "oficial", "destek", "resmi", "suporte", "hỗ trợ", "cskh",
    "dukungan", "layanan pelanggan",
)  # fmt: skip
_TWINS = str.maketrans(
    "0134578аеорсухіѕ", "oieasbbaeopcyxis"
)  # figures and Cyrillic that look like Latin


def pretends(name: str, handle: str, team: Iterable[str]) -> bool:
    """Does this name claim an office, or is it a team member's? For people who are not on the roster."""
    shown, plain = _plain(name), _folded(name)
    claims = (shown, plain, _plain(handle), _folded(handle))
    if any(_plain(word) in claim for word in _OFFICIAL for claim in claims):
        return True
    return bool(plain) and any(plain == _folded(one) for one in team)


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _folded(text: str) -> str:
    """As it looks at a glance."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _plain(bare).translate(_TWINS)
