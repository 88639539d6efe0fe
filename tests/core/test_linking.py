"""Laws of linking, whoever judges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.classify.links import load_links
from monitor.core.link_clues import CLUES, clues
from monitor.core.linking import (
    WINDOW,
    Line,
    Link,
    Memberships,
    Room,
    line_of,
    link,
    softened,
)  # fmt: skip
from monitor.core.messages import Author, Message, Platform

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NET = load_links().net
NASTY = st.text(
    st.sampled_from("a \u202e\u0000\ud800\n:@!?، ؟么吗ก你ё🙂\u200d<>&'\"=%") | st.characters(),
    max_size=60,
)
QUESTIONS = {
    "en": ("how do I withdraw my money?", "@ann: open the wallet page"),
    "zh": ("怎么提现到银行卡？", "@ann 打开钱包页面"),
    "ja": ("出金はどうすればいいですか", "@ann ウォレットを開いてください"),
    "ko": ("출금은 어떻게 하나요?", "@ann 지갑 페이지를 여세요"),
    "ru": ("как вывести деньги?", "@ann, откройте кошелёк"),
    "es": ("¿cómo retiro mi dinero?", "@ann: abre la cartera"),
    "pt": ("como faço um saque?", "@ann: abra a carteira"),
    "tr": ("parayı nasıl çekerim?", "@ann: cüzdanı aç"),
    "vi": ("làm sao để rút tiền?", "@ann: mở trang ví"),
    "id": ("gimana cara tarik dana?", "@ann: buka halaman dompet"),
}


def a_line(number: int, author: str, text: str, minute: float = 0.0, **more: object) -> Line:
    at = NOON + timedelta(minutes=minute)
    return Line(str(number), author, at, text, **more)  # type: ignore[arg-type]


def room_lines(texts: Sequence[tuple[str, str, int]]) -> list[Line]:
    return [a_line(n, who, text, minute) for n, (who, text, minute) in enumerate(texts)]


LINES = st.lists(
    st.tuples(st.sampled_from(["ann", "bob", "carol", "", "dan_"]), NASTY, st.integers(-5, 90)), max_size=25
).map(room_lines)  # fmt: skip


@given(LINES)
@settings(max_examples=60, deadline=None)
def test_whatever_people_write_a_line_answers_an_earlier_one_or_none(lines: list[Line]) -> None:
    assert NET is not None
    room, before = Room(NET), set[str]()
    for line in lines:
        found = room.take(line)
        assert {found.answers, *dict(found.chances)} - {None} <= before
        assert 0 < found.confidence <= 1
        before.add(line.id)


@given(LINES)
@settings(max_examples=40, deadline=None)
def test_a_room_loaded_anew_judges_as_one_followed_all_along(lines: list[Line]) -> None:
    assert NET is not None
    followed = Room(NET)
    for at, line in enumerate(lines):
        assert followed.take(line) == link(lines[:at], line, NET)


def test_a_room_followed_for_long_knows_what_one_loaded_from_its_window_knows() -> None:
    assert NET is not None
    people = ("ann", "bob", "carol", "dan", "eve")
    lines = [
        a_line(n, people[n * n % 5], f"{people[n % 5]}: wallet {n % 13} fails?", n / 3)
        for n in range(WINDOW + 40)
    ]
    followed = Room(NET, lines[:-1])
    assert followed.take(lines[-1]) == link(lines[-WINDOW - 1 : -1], lines[-1], NET)


def test_the_first_line_of_a_room_begins_something() -> None:
    assert NET is not None
    assert Room(NET).take(a_line(1, "ann", "hello?")) == Link(None, 1.0)


@given(LINES)
@settings(max_examples=40, deadline=None)
def test_every_clue_stays_within_its_values(lines: list[Line]) -> None:
    assert NET is not None
    room = Room(NET)
    for line in lines:
        for row in clues(*room.look(line)):
            assert len(row) == len(CLUES)
            assert all(0 <= v < values for v, (_, values) in zip(row, CLUES, strict=True))
        room.note(line)


@pytest.mark.parametrize("language", QUESTIONS)
def test_an_answer_that_names_the_asker_is_found_in_every_language(language: str) -> None:
    assert NET is not None
    question, answer = QUESTIONS[language]
    room = Room(NET, [a_line(1, "u7", question, 0, names=("ann",)), a_line(2, "u8", "gm", 1)])
    found = room.take(a_line(3, "u9", answer, 1))
    assert found.answers == "1"
    assert found.confidence > 0.5


@pytest.mark.parametrize("language", QUESTIONS)
def test_a_quick_answer_without_a_name_is_found_in_every_language(language: str) -> None:
    assert NET is not None
    question, answer = QUESTIONS[language]
    room = Room(NET, [a_line(0, "u8", "gm", -9), a_line(1, "u7", question, 0)])
    found = room.take(a_line(2, "u9", answer.removeprefix("@ann").lstrip(":, "), 0))
    chances = dict(found.chances)
    assert chances["1"] > max(0.25, chances.get("0", 0.0))


def test_who_is_mentioned_by_the_platform_counts_as_named() -> None:
    assert NET is not None
    room = Room(NET, [a_line(1, "u7", "where is my order?"), a_line(2, "u8", "is the site down?")])
    assert room.take(a_line(3, "u9", "look at the page", 0, mentions=("u7",))).answers == "1"


def test_time_that_runs_backwards_changes_nothing_but_the_gap() -> None:
    assert NET is not None
    room = Room(NET, [a_line(1, "ann", "anybody here?", 50)])
    assert room.take(a_line(2, "bob", "ann: yes", 10)).answers == "1"


def test_a_message_becomes_a_line_with_all_its_authors_names() -> None:
    author = Author("u7", "Ann Lee", "ann_l")
    message = Message(Platform.TELEGRAM, "-1", "5", author, "hi", NOON, mentions=("bob",))
    assert line_of(message) == Line("5", "u7", NOON, "hi", ("ann_l", "Ann Lee", "Ann"), ("bob",))


def test_nobody_knows_who_is_never_the_same_person_twice() -> None:
    one, two = (
        line_of(Message(Platform.REDDIT, "r/a", native, Author(""), "hi", NOON)) for native in "ab"
    )
    assert one.author != two.author


def test_a_line_belongs_to_a_conversation_as_far_as_what_it_may_answer_does() -> None:
    members = Memberships()
    members.begin("q")
    members.take("q", Link(None, 1.0))
    assert members.take("a", Link("q", 0.6, (("q", 0.6),))) == {"q": 0.6}
    later = members.take("b", Link("a", 0.5, (("a", 0.5), ("q", 0.4))))
    assert later["q"] == pytest.approx(0.5 * 0.6 + 0.4)


@given(st.lists(st.floats(-700, 700), min_size=1))
def test_chances_sum_to_one(scores: list[float]) -> None:
    assert sum(softened(scores)) == pytest.approx(1.0)
