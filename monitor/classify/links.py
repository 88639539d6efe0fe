"""Load the shipped link model. It judges nothing itself and never fails a start: without the file there is no judge.

`links.json` says in its own `provenance` what it was trained on, how, and how well it does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.core.link_clues import CLUES
from monitor.core.link_net import Net, Rows

SHIPPED = Path(__file__).with_name("links.json")
_LARGEST = 2_000_000


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


def _net(raw: Any) -> Net:
    if not isinstance(raw, dict) or raw.get("kind") != "links-1":
        raise ValueError("not of the kind links-1")
    if raw["clues"] != [[name, values] for name, values in CLUES]:
        raise ValueError("made for other clues than this program's")
    width, units = len(raw["first_bias"]), len(raw["second_bias"])
    flat = _rows(raw["table"], width)
    if len(flat) != sum(values for _, values in CLUES):
        raise ValueError("its table is not whole")
    second = _rows(raw["second"], width)
    last = _numbers(raw["last"])
    if not (len(second) == units == len(last)):
        raise ValueError("its second layer is not whole")
    return Net(
        {str(stem): float(rare) for stem, rare in raw["rarity"].items()}, _tables(flat),
        _numbers(raw["first_bias"]), second, _numbers(raw["second_bias"]), last, _unit(raw["unit"]),
    )  # fmt: skip


def _tables(flat: Rows) -> tuple[Rows, ...]:
    tables: list[Rows] = []
    at = 0
    for _, values in CLUES:
        tables.append(flat[at : at + values])
        at += values
    return tuple(tables)


def _rows(raw: Iterable[Any], width: int) -> Rows:
    rows = tuple(map(_numbers, raw))
    if any(len(row) != width for row in rows):
        raise ValueError("its rows differ in length")
    return rows


def _numbers(raw: Any) -> tuple[int, ...]:
    if not isinstance(raw, list) or any(type(number) is not int for number in raw):
        raise ValueError("something other than whole numbers where weights should be")
    return tuple(raw)


def _unit(raw: Any) -> float:
    if not isinstance(raw, float) or not 0 < raw < 1:
        raise ValueError("its unit is not between 0 and 1")
    return raw
