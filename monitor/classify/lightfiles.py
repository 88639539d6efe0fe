"""Keeps what the light tier has learned in a small file, so that it learns once. No file can make it run anything."""

from __future__ import annotations

import contextlib
import os
import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np

from monitor.classify.lightencoder import WIDTH
from monitor.classify.lightfeatures import NONE, PIECES
from monitor.classify.lightmodel import TOPICS, Model
from monitor.core.assessment import Urgency

_KEPT = 3  # two desks with rules of their own must not make each other learn anew


def file_of(folder: Path, key: str) -> Path:
    """Where the model of that key lies."""
    return folder / f"light-{key}.npz"


def keep(folder: Path, model: Model) -> None:
    """Write it whole or not at all; where that cannot be, it is learned again next time."""
    path = file_of(folder, model.key)
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    arrays = {f.name: getattr(model, f.name) for f in fields(Model) if f.name != "key"}
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        draft.replace(path)
        newest = sorted(folder.glob("light-*.npz"), key=lambda one: -one.stat().st_mtime_ns)
        for old in newest[_KEPT:]:
            old.unlink(missing_ok=True)


def kept(folder: Path, key: str, seeds: int, hits: int) -> Model | None:
    """The model of that key if it lies there whole."""
    path = file_of(folder, key)
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            model = Model(
                **{f.name: file[f.name] for f in fields(Model) if f.name != "key"}, key=key
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return model if _sound(model, seeds, hits) else None


def _sound(model: Model, seeds: int, hits: int) -> bool:
    classes = len(TOPICS) + 2 * len(Urgency)
    shapes = {
        "meaning": (WIDTH, classes),
        "pieces": (PIECES, classes),
        "hits": (hits, classes),
        "seeds": (seeds, WIDTH),
        "nearness": (seeds, classes),
        "centres": (NONE + 1, WIDTH),
        "spoken": (seeds,),
        "lengths": (seeds,),
        "heat": (3,),
        "bend": (2,),
    }
    arrays = [(getattr(model, name), shape) for name, shape in shapes.items()]
    return all(
        array.shape == shape and array.dtype == np.float32 and bool(np.isfinite(array).all())
        for array, shape in arrays
    )
