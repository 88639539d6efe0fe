"""Saying things once: every way a send can end, doubts, limits, and what is no longer wanted."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from monitor.core.announcements import LATEST
from monitor.core.messages import Event, EventKind, Platform
from monitor.core.pacing import Allowance, Pacer
from monitor.core.triage import Delivery, Kind
from monitor.ports import Batch, Receipt, Rejected, Unauthorized, Unavailable, Uncertain
from monitor.stages.deliver import deliver_due
from monitor.stages.outbox import Budgets, Stopped, restore_pace
from monitor.store import deliveries, doubts, fetches, unasked
from monitor.store.database import Database
from monitor.store.tables import deliveries as table
from monitor.testing import NOON, FakeConnector, SearchableFake, a_message

ACK, ALERT = "ack:telegram:-100:1", "alert:telegram:-100:1"


class Mailing(FakeConnector):
    repeatable = True


def queued(desk: Any, kind: Kind, key: str = "k", place: str = "-100", **more: Any) -> None:
    values: dict[str, Any] = {
        "priority": 30,
        "not_before": desk.clock(),
        "platform": desk.platform,
    } | more
    said = Delivery(key, kind, "tg", place=place, text=f"text of {key}", **values)
    with desk.database.write() as connection:
        deliveries.queue(connection, [said], {}, desk.clock())


def asked(desk: Any, **more: Any) -> None:
    desk.hears(a_message("withdrawal", **more))


# -- how a send can end -----------------------------------------------------------------------


def test_what_was_taken_is_sent_with_its_receipt_and_stops_only_the_clock_of_the_acknowledgement(
    desk: Any,
) -> None:
    asked(desk)
    desk.clock.passes(seconds=4)
    desk.speaks()
    row, case = desk.row(ACK), desk.case()
    assert (row.state, row.native_id, row.sent_at) == ("sent", "p2", desk.clock())
    assert case.ack_at == desk.clock()
    assert case.answered_at is None
    assert case.is_waiting


def test_the_urgent_goes_first_and_alerts_before_everything(desk: Any) -> None:
    asked(desk, id="1")
    desk.hears(a_message("critical security", id="2", author="b", after=1))
    desk.speaks()
    assert [post.key for post in desk.at.posts] == [
        "alert:telegram:-100:2", ALERT, "ack:telegram:-100:2", ACK
    ]  # fmt: skip


def test_an_alert_says_when_it_was_asked_and_until_when_an_answer_was_promised(desk: Any) -> None:
    asked(desk)
    desk.clock.passes(minutes=3)
    desk.speaks()
    assert "Asked 16 Nov 12:00 UTC · target 1 h, until 13:00" in desk.alerts()[0]


def test_not_now_is_tried_again_after_a_growing_while(desk: Any) -> None:
    queued(desk, Kind.RELAY)
    waits = []
    for _ in range(4):
        desk.at.refuse(Unavailable("busy"))
        again = desk.speaks()
        waits.append((again - desk.clock()).total_seconds())
        desk.clock.now = again
    assert waits == [1, 2, 4, 8]
    desk.speaks()
    assert desk.states() == {"k": "sent"}
    assert desk.at.sends == 5


def test_never_asking_oftener_than_every_five_minutes_at_worst(desk: Any) -> None:
    queued(desk, Kind.RELAY)
    with desk.database.write() as connection:
        connection.execute(sa.update(table).values(attempts=2000))
    desk.at.refuse(Unavailable("busy"))
    assert desk.speaks() == desk.clock() + timedelta(minutes=5)


def test_too_many_requests_pauses_only_that_chat_for_as_long_as_was_asked(desk: Any) -> None:
    for number in range(3):
        queued(desk, Kind.RELAY, f"here{number}", "-100")
    queued(desk, Kind.RELAY, "there", "-200", priority=31)
    desk.at.refuse(Unavailable("slow down", retry_after=timedelta(seconds=5)))
    again = desk.speaks()
    assert again == desk.clock() + timedelta(seconds=5)
    assert desk.at.sends == 2
    assert desk.at.said("-200") == ["text of there"]
    desk.clock.passes(seconds=4.9)
    desk.speaks()
    assert desk.at.sends == 2
    desk.clock.passes(seconds=0.1)
    desk.speaks()
    assert desk.at.said("-100") == ["text of here0", "text of here1", "text of here2"]


def test_a_rejection_is_final_and_says_why(desk: Any) -> None:
    queued(desk, Kind.RELAY)
    desk.at.refuse(Rejected("the chat is closed"))
    desk.speaks()
    desk.clock.passes(hours=1)
    desk.speaks()
    assert (desk.row("k").state, desk.row("k").reason) == ("rejected", "the chat is closed")
    assert desk.at.sends == 1


def test_a_chat_that_moved_takes_its_case_and_its_messages_along(desk: Any) -> None:
    asked(desk, id="1", thread="7")
    desk.at.refuse(Rejected("moved", moved_to="-100777"))
    queued(desk, Kind.RELAY, "first", priority=1)
    queued(desk, Kind.RELAY, "later")
    desk.speaks()
    desk.speaks()
    assert desk.states()["first"] == "sent"
    assert desk.case().place == "-100777"
    posts = {post.key: post for post in desk.at.posts}
    assert {posts[key].place for key in ("first", "later", ACK)} == {"-100777"}
    assert (posts[ACK].reply_to, posts[ACK].thread) == (None, None)


def test_a_chat_that_moved_to_itself_is_a_rejection(desk: Any) -> None:
    queued(desk, Kind.RELAY)
    desk.at.refuse(Rejected("moved", moved_to="-100"))
    desk.speaks()
    assert desk.states() == {"k": "rejected"}


def test_refused_credentials_stop_the_account_and_lose_nothing(desk: Any) -> None:
    queued(desk, Kind.RELAY, "one")
    queued(desk, Kind.RELAY, "two")
    desk.at.refuse(Unauthorized("the token is not valid"))
    with pytest.raises(Stopped, match="token"):
        desk.speaks()
    assert desk.states() == {"one": "queued", "two": "queued"}
    assert desk.at.sends == 1
    desk.clock.passes(seconds=60)
    desk.speaks()
    assert desk.states() == {"one": "sent", "two": "sent"}


def test_an_unknown_failure_of_a_connector_is_a_doubt(desk: Any) -> None:
    class Broken(FakeConnector):
        def send(self, post: Any) -> Receipt:
            self.at.take(post)
            raise KeyError("result")

    queued(desk, Kind.RELAY)
    desk.speaks(connector=Broken(desk.at, "tg"))
    assert (desk.row("k").state, desk.row("k").reason) == ("in_doubt", "unexpected KeyError")


def test_a_claim_that_is_older_than_its_deadline_is_not_sent(desk: Any) -> None:
    """The machine slept between the claim and the send."""
    queued(desk, Kind.RELAY)
    ticks = iter([NOON] * 4 + [NOON + timedelta(hours=1)] * 9)
    deliver_due(replace(desk.outbox, clock=lambda: next(ticks)))
    assert (desk.at.sends, desk.states()) == (0, {"k": "queued"})
    desk.clock.passes(hours=1)
    desk.speaks()
    assert desk.at.sends == 1


def test_one_bad_delivery_stops_nobody_behind_it(desk: Any) -> None:
    for key, refusal in (("a", Rejected("no")), ("b", Uncertain("?")), ("c", Unavailable("busy"))):
        desk.at.refuse(refusal)
        queued(desk, Kind.RELAY, key, f"-{key}")
    queued(desk, Kind.RELAY, "d")
    desk.speaks()
    assert desk.states() == {"a": "rejected", "b": "in_doubt", "c": "queued", "d": "sent"}


# -- doubts -----------------------------------------------------------------------------------


def settles(desk: Any, times: int = 1) -> None:
    for _ in range(times):
        desk.clock.passes(seconds=70)
        desk.speaks()


@pytest.mark.parametrize("kind", [Kind.ACKNOWLEDGEMENT, Kind.ANSWER, Kind.ANNOUNCEMENT, Kind.RELAY])
def test_a_public_post_in_doubt_is_held_for_a_person_and_never_repeated(
    desk: Any, kind: Kind
) -> None:
    queued(desk, kind)
    desk.at.accept_but_answer(Uncertain("no answer"))
    desk.speaks()
    assert desk.states() == {"k": "in_doubt"}
    settles(desk, 5)
    assert (desk.row("k").state, desk.row("k").reason) == ("held", "no answer")
    assert desk.at.sends == 1


def test_an_alert_in_doubt_is_repeated_once_and_marked(desk: Any) -> None:
    queued(desk, Kind.ALERT, place="-900")
    for _ in range(2):
        desk.at.accept_but_answer(Uncertain("no answer"))
    desk.speaks()
    settles(desk, 6)
    assert desk.alerts() == ["text of k", "(possible repeat)\ntext of k"]
    assert desk.states() == {"k": "held"}


def test_nothing_is_repeated_before_the_settling_time(desk: Any) -> None:
    queued(desk, Kind.ALERT, place="-900")
    desk.at.accept_but_answer(Uncertain("no answer"))
    again = desk.speaks()
    assert again == desk.clock() + desk.outbox.settle
    desk.clock.passes(seconds=59)
    desk.speaks()
    assert desk.at.sends == 1


def test_an_alert_in_doubt_is_not_repeated_when_staff_has_answered(desk: Any) -> None:
    asked(desk)
    desk.at.accept_but_answer(Uncertain("no answer"))
    desk.speaks()
    desk.hears(a_message("done", id="2", author="support", after=30, reply_to="1"))
    settles(desk, 2)
    assert len(desk.alerts()) == 1
    assert desk.row(ALERT).state == "cancelled"


def test_a_mail_in_doubt_is_repeated_once(desk_on: Any, sqlite: Database) -> None:
    desk = desk_on(sqlite, make=Mailing, platform=Platform.EMAIL)
    queued(desk, Kind.REPORT, place="a@b.c")
    desk.at.accept_but_answer(Uncertain("dropped"))
    desk.speaks()
    settles(desk, 3)
    assert [post.key for post in desk.at.posts] == ["k", "k"]
    assert desk.states() == {"k": "sent"}


@pytest.fixture
def asking(desk_on: Any, sqlite: Database) -> Any:
    """A desk whose platform can be asked what it took."""
    return desk_on(sqlite, make=SearchableFake, platform=Platform.REDDIT)


def test_where_the_platform_can_be_asked_a_doubt_is_resolved_by_asking(asking: Any) -> None:
    queued(asking, Kind.ACKNOWLEDGEMENT)
    asking.at.accept_but_answer(Uncertain("no answer"))
    asking.speaks()
    settles(asking)
    assert (asking.row("k").state, asking.row("k").native_id) == ("sent", "p1")
    assert asking.at.sends == 1


def test_what_was_found_counts_as_acknowledged(asking: Any) -> None:
    asking.hears(a_message("withdrawal", platform=Platform.REDDIT, place="r/a"))
    asking.at.accept_but_answer(Uncertain("no answer"))
    asking.speaks(connector=SearchableFake(asking.at, "tg", Platform.REDDIT))
    settles(asking)
    assert asking.case().ack_at is not None


def test_what_the_platform_does_not_show_after_three_looks_goes_out_once_more(asking: Any) -> None:
    queued(asking, Kind.ACKNOWLEDGEMENT)
    asking.at.refuse(Uncertain("no answer"))
    asking.speaks()
    settles(asking, 2)
    assert asking.states() == {"k": "in_doubt"}
    settles(asking)
    assert asking.states() == {"k": "sent"}
    assert len(asking.at.posts) == 1


def test_a_second_doubt_that_is_not_shown_waits_for_a_person_after_three_more_looks(
    asking: Any,
) -> None:
    queued(asking, Kind.ACKNOWLEDGEMENT)
    for _ in range(2):
        asking.at.refuse(Uncertain("no answer"))
    asking.speaks()
    settles(asking, 4)
    assert asking.states() == {"k": "in_doubt"}
    settles(asking, 3)
    assert asking.states() == {"k": "held"}
    assert asking.at.sends == 2


def test_a_platform_that_cannot_be_asked_now_is_asked_later(desk_on: Any, sqlite: Database) -> None:
    class Mute(SearchableFake):
        def find(self, post: Any) -> Receipt | None:
            raise Unavailable("down", retry_after=timedelta(minutes=10))

    desk = desk_on(sqlite, make=Mute)
    queued(desk, Kind.ACKNOWLEDGEMENT)
    desk.at.accept_but_answer(Uncertain("no answer"))
    desk.speaks()
    settles(desk, 5)
    assert (desk.row("k").state, desk.row("k").looks) == ("in_doubt", 0)
    desk.clock.passes(minutes=10)
    desk.speaks(connector=SearchableFake(desk.at, "tg"))
    assert desk.states() == {"k": "sent"}


def test_called_a_duplicate_after_an_attempt_is_asked_about_and_found(asking: Any) -> None:
    queued(asking, Kind.ACKNOWLEDGEMENT)
    asking.at.accept_but_answer(Unavailable("said not done, and was"))
    asking.speaks()
    asking.clock.passes(seconds=2)
    asking.at.refuse(Rejected("duplicate", code="duplicate"))
    asking.speaks()
    asking.clock.passes(seconds=1)
    asking.speaks()
    assert (asking.row("k").state, asking.row("k").native_id) == ("sent", "p1")


def test_called_a_duplicate_at_the_first_attempt_is_a_rejection(asking: Any) -> None:
    queued(asking, Kind.ACKNOWLEDGEMENT)
    asking.at.refuse(Rejected("duplicate", code="duplicate"))
    asking.speaks()
    assert asking.states() == {"k": "rejected"}


def test_what_a_crash_interrupted_is_a_doubt_only_after_deadline_and_settling(desk: Any) -> None:
    queued(desk, Kind.ACKNOWLEDGEMENT)
    with desk.database.write() as connection:
        (row,) = deliveries.due(connection, "tg", desk.clock())
        deadline = desk.clock() + desk.outbox.attempt
        assert deliveries.claim(connection, row.id, "dead", desk.clock(), deadline)
    assert desk.speaks() == deadline + desk.outbox.settle
    desk.clock.passes(seconds=120)
    desk.speaks()
    assert desk.states() == {"k": "sending"}
    desk.clock.passes(seconds=1)
    desk.speaks()
    assert desk.states() == {"k": "held"}
    assert desk.at.sends == 0


def test_a_true_receipt_wins_over_every_doubt(desk: Any) -> None:
    queued(desk, Kind.RELAY)
    desk.at.accept_but_answer(Uncertain("?"))
    desk.speaks()
    settles(desk)
    with desk.database.write() as connection:
        deliveries.settle_sent(connection, desk.row("k").id, Receipt("p9", NOON, place="-5"))
    assert (desk.row("k").state, desk.row("k").place) == ("sent", "-5")


@pytest.mark.parametrize("verdict", ["sent", "cancelled", "queued"])
def test_a_person_decides_what_became_of_a_doubt(desk: Any, verdict: str) -> None:
    asked(desk)
    desk.at.refusals = [Rejected("no alert today")]
    desk.at.accept_but_answer(Uncertain("?"))
    desk.speaks()
    settles(desk)
    desk.clock.passes(days=2)
    with desk.database.write() as connection:
        assert doubts.decide(connection, desk.row(ACK).id, verdict, desk.clock())
        assert not doubts.decide(connection, desk.row(ALERT).id, verdict, desk.clock())
    desk.speaks()
    expected = {"sent": "sent", "cancelled": "cancelled", "queued": "sent"}[verdict]
    assert desk.row(ACK).state == expected
    assert (desk.case().ack_at is not None) == (expected == "sent")
    assert len(desk.acks()) == (2 if verdict == "queued" else 1)


# -- no longer wanted -------------------------------------------------------------------------


def test_a_stale_acknowledgement_is_not_said(desk: Any) -> None:
    asked(desk)
    desk.clock.passes(minutes=16)
    desk.speaks()
    assert desk.acks() == []
    assert (desk.row(ACK).state, desk.row(ACK).reason) == ("cancelled", "too late to be of use")


@pytest.mark.parametrize("text", ["fine", "holding"])
def test_nothing_automatic_is_said_to_who_has_been_answered(desk: Any, text: str) -> None:
    asked(desk)
    desk.hears(a_message(text, id="2", author="support", after=3, reply_to="1"))
    desk.speaks()
    assert desk.acks() == []
    assert desk.row(ACK).reason == "answered meanwhile"


def test_a_question_that_its_author_deleted_is_neither_acknowledged_nor_quoted(desk: Any) -> None:
    asked(desk)
    gone = Event(EventKind.DELETED, Platform.TELEGRAM, "-100", "1", NOON + timedelta(seconds=5))
    desk.stores(Batch(events=(gone,)))
    desk.speaks()
    assert desk.at.posts == []
    assert set(desk.states().values()) == {"cancelled"}


def test_who_asked_us_to_stop_is_left_alone(desk: Any) -> None:
    asked(desk)
    with desk.database.write() as connection:
        unasked.opt_out(connection, "telegram", "42", NOON)
    desk.speaks()
    assert desk.acks() == []
    assert desk.row(ACK).reason == "the author asked us to stop"
    assert len(desk.alerts()) == 1


def test_what_could_not_be_said_for_a_day_is_given_up(desk: Any) -> None:
    queued(desk, Kind.RELAY)
    desk.clock.passes(hours=24, seconds=1)
    desk.speaks()
    assert desk.row("k").state == "cancelled"


def test_an_announcement_too_late_is_not_made(desk: Any) -> None:
    queued(desk, Kind.ANNOUNCEMENT, not_after=NOON + LATEST)
    desk.clock.passes(minutes=31)
    desk.speaks()
    assert desk.at.posts == []


def test_paused_says_nothing_in_public_and_still_raises_alerts(desk: Any) -> None:
    asked(desk)
    again = desk.speaks(paused=lambda: True)
    assert (len(desk.acks()), len(desk.alerts())) == (0, 1)
    assert again is None
    desk.speaks()
    assert len(desk.acks()) == 1


@pytest.mark.parametrize(
    ("budgets", "reason"),
    [
        (Budgets(per_place_per_minute=2), "place"),
        (Budgets(99, per_place_per_hour=2), "place"),
    ],
)
def test_a_place_gets_no_more_automatic_messages_than_its_budget(
    desk: Any, budgets: Budgets, reason: str
) -> None:
    for number in range(5):
        desk.hears(a_message("withdrawal", id=str(number), author=f"a{number}", after=number))
    desk.speaks(budgets=budgets)
    assert len(desk.acks()) == 2
    reasons = {row.reason for row in desk.rows().values() if row.state == "cancelled"}
    assert len(reasons) == 1
    assert reason in reasons.pop()


def test_a_person_gets_no_more_automatic_messages_than_their_budget(desk: Any) -> None:
    for number, topic in enumerate(("withdrawal", "deposit", "account")):
        place = f"-10{number}"
        desk.hears(a_message(topic, id=str(number), place=place))
    desk.speaks(budgets=Budgets(99, 99, per_person_per_hour=2))
    assert sum(len(desk.at.said(f"-10{n}")) for n in range(3)) == 2


# -- pace -------------------------------------------------------------------------------------


def test_a_full_window_of_one_chat_does_not_hold_up_the_others(desk: Any) -> None:
    for number in range(60):
        queued(desk, Kind.RELAY, f"busy{number:02}", "-1")
    queued(desk, Kind.RELAY, "behind", "-2")
    pacer = Pacer({"telegram:chat": (Allowance(2, timedelta(minutes=1)),)})
    again = desk.speaks(pacer=pacer)
    assert (len(desk.at.said("-1")), len(desk.at.said("-2"))) == (2, 1)
    assert again == desk.clock() + timedelta(minutes=1)


def test_a_new_leader_starts_with_what_its_predecessor_said(desk: Any) -> None:
    allowances = {"telegram:chat": (Allowance(1, timedelta(minutes=1)),)}
    queued(desk, Kind.RELAY, "one")
    desk.speaks(pacer=Pacer(allowances))
    queued(desk, Kind.RELAY, "two")
    heir = Pacer(allowances)
    restore_pace(desk.database, "tg", heir, desk.clock() - timedelta(days=1))
    desk.clock.passes(seconds=59)
    assert desk.speaks(pacer=heir) == NOON + timedelta(minutes=1)
    assert desk.at.sends == 1


def test_money_a_post_cost_is_counted(desk: Any) -> None:
    class Dear(FakeConnector):
        def send(self, post: Any) -> Receipt:
            return replace(self.at.take(post), cost=0.015)

    queued(desk, Kind.RELAY, "one")
    queued(desk, Kind.RELAY, "two")
    desk.speaks(connector=Dear(desk.at, "tg"))
    with desk.database.read() as connection:
        assert fetches.spent_on(connection, "tg", NOON) == pytest.approx(0.03)


# -- two at once ------------------------------------------------------------------------------


def test_two_senders_at_once_say_each_thing_once(either: Any) -> None:
    desk = either
    for number in range(40):
        queued(desk, Kind.RELAY, f"k{number}")
    lock = threading.Lock()

    class Locked(FakeConnector):
        def send(self, post: Any) -> Receipt:
            with lock:
                return self.at.take(post)

    failures: list[BaseException] = []

    def say() -> None:
        try:
            deliver_due(replace(desk.outbox, pacer=Pacer({}), connector=Locked(desk.at, "tg")))
        except BaseException as error:  # noqa: BLE001 - asserted below
            failures.append(error)

    threads = [threading.Thread(target=say) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert sorted(post.key for post in desk.at.posts) == sorted(f"k{n}" for n in range(40))
    assert set(desk.states().values()) == {"sent"}


def test_a_claim_is_given_once(database: Database, desk_on: Any) -> None:
    desk = desk_on(database)
    queued(desk, Kind.RELAY)
    number = desk.row("k").id
    with database.write() as connection:
        assert deliveries.claim(connection, number, "one", NOON, NOON)
    with database.write() as connection:
        assert not deliveries.claim(connection, number, "two", NOON, NOON)


def test_an_acknowledgement_and_an_answer_at_once_lose_neither(either: Any) -> None:
    """Both write the case: the sender its acknowledgement, the judge the answer of staff."""
    desk = either
    asked(desk)
    inside, go_on = threading.Event(), threading.Event()

    def acknowledge() -> None:
        inside.wait(10)
        with desk.database.read() as connection:
            row = connection.execute(sa.select(table).where(table.c.key == ACK)).one()
        from monitor.stages.receipts import sent

        go_on.set()
        sent(desk.outbox, row, Receipt("p1", NOON + timedelta(seconds=2)))

    thread = threading.Thread(target=acknowledge)
    thread.start()
    desk.stores(Batch((a_message("fine", id="2", author="support", after=9, reply_to="1"),)))

    class Waits(type(desk.classifier)):  # type: ignore[misc]
        def assess(self, found: Any, prior: Any = None) -> Any:
            inside.set()
            go_on.wait(10)
            return super().assess(found, prior)

    from monitor.stages.assess import assess_waiting

    assess_waiting(replace(desk.house, classifier=Waits()), desk.clock())
    thread.join(10)
    case = desk.case()
    assert (case.ack_at, case.staff_first_at) == (
        NOON + timedelta(seconds=2),
        NOON + timedelta(seconds=9),
    )


def test_the_place_of_a_post_is_where_the_platform_put_it(desk: Any) -> None:
    class Elsewhere(FakeConnector):
        def send(self, post: Any) -> Receipt:
            return Receipt("n1", self.at.now, place="-777", link="https://t.me/x/1")

    queued(desk, Kind.RELAY)
    desk.speaks(connector=Elsewhere(desk.at, "tg"))
    assert (desk.row("k").place, desk.row("k").posted_link) == ("-777", "https://t.me/x/1")
