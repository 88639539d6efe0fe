"""A model's tokenizer in half the memory. It cuts exactly as the whole one: pieces of words in scripts that our
languages do not use are left out of it, and a text that needs them is cut by the whole one, loaded for that time.
"""

from __future__ import annotations

import json
import re
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

_LOADED_FOR = 300.0  # seconds that the whole one stays after the last text that needed it
_WORTH = 20_000  # pieces to be saved, or it is not worth the trouble
_UNUSED = re.compile(
    "[\u0530-\u10ff\u1200-\u1dff\u2c00-\u2dff\ua000-\ua95f\ua980-\uabff\ufb13-\ufdff\ufe70-\ufefe"
    "\U00010000-\U0001cfff\U0001e000-\U0001efff]"
)  # Armenian to Georgian, Ethiopic to Vedic, and so on; not Latin, Greek, Cyrillic, Han, kana, Hangul, signs, emoji
_TRIED = (
    "query: Hello, my withdrawal of 0.5 BTC has been pending for 6 hours!!!",
    "query: 客服死哪去了,提現卡了半小時 😂",
    "query: 出金が3時間「処理中」のまま",
    "query: 출금이 안돼요ㅠㅠ",
    "query: Где мои деньги? Ω µ ½ №5",
    "query: ¿Cuándo llega mi depósito? não, çekim, Tiền đâu rồi",
)


@dataclass(frozen=True, slots=True)
class _Lean:
    """Without some pieces; `numbers` are those that the whole one gives to the pieces left."""

    tokenizer: Any
    numbers: list[int]

    def cut(self, texts: Sequence[str]) -> list[list[int]]:
        numbers = self.numbers
        cut = self.tokenizer.encode_batch_fast(list(texts))
        return [[numbers[at] for at in one.ids] for one in cut]


class Tokens:
    """Cuts texts into the numbers of their pieces. Used by one thread."""

    def __init__(
        self,
        load: Callable[[], Any],
        longest: int,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`load` makes the whole tokenizer, of the library tokenizers."""
        self._load, self._longest, self._monotonic = load, longest, monotonic
        self._whole: Any = self._ready(load())
        self._lean = _lean(self._whole, self._ready)
        self._until = 0.0
        if self._lean is not None:
            self._whole = None

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """The numbers of each text's pieces, at most `longest`."""
        if self._lean is None:
            return [one.ids for one in self._whole.encode_batch_fast(list(texts))]
        other = [at for at, text in enumerate(texts) if _needs_all(text)]
        cut = self._lean.cut(texts)
        if other:
            self._whole = self._whole or self._ready(self._load())
            self._until = self._monotonic() + _LOADED_FOR
            whole = self._whole.encode_batch_fast([texts[at] for at in other])
            for at, one in zip(other, whole, strict=True):
                cut[at] = one.ids
        elif self._whole is not None and self._monotonic() > self._until:
            self._whole = None
        return cut

    def _ready(self, tokenizer: Any) -> Any:
        tokenizer.no_padding()
        tokenizer.enable_truncation(self._longest)
        return tokenizer


def _needs_all(text: str) -> bool:
    """Also where a sign only stands for one of those scripts: the tokenizer writes it as that."""
    return bool(_UNUSED.search(text) or _UNUSED.search(unicodedata.normalize("NFKC", text)))


def _lean(whole: Any, ready: Callable[[Any], Any]) -> _Lean | None:
    """None where little would be saved, and where it does not cut as the whole one does."""
    told = json.loads(whole.to_str())
    model = told["model"]
    if model.get("type") != "Unigram":
        return None
    special = {one["content"] for one in told.get("added_tokens", ())}
    pieces = model["vocab"]
    kept = [
        at
        for at, (piece, _) in enumerate(pieces)
        if len(piece) == 1 or piece in special or not _UNUSED.search(piece)
    ]
    if len(pieces) - len(kept) < _WORTH:
        return None
    now = {was: at for at, was in enumerate(kept)}
    model["vocab"] = [pieces[at] for at in kept]
    for one in told.get("added_tokens", ()):
        one["id"] = now.get(one["id"], one["id"])
    lean = _Lean(ready(type(whole).from_str(json.dumps(told, ensure_ascii=False))), kept)
    same = lean.cut(_TRIED) == [one.ids for one in whole.encode_batch(list(_TRIED))]
    return lean if same else None
