"""Who asks what and whom somebody names, as numbers to compare. Pure; what was written cannot be told from them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from zlib import crc32

from monitor.core.messages import Message
from monitor.core.text import normalise

WITHIN = timedelta(minutes=30)  # asked again elsewhere in the same words within this: one question
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BITS = 32


def fingerprint(message: Message) -> int:
    """Of who says what, however it is spelt out. 0: nobody known, or nothing said."""
    text = normalise(message.text)
    if not text or not message.author.id:
        return 0
    return crc32(f"{message.platform}\n{message.author.id}\n{text}".encode())


def asked(said: int, at: datetime) -> int | None:
    """A fingerprint and its half hour as one number: what is near in time is near in the index."""
    return ((at - _EPOCH) // WITHIN << _BITS) + said if said else None


def near(key: int) -> tuple[int, int, int]:
    """Under which numbers the same question can be found."""
    return key - (1 << _BITS), key, key + (1 << _BITS)


def veiled(name: str) -> str:
    """What is kept of whom a message named that has been deleted: enough to know them again."""
    return name if name.startswith("#") else f"#{crc32(name.casefold().encode()):08x}"


def is_named(names: Collection[str], *own: str) -> bool:
    """Does a message that names these, folded or veiled, name somebody who goes by one of their `own` names?"""
    if any(name.casefold() in names for name in own if name):
        return True
    return any(name.startswith("#") for name in names) and any(
        veiled(name) in names for name in own if name
    )
