"""Stand-ins for the process of a transformer: each misbehaves in its own way. No library of models is needed."""

from __future__ import annotations

import json
import os
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from monitor.classify.transformerworker import BATCH, Broken, Part, Raw, Ready, serve

WIDTH = 64


def vectors(texts: Sequence[str]) -> Any:
    """Texts with the same words get the same row."""
    rows = np.full((len(texts), WIDTH), 0.01, dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in text.lower().encode("utf-8", "replace").split():
            row[zlib.crc32(word) % WIDTH] += 1
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def parts(texts: Sequence[str]) -> Iterator[Part]:
    """Sixteen texts at a time, the last ones first."""
    for start in reversed(range(0, len(texts), BATCH)):
        places = list(range(start, min(start + BATCH, len(texts))))
        yield Part(places, vectors([texts[at] for at in places]))


def _questions(pipe: Connection) -> Iterator[tuple[str, list[str]]]:
    """Says that it can work, and then what it is asked."""
    pipe.send(Ready("d1", WIDTH, "float32"))
    with suppress(EOFError):
        while True:
            yield pipe.recv()


def good(pipe: Connection, folder: str, prefix: str, longest: int) -> None:
    """Works. It writes down how many texts came at once."""
    for kind, texts in _questions(pipe):
        log = Path(folder) / "asked"
        log.write_text(f"{log.read_text() if log.exists() else ''}{len(texts)}\n")
        for part in [Raw(0.001, 1.0)] if kind == "raw" else parts(texts):
            pipe.send(part)


def _fainting(pipe: Connection, then: Callable[[], None]) -> None:
    """Works until a text says "faint"; of that question it answers the first part."""
    for _, texts in _questions(pipe):
        for part in parts(texts):
            pipe.send(part)
            if "faint" in " ".join(texts):
                then()


def dying_midway(pipe: Connection, folder: str, prefix: str, longest: int) -> None:
    """Is gone between two parts of an answer."""
    _fainting(pipe, lambda: os._exit(3))


def hanging_midway(pipe: Connection, folder: str, prefix: str, longest: int) -> None:
    """Stops between two parts of an answer."""
    _fainting(pipe, lambda: time.sleep(600))


def babbling(pipe: Connection, folder: str, prefix: str, longest: int) -> None:
    """Answers what nobody understands."""
    pipe.send(Ready("d1", WIDTH, "float32"))
    pipe.recv()
    pipe.send("rows")
    time.sleep(600)


def forgetful(pipe: Connection, folder: str, prefix: str, longest: int) -> None:
    """Gives a row for a text that nobody has asked for, and leaves another out."""
    pipe.send(Ready("d1", WIDTH, "float32"))
    _, texts = pipe.recv()
    pipe.send(Part([0, len(texts)], vectors(["x", "x"])))
    time.sleep(600)


def repeating(pipe: Connection, folder: str, prefix: str, longest: int) -> None:
    """Gives the first text's row as often as there are texts."""
    pipe.send(Ready("d1", WIDTH, "float32"))
    _, texts = pipe.recv()
    for _ in texts:
        pipe.send(Part([0], vectors(["x"])))
    time.sleep(600)


def hanging(pipe: Connection, folder: str, prefix: str, longest: int) -> None:
    """Takes a question and never answers."""
    pipe.send(Ready("d1", WIDTH, "float32"))
    pipe.recv()
    time.sleep(600)


def dying(pipe: Connection, folder: str, prefix: str, longest: int) -> None:
    """Is gone before it was there."""
    os._exit(3)


def broken(pipe: Connection, folder: str, prefix: str, longest: int) -> None:
    """Says why it cannot work."""
    pipe.send(Broken("its weights are damaged; fetch the model anew"))


def without_torch(pipe: Connection, folder: str, prefix: str, longest: int) -> None:
    """The real one where the extra is not installed."""
    sys.modules["torch"] = None  # type: ignore[assignment]
    serve(pipe, folder, prefix, longest)


def a_checkpoint(folder: Path, *, architecture: str = "BertModel", **tensors: int) -> Path:
    """The files of a model as far as one can look at them without loading it."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = {"model_type": "bert", "architectures": [architecture]}
    (folder / "config.json").write_text(json.dumps(shape))
    (folder / "tokenizer.json").write_text("{}")
    sizes = tensors or {"embeddings.word_embeddings.weight": 8}
    header, at = {}, 0
    for name, count in sizes.items():
        header[name] = {"dtype": "F32", "shape": [count], "data_offsets": [at, at + 4 * count]}
        at += 4 * count
    written = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(
        len(written).to_bytes(8, "little") + written + bytes(at)
    )
    return folder
