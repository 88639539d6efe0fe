"""A small world for the light tier: a stand-in for the encoder and enough seeds to learn from."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

SUBJECTS = {
    "withdrawal": ("withdrawal pending since {}", "high"),
    "deposit": ("my deposit of {} never came", "high"),
    "security": ("somebody hacked me and took {}", "critical"),
    "terms": ("what is the fee for {}", "normal"),
    "chatter": ("gm friends, {} looks green", "low"),
    "spam": ("free signals on {}, join now", "low"),
}
THINGS = ("btc", "eth", "usdt", "sol", "doge", "xrp", "ada", "ltc", "dot", "trx")


class WordEncoder:
    """Texts with the same words get the same vector. As fast as a test needs."""

    version = "words"

    def __init__(self) -> None:
        self.read: list[str] = []

    def encode(self, texts: Sequence[str]) -> Any:
        """One row a text."""
        self.read += texts
        rows = np.zeros((len(texts), 512), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().encode("utf-8", "replace").split():
                row[zlib.crc32(word) % 512] += 1
            row[0] += 0.1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def spelt(thing: str) -> str:
    """Long enough that two messages about different things are not nearly the same."""
    return " ".join(f"{thing}{end}" for end in ("", "x", "y", "z"))


def seeded(rules: Path) -> Path:
    """The folder of rules, with those messages to learn from."""
    (rules / "seeds").mkdir()
    (rules / "seeds" / "en.toml").write_text(seeds_toml(), "utf-8")
    return rules


def seeds_toml() -> str:
    """rules/seeds/en.toml with ten messages a subject."""
    return "\n".join(
        f'[[seed]]\ntext = "{text.format(spelt(thing))}"\ntopic = "{topic}"\nurgency = "{urgency}"\n'
        for topic, (text, urgency) in SUBJECTS.items()
        for thing in THINGS
    )
