"""Ready answers: said by itself only where everything allows it, once, in the asker's language; and the menu of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.assessment import Assessment, Complexity, Policy, Topic, Urgency
from monitor.core.cases import Case, Read, opened_by
from monitor.core.faq import (
    NO,
    YES,
    Entry,
    Faq,
    Match,
    answer_for,
    faq_pressed,
    instead,
    is_general,
    is_id,
    suggestions,
)
from monitor.core.faq_figures import Found, enough, figures
from monitor.core.faq_menu import entry_page, menu, page, topic_page
from monitor.core.faq_words import phrase
from monitor.core.language import LANGUAGES
from monitor.core.messages import AuthorKind, Platform, Role
from monitor.core.triage import Delivery, Kind, Playbook, Speaker, triage
from monitor.testing import NOON, a_message

ENTRY = Entry(
    "fees",
    (Topic.TERMS,),
    {"en": ("What are the fees?",), "zh": ("手续费多少?",)},
    {"en": "Fees depend on your tier.", "zh": "手续费取决于您的等级。"},
    link="https://www.example.com/fees",
)
MATCH = Match(ENTRY, 0.5, sure=True, why="")
SPEAKER = Speaker("tg", acknowledges=True)
PLAYBOOK = Playbook(
    {Topic.TERMS: Policy.ANSWER}, {(Kind.ANSWER, Topic.TERMS): {"en": "Seen."}}, desk=None
)
TODAY = NOON.date()


def a_read(text: str = "what are the fees?", *, language: str = "en", topic: Topic = Topic.TERMS,
           urgency: Urgency = Urgency.NORMAL, **message: Any) -> Read:  # fmt: skip
    asked = replace(a_message(text), **message)
    seen = Assessment(topic, urgency, language, Complexity.SIMPLE, 0.9)
    return Read(asked, Role.MEMBER, seen, 1)


def answer(read: Read, match: Match | None = MATCH, speaker: Speaker | None = SPEAKER,
           playbook: Playbook = PLAYBOOK, later: timedelta = timedelta(0), **case: Any) -> Delivery | None:  # fmt: skip
    return answer_for(a_case(read, **case), read, match, speaker, playbook, NOON + later)


def a_case(read: Read, **changes: Any) -> Case:
    return replace(opened_by(read, read.message), **changes)


def test_a_sure_match_is_said_in_the_askers_language_with_its_link_and_two_buttons() -> None:
    said = answer(a_read("手续费多少", language="zh"))
    assert said is not None
    assert (said.key, said.kind, said.reply_to) == ("ack:telegram:-100:1", Kind.ANSWER, "1")
    assert said.text.startswith("手续费取决于您的等级。\nhttps://www.example.com/fees")
    assert [data for _, data in said.buttons[0]] == ["faq:y:fees", "faq:n:fees"]


@pytest.mark.parametrize(
    ("read", "changes"),
    [
        (a_read(), {"match": replace(MATCH, sure=False)}),
        (a_read(), {"match": None}),
        (a_read(), {"speaker": None}),
        (a_read(), {"speaker": Speaker("tg", acknowledges=False)}),
        (a_read(), {"later": timedelta(minutes=16)}),
        (a_read(), {"complexity": Complexity.COMPLEX}),
        (a_read(), {"imported": True}),
        (a_read(), {"playbook": replace(PLAYBOOK, policies={Topic.TERMS: Policy.ACKNOWLEDGE})}),
        (a_read(), {"playbook": replace(PLAYBOOK, policies={Topic.TERMS: Policy.ALERT})}),
        (a_read(), {"playbook": replace(PLAYBOOK, policies={Topic.TERMS: Policy.NEVER})}),
        (a_read(), {"match": replace(MATCH, entry=replace(ENTRY, topics=(Topic.API,)))}),
        (a_read(), {"match": replace(MATCH, entry=replace(ENTRY, valid_until=date(2020, 1, 1)))}),
        (a_read(urgency=Urgency.HIGH), {}),
        (a_read(language="ja"), {}),
        (a_read("fees? I wait for 6 hours"), {}),
    ],
    ids=["unsure", "no match", "no speaker", "place not ours", "late", "complex", "imported", "acknowledge",
         "alert", "never", "other topic", "expired", "urgent", "no text in that language", "own case"],
)  # fmt: skip
def test_anything_less_is_left_to_a_person(read: Read, changes: dict[str, Any]) -> None:
    assert answer(read) is not None or not changes
    assert answer(read, **changes) is None


def test_nobody_but_a_member_is_answered() -> None:
    read = a_read()
    bot = replace(read.message, author=replace(read.message.author, kind=AuthorKind.BOT))
    assert answer(replace(read, message=bot)) is None
    assert answer(replace(read, role=Role.STAFF)) is None
    stopped = replace(read.assessment, signals=frozenset({"stop"}))
    assert answer(replace(read, assessment=stopped)) is None


def test_on_x_only_what_fits_is_said_and_without_the_link() -> None:
    read = a_read(platform=Platform.TWITTER, summoned=True)
    said = answer(read)
    assert said is not None
    assert (said.text, said.buttons) == (ENTRY.answers["en"], ())
    long = replace(ENTRY, answers={"en": "x" * 281})
    assert answer(read, replace(MATCH, entry=long)) is None


def test_it_takes_the_place_of_the_acknowledgement_and_of_nothing_else() -> None:
    read = a_read()
    said = triage(a_case(read), read, SPEAKER, PLAYBOOK, "card", NOON)
    other = replace(said[0], key="alert:1")
    better = answer(read)
    assert instead((*said, other), better) == (better, other)
    assert instead((other,), better) == (other,)
    assert instead(said, None) == said


@given(st.text(max_size=60).map(lambda t: t.lower()))
def test_names_of_entries_always_fit_into_a_button(name: str) -> None:
    if is_id(name):
        for word in (YES, NO, "e"):
            assert len(f"faq:{word}:{name}".encode()) <= 64


def test_who_speaks_of_his_own_transaction_asks_no_general_question() -> None:
    assert is_general("how long does a withdrawal take?")
    assert not is_general("it takes 9 hours already")
    assert not is_general("where is 0x" + "ab" * 32)
    assert not is_general("why " * 100)


def test_only_the_asker_decides_whether_it_helped_and_once() -> None:
    case = a_case(a_read())
    assert faq_pressed(case, YES, "somebody", None, NOON).case is None
    yes = faq_pressed(case, YES, case.author_id, None, NOON)
    assert yes.case is not None
    assert (yes.helped, yes.case.state, yes.case.resolved_by) == (True, "resolved", "asker")
    no = faq_pressed(case, NO, case.author_id, None, NOON)
    assert (no.helped, no.case) == (False, case)
    for before in (True, False):
        assert faq_pressed(case, YES, case.author_id, before, NOON).case is None
    assert faq_pressed(case, "forged", case.author_id, None, NOON).case is None


def test_a_closed_case_stays_as_it_was() -> None:
    case = a_case(a_read(), state="resolved", resolved_by="staff", resolved_at=NOON)
    assert faq_pressed(case, YES, case.author_id, None, NOON + timedelta(hours=1)).case == case


def test_a_manager_gets_the_text_in_the_askers_language_or_else_in_his_own() -> None:
    assert suggestions([MATCH], "zh-Hant")[0].text.startswith("手续费")
    assert suggestions([MATCH], "tr")[0].text.startswith("Fees")
    assert suggestions([MATCH], "tr", default="ja") == []
    expired = replace(MATCH, entry=replace(ENTRY, valid_until=date(2020, 1, 1)))
    assert suggestions([expired], "en", today=TODAY) == []


FAQ = Faq((ENTRY, Entry("keys", (Topic.API,), {"en": ("How do I make a key? " * 9,)}, {"en": "So."}),
           Entry("old", (Topic.PROMO,), {"en": ("Old?",)}, {"en": "Old."}, valid_until=date(2020, 1, 1))))  # fmt: skip
NAMES = {Topic.TERMS: {"en": "Fees and terms", "zh": "费用"}}


def test_the_menu_leads_to_topics_to_answers_and_back() -> None:
    first = menu(FAQ, "zh", NAMES, TODAY)
    assert first.buttons == ((("费用", "faq:t:terms"), ("Api", "faq:t:api")),)
    second = page(FAQ, ["t", "terms"], "zh", NAMES, TODAY)
    assert second.buttons[0] == (("手续费多少?", "faq:e:fees"),)
    third = page(FAQ, ["e", "fees"], "zh", NAMES, TODAY)
    assert "手续费取决于您的等级。" in third.text
    assert third.buttons[-1][0][1] == "faq:t:terms"
    assert page(FAQ, ["m"], "zh", NAMES, TODAY) == first


@pytest.mark.parametrize(
    "parts", [["e", "gone"], ["e", "old"], ["t", "promo"], ["t", "x"], ["?"], []]
)
def test_a_button_that_leads_nowhere_leads_to_the_menu(parts: list[str]) -> None:
    assert page(FAQ, parts, "en", NAMES, TODAY) == menu(FAQ, "en", NAMES, TODAY)


def test_labels_are_short_and_an_empty_faq_asks_for_the_question() -> None:
    pages = (
        topic_page(FAQ, Topic.API, "en", NAMES, TODAY),
        entry_page(FAQ, "keys", "en", NAMES, TODAY),
    )
    for shown in pages:
        assert all(
            len(label) <= 60 and len(d.encode()) <= 64 for row in shown.buttons for label, d in row
        )
    assert menu(Faq(), "en", NAMES, TODAY).buttons == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_is_there_in_every_language(language: str) -> None:
    names = (
        "helped?",
        "yes",
        "no",
        "glad",
        "colleague",
        "not you",
        "noted",
        "menu",
        "empty",
        "back",
    )
    english = [phrase(name, "en") for name in names]
    mine = [phrase(name, language) for name in names]
    assert language == "en" or sum(a == b for a, b in zip(mine, english, strict=True)) <= 1


def found(lead: float, first: str, wanted: str, *, said: bool = True) -> Found:
    return Found("en", "?", wanted, first, lead, "words", said)


def test_precision_counts_what_is_said_and_coverage_what_is_asked() -> None:
    got = figures(
        [
            found(0.9, "a", "a"),
            found(0.8, "b", "a"),
            found(0.7, "a", ""),
            found(0.1, "a", "a", said=False),
        ]
    )
    assert got.precision == pytest.approx(1 / 3)
    assert got.coverage == pytest.approx(1 / 3)
    assert (got.asked, got.others, got.said, got.answered) == (3, 1, 3, 1)
    assert figures([]).precision is None


def test_the_smallest_threshold_that_is_good_enough_is_found() -> None:
    some = [found(0.9, "a", "a"), found(0.5, "a", "a"), found(0.4, "b", "a"), found(0.3, "a", "a")]
    assert enough(some, 0.99) == 0.5
    assert enough(some, 0.75) == 0.3
    assert enough([found(0.9, "b", "a")]) is None
    tied = [found(0.5, "a", "a"), found(0.5, "b", "a")]
    assert enough(tied, 0.9) is None
