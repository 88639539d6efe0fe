"""Sweeps: silence counted as resolved, accounts in trouble, looking again at the source."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from monitor.core.triage import Desk
from monitor.ports import ItemState, Rechecked
from monitor.stages.recheck import recheck
from monitor.stages.watch import note_standing, settle_silent
from monitor.store import accounts
from monitor.store.tables import messages
from monitor.testing import NOON, FakeConnector, a_message

DESK = Desk("tg", "-900")
MAIL = ("mail", ("a@b.c", "d@e.f"))


def test_silence_for_three_days_counts_as_resolved_and_says_so(either: Any) -> None:
    desk = either
    desk.hears(
        a_message("withdrawal"), a_message("done", id="2", author="support", after=60, reply_to="1")
    )
    answered_at = NOON + timedelta(seconds=60)
    assert settle_silent(desk.database, answered_at + timedelta(hours=72)) == 0
    assert settle_silent(desk.database, answered_at + timedelta(hours=72, seconds=1)) == 1
    case = desk.case()
    assert (case.state, case.resolved_by, case.resolved_at) == ("resolved", "assumed", answered_at)


def test_who_still_waits_is_never_assumed_resolved(desk: Any) -> None:
    desk.hears(a_message("withdrawal"))
    assert settle_silent(desk.database, NOON + timedelta(days=30)) == 0


def tell(
    desk: Any, account: str, standing: str, at: float = 0, desk_is: Desk | None = DESK
) -> bool:
    now = NOON + timedelta(seconds=at)
    return note_standing(desk.database, account, standing, "401", desk_is, MAIL, now)


@pytest.fixture
def with_reddit(desk: Any) -> Any:
    with desk.database.write() as connection:
        accounts.introduce(connection, "rd", "reddit")
    return desk


def test_an_account_that_stops_and_works_again_is_told_once_each(with_reddit: Any) -> None:
    told = [tell(with_reddit, "rd", s, n) for n, s in enumerate(
        ("waiting", "stopped", "stopped", "waiting", "stopped", "ok", "ok", "waiting", "ok"))]  # fmt: skip
    assert told == [False, True, False, False, False, True, False, False, False]
    texts = sorted(row.text for row in with_reddit.rows().values())
    assert texts == ["🔌 rd: stopped. 401", "🔌 rd: works again."]
    assert {row.place for row in with_reddit.rows().values()} == {"-900"}


def test_a_days_money_that_is_used_up_is_told_once_and_when_it_is_read_again(with_reddit: Any) -> None:  # fmt: skip
    told = [tell(with_reddit, "rd", s, n) for n, s in enumerate(("spent", "spent", "waiting", "spent", "ok"))]  # fmt: skip
    assert told == [True, False, False, False, True]
    texts = sorted(row.text for row in with_reddit.rows().values())
    assert texts == ["💸 rd: 401", "🔌 rd: works again."]


def test_when_the_desks_own_account_stops_people_get_a_mail(with_reddit: Any) -> None:
    tell(with_reddit, "tg", "stopped")
    assert sorted(row.place for row in with_reddit.rows().values()) == ["a@b.c", "d@e.f"]
    assert {row.subject for row in with_reddit.rows().values()} == {"Response desk: tg has stopped"}


def test_without_a_desk_and_without_mail_the_standing_is_still_kept(with_reddit: Any) -> None:
    assert note_standing(with_reddit.database, "rd", "stopped", "401", None, None, NOON)
    assert with_reddit.rows() == {}


class Rechecking(FakeConnector):
    def recheck(self, ids: Sequence[str]) -> Sequence[Rechecked]:
        states = {"1": ItemState.DELETED, "2": ItemState.EDITED, "4": ItemState.EDITED}
        text = {"2": "withdrawal edited"}
        found = [Rechecked(i, states.get(i, ItemState.LIVE), text.get(i)) for i in ids]
        return [*found, Rechecked("unknown", ItemState.DELETED)]


def test_what_was_deleted_or_edited_at_its_source_is_found_by_looking_again(desk: Any) -> None:
    desk.hears(*(a_message("withdrawal", id=str(n), author=f"a{n}") for n in range(1, 5)))
    last = recheck(desk.database, Rechecking(desk.at, "tg"), desk.clock(), timedelta(days=2))
    assert last is not None
    texts = {row.native_id: row.text for row in desk.rows(messages).values()}
    assert texts == {"1": "", "2": "withdrawal edited", "3": "withdrawal", "4": "withdrawal"}
    assert {c.author_id: c.state for c in desk.cases()}["a1"] == "withdrawn"
    assert (
        recheck(desk.database, Rechecking(desk.at, "tg"), desk.clock(), timedelta(days=2), last)
        is None
    )


def test_a_deleted_question_that_was_answered_stays_a_case_without_names(desk: Any) -> None:
    desk.hears(
        a_message("withdrawal"), a_message("ok", id="2", author="support", after=9, reply_to="1")
    )
    recheck(desk.database, Rechecking(desk.at, "tg"), desk.clock(), timedelta(days=2))
    case = desk.case()
    assert (case.state, case.author_name, case.staff_first_at is None) == ("open", "", False)


def test_a_platform_that_cannot_be_looked_at_again_is_left_alone(desk: Any) -> None:
    desk.hears(a_message("withdrawal"))
    assert recheck(desk.database, desk.connector, desk.clock(), timedelta(days=2)) is None
