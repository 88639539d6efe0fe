"""What managers write becomes an expression that means what they meant, in every script."""

from __future__ import annotations

import pytest
import re2

from monitor.core.patterns import expression, folded
from monitor.core.text import normalise


def occurs(pattern: str, language: str, text: str) -> bool:
    return re2.compile(expression(pattern, language)).search(
        folded(normalise(text))
    ) is not None  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "language", "text"),
    [
        ("fee", "en", "What FEE?"),
        ("withdraw*", "en", "my withdrawals"),
        ("*chain", "en", "on the blockchain"),
        ("вывод", "ru", "где Вывод?"),
        (r"вывод\w*", "ru", "все выводы стоят"),
        ("rút tiền", "vi", "RUT TIEN"),
        ("rut tien", "vi", "rút tiền"),
        ("çekim", "tr", "ÇEKİM yaptım"),
        ("hesabım", "tr", "HESABIM"),
        ("提币", "zh", "我的提幣呢"),
        ("kyc认证", "zh", "做kyc認證了"),
        ("api", "zh", "我的API怎么"),
        ("출금", "ko", "원화출금이요"),
        ("don't", "en", "I don’t know"),
        ("api", "any", "APIが動かない"),
        ("🙏", "any", "ok🙏🙏"),
        ("(stuck|lost).{0,20}(coins|money)*", "en", "lost all my coinsss"),
        ("^gm$", "en", "gm"),
        ("（稳）", "zh", "(稳)"),
        ("KYC", "en", "my kyc"),
        (r"\pL+ USDT", "any", "Мои USDT"),
        (r"(?i)Fee \D+", "en", "fee is"),
    ],
)
def test_a_pattern_finds_what_its_author_meant(pattern: str, language: str, text: str) -> None:
    assert occurs(pattern, language, text)


@pytest.mark.parametrize(
    ("pattern", "language", "text"),
    [
        ("fee", "en", "coffee feet"),
        ("вывод", "ru", "выводы"),
        ("api", "id", "rapih"),
        ("rút", "vi", "trút"),
        ("api", "zh", "rapid提币"),
        ("^gm$", "en", "gm all"),
        (r"\w+ bot", "ru", "бот"),
    ],
)
def test_a_pattern_does_not_find_parts_of_words(pattern: str, language: str, text: str) -> None:
    assert not occurs(pattern, language, text)


@pytest.mark.parametrize("pattern", ["", "  ", "*", r"\bfee\b"])
def test_what_cannot_be_meant_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"empty|not needed"):
        expression(pattern, "en")
