"""What managers read: the card in every state of its case, its buttons, and what a press does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.core import desk as cards
from monitor.core.assessment import Topic, Urgency
from monitor.core.cases import Case, Read, opened_by
from monitor.core.desk import Facts
from monitor.core.handling import Act, Handling, Menu, pressed, second
from monitor.core.messages import Platform, Role
from monitor.testing import NOON, a_message, about

CASE = replace(
    opened_by(Read(m := a_message(), Role.MEMBER, about(Topic.WITHDRAWAL, Urgency.CRITICAL), 1), m),
    id=7,
    due_at=NOON + timedelta(minutes=15),
)
FACTS = Facts("my withdrawal is stuck", "name-42", "Traders", ("says so",))
FREE = Handling(7, "n0nce")
SOON, LATER = NOON + timedelta(minutes=2), NOON + timedelta(minutes=20)


def card(case: Case = CASE, facts: Facts = FACTS, handling: Handling = FREE, now: Any = SOON) -> str:  # fmt: skip
    return cards.card(case, facts, handling, now)


def labels(case: Case = CASE, handling: Handling = FREE) -> list[str]:
    return [label for row in cards.buttons(case, FACTS, handling) for label, _ in row]


def test_a_card_says_all_that_is_needed_and_cuts_what_is_long() -> None:
    text = card(facts=replace(FACTS, text="x" * 5000, warning="writes as support"))
    assert text.startswith(
        "🔴 CRITICAL · withdrawal · en · #7\n⏳ Waiting\nTelegram · Traders · name-42\n"
    )
    assert "⚠ writes as support" in text
    assert "Why: says so" in text
    assert "Asked 16 Nov 12:00 UTC · target 15 min, until 12:15" in text
    assert len(text) < 2000


def test_a_card_without_reasons_or_a_place_name_still_says_where() -> None:
    text = card(facts=Facts("hello", "42", ""))
    assert "Telegram · -100 · 42" in text
    assert "Why" not in text


def test_a_deleted_question_is_not_shown() -> None:
    text = card(facts=replace(FACTS, deleted=True))
    assert "my withdrawal is stuck" not in text
    assert "(the message was deleted)" in text


@pytest.mark.parametrize(
    ("case", "handling", "now", "line"),
    [
        (CASE, FREE, SOON, "⏳ Waiting"),
        (CASE, replace(FREE, claimed_by="Mei", claimed_at=SOON), SOON, "✋ Mei has it"),
        (CASE, FREE, LATER, "⏰ Waiting · past its target since 12:15"),
        (CASE, replace(FREE, claimed_by="Mei"), LATER, "✋ Mei has it · past its target since 12:15"),
        (CASE, replace(FREE, snoozed_until=LATER), SOON, "💤 Snoozed until 12:20 UTC"),
        (CASE, replace(FREE, snoozed_until=SOON), SOON, "⏳ Waiting"),
        (replace(CASE, holding_at=SOON), FREE, SOON, "⏳ Waiting · told: we are looking"),
        (replace(CASE, community_first_at=SOON), FREE, SOON, "⏳ Waiting · the community has answered"),
        (replace(CASE, staff_first_at=SOON, open_turn_at=None), FREE, SOON, "✅ Answered · staff after 2 min"),
        (replace(CASE, staff_first_at=SOON), FREE, SOON, "⏳ Waiting again"),
        (replace(CASE, state="resolved", resolved_by="asker", staff_first_at=SOON), FREE, SOON,
         "☑ Confirmed by the asker · staff after 2 min"),
        (replace(CASE, state="resolved", resolved_by="staff"), FREE, SOON, "☑ Closed"),
        (replace(CASE, state="withdrawn"), FREE, SOON, "⚪ Withdrawn: nothing to answer"),
    ],
)  # fmt: skip
def test_the_second_line_says_how_it_stands(
    case: Case, handling: Handling, now: Any, line: str
) -> None:
    assert card(case, handling=handling, now=now).splitlines()[1] == line


def test_at_most_four_buttons_at_first() -> None:
    assert labels() == ["✋ I take it", "💬 Quick answer", "✓ Close", "More ›"]
    assert labels(handling=replace(FREE, claimed_by="Mei"))[0] == "Release"
    assert labels(replace(CASE, state="withdrawn")) == []


@pytest.mark.parametrize("menu", list(Menu))
def test_every_button_fits_what_telegram_carries(menu: Menu) -> None:
    handling = replace(FREE, nonce="x" * 12, menu=menu)
    rows = cards.buttons(CASE, FACTS, handling)
    assert rows
    assert all(len(data.encode()) <= 64 and label for row in rows for label, data in row)


@pytest.mark.parametrize("act", list(Act))
@pytest.mark.parametrize("argument", ["", "30m", "more", "nonsense"])
def test_no_press_breaks_anything(act: Act, argument: str) -> None:
    verdict = pressed(FREE, CASE, "Mei", act, argument, SOON)
    assert verdict.handling is None or verdict.handling.case_id == 7


def test_only_who_has_a_case_can_release_it() -> None:
    mine = pressed(FREE, CASE, "Mei", Act.CLAIM, "", SOON).handling
    assert mine is not None
    assert pressed(mine, CASE, "Sam", Act.RELEASE, "", SOON).toast.startswith("Mei has it")
    free = pressed(mine, CASE, "Mei", Act.RELEASE, "", SOON).handling
    assert free is not None
    assert free.claimed_by is None


def test_claiming_twice_changes_nothing() -> None:
    mine = replace(FREE, claimed_by="Mei")
    assert pressed(mine, CASE, "Mei", Act.CLAIM, "", SOON).handling is None
    assert pressed(mine, CASE, "Sam", Act.CLAIM, "", SOON).toast == "Mei has it."


def test_a_snooze_ends_by_itself_and_by_hand() -> None:
    asleep = pressed(FREE, CASE, "Mei", Act.SNOOZE, "30m", SOON).handling
    assert asleep is not None
    assert asleep.sleeps(SOON)
    assert not asleep.sleeps(SOON + timedelta(minutes=30))
    awake = pressed(asleep, CASE, "Mei", Act.WAKE, "", SOON).handling
    assert awake is not None
    assert awake.snoozed_until is None


def test_who_comes_second_is_told_what_the_first_did() -> None:
    done = replace(FREE, last_act="Mei closed it", last_at=NOON)
    assert second(done, NOON + timedelta(seconds=12)).startswith("Mei closed it 12 s ago.")
    assert second(FREE, NOON).startswith("This button was used already.")


def test_a_ping_is_one_line_with_the_wait() -> None:
    text = cards.ping(CASE, "asks again", 7, NOON + timedelta(minutes=9))
    assert text == "🔴 CRITICAL · withdrawal · en · #7: asks again, waiting 9 min"


def test_what_everybody_reads_is_shown_first() -> None:
    assert [p for p in Platform if cards.is_public(p)] == [Platform.REDDIT, Platform.TWITTER]


def test_of_many_places_in_which_it_was_asked_three_are_named() -> None:
    places = (("One", 2), ("Two\nlines", 3), ("x" * 99, 4), ("Four", 5), ("Five", 6))
    line = next(x for x in card(facts=replace(FACTS, elsewhere=places)).splitlines() if "Also" in x)
    assert line.startswith("Also asked in One (#2), Two lines (#3), xxx")
    assert line.endswith("… (#4) and 2 more")
    assert "Also" not in card()
