"""Which FAQ entry means the same as a question, in whatever language: a small linear model on sentence vectors. Never
reads a file but its own cache, and never decides what is said.

Ridge regression onto "is of this entry", with "is of none" as one more class; how each question would be judged had it
been left out is then arithmetic, no refitting. The seeds of the light tier stand, lightly weighted, for everything else
that people write: with the 561 shipped questions and 169 negatives, each left out in turn, they cost a tenth of the
answers (69 % instead of 79 %, at 98 % precision, languages that the encoder reads), and on 800 messages written by
others they leave 7 answered instead of 60, most of which were near misses.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from monitor.classify.faq_words import NONE, Leads, Sample

Floats = NDArray[np.float32]
_PENALTY = 1.0  # chosen by leaving questions out; from 0.3 to 2 the figures are the same within a few points
_OF_TALK = 0.1  # weight of one seed: some of them the FAQ does answer
_LEAST = (
    0.08  # below this an entry has nothing to do with the text, however far the others are behind
)
_KIND = "1"  # goes up when vectors are made otherwise


class Encodes(Protocol):
    """What is needed of the light tier's encoder."""

    @property
    def version(self) -> str:
        """Names its weights."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """One row of length 1 a text."""


class Meaning:
    """How far each entry leads by meaning. Safe to use from several threads."""

    def __init__(self, encoder: Encodes, samples: Sequence[Sample], cache: Path | None = None,
                 talk: Floats | None = None, known: Meaning | None = None) -> None:  # fmt: skip
        """`talk`: vectors of what people write otherwise; `known` lends the vectors it has; `cache` is a folder that
        keeps them for the next start."""
        self.encoder = encoder
        self.entries = sorted({s.entry for s in samples if s.entry != NONE})
        self.texts = [s.text for s in samples]
        self.vectors = _vectors(encoder, self.texts, cache, known)
        self._samples = samples
        vectors = self.vectors.astype(np.float64)
        columns = [*self.entries, NONE]
        self._wanted = np.zeros((len(samples), len(columns)))
        for row, sample in enumerate(samples):
            self._wanted[row, columns.index(sample.entry)] = 1
        likeness = vectors.T @ vectors + _PENALTY * np.eye(vectors.shape[1])
        seen = vectors.T @ self._wanted
        if talk is not None and talk.ndim == 2 and talk.shape[1] == vectors.shape[1]:
            likeness += _OF_TALK * (talk.T @ talk)
            seen[:, -1] += _OF_TALK * talk.sum(axis=0)
        self._inverse = np.linalg.inv(likeness)
        self._weights = (self._inverse @ seen).astype(np.float32)

    def ranked(self, texts: Sequence[str]) -> list[Leads]:
        """For each text the entries with their lead over the next best competitor, best first."""
        if not self.entries:
            return [[] for _ in texts]
        return [self._leads(row) for row in self.encoder.encode(texts) @ self._weights]

    def left_out(self) -> list[Leads]:
        """The same for every sample as if it had not been there."""
        if not self.entries:
            return [[] for _ in self._samples]
        vectors = self.vectors.astype(np.float64)
        pull = np.einsum("ij,jk,ik->i", vectors, self._inverse, vectors)[:, None]
        judged = vectors @ self._weights.astype(np.float64)
        return [self._leads(row) for row in (judged - pull * self._wanted) / (1 - pull)]

    def _leads(self, scores: NDArray[np.floating]) -> Leads:
        none = float(scores[-1])
        order = np.argsort(-scores[:-1], kind="stable")
        best = float(scores[order[0]])
        second = float(scores[order[1]]) if len(order) > 1 else 0.0
        return [
            (
                self.entries[at],
                score - max(best if place else second, none) if score >= _LEAST else -1.0,
            )
            for place, at in enumerate(order.tolist())
            for score in (float(scores[at]),)
        ]

    def nearest(self, text: str, entry: str) -> str:
        """Which of the entry's questions means most nearly the same."""
        rows = [at for at, s in enumerate(self._samples) if s.entry == entry]
        close = self.vectors[rows] @ self.encoder.encode([text])[0]
        return self.texts[rows[int(close.argmax())]]


def _vectors(
    encoder: Encodes, texts: Sequence[str], cache: Path | None, known: Meaning | None
) -> Floats:
    if not texts:
        return np.zeros((0, 1), dtype=np.float32)
    path = cache / f"faq-{_key(encoder, texts)}.npz" if cache is not None else None
    kept = _kept(path, len(texts)) if path is not None else None
    if kept is not None:
        return kept
    have = dict(zip(known.texts, known.vectors, strict=True)) if known is not None else {}
    new = [text for text in dict.fromkeys(texts) if text not in have]
    if new:
        have |= dict(zip(new, encoder.encode(new), strict=True))
    found = np.stack([have[text] for text in texts]).astype(np.float32)
    if path is not None:
        _keep(path, found)
    return found


def _key(encoder: Encodes, texts: Sequence[str]) -> str:
    whole = hashlib.sha256(f"{_KIND}\0{encoder.version}".encode())
    for text in texts:
        whole.update(b"\0" + text.encode("utf-8", "surrogatepass"))
    return whole.hexdigest()[:16]


def _kept(path: Path, rows: int) -> Floats | None:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            vectors = file["vectors"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    is_whole = vectors.ndim == 2 and len(vectors) == rows and vectors.dtype == np.float32
    return vectors if is_whole and bool(np.isfinite(vectors).all()) else None


def _keep(path: Path, vectors: Floats) -> None:
    """Only a convenience: without room or right it is made anew next time."""
    unfinished = path.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob("faq-*.npz"):
            old.unlink(missing_ok=True)
        with unfinished.open("wb") as file:
            np.savez(file, vectors=vectors)
        unfinished.replace(path)
