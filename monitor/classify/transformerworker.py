"""The process in which a transformer lives. Reads one folder, answers one pipe; never goes outside, runs no program of
the model's, and ends when whoever started it is gone.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from monitor.classify.transformerfiles import (
    TROUBLES,
    BadModel,
    check,
    digest_of,
    digests,
    weight_files,
)
from monitor.classify.transformertokens import Tokens
from monitor.classify.transformerwords import leave_on_disk, place_of

BATCH = 16  # more buys nothing on a processor; alike lengths do
_BFLOAT = {"avx512_bf16", "amx_bf16", "bf16"}
_LOOKED_AT = (1 / 2, 5 / 6, 1)  # of the way up, by cross-validation on the seeds
_MANY = 64  # texts, after which what they took is returned to the system
_OFTEN = 15.0  # seconds from one time to the next: each costs some speed
_STEP = 4  # lengths are rounded up to it: every new shape costs the library time and memory
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64",  # of 1,024 shapes it would keep 200 MB
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
_POOLERS = ("pooler.",)


@dataclass(frozen=True, slots=True)
class Ready:
    """What the process says when it can work."""

    digest: str
    width: int  # of a row: `layers` parts of equal width
    precision: str
    layers: int = 1


@dataclass(frozen=True, slots=True)
class Broken:
    """What it says when it cannot; `why` without a full stop."""

    why: str


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of some of the texts that were asked for, and which texts these are."""

    places: list[int]
    rows: Any


@dataclass(frozen=True, slots=True)
class Raw:
    """The bare model on the same texts: seconds of its forward passes, nothing else counted; and memory in MB."""

    seconds: float
    rss_mb: float


