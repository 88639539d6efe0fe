"""A model on the disk: where it lies, what is wrong with it, which bytes it has. Never loads it, never goes outside.

A checkpoint is a folder in Hugging Face's format. Only safetensors are taken: other formats can hold programs.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DIGESTS = "digests.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
WANTED = (
    "config.json", "generation_config.json", "tokenizer*", "special_tokens_map.json", "*.model", "*.spm", "vocab.txt",
    "vocab.json", "*.safetensors", INDEX,
)  # fmt: skip
_HUB = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+)@(?P<commit>[0-9a-f]{40})")
_TOKENIZERS = (
    "tokenizer.json",
    "tokenizer.model",
    "sentencepiece.bpe.model",
    "source.spm",
    "vocab.txt",
)
_MOST_HEADER = 100_000_000
_SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1}
_HEADS = ("classifier.", "score.", "classification_head.")
# What a model library raises for a model it cannot use: nearly anything.
TROUBLES = (
    OSError,
    ValueError,
    RuntimeError,
    LookupError,
    TypeError,
    AttributeError,
    ImportError,
    MemoryError,
)


class BadModel(Exception):
    """A model that cannot be used; str() says why and what to do, without a full stop."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A model of a hub at one commit."""

    repo: str
    commit: str

    @property
    def folder_name(self) -> str:
        """Below the models' folder."""
        return f"{self.repo.replace('/', '--')}@{self.commit}"


def pinned(name: str) -> Pinned | None:
    """ "org/name@<40 hex digits>"; None for anything else."""
    found = _HUB.fullmatch(name)
    return Pinned(found["repo"], found["commit"]) if found else None


def located(name: str, beside: Path, models: Path) -> Path:
    """The folder of a model as config.toml names it: pulled from a hub, or a path that starts at `beside`."""
    hub = pinned(name)
    return models / hub.folder_name if hub else beside / Path(name).expanduser()


def check(folder: Path) -> None:
    """Raise BadModel for what can be seen without loading."""
    if not folder.is_dir():
        raise BadModel(
            f"there is no model at {folder}; fetch it (monitor models pull) or mend [model]"
        )
    shape = _config(folder)
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise BadModel(
            f"{folder} holds no tokenizer ({', '.join(_TOKENIZERS)}); fetch the model anew"
        )
    tensors = [name for file in weight_files(folder) for name in _tensors(file)]
    _check_heads(folder, shape, tensors)


def _config(folder: Path) -> Mapping[str, Any]:
    try:
        read = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        raise BadModel(
            f"{folder / 'config.json'} is missing or no JSON; fetch the model anew"
        ) from None
    if not isinstance(read, dict) or "model_type" not in read:
        raise BadModel(f"{folder / 'config.json'} names no model_type; fetch the model anew")
    if "auto_map" in read:
        raise BadModel(
            f"{folder} wants to run its own program (auto_map), which is never done; use another model"
        )
    return read


def weight_files(folder: Path) -> Sequence[Path]:
    """The safetensors that make up the model. BadModel where they are not all there."""
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    try:
        named = json.loads((folder / INDEX).read_text("utf-8"))["weight_map"].values()
        files = [folder / Path(name).name for name in sorted(set(named))]
    except (OSError, ValueError, LookupError, AttributeError, TypeError):
        files = []
    if files and all(file.is_file() for file in files):
        return files
    other = next(iter([*folder.glob("*.bin"), *folder.glob("*.pt")]), None)
    why = (
        f"only {other.name}, a format that can hold programs"
        if other
        else "no whole set of safetensors"
    )
    raise BadModel(f"{folder} holds {why}; use a model with safetensors")


def _tensors(file: Path) -> Iterable[str]:
    """The names of the tensors, after a look at whether the file has all bytes that it promises."""
    broken = BadModel(f"{file} is damaged; fetch the model anew")
    try:
        with file.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
            if not 2 <= length <= min(_MOST_HEADER, file.stat().st_size - 8):
                raise broken
            header = json.loads(opened.read(length))
        header.pop("__metadata__", None)
        ends = [_end(one) for one in header.values()]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise broken from None
    if file.stat().st_size != 8 + length + max(ends, default=0):
        raise broken
    return list(header)


def _end(tensor: Mapping[str, Any]) -> int:
    begin, end = tensor["data_offsets"]
    if (
        end - begin != math.prod(tensor["shape"]) * _SIZES.get(tensor["dtype"], 1)
        and tensor["dtype"] in _SIZES
    ):
        raise ValueError(tensor["dtype"])
    return int(end)


def _check_heads(folder: Path, shape: Mapping[str, Any], tensors: Sequence[str]) -> None:
    """Libraries fill a missing classification head with random numbers and only print a table about it."""
    kinds = shape.get("architectures") or []
    if not isinstance(kinds, list) or not any("Classification" in str(kind) for kind in kinds):
        return
    if not any(name.startswith(_HEADS) for name in tensors):
        raise BadModel(
            f"{folder} calls itself {kinds[0]} but its head is missing, and a random one would judge by chance; "
            "use a whole checkpoint"
        )


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file that counts, by name."""
    found = {}
    for path in sorted({p for pattern in WANTED for p in folder.glob(pattern) if p.is_file()}):
        with path.open("rb") as file:
            found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def digest_of(found: Mapping[str, str]) -> str:
    """One short name for all of them."""
    whole = "".join(f"{name}\0{digest}\0" for name, digest in sorted(found.items()))
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def recorded(folder: Path) -> dict[str, str] | None:
    """The digests written when it was pulled; None where there are none."""
    try:
        read = json.loads((folder / DIGESTS).read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise BadModel(f"{folder / DIGESTS} cannot be read; pull the model anew") from None
    return (
        {str(name): str(digest) for name, digest in read.items()}
        if isinstance(read, dict)
        else None
    )


def changed(folder: Path, found: Mapping[str, str]) -> list[str]:
    """Files that are others than when they were pulled, or gone."""
    before = recorded(folder) or {}
    return sorted(name for name, digest in before.items() if found.get(name) != digest)
