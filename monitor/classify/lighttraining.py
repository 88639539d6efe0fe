"""From seeds to a light classifier: what was learned before is taken from its file, else it is learned
now. Never asks the network.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.classify import lightfiles, lightfitting
from monitor.classify.light import LightClassifier
from monitor.classify.lightencoder import Encoder
from monitor.classify.lightfeatures import Hits, pieces, spoken
from monitor.classify.lightmodel import Model, Seen
from monitor.classify.rules_classifier import RulesClassifier
from monitor.classify.seeds import Seed
from monitor.core.messages import Author, Message, Platform

Floats = NDArray[np.float32]
FEWEST = 50  # seeds; fewer teach nothing that the rules do not know


@dataclass(frozen=True, slots=True)
class Matter:
    """What heads are learned from: the seeds, who reads them, and the vectors of texts that are `known`."""

    rules: RulesClassifier
    seeds: tuple[Seed, ...]
    known: Mapping[str, Floats]
    key: str

    @property
    def texts(self) -> list[str]:
        """Of the seeds, in order."""
        return [seed.text for seed in self.seeds]

    @property
    def unread(self) -> list[str]:
        """The texts whose vectors are not known."""
        return [text for text in dict.fromkeys(self.texts) if text not in self.known]


Learn = Callable[[Matter, Encoder], Model]


def learned(matter: Matter, encoder: Encoder | None) -> Model:
    """Learn here and now. Without an `encoder` only where everything is known."""
    rows = dict(matter.known)
    if encoder is not None and (new := matter.unread):
        rows |= dict(zip(new, encoder.encode(new), strict=True))
    readings = matter.rules.read_all([as_message(seed) for seed in matter.seeds])
    meaning = np.stack([rows[text] for text in matter.texts])
    cut = pieces([r.matched for r in readings])
    hits = Hits(matter.rules.rules).of(readings, matter.texts)
    model = lightfitting.fit(matter.seeds, Seen(meaning, cut, hits, spoken(readings)), matter.key)
    _give_back()
    return model


def taught(
    rules: RulesClassifier,
    encoder: Encoder,
    seeds: Sequence[Seed],
    cache: Path | None,
    before: LightClassifier | None = None,
    learn: Learn = learned,
) -> LightClassifier:
    """The classifier that `seeds` make. `before` lends the vectors it has. ValueError: too few seeds.

    With other rules but the same seeds the heads of `before` stay: what they know of the rules are
    topics and urgencies, not single words."""
    if before is not None and list(seeds) == list(before.seeds):
        return LightClassifier(rules, encoder, before.model, seeds)
    if len(seeds) < FEWEST:
        raise ValueError(f"{len(seeds)} examples are too few, {FEWEST} are needed")
    key = lightfitting.key_of(seeds, encoder.version, rules.version)
    kept = lightfiles.kept(cache, key, len(seeds), Hits(rules.rules).width) if cache else None
    model = kept or learn(Matter(rules, tuple(seeds), _known(before), key), encoder)
    if kept is None and cache is not None:
        lightfiles.keep(cache, model)
    return LightClassifier(rules, encoder, model, seeds)


def _known(before: LightClassifier | None) -> dict[str, Floats]:
    if before is None:
        return {}
    return {s.text: v for s, v in zip(before.seeds, before.model.seeds, strict=True)}


def _give_back() -> None:
    """Learning takes several times the memory of judging, and the C library of Linux would keep it."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def as_message(seed: Seed) -> Message:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    hint = seed.language
    return Message(Platform.TELEGRAM, "", "", Author(""), seed.text, long_ago, language_hint=hint)
