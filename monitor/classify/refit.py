"""New heads from seeds and corrections: fitted, packed for the database, unpacked. Never puts them in force.

Vectors of known texts are taken from the heads at work.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from monitor.classify.light import LightClassifier, seen_by
from monitor.classify.lightencoder import Encoder
from monitor.classify.lightfeatures import Hits
from monitor.classify.lightfitting import key_of
from monitor.classify.lightmodel import Model, Seen
from monitor.classify.lighttraining import Learn, learned, taught
from monitor.classify.lore import Heads, Lesson
from monitor.classify.rules_classifier import RulesClassifier
from monitor.classify.seeds import Seed
from monitor.core.messages import Author, Message, Platform

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Study:
    """What heads are learned from and with: the judge at work and the seeds it would have without corrections."""

    rules: RulesClassifier
    encoder: Encoder
    base: tuple[Seed, ...]
    incumbent: LightClassifier

    def key(self, lessons: Sequence[Lesson]) -> str:
        """Names the heads that the seeds and these corrections make."""
        seeds = [*self.base, *(one.seed for one in lessons)]
        return key_of(seeds, self.encoder.version, self.rules.version)


def remade(
    rules: RulesClassifier,
    encoder: Encoder,
    base: Sequence[Seed],
    promoted: Heads,
    before: LightClassifier | None,
    learn: Learn = learned,
) -> LightClassifier:
    """The judge of promoted heads. They are learned anew, with the corrections that are left, where rules, seeds or
    corrections are others than those they were made from. ValueError: too few seeds."""
    seeds = [*base, *(one.seed for one in promoted.lessons)]
    key = key_of(seeds, encoder.version, rules.version)
    model = None
    if promoted.weights is not None and key == promoted.key:
        model = unpacked(promoted.weights, key, len(seeds), Hits(rules.rules).width)
    if model is None:
        return taught(rules, encoder, seeds, None, before, learn)
    return LightClassifier(rules, encoder, model, seeds)


def made(study: Study, lessons: Sequence[Lesson], weights: bytes) -> LightClassifier | None:
    """The judge of these weights, None where they do not fit what they are said to be made from."""
    seeds = [*study.base, *(one.seed for one in lessons)]
    width = Hits(study.rules.rules).width
    model = unpacked(weights, study.key(lessons), len(seeds), width)
    return LightClassifier(study.rules, study.encoder, model, seeds) if model else None


def packed(model: Model) -> bytes:
    """The weights in half precision, compressed."""
    arrays = {f.name: np.asarray(getattr(model, f.name)) for f in fields(Model) if f.name != "key"}
    halves = {name: a.astype(np.float16) if a.ndim > 1 else a for name, a in arrays.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **halves)
    return buffer.getvalue()


def unpacked(weights: bytes, key: str, seeds: int, hits: int) -> Model | None:
    """As packed; None for anything that is damaged or was made for others."""
    names = [f.name for f in fields(Model) if f.name != "key"]
    try:
        with np.load(io.BytesIO(weights), allow_pickle=False) as file:
            arrays = {name: file[name].astype(np.float32) for name in names}
        model = Model(**arrays, key=key)
        fits = len(model.seeds) == seeds and len(model.hits) == hits
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile):
        return None
    return model if fits and all(np.isfinite(a).all() for a in arrays.values()) else None


class _Known(Encoder):
    """Vectors of texts that the heads at work have seen; only others are read."""

    def __init__(self, study: Study) -> None:
        model, seeds = study.incumbent.model, study.incumbent.seeds
        self.version = study.encoder.version
        self._encoder = study.encoder
        self._rows = {s.text: row for s, row in zip(seeds, model.seeds, strict=True)}

    def encode(self, texts: Sequence[str]) -> Floats:
        """One row a text."""
        new = [text for text in dict.fromkeys(texts) if text not in self._rows]
        if new:
            self._rows |= dict(zip(new, self._encoder.encode(new), strict=True))
        return np.stack([self._rows[text] for text in texts])


def seen_of(study: Study, seeds: Sequence[Seed]) -> Seen:
    """The seeds as heads see them."""
    readings = study.rules.read_all([written(s.text, s.language) for s in seeds])
    texts = [seed.text for seed in seeds]
    return seen_by(_Known(study), Hits(study.rules.rules), texts, readings)


def written(text: str, language: str) -> Message:
    """An example as if somebody had written it."""
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    return Message(Platform.TELEGRAM, "", "", Author(""), text, long_ago, language_hint=language)
