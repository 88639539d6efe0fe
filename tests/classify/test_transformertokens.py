"""A lean tokenizer cuts exactly as the whole one, which is loaded only for texts that need it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

pytest.importorskip("tokenizers", reason="extra transformers is not installed")

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from monitor.classify.transformertokens import Tokens

LATIN = "abcdefghijklmnopqrstuvwxyz"
ARABIC = [chr(code) for code in range(0x627, 0x64B)]
TEXTS = ["cab bead", "", "zebra fig", "µs Ω", "出金 중"]
FOREIGN = "مرحبا " + "".join(ARABIC[:3])


class Loads:
    """Makes the whole tokenizer, and counts how often."""

    def __init__(self, pieces: list[str]) -> None:
        self.count = 0
        special = ["<s>", "<pad>", "</s>", "<unk>"]
        scored = [*((one, 0.0) for one in special)]
        scored += [(one, -2.0 - 6 / len(one)) for one in dict.fromkeys(["▁", *pieces])]
        self._vocabulary = [*scored, ("<mask>", 0.0)]

    def __call__(self) -> Any:
        self.count += 1
        whole = Tokenizer(models.Unigram(self._vocabulary, unk_id=3, byte_fallback=False))
        whole.normalizer = normalizers.NFKC()
        whole.pre_tokenizer = pre_tokenizers.Metaspace()
        whole.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
        whole.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
        )
        return whole

    def cut(self, texts: list[str]) -> list[list[int]]:
        return [one.ids for one in self().encode_batch(texts)]


@pytest.fixture
def many() -> Loads:
    """Most pieces are Arabic, and the last ones are Latin."""
    foreign = ["".join(three) for three in itertools.product(ARABIC, repeat=3)]
    latin = ["".join(two) for two in itertools.product(LATIN, repeat=2)]
    return Loads([*LATIN, *ARABIC, *foreign, *latin, "μs", "出金"])


def test_every_text_is_cut_as_by_the_whole_one(many: Loads) -> None:
    tokens = Tokens(many, 32)

    assert tokens([*TEXTS, FOREIGN]) == many.cut([*TEXTS, FOREIGN])


def test_the_whole_one_is_loaded_only_for_texts_that_need_it(many: Loads) -> None:
    now = [0.0]
    tokens = Tokens(many, 32, monotonic=lambda: now[0])

    tokens(TEXTS)
    assert many.count == 1
    tokens([FOREIGN])
    tokens([FOREIGN, *TEXTS])
    assert many.count == 2

    now[0] = 1_000.0
    tokens(TEXTS)  # nobody has needed it for long
    tokens([FOREIGN])
    assert many.count == 3


def test_a_sign_that_is_written_as_another_script_needs_the_whole_one(many: Loads) -> None:
    ligature = "\ufefb\ufdf2"

    assert Tokens(many, 32)([ligature]) == many.cut([ligature])


def test_a_small_tokenizer_stays_whole() -> None:
    small = Loads([*LATIN, *ARABIC])
    tokens = Tokens(small, 32)

    tokens([FOREIGN])

    assert small.count == 1


def test_long_texts_end_at_the_longest(many: Loads) -> None:
    cut = Tokens(many, 8)(["abc " * 50, FOREIGN * 50])

    assert [len(one) for one in cut] == [8, 8]
