"""What is said to whom: policy, languages, limits of good taste; and what managers read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.core.assessment import Policy, Topic, Urgency
from monitor.core.cases import Case, Read, opened_by
from monitor.core.messages import AuthorKind, Platform, Role
from monitor.core.spans import duration
from monitor.core.triage import (
    Delivery,
    Desk,
    Kind,
    News,
    Playbook,
    Speaker,
    no_longer_wanted,
    reply_text,
    triage,
)
from monitor.testing import NOON, a_message, about

TEXTS = {
    (k, Topic.WITHDRAWAL): {"en": f"{k} en", "zh": f"{k} zh"}
    for k in (Kind.ACKNOWLEDGEMENT, Kind.ANSWER)
}
SPEAKER = Speaker("tg", acknowledges=True)


def playbook(policy: Policy = Policy.ACKNOWLEDGE, **more: Any) -> Playbook:
    return Playbook({Topic.WITHDRAWAL: policy}, TEXTS, Desk("tg", "-900"), **more)


def asked(
    *signals: str, urgency: Urgency = Urgency.NORMAL, role: Role = Role.MEMBER, **more: Any
) -> Read:
    return Read(a_message(**more), role, about(Topic.WITHDRAWAL, urgency, *signals), 1)


def case_of(read: Read) -> Case:
    return opened_by(read, read.message)


def said(read: Read, book: Playbook | None = None, speaker: Speaker | None = SPEAKER, *,
         after: float = 5, news: News = News.OPENED) -> dict[Kind, Delivery]:  # fmt: skip
    now = NOON + timedelta(seconds=after)
    found = triage(case_of(read), read, speaker, book or playbook(), "card", now, news=news)
    return {delivery.kind: delivery for delivery in found}


@pytest.mark.parametrize(
    ("policy", "kinds"),
    [
        (Policy.ACKNOWLEDGE, {Kind.ACKNOWLEDGEMENT, Kind.ALERT}),
        (Policy.ANSWER, {Kind.ANSWER, Kind.ALERT}),
        (Policy.ALERT, {Kind.ALERT}),
        (Policy.NEVER, set()),
    ],
)
def test_the_policy_of_the_topic_decides(policy: Policy, kinds: set[Kind]) -> None:
    assert set(said(asked(), playbook(policy))) == kinds


def test_a_topic_without_a_policy_is_only_raised() -> None:
    assert set(said(asked(), Playbook({}, TEXTS, Desk("tg", "-900")))) == {Kind.ALERT}


def test_acknowledgement_and_answer_share_one_key() -> None:
    keys = {said(asked(), playbook(p))[k].key for p, k in
            ((Policy.ACKNOWLEDGE, Kind.ACKNOWLEDGEMENT), (Policy.ANSWER, Kind.ANSWER))}  # fmt: skip
    assert keys == {"ack:telegram:-100:1"}


@pytest.mark.parametrize(
    "read",
    [
        asked("stop"),
        asked(kind=AuthorKind.CHANNEL),
        asked(kind=AuthorKind.ANONYMOUS_ADMIN),
        asked(kind=AuthorKind.BOT),
        asked(role=Role.STAFF),
        asked(role=Role.OTHER_BOT),
        asked(platform=Platform.TWITTER, place="x"),
        asked(platform=Platform.TWITTER, place="x", summoned=False),
    ],
)
def test_whom_we_never_speak_to_by_ourselves(read: Read) -> None:
    assert set(said(read)) == {Kind.ALERT}


def test_on_x_only_who_summoned_us_is_spoken_to() -> None:
    assert Kind.ACKNOWLEDGEMENT in said(asked(platform=Platform.TWITTER, place="x", summoned=True))


def test_where_we_do_not_acknowledge_only_private_messages_to_us_are() -> None:
    silent = Speaker("tg", acknowledges=False)
    assert set(said(asked(), speaker=silent)) == {Kind.ALERT}
    private = asked(place_kind="private", addressed=True)
    assert Kind.ACKNOWLEDGEMENT in said(private, speaker=silent)
    assert set(said(asked(), speaker=None)) == {Kind.ALERT}


def test_a_late_acknowledgement_is_none_and_a_day_old_question_raises_no_alert() -> None:
    assert set(said(asked(), after=15 * 60)) == {Kind.ACKNOWLEDGEMENT, Kind.ALERT}
    assert set(said(asked(), after=15 * 60 + 1)) == {Kind.ALERT}
    assert said(asked(), after=24 * 3600 + 1) == {}


def test_what_is_not_urgent_enough_raises_no_alert() -> None:
    book = playbook(alert_from=Urgency.HIGH)
    assert set(said(asked(), book)) == {Kind.ACKNOWLEDGEMENT}
    assert Kind.ALERT in said(asked(urgency=Urgency.HIGH), book)


def test_imported_questions_call_for_nothing() -> None:
    read = replace(asked(), imported=True)
    assert said(read) == {}


def test_without_a_desk_there_is_no_alert() -> None:
    assert set(said(asked(), replace(playbook(), desk=None))) == {Kind.ACKNOWLEDGEMENT}


def test_news_of_a_case_raise_it_under_a_key_of_their_own_and_say_nothing_in_public() -> None:
    read = asked(urgency=Urgency.HIGH)
    keys = {news: said(read, news=news) for news in News}
    assert {n: d[Kind.ALERT].key for n, d in keys.items()} == {
        News.OPENED: "alert:telegram:-100:1",
        News.RAISED: "alert:telegram:-100:1:high",
        News.AGAIN: "alert:telegram:-100:1:turn1",
    }
    assert set(keys[News.RAISED]) == set(keys[News.AGAIN]) == {Kind.ALERT}


@pytest.mark.parametrize(
    ("language", "of_place", "text"),
    [
        ("zh-Hant", None, "zh"),
        ("zh", None, "zh"),
        ("ru", "zh", "zh"),
        ("ru", None, "en"),
        ("und", "ko", "en"),
    ],
)
def test_the_text_is_in_the_askers_language_else_the_places_else_the_default(
    language: str, of_place: str | None, text: str
) -> None:
    found = reply_text(playbook(), Kind.ANSWER, Topic.WITHDRAWAL, language, of_place)
    assert found == f"answer {text}"


def test_without_a_text_nothing_is_said_in_public() -> None:
    read = Read(a_message(), Role.MEMBER, about(Topic.DEPOSIT), 1)
    book = replace(playbook(), policies={Topic.DEPOSIT: Policy.ACKNOWLEDGE})
    assert set(said(read, book)) == {Kind.ALERT}


def test_an_alert_of_a_case_that_was_answered_and_asked_again_is_still_wanted() -> None:
    case = replace(case_of(asked()), staff_first_at=NOON, open_turn_at=NOON)
    assert no_longer_wanted(Kind.ALERT, case, None, NOON) is None
    answered = replace(case, open_turn_at=None)
    assert no_longer_wanted(Kind.ALERT, answered, None, NOON) == "answered meanwhile"


@pytest.mark.parametrize("state", ["resolved", "withdrawn"])
def test_nothing_is_said_in_a_case_that_is_over(state: str) -> None:
    case = replace(case_of(asked()), state=state, open_turn_at=None)
    assert no_longer_wanted(Kind.ANSWER, case, None, NOON) == f"the case is {state}"


def test_a_relay_of_a_person_is_always_wanted() -> None:
    case = replace(case_of(asked()), staff_first_at=NOON, open_turn_at=None)
    assert no_longer_wanted(Kind.RELAY, case, None, NOON, opted_out=True, over_budget="x") is None


# -- what managers read -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h"), (12_000, "3 h 20 min"), (86_400, "1 d"),
     (187_200, "2 d 4 h")],
)  # fmt: skip
def test_durations_are_short(seconds: float, shown: str) -> None:
    assert duration(timedelta(seconds=seconds)) == shown
