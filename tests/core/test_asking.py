"""The order in which messages are put before somebody who labels them."""

from __future__ import annotations

from monitor.core.asking import Open, ordered


def waits(
    text: str, confidence: float = 0.5, language: str = "en", *, disputed: bool = False
) -> Open:
    return Open(text, language, confidence, disputed, text.casefold())


def in_order(*waiting: Open) -> list[str]:
    return [one.message for one in ordered(waiting)]


def test_the_least_sure_comes_first() -> None:
    assert in_order(waits("sure", 0.9), waits("unsure", 0.2)) == ["unsure", "sure"]


def test_what_the_rules_judge_otherwise_comes_before_what_they_agree_on() -> None:
    assert in_order(waits("agreed", 0.5), waits("disputed", 0.6, disputed=True)) == ["disputed", "agreed"]  # fmt: skip


def test_no_language_is_put_before_all_others() -> None:
    english = [waits(f"english {at}", 0.3) for at in range(3)]

    assert in_order(*english, waits("中文", 0.33, "zh"))[:2] == ["english 0", "中文"]


def test_an_equal_text_is_asked_about_once() -> None:
    assert in_order(waits("wen"), waits("WEN"), waits("moon")) == ["wen", "moon"]


def test_nothing_waits() -> None:
    assert in_order() == []
