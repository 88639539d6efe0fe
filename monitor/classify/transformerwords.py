"""The table of words of a multilingual model, left on the disk: it is most of the model's memory, and people use few of
its words. Only reads.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TABLE = "word_embeddings.weight"
_KINDS = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the table lies: in `file` from byte `start`, `width` numbers of `kind` a word."""

    file: Path
    start: int
    words: int
    width: int
    kind: str


def place_of(files: list[Path]) -> Place | None:
    """None where there is no such table, or more than one."""
    found = [place for file in files for place in _places(file)]
    return found[0] if len(found) == 1 else None


def _places(file: Path) -> list[Place]:
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        header = json.loads(opened.read(length))
    return [
        Place(
            file,
            8 + length + one["data_offsets"][0],
            one["shape"][0],
            one["shape"][1],
            _KINDS[one["dtype"]],
        )
        for name, one in header.items()
        if name.endswith(_TABLE) and one["dtype"] in _KINDS and len(one["shape"]) == 2
    ]


def leave_on_disk(model: Any, place: Place, torch: Any, dtype: Any) -> None:
    """Have `model` read the rows it needs from `place`, given out as `dtype`."""
    table = model.get_input_embeddings()
    if tuple(table.weight.shape) != (place.words, place.width):
        return
    source = os.open(place.file, os.O_RDONLY)  # open as long as the process lives
    kind = getattr(torch, place.kind)
    size = place.width * kind.itemsize

    class Words(torch.nn.Module):  # type: ignore[misc]
        """Looks up rows. Mapping the file would keep in memory what lies beside each row, too."""

        def forward(self, ids: Any) -> Any:
            """One row a token."""
            words, where = torch.unique(ids, return_inverse=True)
            read = b"".join(
                os.pread(source, size, place.start + size * word) for word in words.tolist()
            )
            rows = torch.frombuffer(bytearray(read), dtype=kind).reshape(len(words), place.width)
            return rows.to(dtype)[where]

    model.set_input_embeddings(Words())
