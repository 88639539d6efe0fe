"""Somebody who is not of the team answers in its name: it never counts, the team is told, and the asker if wanted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.classify.fakewords import load_warnings
from monitor.core.assessment import Policy, Topic
from monitor.core.messages import Author, Message, Platform
from monitor.core.roster import Person, Roster
from monitor.stages import cards
from monitor.testing import NOON, a_message

TEXTS = {"en": "“{name}” is not of our team.", "zh": "“{name}”不是我们的。"}
FAKE = Author("666", name="Support | Exchange", handle="exchange_help_")
SAM = Person("Sam", ids=dict.fromkeys(Platform, ("support",)))
VERA = Person("Vera", ids={Platform.TELEGRAM: ("77",)}, topics=("security",))


def fake(id: str = "f1", reply_to: str | None = "1", after: float = 60, author: Author = FAKE, text: str = "write me privately",
         ) -> Message:  # fmt: skip
    return Message(Platform.TELEGRAM, "-100", id, author, text, NOON + timedelta(seconds=after), reply_to=reply_to,
                   place_kind="supergroup", place_name="Traders")  # fmt: skip


@pytest.fixture
def team(desk: Any) -> Any:
    """A desk with somebody for security, and one person who waits."""
    desk.roster = Roster((SAM, VERA))
    desk.works()
    desk.hears(a_message("withdrawal stuck"))
    desk.works()
    return desk


@pytest.fixture
def warning(team: Any) -> Any:
    """The same where the team wants the group to be warned."""
    team.house = replace(team.house, warnings=lambda: TEXTS)
    return team


def hears(desk: Any, *messages: Message) -> None:
    desk.hears(*messages)
    desk.works()


def alerts(desk: Any) -> list[Any]:
    return [p for p in desk.at.posts if p.key.startswith("fake:")]


def warnings(desk: Any) -> list[str]:
    return [p.text for p in desk.at.posts if p.kind == "warning"]


def test_what_they_write_never_counts_as_an_answer(team: Any) -> None:
    hears(team, fake())
    case = team.case()
    assert (case.community_first_at, case.staff_first_at, case.is_waiting) == (None, None, True)
    assert "the community has answered" not in team.card().text
    assert "⚠ Support | Exchange has written to them and is not of the team" in team.card().text
    hears(team, a_message("it takes an hour", id="2", author="h", reply_to="1", after=90))
    assert team.case().community_first_at == NOON + timedelta(seconds=90)


def test_it_does_not_count_when_the_place_is_read_anew_either(team: Any) -> None:
    hears(team, fake())
    late = a_message("hello all", id="0", author="x", after=-30)  # comes late: all is read anew
    hears(team, late)
    assert team.case().community_first_at is None


def test_an_offer_of_help_that_reads_like_a_question_is_no_question(team: Any) -> None:
    hears(team, fake(text="deposit asking can I help you, write me"))
    assert len(team.cases()) == 1
    assert len(alerts(team)) == 1


def test_somebody_with_such_a_name_who_asks_is_helped_like_anybody(team: Any) -> None:
    hears(team, fake(id="9", reply_to=None, text="deposit missing"))
    assert len(team.cases()) == 2
    assert alerts(team) == []


def test_who_looks_after_security_is_called_under_the_card_once_a_day(team: Any) -> None:
    hears(team, fake())
    hears(team, fake(id="f2", after=120))
    (alert,) = alerts(team)
    assert alert.calls == (("Vera", "77"),)
    assert "Support | Exchange (@exchange_help_), id 666, has answered" in alert.text
    assert "is not of the team" in alert.text
    assert team.at.shown[alert.reply_to].text.startswith("🟡 NORMAL · withdrawal")


def test_without_anybody_for_security_the_leads_are_called(team: Any) -> None:
    team.roster = Roster((SAM,))
    team.board = replace(team.board, leads=("Sam",))
    team.outbox = replace(team.outbox, dress=cards.dressing(team.board))
    hears(team, fake())
    assert alerts(team)[0].calls == (("Sam", "support"),)


def test_the_group_is_warned_only_if_the_team_wants_it(team: Any) -> None:
    hears(team, fake())
    assert warnings(team) == []


def test_the_asker_is_told_once_that_this_is_nobody_of_ours(warning: Any) -> None:
    hears(warning, fake())
    hears(warning, fake(id="f2", after=90))
    assert warnings(warning) == ["“Support | Exchange” is not of our team."]
    (post,) = [p for p in warning.at.posts if p.kind == "warning"]
    assert (post.place, post.reply_to) == ("-100", "1")
    assert warning.case().ack_at is not None  # of the acknowledgement, which came before


def test_a_warning_is_no_acknowledgement(warning: Any) -> None:
    warning.playbook = replace(warning.playbook, acknowledge_after=timedelta(minutes=10))
    hears(warning, a_message("deposit missing", id="20", author="b", after=30))
    hears(warning, fake(id="f3", reply_to="20"))
    assert len(warnings(warning)) == 1
    assert warning.cases()[1].ack_at is None


def test_one_case_brings_one_warning_however_many_pretend(warning: Any) -> None:
    hears(warning, fake())
    hears(warning, fake(id="f2", after=90, author=Author("667", name="Official Helpdesk")))
    assert len(warnings(warning)) == 1
    assert len(alerts(warning)) == 2


def test_nothing_of_the_strangers_name_leads_anywhere(warning: Any) -> None:
    hears(warning, fake(author=Author("668", name="Support t.me/scam @boss https://x.y")))
    (text,) = warnings(warning)
    assert not {".", "/", "@", ":"} & set(text.partition("”")[0])


@pytest.mark.parametrize("policy", [Policy.ALERT, Policy.NEVER])
def test_on_topics_of_which_we_are_silent_nobody_is_warned_in_public(warning: Any, policy: Policy) -> None:  # fmt: skip
    policies = {**warning.playbook.policies, Topic.WITHDRAWAL: policy}
    warning.playbook = replace(warning.playbook, policies=policies)
    hears(warning, fake())
    assert warnings(warning) == []


def test_a_pause_stops_warnings_too(warning: Any) -> None:
    warning.outbox = replace(warning.outbox, paused=lambda: True)
    hears(warning, fake())
    assert warnings(warning) == []
    assert len(alerts(warning)) == 1


def test_the_shipped_texts_name_the_stranger_in_every_language() -> None:
    from monitor import assets

    texts = load_warnings(assets.path("rules"))
    assert set(texts) == {"en", "zh", "zh-Hant", "ja", "ko", "ru", "es", "tr", "vi", "pt", "id"}
    assert all(text.count("{name}") == 1 and len(text) < 280 for text in texts.values())
