"""Whether somebody who is not of the team calls themselves as if they were. Pure; by names alone, so nobody is judged a
cheat by it: such a person's words only don't count as an answer, and the team is told.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from monitor.core.assessment import Assessment
from monitor.core.messages import Author
from monitor.core.quick import replace

PRETENDS = "pretends"  # the signal of a message whose author's name does
_KEPT = 8_192  # authors whose names were looked at; most write more than once

_OFFICIAL = (
    "support", "official", "admin", "moderator", "helpdesk", "help desk", "customer care", "customer service",
    "客服", "官方", "管理员", "管理員", "サポート", "公式", "고객센터", "고객지원", "공식",
    "поддержка", "админ", "soporte", "oficial", "destek", "resmi", "suporte", "hỗ trợ", "cskh",
    "dukungan", "layanan pelanggan",
)  # fmt: skip
_HARMLESS = ("badminton", "supporter", "unofficial", "não oficial", "no oficial")
_TWINS = str.maketrans(
    "0134578аеорсухіѕ", "oieasbbaeopcyxis"
)  # figures and Cyrillic that look like Latin


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _folded(text: str) -> str:
    """As it looks at a glance."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _plain(bare).translate(_TWINS)


_CLAIMS = tuple(dict.fromkeys(_plain(word) for word in _OFFICIAL))
_NO_CLAIMS = tuple(dict.fromkeys(_plain(word) for word in _HARMLESS))


@lru_cache(maxsize=_KEPT)
def pretends(name: str, handle: str, team: tuple[str, ...]) -> bool:
    """Does this name claim an office, or is it a team member's? For people who are not on the roster."""
    folded = _folded(name)
    for claim in (_plain(name), folded, _plain(handle), _folded(handle)):
        said = claim
        for word in _NO_CLAIMS:
            said = said.replace(word, " ")
        if any(word in said for word in _CLAIMS):
            return True
    return bool(_plain(name)) and any(folded == _folded(one) for one in team)


def noted(assessment: Assessment, author: Author, team: tuple[str, ...]) -> Assessment:
    """The assessment of a message, with what its author's name says."""
    if not pretends(author.name, author.handle, team):
        return assessment
    return replace(assessment, signals=assessment.signals | {PRETENDS})


def shown(name: str, handle: str, longest: int = 40) -> str:
    """A stranger's name as we may repeat it in public: no link, no mention, nothing that is not a name; "" if
    nothing is left."""
    said = unicodedata.normalize("NFKC", name or handle)
    kept = "".join(
        c if c.isalnum() or c in " |-_'" or unicodedata.combining(c) else "" for c in said
    )
    return " ".join(kept.split())[:longest].strip()
