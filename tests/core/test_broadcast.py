"""What a manager writes to announce something, and what the desk shows of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import broadcast as texts
from monitor.core.announcements import Announcement, State, Target
from monitor.core.broadcast import Outcome
from monitor.core.broadcast_ask import Asked, BadAsk, Found, allowed, lint, moment, read
from monitor.core.messages import Platform
from monitor.core.text import utf16_length

LANGUAGES = ("en", "zh", "id")
NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
OURS = ("example.com", "t.me/example", "https://status.example.org/")


def a_plan(text: str, *places: Target) -> Announcement:
    targets = places or (Target("tg", Platform.TELEGRAM, "-1", "en"),)
    return Announcement("night", {"en": text}, targets, State.DRAFT, "Sam")


def test_a_text_goes_on_until_the_next_language() -> None:
    asked = read(
        "night @a tg:-5 at 2026-11-25T09:00\nen: One\nNote: two\n\nthree\nzh-Hant：一\n", LANGUAGES
    )
    assert asked == Asked(
        "night", ("@a", "tg:-5"), "2026-11-25T09:00", "", {"en": "One\nNote: two\n\nthree", "zh-Hant": "一"}
    )  # fmt: skip


@pytest.mark.parametrize(
    "when", ['"mon,wed 09:00"', "“mon,wed 09:00”", "„mon,wed 09:00“", "mon,wed 09:00"]
)
def test_a_schedule_is_understood_with_the_quotes_of_any_telephone(when: str) -> None:
    assert read(f"night @a every {when}", LANGUAGES).every == "mon,wed 09:00"


@given(st.text(max_size=300))
def test_whatever_is_written_is_read_or_refused_with_a_sentence(written: str) -> None:
    try:
        said = read(written, LANGUAGES).name
    except BadAsk as refusal:
        said = str(refusal)
    assert said


def test_a_local_time_is_local() -> None:
    assert moment("2026-11-16T21:00", ZoneInfo("Asia/Shanghai"), NOW) == NOW.replace(hour=13)


@pytest.mark.parametrize(
    "link",
    [
        "https://example.com", "example.com/fees", "www.example.com", "https://help.example.com/a?b=c", "t.me/example",
        "https://t.me/example/17", "HTTPS://EXAMPLE.COM", "https://status.example.org/now",
    ],
)  # fmt: skip
def test_links_on_the_list_are_ours(link: str) -> None:
    assert allowed(link, OURS)


@pytest.mark.parametrize(
    "link",
    [
        "https://example.com@evil.test", "https://evil.test\\@example.com", "https://evilexample.com",
        "https://example.com.evil.test", "t.me/example2", "t.me/other", "https://t.me/example/../evil",
        "tg://resolve?domain=example.com", "https://ехample.com", "https://[broken", "example.org",
    ],
)  # fmt: skip
def test_links_that_only_look_like_ours_are_not(link: str) -> None:
    assert not allowed(link, OURS)


@pytest.mark.parametrize(
    "text", ["go to evil.test/x", "open tg://join?x", "https://evil.example/login", "see evil.com."]
)
def test_no_link_escapes_the_linter(text: str) -> None:
    (stop,) = lint(a_plan(text), "en", OURS).stops
    assert "is not on the list of links" in stop


def test_a_link_at_the_end_of_the_longest_text_is_found() -> None:
    plan = a_plan(
        "word " * 1_950 + "https://evil.test/x", Target("r", Platform.REDDIT, "r/x", "en")
    )
    assert lint(plan, "en", OURS).stops == (
        "en: https://evil.test/x is not on the list of links ([announce] links).",
    )


def test_an_ordinary_sentence_has_no_findings() -> None:
    plan = a_plan(
        "Fees fall by 0.1 % on 25 Nov., e.g. for BTC/USDT. More: https://example.com/fees."
    )
    assert lint(plan, "en", OURS) == Found()


@pytest.mark.parametrize(
    ("language", "text", "reads_like"),
    [
        ("zh", "Withdrawals are delayed until two o'clock. We are sorry for the trouble.", "en"),
        ("en", "提现将延迟至十四点,给您带来不便,我们深表歉意。", "zh"),
        ("es", "Вывод средств задерживается до двух часов дня.", "ru"),
        (
            "zh-Hant",
            "提现将延迟至十四点,给您带来不便,我们深表歉意。",
            "",
        ),  # one language, two scripts
        ("en", "BTC/USDT 25.11.", ""),  # nothing to go by
    ],
)
def test_a_text_in_another_language_than_it_says_is_pointed_out(
    language: str, text: str, reads_like: str
) -> None:
    plan = replace(a_plan("x"), texts={"en": "Fees fall by 0.1 %.", language: text})
    found = lint(plan, "en", OURS)
    assert found.stops == ()
    assert found.looks == ((f"{language}: this reads like {reads_like}.",) if reads_like else ())


def test_a_transaction_is_pointed_out() -> None:
    (look,) = lint(a_plan("Paid back in 0x" + "ab" * 32), "en", OURS).looks
    assert look.startswith("en: the transaction 0xabab")


@given(st.lists(st.text(min_size=1, max_size=4_000), min_size=1, max_size=8), st.integers(1, 60))
def test_a_preview_always_fits_into_one_message_and_hides_no_text(
    written: list[str], places: int
) -> None:
    languages = [f"l{n}" for n in range(len(written))]
    targets = [
        Target("tg", Platform.TELEGRAM, f"-{n}", languages[n % len(languages)])
        for n in range(places)
    ]
    plan = Announcement(
        "night", dict(zip(languages, written, strict=True)), targets, State.DRAFT, "Sam"
    )
    shown, apart = texts.preview(plan, "l0", lambda t: t.place, Found())
    assert utf16_length(shown) <= texts.ROOM
    read_by = texts.by_text(plan, "l0")
    assert all(plan.texts[name] in shown or plan.texts[name] in apart for name in read_by)


def test_receipts_stand_on_one_line_with_links_below() -> None:
    found = [
        *(Outcome(f"Room {n}", "done", link=f"https://t.me/c/{n}") for n in range(11)),
        *(Outcome(f"Hall {n}", "waits") for n in range(2)),
        Outcome("World", "failed", "not enough rights"),
    ]
    first, *links = texts.receipts("announce", found).split("\n")
    assert first == "✅ 11 sent · ⏳ 2 on their way · ❌ 1 failed: World: not enough rights"
    assert links[0] == "Room 0: https://t.me/c/0"
    assert len(links) == 11
