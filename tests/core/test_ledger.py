"""Which message belongs to which case, and what that does to its clocks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.core.assessment import Assessment, Topic, Urgency
from monitor.core.cases import Case, Read
from monitor.core.ledger import Attached, Known, Ledger, Parent
from monitor.core.messages import Author, AuthorKind, Message, Platform, Role
from monitor.core.roster import Roster, role_of
from monitor.testing import NOON, a_message, about

CHATTER = about(Topic.CHATTER, Urgency.LOW)
THANKS = about(Topic.CHATTER, Urgency.LOW, "thanks")
HOLDING = about(Topic.CHATTER, Urgency.LOW, "holding")
WITHDRAWAL = about()
DEPOSIT = about(Topic.DEPOSIT)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


class Room:
    """A place in which people write; everything is attached in one batch."""

    def __init__(self, platform: Platform = Platform.TELEGRAM, place: str = "-100") -> None:
        self.platform, self.place = platform, place
        self.reads: list[Read] = []

    def says(self, author: str, after: float, judged: Assessment = WITHDRAWAL, *,
             role: Role = Role.MEMBER, id: str = "", **more: Any) -> str:  # fmt: skip
        number = len(self.reads) + 1
        native = id or str(number)
        message = a_message(id=native, author=author, after=after, platform=self.platform,
                            place=self.place, **more)  # fmt: skip
        self.reads.append(Read(message, role, judged, number))
        return native

    def staff(self, after: float, judged: Assessment = CHATTER, **more: Any) -> str:
        return self.says("support", after, judged, role=Role.STAFF, **more)

    def attached(self) -> Attached:
        return Ledger(Known()).attach(self.reads)

    def only_case(self) -> Case:
        (case,) = self.attached().cases.values()
        return case

    def case_of(self, author: str) -> Case:
        (case,) = [c for c in self.attached().cases.values() if c.author_id == author]
        return case


@pytest.fixture
def room() -> Room:
    return Room()


def test_a_question_opens_a_case_at_its_own_time(room: Room) -> None:
    room.says("a", 0)
    case = room.only_case()
    assert (case.opened_at, case.open_turn_at, case.is_waiting) == (at(0), at(0), True)


def test_chatter_opens_none(room: Room) -> None:
    room.says("a", 0, CHATTER)
    assert room.attached().cases == {}


def test_the_clock_starts_at_the_first_message_of_the_burst_that_asked(room: Room) -> None:
    room.says("a", 0, CHATTER, text="hi")
    room.says("a", 200, CHATTER, text="anyone there?")
    room.says("a", 400)
    attached = room.attached()
    (case,) = attached.cases.values()
    assert case.opened_at == at(0)
    assert case.key == "telegram:-100:1"
    assert set(attached.links.values()) == {case.key}


def test_a_greeting_more_than_five_minutes_before_is_not_of_the_burst(room: Room) -> None:
    room.says("a", 0, CHATTER, text="hi")
    room.says("a", 301)
    attached = room.attached()
    assert [c.opened_at for c in attached.cases.values()] == [at(301)]
    assert attached.links[1] is None


def test_hours_of_chatting_before_the_question_are_not_waiting(room: Room) -> None:
    for minute in range(0, 60, 4):
        room.says("a", minute * 60, CHATTER)
    room.says("a", 60 * 60)
    assert room.only_case().opened_at == at(52 * 60)


def test_a_greeting_in_another_topic_of_the_forum_is_not_of_the_burst(room: Room) -> None:
    room.says("a", 0, CHATTER, thread="7")
    room.says("a", 10, thread="8")
    assert room.only_case().opened_at == at(10)


def test_a_greeting_begins_only_one_case(room: Room) -> None:
    room.says("a", 0, CHATTER, text="hi")
    room.says("a", 10)
    room.staff(20, reply_to="2")
    room.says("a", 200, DEPOSIT)
    assert sorted(c.opened_at for c in room.attached().cases.values()) == [at(0), at(200)]


def test_what_the_asker_adds_within_five_minutes_is_the_same_question(room: Room) -> None:
    room.says("a", 0)
    room.says("a", 250, DEPOSIT)
    room.says("a", 500, CHATTER)
    case = room.only_case()
    assert (case.nudges, case.burst_until, len(case.turns)) == (0, at(500), 1)


def test_nudges_are_counted_and_reset_nothing(room: Room) -> None:
    room.says("a", 0)
    room.says("a", 1000)
    room.says("a", 1100)
    room.says("a", 2000)
    case = room.only_case()
    assert (case.nudges, case.opened_at, case.open_turn_at) == (2, at(0), at(0))


def test_a_reply_of_staff_answers_and_ends_the_waiting(room: Room) -> None:
    asked = room.says("a", 0)
    room.staff(60, reply_to=asked)
    case = room.only_case()
    assert (case.staff_first_at, case.staff_by, case.staff_id) == (at(60), "reply", "support")
    assert not case.is_waiting


def test_looking_into_it_is_kept_and_stops_no_clock(room: Room) -> None:
    asked = room.says("a", 0)
    room.staff(60, HOLDING, reply_to=asked)
    room.staff(90, HOLDING, reply_to=asked)
    case = room.only_case()
    assert (case.holding_at, case.staff_first_at, case.is_waiting) == (at(60), None, True)


def test_a_message_after_looking_into_it_is_a_nudge_not_the_same_burst(room: Room) -> None:
    asked = room.says("a", 0)
    room.staff(60, HOLDING, reply_to=asked)
    room.says("a", 120)
    assert room.only_case().nudges == 1


def test_our_own_bot_never_answers(room: Room) -> None:
    asked = room.says("a", 0)
    room.says("desk", 5, CHATTER, role=Role.BOT, reply_to=asked)
    room.says("other", 6, CHATTER, role=Role.OTHER_BOT, reply_to=asked)
    room.says("automod", 7, CHATTER, role=Role.PLATFORM, reply_to=asked)
    attached = room.attached()
    (case,) = attached.cases.values()
    assert (case.answered_at, case.is_waiting) == (None, True)
    assert attached.links[2] == case.key


def test_bots_open_no_case(room: Room) -> None:
    room.says("other", 0, role=Role.OTHER_BOT)
    assert room.attached().cases == {}


def test_a_deleted_author_opens_no_case_and_a_reply_of_one_counts_for_nobody(room: Room) -> None:
    asked = room.says("a", 0)
    room.says("", 5, CHATTER, reply_to=asked)
    room.says("", 9)
    assert room.only_case().community_first_at is None


def test_an_anonymous_admin_is_staff() -> None:
    author = Author("-100", "The group", kind=AuthorKind.ANONYMOUS_ADMIN)
    assert role_of(author, Platform.TELEGRAM, NOON, Roster(), {}) is Role.STAFF


def test_another_member_who_replies_is_the_community(room: Room) -> None:
    asked = room.says("a", 0)
    room.says("b", 30, CHATTER, reply_to=asked)
    room.says("c", 20, CHATTER, reply_to=asked)
    case = room.case_of("a")
    assert (case.community_first_at, case.answered_at) == (at(20), at(20))
    assert case.is_waiting


def test_the_earlier_of_staff_and_community_answered(room: Room) -> None:
    asked = room.says("a", 0)
    room.staff(10, reply_to=asked)
    room.says("b", 30, CHATTER, reply_to=asked)
    assert room.only_case().answered_at == at(10)


def test_a_member_who_replies_with_a_request_of_their_own_opens_their_own_case(room: Room) -> None:
    asked = room.says("a", 0)
    room.says("b", 30, about(Topic.WITHDRAWAL, Urgency.NORMAL, "asking"), reply_to=asked)
    assert room.case_of("a").community_first_at is None
    assert room.case_of("b").opened_at == at(30)


def test_a_mention_by_staff_answers_without_a_reply_mark(room: Room) -> None:
    room.says("a", 0)
    room.says("b", 1)
    room.staff(60, mentions=("HandleB",))
    assert room.case_of("b").staff_by == "mention"
    assert room.case_of("a").is_waiting


def test_a_mention_by_a_member_is_the_community(room: Room) -> None:
    room.says("a", 0)
    room.says("b", 60, CHATTER, mentions=("handlea",))
    assert room.case_of("a").community_first_at == at(60)


def test_naming_oneself_is_no_answer(room: Room) -> None:
    room.says("a", 0)
    room.says("a", 400, CHATTER, mentions=("handlea",))
    assert room.only_case().community_first_at is None


def test_staff_near_the_only_one_who_waits_answers_by_proximity(room: Room) -> None:
    room.says("a", 0)
    room.staff(14 * 60)
    assert room.only_case().staff_by == "proximity"


@pytest.mark.parametrize(
    ("after", "thread", "second"),
    [(15 * 60 + 1, None, False), (60, "9", False), (60, None, True)],
    ids=["too late", "in another topic", "two wait"],
)
def test_proximity_does_not_guess(
    room: Room, after: float, thread: str | None, second: bool
) -> None:
    room.says("a", 0)
    if second:
        room.says("b", 1)
    room.staff(after, thread=thread)
    assert room.case_of("a").is_waiting


def test_a_reply_of_staff_to_something_unknown_is_not_taken_for_an_answer_nearby(
    room: Room,
) -> None:
    room.says("a", 0)
    room.staff(60, reply_to="999")
    assert room.only_case().is_waiting


def test_a_reply_counts_before_a_mention(room: Room) -> None:
    first = room.says("a", 0)
    room.says("b", 1)
    room.staff(60, reply_to=first, mentions=("handleb",))
    assert room.case_of("a").staff_by == "reply"
    assert room.case_of("b").is_waiting


def test_a_reply_to_our_acknowledgement_belongs_to_the_case_it_covers(room: Room) -> None:
    room.says("a", 0)
    key = room.only_case().key
    known = Known(
        cases=room.attached().cases,
        parents={(Platform.TELEGRAM, "-100", "ack1"): Parent("", key)},
    )
    read = Read(
        a_message(id="50", author="support", after=90, reply_to="ack1"), Role.STAFF, CHATTER, 50
    )
    assert Ledger(known).attach([read]).cases[key].staff_first_at == at(90)


def test_each_later_turn_has_its_own_clock(room: Room) -> None:
    first = room.says("a", 0)
    room.staff(60, reply_to=first)
    room.says("a", 400)
    room.staff(500)
    case = room.only_case()
    assert [(t.asked_at, t.staff_at) for t in case.turns] == [(at(0), at(60)), (at(400), at(500))]
    assert (case.staff_first_at, case.staff_last_at) == (at(60), at(500))


def test_what_staff_wrote_before_a_question_does_not_answer_it(room: Room) -> None:
    room.staff(-10)
    room.says("a", 0)
    assert room.only_case().is_waiting


def test_a_remark_after_the_answer_hides_no_later_question(room: Room) -> None:
    first = room.says("a", 0)
    answer = room.staff(60, reply_to=first)
    room.says("a", 100, CHATTER, reply_to=answer)
    room.says("a", 130, reply_to=answer)
    case = room.only_case()
    assert (case.is_waiting, case.open_turn_at) == (True, at(130))


def test_thanks_after_an_answer_resolves(room: Room) -> None:
    asked = room.says("a", 0)
    room.staff(60, reply_to=asked)
    room.says("a", 90, THANKS)
    case = room.only_case()
    assert (case.state, case.resolved_by, case.resolved_at) == ("resolved", "asker", at(90))


def test_thanks_to_the_community_resolves_too(room: Room) -> None:
    asked = room.says("a", 0)
    room.says("b", 60, CHATTER, reply_to=asked)
    room.says("a", 90, THANKS)
    assert room.only_case().state == "resolved"


def test_thanks_in_advance_resolve_nothing(room: Room) -> None:
    room.says("a", 0)
    room.says("a", 10, THANKS, text="thanks!")
    case = room.only_case()
    assert (case.state, case.is_waiting) == ("open", True)


def test_thanks_for_looking_into_it_resolve_nothing(room: Room) -> None:
    asked = room.says("a", 0)
    room.staff(30, HOLDING, reply_to=asked)
    room.says("a", 40, THANKS)
    assert room.only_case().is_waiting


def test_a_question_soon_after_the_thanks_waits_again(room: Room) -> None:
    asked = room.says("a", 0)
    room.says("b", 60, CHATTER, reply_to=asked)
    room.says("a", 70, THANKS)
    room.says("a", 100)
    case = room.only_case()
    assert (case.state, case.open_turn_at, case.reopened) == ("open", at(100), 1)


def test_asked_again_within_seven_days_is_the_same_case_reopened(room: Room) -> None:
    asked = room.says("a", 0)
    room.staff(60, reply_to=asked)
    room.says("a", 90, THANKS)
    room.says("a", 90 + 6 * 86400)
    case = room.only_case()
    assert (case.reopened, case.state, case.opened_at) == (1, "open", at(0))


@pytest.mark.parametrize(
    ("days", "judged"), [(8, WITHDRAWAL), (1, DEPOSIT)], ids=["later", "something else"]
)
def test_later_or_about_something_else_is_another_case(
    room: Room, days: float, judged: Assessment
) -> None:
    asked = room.says("a", 0)
    room.staff(60, reply_to=asked)
    room.says("a", days * 86400, judged)
    assert len(room.attached().cases) == 2


def test_the_same_person_in_another_place_is_another_case() -> None:
    reads = [
        Read(a_message(id="1", author="a"), Role.MEMBER, WITHDRAWAL, 1),
        Read(a_message(id="1", author="a", place="-200", after=5), Role.MEMBER, WITHDRAWAL, 2),
    ]
    assert len(Ledger(Known()).attach(reads).cases) == 2


def test_a_raised_urgency_is_news_once_and_never_falls() -> None:
    room = Room()
    room.says("a", 0)
    known = Known(cases=room.attached().cases)
    reads = [
        Read(
            a_message(id="8", author="a", after=60), Role.MEMBER, about(urgency=Urgency.CRITICAL), 8
        ),
        Read(a_message(id="9", author="a", after=90), Role.MEMBER, about(urgency=Urgency.LOW), 9),
    ]
    attached = Ledger(known).attach(reads)
    (case,) = attached.cases.values()
    assert case.urgency is Urgency.CRITICAL
    assert list(attached.raised) == [case.key]
    assert attached.opened == {}


def test_a_reopened_case_is_news_and_so_is_a_turn_when_staff_has_gone() -> None:
    room = Room()
    asked = room.says("a", 0)
    room.staff(60, reply_to=asked)
    known = Known(cases=room.attached().cases)

    def news(after: float) -> list[str]:
        read = Read(a_message(id="9", author="a", after=after), Role.MEMBER, WITHDRAWAL, 9)
        return list(Ledger(known).attach([read]).again)

    assert news(200) == [], "staff is still there"
    assert news(3600) == ["telegram:-100:1"]


# -- trees ----------------------------------------------------------------------------------


@pytest.fixture
def thread() -> Room:
    return Room(Platform.REDDIT, "r/acme")


def test_a_comment_of_staff_in_the_tree_below_a_question_answers_it(thread: Room) -> None:
    thread.says("op", 0, id="t3_q", thread="t3_q")
    thread.says("b", 10, CHATTER, id="t1_b", thread="t3_q", reply_to="t1_unseen")
    thread.staff(90, id="t1_s", thread="t3_q", reply_to="t1_also_unseen")
    case = thread.case_of("op")
    assert (case.community_first_at, case.staff_first_at, case.staff_by) == (at(10), at(90), "tree")


def test_in_a_daily_thread_an_answer_to_one_does_not_answer_another(thread: Room) -> None:
    thread.says("op", 0, CHATTER, id="t3_daily", thread="t3_daily")
    thread.says("a", 10, id="t1_a", thread="t3_daily", reply_to="t3_daily")
    thread.says("b", 11, id="t1_b", thread="t3_daily", reply_to="t3_daily")
    thread.says("c", 12, CHATTER, id="t1_c", thread="t3_daily", reply_to="t3_daily")
    thread.staff(60, id="t1_s", thread="t3_daily", reply_to="t1_b")
    assert thread.case_of("a").answered_at is None
    assert thread.case_of("b").staff_first_at == at(60)


def test_comments_of_the_asker_in_their_thread_are_of_the_same_case(thread: Room) -> None:
    thread.says("op", 0, id="t3_q", thread="t3_q")
    thread.says("op", 4000, DEPOSIT, id="t1_x", thread="t3_q", reply_to="t3_q")
    assert thread.only_case().nudges == 1


def test_the_same_topic_in_another_thread_of_the_same_person_is_asking_again(thread: Room) -> None:
    thread.says("op", 0, id="t3_q", thread="t3_q")
    thread.says("op", 86400, id="t3_r", thread="t3_r")
    assert thread.only_case().nudges == 1


def test_in_trees_nothing_is_attributed_by_proximity(thread: Room) -> None:
    thread.says("op", 0, id="t3_q", thread="t3_q")
    thread.staff(60, id="t3_news", thread="t3_news")
    assert thread.only_case().is_waiting


def test_an_x_conversation_is_a_tree() -> None:
    timeline = Room(Platform.TWITTER, "x")
    timeline.says("a", 0, id="1", thread="1")
    timeline.staff(60, id="5", thread="1", reply_to="4")
    assert timeline.only_case().staff_by == "tree"


def test_an_x_mention_of_the_asker_in_a_new_post_of_staff_answers() -> None:
    timeline = Room(Platform.TWITTER, "x")
    timeline.says("a", 0, id="1", thread="1")
    timeline.staff(60, id="5", thread="5", mentions=("handlea",))
    assert timeline.only_case().staff_by == "mention"


# -- edits ----------------------------------------------------------------------------------


def _read(message: Message, judged: Assessment = WITHDRAWAL, **more: Any) -> Read:
    return Read(message, Role.MEMBER, judged, 1, **more)


def test_an_edit_into_a_question_asks_at_the_edit() -> None:
    message = a_message(edited_at=at(600))
    (case,) = Ledger(Known()).attach([_read(message, rewritten=True)]).cases.values()
    assert (case.opened_at, case.open_turn_at) == (at(600), at(600))


def test_a_question_that_was_edited_before_we_saw_it_asked_when_it_was_written() -> None:
    message = a_message(edited_at=at(600))
    (case,) = Ledger(Known()).attach([_read(message)]).cases.values()
    assert case.opened_at == at(0)


def test_an_edit_that_makes_it_urgent_raises_the_case_and_is_no_nudge() -> None:
    (case,) = Ledger(Known()).attach([_read(a_message())]).cases.values()
    stored = Case(**{n: getattr(case, n) for n in Case.__slots__} | {"id": 7})
    edited = _read(
        a_message(edited_at=at(60)), about(urgency=Urgency.CRITICAL), case_id=7, rewritten=True
    )
    attached = Ledger(Known(cases={case.key: stored})).attach([edited])
    assert attached.cases[case.key].urgency is Urgency.CRITICAL
    assert attached.cases[case.key].nudges == 0
    assert list(attached.raised) == [case.key]


def test_an_edited_answer_of_somebody_else_changes_no_urgency() -> None:
    (case,) = Ledger(Known()).attach([_read(a_message())]).cases.values()
    stored = Case(**{n: getattr(case, n) for n in Case.__slots__} | {"id": 7})
    other = a_message(id="2", author="b", after=30, edited_at=at(60))
    edited = _read(other, about(urgency=Urgency.CRITICAL), case_id=7)
    attached = Ledger(Known(cases={case.key: stored})).attach([edited])
    assert attached.cases[case.key].urgency is Urgency.NORMAL
    assert attached.links[1] == case.key


AGAIN = about(Topic.CHATTER, Urgency.LOW, "repeat")


def test_still_nothing_the_next_day_goes_on_with_the_case_and_counts(room: Room) -> None:
    room.says("a", 0)
    room.says("a", 90_000, AGAIN, text="still nothing")
    assert room.only_case().nudges == 1


def test_question_marks_in_reply_to_somebody_else_are_not_about_the_own_case(room: Room) -> None:
    room.says("a", 0)
    joke = room.says("b", 80_000, CHATTER, text="moon soon")
    room.says("a", 90_000, CHATTER, text="??", reply_to=joke)
    assert room.only_case().nudges == 0


def test_asking_again_twice_raises_the_case_by_one_step_and_no_further(room: Room) -> None:
    room.says("a", 0)
    room.says("a", 1_000, AGAIN, text="any news?")
    assert room.only_case().urgency is Urgency.NORMAL
    for after in (2_000, 3_000, 4_000):
        room.says("a", after, AGAIN, text="??")
    attached = room.attached()
    (case,) = attached.cases.values()
    assert (case.nudges, case.urgency, case.topic) == (4, Urgency.HIGH, Topic.WITHDRAWAL)
