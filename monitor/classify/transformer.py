"""The tier above the light one: judges with a transformer's eyes what is doubtful, urgent or in a language that the
light encoder lacks. Never raises, never lets anybody wait for long: what it cannot judge stays as it was judged below.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from monitor.classify.light import LightClassifier
from monitor.classify.lightencoder import LANGUAGES, Encoder
from monitor.classify.lightmodel import Model
from monitor.classify.lighttraining import FEWEST
from monitor.classify.rulereading import version_of
from monitor.classify.rules_classifier import RulesClassifier
from monitor.classify.seeds import Seed
from monitor.classify.transformercoming import Away
from monitor.classify.transformerencoder import Remote, Setting
from monitor.classify.transformertraining import Joined, learned
from monitor.classify.transformerworker import BATCH, Raw
from monitor.core.assessment import Assessment, Urgency
from monitor.core.evaluation import Weighed
from monitor.core.messages import Message
from monitor.core.text import capped

Matter = tuple[RulesClassifier, Encoder | None, Sequence[Seed]]
_GROUP = 4 * BATCH  # messages whose judgement waits until the model has read them all
_BROKEN = (ArithmeticError, LookupError, ValueError, RuntimeError, MemoryError, TypeError, OSError)


@dataclass(frozen=True, slots=True)
class Calls:
    """When it is called: always, or below a confidence, from an urgency on, and for languages nobody below reads."""

    always: bool = False
    below: float = 0.8
    urgent: Urgency = Urgency.HIGH

    def wants(self, judged: Assessment) -> bool:
        """Is this judgement worth a second look?"""
        return (
            self.always
            or judged.confidence < self.below
            or judged.urgency >= self.urgent
            or judged.language not in LANGUAGES
        )


class TransformerClassifier(LightClassifier):
    """The light tier's way of judging, on richer vectors. Raises Away when the model does."""

    def __init__(
        self,
        rules: RulesClassifier,
        encoder: Joined,
        model: Model,
        seeds: Sequence[Seed],
        remote: Remote,
    ) -> None:
        """`model` was learned from `seeds` as `encoder` sees them."""
        super().__init__(rules, encoder, model, seeds)
        self.version = (
            f"transformer/{version_of({'model': model.key, 'rules': rules.rules.version})}"
        )
        self.remote = remote
        self._joined = encoder

    def _weigh(self, messages: Sequence[Message], prior: Mapping[str, str] | None) -> list[Weighed]:
        """All that needs no rows of the model comes while it reads; what needs them, group by group while it reads on.
        One thread, for the model needs the other processor.
        """
        texts = [capped(m.text) for m in messages]
        coming = self._joined.begin(texts)
        looked = self._look(texts, messages, prior)
        light = self._joined.light(texts)
        weighed: dict[int, Weighed] = {}
        for group in _groups(len(texts)):
            places, rows = coming.take(group)
            mine = looked.only(places)
            meaning = self._joined.join(rows, None if light is None else light[places])
            told = self._tell(mine, self.model.chances(mine.seen(meaning)))
            weighed.update(zip(places, told, strict=True))
        return [weighed[at] for at in range(len(texts))]

    def raw(self, texts: Sequence[str]) -> Raw:
        """The bare model on these texts, for comparison."""
        return self.remote.raw(texts)


def _groups(count: int) -> list[slice]:
    """In the order in which the model reads. The last is small, for then everybody waits for us."""
    ends = [*range(_GROUP, count - BATCH, _GROUP), max(0, count - BATCH), count]
    return [slice(*pair) for pair in pairwise([0, *ends]) if pair[0] < pair[1]]


class TransformerTier:
    """Learns in the background, judges when it has. Safe to use from any thread."""

    def __init__(
        self,
        setting: Setting,
        calls: Calls = Calls(),
        cache: Path | None = None,
        *,
        remote: Remote | None = None,
    ) -> None:
        """Nothing is loaded before `follow`. `remote` is for tests."""
        self._calls = calls
        self._cache = cache
        self.remote = remote or Remote(setting)
        self._name = setting.name
        self._judge: TransformerClassifier | None = None
        self._trouble: str | None = None
        self._wanted: Matter | None = None
        self._last: Matter | None = None
        self._lock = threading.Lock()
        self._learning: threading.Thread | None = None

    @property
    def judge(self) -> TransformerClassifier | None:
        """Judges everything itself; None until it has learned."""
        return self._judge

    @property
    def version(self) -> str | None:
        """As its judgements name it; None while it judges nothing."""
        return self._judge.version if self._judge and not self.remote.trouble else None

    @property
    def problem(self) -> str | None:
        """Why the tier below judges alone, always in the same words while the trouble lasts."""
        why = self._trouble or self.remote.trouble
        return (
            f"The model {self._name} is out: {why}. The next tier judges meanwhile."
            if why
            else None
        )

    def follow(self, rules: RulesClassifier, light: Encoder | None, seeds: Sequence[Seed]) -> None:
        """Learn from these, in the background; what was learned before judges until then."""
        with self._lock:
            self._wanted = self._last = (rules, light, tuple(seeds))
            if self._learning is None:
                self._learning = threading.Thread(target=self._learn, name="learn", daemon=True)
                self._learning.start()

    def wait(self) -> None:
        """Until everything wanted is learned, or cannot be."""
        while (thread := self._learning) is not None:
            thread.join()

    def settle(self) -> TransformerClassifier:
        """Wait until everything wanted is learned. Away when it cannot be."""
        self.wait()
        if self._judge is None:
            raise Away(self._trouble or self.remote.trouble or "the model has learned nothing")
        return self._judge

    def over(
        self,
        messages: Sequence[Message],
        prior: Mapping[str, str] | None,
        judged: list[Assessment],
    ) -> list[Assessment]:
        """The judgements of the tier below, those worth it replaced by its own."""
        judge = self._judge
        asked = [at for at, one in enumerate(judged) if self._calls.wants(one)]
        if judge is None or not asked:
            self._try_again()
            return judged
        try:
            better = dict(
                zip(asked, judge.assess([messages[at] for at in asked], prior), strict=True)
            )
        except Away:
            return judged
        except _BROKEN as error:
            self._trouble, self._judge = f"{type(error).__name__}: {error}", None
            return judged
        return [better.get(at, one) for at, one in enumerate(judged)]

    def close(self) -> None:
        """End the model's process."""
        self.remote.close()

    def _try_again(self) -> None:
        """A model that was away while it should learn may be back."""
        idle = self._judge is None and self._learning is None and self._trouble is None
        if idle and self._last is not None and not self.remote.resting:
            self.follow(*self._last)

    def _learn(self) -> None:
        while True:
            with self._lock:
                wanted, self._wanted = self._wanted, None
                if wanted is None:
                    self._learning = None
                    return
            self._learn_one(*wanted)

    def _learn_one(
        self, rules: RulesClassifier, light: Encoder | None, seeds: Sequence[Seed]
    ) -> None:
        if len(seeds) < FEWEST:
            self._trouble = f"{len(seeds)} examples are too few to learn from, {FEWEST} are needed"
            return
        try:
            encoder, model = learned(rules, self.remote, light, seeds, self._cache)
            self._judge = TransformerClassifier(rules, encoder, model, seeds, self.remote)
            self._trouble = None
        except Away:
            return  # the remote tells why, and is asked again
        except _BROKEN as error:
            self._trouble = f"it could not learn ({type(error).__name__}: {error})"
