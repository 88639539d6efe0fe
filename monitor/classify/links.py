"""Load the shipped link model. It judges nothing itself and never fails a start: without the file there is no judge.

`links.json` says in its own `provenance` what it was trained on, how, and how well it does.
"""

from __future__ import annotations

import json
import logging
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from struct import unpack
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from monitor.core.link_clues import CLUES
from monitor.core.link_net import FINEST, LARGEST, WIDEST, Net, Row, Weights, Words
from monitor.core.linking import Judge

if TYPE_CHECKING:
    from monitor.classify.faq_meaning import Encodes

log = logging.getLogger(__name__)

SHIPPED = Path(__file__).with_name("links.json")
MEANING = Path(__file__).with_name("links_meaning.npz")
KIND = "links-2"
_LARGEST = 2_000_000
_MOST_NUMBERS = 32  # of a stem


@dataclass(frozen=True, slots=True)
class Loaded:
    """The judge, or None and one sentence that says why and what follows."""

    net: Net | None
    trouble: str = ""


def load_links(path: Path = SHIPPED) -> Loaded:
    """Read a model file; anything wrong with it becomes a sentence."""
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("it is larger than any link model")
        return Loaded(_net(json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        why = (
            f"{type(error).__name__}: {error}" if not isinstance(error, ValueError) else f"{error}"
        )
        return Loaded(
            None, f"{path}: not usable as a link model ({why}); messages are linked by nearness, "
            "reinstall the program to have the model back",
        )  # fmt: skip


def judge_of(
    encoder: Callable[[], Encodes | None], plain: Judge | None, path: Path = MEANING
) -> Judge | None:
    """The best judge of links here: one that asks what lines mean while there is an encoder, or the plain one."""
    if plain is None:
        return None
    try:
        from monitor.classify.link_meaning import load_meaning
    except ImportError:  # without the extra nlp there is no encoder either
        return plain
    try:
        return load_meaning(plain, encoder, path)
    except (OSError, ValueError, TypeError, LookupError, EOFError, BadZipFile, zlib.error) as error:
        why = f"{type(error).__name__}: {error}"
        log.warning("%s: not usable (%s); links are judged without what texts mean", path, why)
        return plain


def _net(raw: Any) -> Net:
    if not isinstance(raw, dict) or raw.get("kind") != KIND:
        raise ValueError(f"not of the kind {KIND}")
    if raw["clues"] != [[name, values] for name, values in CLUES]:
        raise ValueError("made for other clues than this program's")
    rarity = {str(stem): float(rare) for stem, rare in raw["rarity"].items()}
    weights = _weights(raw)
    return Net(rarity, _words(raw["words"], len(weights.first_bias)), weights)


def _weights(raw: dict[str, Any]) -> Weights:
    first_bias, second_bias = _numbers(raw["first_bias"]), _numbers(raw["second_bias"], 1 << 40)
    width, units = len(first_bias), len(second_bias)
    if not (0 < width <= WIDEST and 0 < units <= WIDEST):
        raise ValueError("its layers are empty or too wide")
    flat = _rows(raw["table"], width)
    if len(flat) != sum(values for _, values in CLUES):
        raise ValueError("its table is not whole")
    second, last = _rows(raw["second"], units), _numbers(raw["last"])
    if len(second) != width or len(last) != units:
        raise ValueError("its second layer is not whole")
    return Weights(_tables(flat), first_bias, second, second_bias, last, _unit(raw["unit"]))


def _words(raw: dict[str, Any], width: int) -> Words:
    of_line, of_candidate = _rows(raw["of_line"], width), _rows(raw["of_candidate"], width)
    size, stems, unit = len(of_line), raw["stems"], raw["unit"]
    if not 0 < size == len(of_candidate) <= _MOST_NUMBERS:
        raise ValueError("its rows for words are not whole")
    if type(unit) is not int or not 0 < unit <= FINEST:
        raise ValueError("the unit of its words is out of range")
    flat = b64decode(raw["vectors"], validate=True)
    if not isinstance(stems, list) or len(flat) != size * len(stems):
        raise ValueError("its words are not whole")
    rows = (unpack(f"{size}b", flat[at : at + size]) for at in range(0, len(flat), size))
    return Words(dict(zip(map(str, stems), rows, strict=True)), of_line, of_candidate, unit)


def _tables(flat: tuple[Row, ...]) -> tuple[tuple[Row, ...], ...]:
    tables: list[tuple[Row, ...]] = []
    at = 0
    for _, values in CLUES:
        tables.append(flat[at : at + values])
        at += values
    return tuple(tables)


def _rows(raw: Iterable[Any], width: int) -> tuple[Row, ...]:
    rows = tuple(map(_numbers, raw))
    if any(len(row) != width for row in rows):
        raise ValueError("its rows differ in length")
    return rows


def _numbers(raw: Any, largest: int = LARGEST) -> tuple[int, ...]:
    if not isinstance(raw, list) or any(type(number) is not int for number in raw):
        raise ValueError("something other than whole numbers where weights should be")
    if any(abs(number) > largest for number in raw):
        raise ValueError("weights larger than any that were learned")
    return tuple(raw)


def _unit(raw: Any) -> float:
    if not isinstance(raw, float) or not 0 < raw < 1:
        raise ValueError("its unit is not between 0 and 1")
    return raw
