"""The tier above the light one: judges with a transformer's eyes what is doubtful, urgent or in a language that the
light encoder lacks. Never raises, never lets anybody wait for long: what it cannot judge stays as it was judged below.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.classify.light import LightClassifier
from monitor.classify.lightencoder import LANGUAGES, Encoder
from monitor.classify.lightmodel import Model
from monitor.classify.lighttraining import FEWEST
from monitor.classify.rulereading import version_of
from monitor.classify.rules_classifier import RulesClassifier
from monitor.classify.seeds import Seed
from monitor.classify.transformerencoder import Away, Remote, Setting
from monitor.classify.transformertraining import Joined, learned
from monitor.classify.transformerworker import BATCH, Raw
from monitor.core.assessment import Assessment, Urgency
from monitor.core.evaluation import Weighed
from monitor.core.messages import Message

Matter = tuple[RulesClassifier, Encoder | None, Sequence[Seed]]
_ROUND = 4 * BATCH  # texts that the model reads before others look at them
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

    def weigh(
        self, messages: Sequence[Message], prior: Mapping[str, str] | None = None
    ) -> list[Weighed]:
        """As below. The model reads on while others look at what it has read; texts of nearly one length together,
        and the shortest last, so that little is left to do when it has read everything.
        """
        order = sorted(range(len(messages)), key=lambda at: -_length(messages[at].text))
        rounds = [order[at : at + _ROUND] for at in range(0, len(order), _ROUND)]
        weighed: dict[int, Weighed] = {}
        with self._joined.reading([[messages[at].text for at in one] for one in rounds]):
            for one in rounds:
                part = self._weigh([messages[at] for at in one], prior)
                weighed.update(zip(one, part, strict=True))
        return [weighed[at] for at in range(len(messages))]

    def raw(self, texts: Sequence[str]) -> Raw:
        """The bare model on these texts, for comparison."""
        return self.remote.raw(texts)


def _length(text: str) -> int:
    """Bytes: about as the model counts, in every script."""
    return len(text.encode("utf-8", "surrogatepass"))


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
