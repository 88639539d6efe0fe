"""Before a stranger's machine reads a text, what belongs to somebody is out of it; afterwards it is back where it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.classify.masking import Masked, masked

TXID = "0x" + "ab12" * 16
ADDRESS = "0x" + "de0b295669a9fd93d5f2" * 2
TEXT = f"@anna_k sent 1,500 USDT to {ADDRESS}, tx {TXID}, mail anna.k@example.com, see https://example.com/a?b=1, call +49 170 1234567"


def test_what_belongs_to_somebody_is_masked() -> None:
    hidden = masked(TEXT)
    for secret in ("anna", "1,500", ADDRESS, TXID, "example.com", "1234567"):
        assert secret not in hidden.text, hidden.text
    assert hidden.text.startswith("[#1] sent [#2] to [#3], tx [#4]")


def test_amounts_stay_when_the_house_wants_it() -> None:
    assert "1,500 USDT" in masked(TEXT, amounts=False).text


@pytest.mark.parametrize("text", [
    "my phrase: apple river stone cloud tiger lemon ocean chair music paper green house",
    "订单 8812 3344 5566 7788", "карта 4111 1111 1111 1111", "подтверждение 12345678901"])  # fmt: skip
def test_phrases_cards_and_long_numbers_are_masked(text: str) -> None:
    assert masked(text).values


def test_the_values_come_back_wherever_their_marks_went() -> None:
    hidden = masked("提币 1,500 USDT 到 @anna_k")
    assert (
        hidden.restored("To [#2]: withdrawal of [ # 1 ]") == "To @anna_k: withdrawal of 1,500 USDT"
    )


@pytest.mark.parametrize("said", ["no marks", "[#1] only", "[#1] [#2] [#2]", "[#1] [#2] [#3]"])
def test_a_translation_that_lost_doubled_or_invented_a_mark_is_none(said: str) -> None:
    assert Masked("[#1] and [#2]", ("a", "b")).restored(said) is None


def test_a_text_with_marks_of_its_own_cannot_confuse_them() -> None:
    hidden = masked("[#2] write to @bob_the_b")
    assert hidden.text == "[#1] write to [#2]"
    assert hidden.restored(hidden.text) == "[#2] write to @bob_the_b"


@given(st.text(max_size=200))
def test_unmasking_the_masked_text_gives_the_text(text: str) -> None:
    hidden = masked(text)
    assert hidden.restored(hidden.text) == text
