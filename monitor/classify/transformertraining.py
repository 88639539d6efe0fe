"""What the transformer tier learns: heads on its vectors and those of the light tier, from the seeds. The seeds'
vectors are kept on the disk, for reading them takes longest. Never learns from what is measured.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.classify import lightfitting
from monitor.classify.light import seen_by
from monitor.classify.lightencoder import Encoder
from monitor.classify.lightfeatures import Hits
from monitor.classify.lightmodel import Model
from monitor.classify.lighttraining import as_message
from monitor.classify.rules_classifier import RulesClassifier
from monitor.classify.seeds import Seed
from monitor.classify.transformercoming import Coming
from monitor.classify.transformerencoder import Remote
from monitor.classify.transformerworker import Ready

Floats = NDArray[np.float32]
_KIND = "4"  # goes up whenever vectors or their joining change
# What part of a joined vector's length is the transformer's; by cross-validation on the seeds.
_SHARE = 2 / 3
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


class Joined(Encoder):
    """What both encoders see, as one vector of length 1. Raises Away when the transformer does.

    Its own vectors all point nearly the same way; what they have in common (`centre`) is taken away."""

    def __init__(self, remote: Remote, light: Encoder | None, centre: Floats, ready: Ready) -> None:
        """`light` None: the transformer's vectors alone."""
        self._remote, self._light, self._centre = remote, light, centre
        self._layers = ready.layers
        own = f"{_KIND} {ready.digest} {remote.setting.prefix}"
        self.version = f"{own} {light.version if light else ''}"

    def encode(self, texts: Sequence[str]) -> Floats:
        """One row of length 1 a text. Both encoders read at the same time."""
        coming = self.begin(texts)
        return self.join(coming.whole(), self.light(texts))

    def begin(self, texts: Sequence[str]) -> Coming:
        """Have the transformer read them, while others look at what they say besides."""
        return self._remote.begin(texts)

    def light(self, texts: Sequence[str]) -> Floats | None:
        """What the light encoder sees, for `join`; None where there is none."""
        return self._light.encode(texts) if self._light else None

    def join(self, own: Floats, light: Floats | None) -> Floats:
        """The transformer's rows and the light encoder's of the same texts, as one vector of length 1 a text."""
        return joined(apart(own, self._layers, self._centre), light)


def apart(rows: Floats, layers: int, centre: Floats) -> Floats:
    """The transformer's rows without what all have in common, at length 1, every layer alike."""
    parts = (rows - centre).reshape(len(rows), layers, -1)
    parts /= np.maximum(np.linalg.norm(parts, axis=2, keepdims=True), 1e-6)
    return np.asarray(parts.reshape(rows.shape) / np.sqrt(layers), dtype=np.float32)


def joined(own: Floats, light: Floats | None) -> Floats:
    """Both encoders' rows side by side, at length 1."""
    if light is None:
        return own
    whole = np.concatenate([np.sqrt(1 - _SHARE) * light, np.sqrt(_SHARE) * own], axis=1)
    return np.asarray(whole, dtype=np.float32)


def vectors(remote: Remote, texts: Sequence[str], digest: str, cache: Path | None) -> Floats:
    """The transformer's rows of these texts; those read before are taken from the disk. Away."""
    name = hashlib.sha256(
        f"{_KIND}\0{digest}\0{remote.setting.prefix}\0{remote.setting.longest}".encode()
    )
    file = cache / f"vectors-{name.hexdigest()[:16]}.npz" if cache else None
    known = _known(file) if file else {}
    keys = [hashlib.sha256(t.encode("utf-8", "surrogatepass")).hexdigest()[:24] for t in texts]
    new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    if new:
        known |= dict(zip(new, remote.encode(list(new.values())), strict=True))
        if file:
            _write(
                file,
                names=np.array(keys),
                rows=np.stack([known[k] for k in keys]).astype(np.float16),
            )
    return np.stack([known[key] for key in keys]).astype(np.float32)


def _known(file: Path) -> dict[str, Floats]:
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as read:
            names, rows = read["names"], read["rows"]
            if rows.ndim != 2 or len(names) != len(rows) or not np.isfinite(rows).all():
                return {}
            return dict(zip(names.tolist(), rows.astype(np.float32), strict=True))
    except _UNREADABLE:
        return {}


def _write(file: Path, **arrays: NDArray[np.generic]) -> None:
    """Whole or not at all; where it cannot be, it is made again next time."""
    draft = file.with_suffix(f".{os.getpid()}.tmp")
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as opened:
            np.savez(opened, allow_pickle=False, **arrays)
        draft.replace(file)


def learned(
    rules: RulesClassifier,
    remote: Remote,
    light: Encoder | None,
    seeds: Sequence[Seed],
    cache: Path | None,
) -> tuple[Joined, Model]:
    """The encoder and the heads that the seeds make, from the disk where they lie there. Away."""
    ready = remote.wait()
    room = cache / "transformer" if cache else None
    rows = _rows(remote, seeds, ready.digest, room)
    encoder = Joined(remote, light, rows.mean(axis=0), ready)
    key = lightfitting.key_of(seeds, encoder.version, rules.version)
    file = room / f"heads-{key}.npz" if room and not any(seed.by for seed in seeds) else None
    model = _kept(file, key) if file else None
    if model is None:
        own = apart(rows, ready.layers, rows.mean(axis=0))
        both = joined(own, light.encode([seed.text for seed in seeds]) if light else None)
        model = _fitted(rules, both, seeds, key)
        if file:
            _keep(file, model)
    return encoder, model


def _rows(remote: Remote, seeds: Sequence[Seed], digest: str, room: Path | None) -> Floats:
    """What people wrote is never kept in a file, for nobody would find it there to erase it."""
    shipped = [seed.text for seed in seeds if not seed.by]
    known = dict(zip(shipped, vectors(remote, shipped, digest, room), strict=True))
    theirs = list({seed.text for seed in seeds if seed.by} - known.keys())
    known |= dict(zip(theirs, remote.encode(theirs), strict=True))
    return np.stack([known[seed.text] for seed in seeds])


class _Read(Encoder):
    """Hands out rows that were read before, in their order."""

    def __init__(self, rows: Floats) -> None:
        self._rows = rows

    def encode(self, texts: Sequence[str]) -> Floats:
        """The rows of exactly these texts."""
        return self._rows


def _fitted(rules: RulesClassifier, rows: Floats, seeds: Sequence[Seed], key: str) -> Model:
    readings = rules.read_all([as_message(seed) for seed in seeds])
    seen = seen_by(_Read(rows), Hits(rules.rules), [seed.text for seed in seeds], readings)
    return lightfitting.fit(seeds, seen, key)


def _keep(file: Path, model: Model) -> None:
    _write(file, **{f.name: getattr(model, f.name) for f in fields(Model) if f.name != "key"})
    for old in file.parent.glob("heads-*.npz"):
        if old != file:
            old.unlink(missing_ok=True)


def _kept(file: Path, key: str) -> Model | None:
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as read:
            arrays = {f.name: read[f.name] for f in fields(Model) if f.name != "key"}
    except _UNREADABLE:
        return None
    whole = all(a.dtype == np.float32 and bool(np.isfinite(a).all()) for a in arrays.values())
    return Model(**arrays, key=key) if whole else None
