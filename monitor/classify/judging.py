"""What a tier is, what every judge offers, and where a user's programs keep what they can make anew."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeVar

from monitor.core.assessment import Assessment
from monitor.core.messages import Message

T = TypeVar("T")


class Tier(StrEnum):
    """How a judge works."""

    RULES = "rules"
    LIGHT = "light"
    TRANSFORMER = "transformer"


class NoTier(Exception):
    """The tier that was asked for does not work here; str() says why and what to do."""


class Judge(Protocol):
    """What every tier offers."""

    @property
    def version(self) -> str:
        """Names the judge and its rules or weights."""

    def assess(
        self, messages: Sequence[Message], prior: Mapping[str, str] | None = None
    ) -> list[Assessment]:
        """One assessment a message, in order."""


def signing(judges: Sequence[Judge], taught: str) -> dict[str, Judge]:
    """Judges by the names with which they sign; what a correction has decided carries the name of what is `taught`."""
    found = {one.version: one for one in judges}
    return found | ({f"{name}+{taught}": one for name, one in found.items()} if taught else {})


def made(third: Callable[[], T] | None) -> tuple[T | None, str | None]:
    """The tier of a model, or why there is none."""
    try:
        return (third() if third else None), None
    except ImportError:
        return None, "The model needs numpy; install the extra transformers. The next tier judges."


def cache_folder() -> Path:
    """Where this user's programs keep what they can make anew."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(given) if given else Path.home() / ".cache") / "response-desk"
