"""The best judge that works here: light where its extra is installed, else the rules. Never down: what
breaks is told once and the next tier takes over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.classify.faq import Eyes
from monitor.classify.judging import Judge, NoTier, Tier, cache_folder, made, signing
from monitor.classify.lighttier import BROKEN, CLOCKS, Clocks, LightTier
from monitor.classify.lore import Lore
from monitor.classify.memory import Memory, memory_of
from monitor.classify.rulefiles import LiveRules
from monitor.classify.rules_classifier import RulesClassifier
from monitor.classify.seeds import LiveSeeds, Seed, Stamp, seeds_of
from monitor.core.assessment import Assessment
from monitor.core.messages import Message

if TYPE_CHECKING:
    from monitor.classify.lightencoder import Encoder
    from monitor.classify.lightlearning import School
    from monitor.classify.refit import Study
    from monitor.classify.transformer import TransformerTier

_LEAVING = 1.0  # seconds for whoever learns to notice that the program ends
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
        school: School | None = None,
        clocks: Clocks = CLOCKS,
    ) -> None:
        """`live` are the rules of `folder`; what was learned is kept in `cache` (None: nowhere).
        `encoder` makes the sentence encoder, the installed one if not given; that one learns in a process of its own,
        any other in `school`. `third` makes the tier of a transformer, none if not given. `clocks`: see LightTier.

        Raises NoTier only if `only` is given and does not work; then nothing stands in for that tier later either.
        """
        self._live = live
        self._lock = threading.Lock()
        offered = only is not Tier.RULES
        self._light = LightTier(
            cache, offered=offered, encoder=encoder, school=school, clocks=clocks
        )
        self._seeds = LiveSeeds(folder)
        self._read: tuple[RulesClassifier, Stamp, str | None] | None = None
        self._base: Sequence[Seed] = ()
        self._lore = Lore()
        self._memory = Memory((), lambda: live.classifier)
        self._third, self._third_trouble = made(third)
        if only is Tier.LIGHT:
            self._light.demand()
        self._follow()
        if self._light.offered and self._read is None:
            raise KeyboardInterrupt("ended while it learned")
        self._only = self._settled(only)
        if only is Tier.LIGHT and self._light.judge is None:
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
        """End what learns just now, and the process of the model, where there is one."""
        self._light.close()
        if self._third is not None:
            self._third.close()
        if self._lock.acquire(timeout=_LEAVING):  # whoever was waiting for it has noticed
            self._lock.release()

    @property
    def judge(self) -> Judge:
        """The tier at work."""
        return self._only or self._light.judge or self._live.classifier

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
            light, encoder = self._light.judge, self._light.encoder
            if light is None or encoder is None or self._read is None:
                return None
            from monitor.classify.refit import Study

            return Study(light.rules, encoder, tuple(self._base), light)

    def learn(self, lore: Lore) -> None:
        """Judge from now on by what the team has taught."""
        with self._lock:
            self._lore = lore
            self._follow()
            self._remember()

    @property
    def eyes(self) -> Eyes | None:
        """What the FAQ sees with: the light tier's encoder and the vectors of its seeds."""
        light, encoder = self._light.judge, self._light.encoder
        return (
            Eyes(encoder, light.model.seeds) if light is not None and encoder is not None else None
        )

    @property
    def problem(self) -> str | None:
        """What keeps a better tier from working, or its newest seeds from counting."""
        third = self._third.problem if self._third else self._third_trouble
        return self._light.trouble or self._seeds.problem or third

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
        except BROKEN as error:
            why = f"failed ({type(error).__name__}: {error})"
            self._without_light(lambda: self._light.give_up(why))
            return judged

    def _judged(
        self, messages: Sequence[Message], prior: Mapping[str, str] | None
    ) -> list[Assessment]:
        judged, trouble = self._light.judged(messages, prior)
        if trouble is not None:
            self._without_light(trouble)
        return self._live.assess(messages, prior) if judged is None else judged

    def refresh(self) -> str | None:
        """Follow the rules in force (their owner refreshes them) and the seeds on the disk. The
        standing problem, or None while all is well.
        """
        with self._lock:
            rested = self._light.rested()
            if rested:
                self._read = None
            self._follow()
            if rested:
                self._remember()
        return self.problem

    def _without_light(self, leave: Callable[[], None]) -> None:
        with self._lock:
            leave()
            self._remember()

    def _remember(self) -> None:
        """Have the corrections at hand; only the light tier can compare meanings."""
        encoder, rules = self._light.encoder if self._light.judge else None, self._live
        try:
            self._memory = memory_of(self._lore.lessons, lambda: rules.classifier, encoder)
        except BROKEN:  # judging fails in the same way, and tells
            self._memory = Memory(self._lore.lessons, lambda: rules.classifier)

    def _follow(self) -> None:
        """Make the light tier anew when rules or seeds are others than those it stands on."""
        heads = self._lore.heads
        now = (self._live.classifier, self._seeds.stamp(), heads.name if heads else None)
        if not (self._light.offered or self._third) or (
            self._read and now[0] is self._read[0] and now[1:] == self._read[1:]
        ):
            return
        self._read = now
        self._base = seeds = [*self._seeds.read(), *seeds_of(now[0].rules)]
        if self._light.offered and not self._light.learn(now[0], seeds, heads):
            self._read = None  # again at the next look, should there be one
            return
        if self._third is not None:
            taught = [one.seed for one in heads.lessons] if heads else []
            self._third.follow(now[0], self._light.encoder, [*seeds, *taught])