def serve(pipe: Connection, folder: str, prefix: str, longest: int) -> None:
    """Load the model, then answer until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us
    os.environ.update(_ENVIRONMENT)
    sys.modules.setdefault("scipy", None)  # type: ignore[arg-type] # where it is installed, 37 MB for nothing
    try:
        model = _Model(Path(folder), prefix, longest)
    except BadModel as bad:
        pipe.send(Broken(str(bad)))
        return
    except TROUBLES as error:
        pipe.send(Broken(f"{folder} cannot be loaded ({type(error).__name__}: {_short(error)})"))
        return
    pipe.send(model.ready)
    with contextlib.suppress(EOFError, OSError):  # whoever started us is gone
        while True:
            kind, texts = pipe.recv()
            for answer in _answers(model, kind, texts):
                pipe.send(answer)


def _answers(model: _Model, kind: str, texts: Sequence[str]) -> Iterator[Any]:
    """To texts that are to be read, parts as soon as each is there: nobody waits for somebody to ask on."""
    try:
        if kind == "raw":
            yield model.raw(texts)
        else:
            yield from model.encode(texts)
    except TROUBLES as error:
        yield Broken(f"the model failed ({type(error).__name__}: {_short(error)})")


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


class _Model:
    """Tokenizer and weights. Used by one thread."""

    def __init__(self, folder: Path, prefix: str, longest: int) -> None:
        """BadModel and the libraries' own errors for what cannot be used."""
        check(folder)
        try:
            import torch
            from transformers import AutoModel, AutoTokenizer
            from transformers.utils import logging
        except ImportError as missing:
            raise BadModel(
                f"{missing.name or 'a library'} is not installed; install the extra transformers"
            ) from None
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        torch.set_num_threads(
            1
        )  # two that wait for each other are ten times slower on a busy machine
        self._torch = torch
        self._prefix = prefix
        dtype = torch.bfloat16 if _has_bfloat() else torch.float32
        own: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}

        def tokenizer() -> Any:
            whole = AutoTokenizer.from_pretrained(folder, **own)
            self._padding = int(whole.pad_token_id or 0)
            return whole.backend_tokenizer  # the rest of it is another 100 MB of Python strings

        self._cut = Tokens(tokenizer, longest)
        self._model, told = AutoModel.from_pretrained(
            folder, use_safetensors=True, dtype=dtype, output_loading_info=True, **own
        )
        _check_loaded(folder, told)
        self._model.eval()
        self._given_back = 0.0
        self._layers = _looked_at(int(self._model.config.num_hidden_layers))
        self._hidden = int(self._model.config.hidden_size)
        if (place := place_of(list(weight_files(folder)))) is not None:
            leave_on_disk(self._model, place, torch, dtype)
        gc.collect()
        _give_back()
        self.ready = Ready(
            digest_of(digests(folder)),
            self._hidden * len(self._layers),
            str(dtype).removeprefix("torch."),
            len(self._layers),
        )
        self._try_out()

    def _try_out(self) -> None:
        import numpy as np

        parts = self.encode(["my withdrawal is stuck", "gm"])
        if not all(np.isfinite(part.rows).all() for part in parts):
            raise BadModel("its vectors are not numbers; the weights are damaged")

    def encode(self, texts: Sequence[str]) -> Iterator[Part]:
        """One row a text. The longest texts first: little is left to do for others when the last part is there."""
        tokens = self._tokens(texts)
        for batch in reversed(_batches(tokens)):
            yield Part(batch, self._rows([tokens[at] for at in batch]))
        if len(texts) >= _MANY:
            self._tidy_up()

    def _rows(self, tokens: Sequence[list[int]]) -> Any:
        """As float32: what several layers say, each at length 1."""
        torch = self._torch
        ids, mask = self._padded(tokens)
        with torch.inference_mode():
            states, counted = self._forward(ids, mask), mask[:, :, None].float()
            rows = torch.stack([_pooled(states[layer], counted) for layer in self._layers], dim=1)
            return torch.nn.functional.normalize(rows, dim=2).flatten(1).numpy()

    def raw(self, texts: Sequence[str]) -> Raw:
        """Forward passes alone, in the same batches."""
        tokens = self._tokens(texts)
        padded = [self._padded([tokens[at] for at in batch]) for batch in _batches(tokens)]
        with self._torch.inference_mode():
            started = time.perf_counter()
            for ids, mask in padded:
                self._forward(ids, mask)
            seconds = time.perf_counter() - started
        self._tidy_up()
        return Raw(seconds, _rss_mb())

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        if not texts:
            return []
        return self._cut([self._prefix + text for text in texts])

    def _padded(self, rows: Sequence[list[int]]) -> tuple[Any, Any]:
        width = -(-max(map(len, rows)) // _STEP) * _STEP
        ids = [row + [self._padding] * (width - len(row)) for row in rows]
        mask = [[1] * len(row) + [0] * (width - len(row)) for row in rows]
        return self._torch.tensor(ids), self._torch.tensor(mask)

    def _forward(self, ids: Any, mask: Any) -> Any:
        return self._model(
            input_ids=ids, attention_mask=mask, output_hidden_states=True
        ).hidden_states

    def _tidy_up(self) -> None:
        now = time.monotonic()
        if now - self._given_back >= _OFTEN:
            _give_back()
            self._given_back = now


def _batches(tokens: Sequence[Sequence[int]]) -> list[list[int]]:
    """Texts of nearly one length together: what is padded is computed for nothing."""
    order = sorted(range(len(tokens)), key=lambda at: len(tokens[at]))
    return [order[at : at + BATCH] for at in range(0, len(order), BATCH)]


def _pooled(states: Any, counted: Any) -> Any:
    """The mean of the tokens that count, as float32."""
    return (states * counted).sum(1) / counted.sum(1).clamp(min=1)


def _looked_at(layers: int) -> list[int]:
    """The last layer, which compares texts best, and some before it, which know more of how something is said."""
    return sorted({max(1, round(layers * part)) for part in _LOOKED_AT})


def _check_loaded(folder: Path, told: Any) -> None:
    """Libraries fill in what is missing with random numbers; only the pooler, which is not used, may be."""
    missing = [key for key in told.get("missing_keys", ()) if not key.startswith(_POOLERS)]
    wrong = [*missing, *(str(one) for one in told.get("mismatched_keys", ()))]
    if wrong:
        raise BadModel(
            f"{folder} lacks weights ({wrong[0]} and {len(wrong) - 1} more); use a whole checkpoint"
        )


def _has_bfloat() -> bool:
    """Does the processor itself multiply in bfloat16? Elsewhere it is slower than 32 bits."""
    try:
        said = Path("/proc/cpuinfo").read_text("ascii", "replace")
    except OSError:
        return False
    flags = next((line for line in said.splitlines() if line.startswith(("flags", "Features"))), "")
    return not _BFLOAT.isdisjoint(flags.split())


def _give_back() -> None:
    """Return what loading has used; the C library would keep it."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _rss_mb() -> float:
    """Memory in use now, file pages included; 0 where that is not told."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
