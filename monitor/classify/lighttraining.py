"""From seeds to a light classifier: what was learned before is taken from its file, else it is learned
now. Never asks the network.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.classify import lightfiles, lightfitting
from monitor.classify.light import LightClassifier
from monitor.classify.lightencoder import WIDTH, Encoder
from monitor.classify.lightfeatures import Hits, pieces, spoken
from monitor.classify.lightmodel import Model, Seen
from monitor.classify.rules_classifier import RulesClassifier
from monitor.classify.seeds import Seed
from monitor.core.messages import Author, Message, Platform

Floats = NDArray[np.float32]
FEWEST = 50  # seeds; fewer teach nothing that the rules do not know


def taught(
    rules: RulesClassifier,
    encoder: Encoder,
    seeds: Sequence[Seed],
    cache: Path | None,
    before: LightClassifier | None = None,
) -> LightClassifier:
    """The classifier that `seeds` make. `before` lends the vectors it has. ValueError: too few seeds.

    With other rules but the same seeds the heads of `before` stay: what they know of the rules are
    topics and urgencies, not single words."""
    if before is not None and list(seeds) == list(before.seeds):
        return LightClassifier(rules, encoder, before.model, seeds)
    if len(seeds) < FEWEST:
        raise ValueError(f"{len(seeds)} examples are too few, {FEWEST} are needed")
    key = lightfitting.key_of(seeds, encoder.version, rules.version)
    hits = Hits(rules.rules)
    kept = lightfiles.kept(cache, key, len(seeds), hits.width) if cache else None
    model = kept or _learned(rules, encoder, seeds, hits, key, before)
    if kept is None and cache is not None:
        lightfiles.keep(cache, model)
    return LightClassifier(rules, encoder, model, seeds)


def _learned(
    rules: RulesClassifier,
    encoder: Encoder,
    seeds: Sequence[Seed],
    hits: Hits,
    key: str,
    before: LightClassifier | None,
) -> Model:
    readings = rules.read_all([as_message(seed) for seed in seeds])
    texts = [seed.text for seed in seeds]
    cut = pieces([r.matched for r in readings])
    vectors = _vectors(encoder, texts, before)
    seen = Seen(vectors, cut, hits.of(readings, texts), spoken(readings))
    model = lightfitting.fit(seeds, seen, key)
    _give_back()
    return model


def _give_back() -> None:
    """Learning takes several times the memory of judging, and the C library of Linux would keep it."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _vectors(encoder: Encoder, texts: Sequence[str], before: LightClassifier | None) -> Floats:
    known: dict[str, Floats] = {}
    if before is not None:
        known = {s.text: v for s, v in zip(before.seeds, before.model.seeds, strict=True)}
    new = [text for text in dict.fromkeys(texts) if text not in known]
    known |= dict(zip(new, encoder.encode(new), strict=True))
    return np.stack([known[t] for t in texts]) if texts else np.zeros((0, WIDTH), np.float32)


def as_message(seed: Seed) -> Message:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    hint = seed.language
    return Message(Platform.TELEGRAM, "", "", Author(""), seed.text, long_ago, language_hint=hint)
