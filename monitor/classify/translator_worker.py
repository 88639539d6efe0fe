"""The process in which translation models live. Reads folders of models, answers one pipe; never goes outside, runs no
program of a model's, and ends when whoever started it is gone.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from monitor.classify.transformerfiles import TROUBLES, BadModel, check

_MOST_TOKENS = 400  # of one piece of text
_BATCH = 8
_ISO3 = {
    "en": "eng", "zh": "cmn_Hans", "zh-Hant": "cmn_Hant", "ja": "jpn", "ko": "kor", "ru": "rus", "es": "spa",
    "tr": "tur", "vi": "vie", "pt": "por", "id": "ind",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """Texts to translate by the model in `folder`."""

    folder: str
    texts: tuple[str, ...]
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Done:
    """The translations, in order."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there are none, without a full stop."""

    why: str


def serve(pipe: Connection) -> None:
    """Answer until the other end is closed; a model is loaded when it is first wanted."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us
    os.environ.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    models: dict[str, Seq2Seq] = {}
    while True:
        try:
            wanted = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(_answer(models, wanted))


def _answer(models: dict[str, Seq2Seq], wanted: Wanted) -> Done | Failed:
    try:
        if wanted.folder not in models:
            models[wanted.folder] = Seq2Seq(Path(wanted.folder))
        return Done(models[wanted.folder].translate(wanted.texts, wanted.source, wanted.target))
    except BadModel as bad:
        return Failed(str(bad))
    except TROUBLES as error:
        shown = " ".join(str(error).split())[:200]
        return Failed(f"{wanted.folder} does not translate ({type(error).__name__}: {shown})")


class Seq2Seq:
    """One model with its tokenizer. Used by one thread."""

    def __init__(self, folder: Path) -> None:
        """BadModel and the libraries' own errors for what cannot be used."""
        check(folder)
        try:
            import torch
            from transformers import AutoModelForSeq2SeqLM, AutoTokenizer
            from transformers.utils import logging
        except ImportError as missing:
            name = missing.name or "a library"
            raise BadModel(f"{name} is not installed; install the extra transformers") from None
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        torch.set_num_threads(
            1
        )  # two that wait for each other are ten times slower on a busy machine
        own: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        self._torch = torch
        self._tokenizer = AutoTokenizer.from_pretrained(folder, **own)
        self._model, told = AutoModelForSeq2SeqLM.from_pretrained(
            folder, use_safetensors=True, output_loading_info=True, **own
        )
        lacking = [*told.get("missing_keys", ()), *map(str, told.get("mismatched_keys", ()))]
        if lacking:  # libraries fill it with random numbers
            raise BadModel(f"{folder} lacks weights ({lacking[0]}); use a whole checkpoint")
        self._model.eval()

    def translate(self, texts: Sequence[str], source: str, target: str) -> tuple[str, ...]:
        """One translation a text, in order."""
        prefix, options = self._directed(source, target)
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        found: dict[int, str] = {}
        for begin in range(0, len(order), _BATCH):
            batch = order[begin : begin + _BATCH]
            said = self._batch([prefix + texts[at] for at in batch], options)
            found |= dict(zip(batch, said, strict=True))
        return tuple(found[at] for at in range(len(texts)))

    def _batch(self, texts: Sequence[str], options: dict[str, Any]) -> list[str]:
        read = self._tokenizer(
            list(texts), return_tensors="pt", padding=True, truncation=True, max_length=_MOST_TOKENS
        )
        read.pop("token_type_ids", None)
        longest = min(_MOST_TOKENS, 2 * int(read["input_ids"].shape[1]) + 20)
        with self._torch.inference_mode():
            made = self._model.generate(**read, max_new_tokens=longest, do_sample=False, **options)
        said = self._tokenizer.batch_decode(made, skip_special_tokens=True)
        return [" ".join(text.split()) for text in said]

    def _directed(self, source: str, target: str) -> tuple[str, dict[str, Any]]:
        """How such a model is told the direction: by tokens (M2M100), a mark in front (OPUS-MT), or not at all."""
        if hasattr(self._tokenizer, "get_lang_id"):
            self._tokenizer.src_lang = source.partition("-")[0]
            return "", {
                "forced_bos_token_id": self._tokenizer.get_lang_id(target.partition("-")[0])
            }
        codes = [
            str(code).strip("<>")
            for code in getattr(self._tokenizer, "supported_language_codes", ())
        ]
        wanted = (_ISO3.get(target, ""), _ISO3.get(target, "").partition("_")[0], target)
        code = next((c for name in wanted if name for c in codes if c.startswith(name)), None)
        return (f">>{code}<< " if code else ""), {}
