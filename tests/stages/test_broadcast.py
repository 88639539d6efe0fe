"""Announcements from the desk chat: one writes, another approves, everybody can stop; said, corrected and taken back
in every place, with receipts on one post."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from monitor.core.announcements import Target
from monitor.core.broadcast_ask import Asked, BadAsk
from monitor.core.incidents import Incident, IncidentKind
from monitor.core.messages import Author, Event, EventKind, Platform
from monitor.core.pacing import Pacer
from monitor.core.roster import Person, Roster
from monitor.ports import Batch, Post, Rejected, Unavailable, Uncertain
from monitor.stages import broadcast, broadcast_deciding
from monitor.stages.announce import announce_due, draft
from monitor.stages.broadcast import Terms
from monitor.stages.broadcast_post import posting
from monitor.stages.deliver import deliver_due
from monitor.stages.outbox import Outbox
from monitor.stages.retouching import retouching
from monitor.store import accounts, incidents
from monitor.store import announcements as stored
from monitor.store import broadcast as store
from monitor.store import desk_inputs as switches
from monitor.store.broadcast_tables import broadcasts, retouches
from monitor.store.database import Database
from monitor.store.tables import deliveries
from monitor.testing import NOON, DeskFake, FakeConnector, FakePlatform

MEI, SAM = "mei", "support"
UTC = ZoneInfo("UTC")
TEAM = Roster(
    (
        Person("Sam", ids={Platform.TELEGRAM: (SAM, "sams-other-phone")}),
        Person("Mei", ids={Platform.TELEGRAM: (MEI,)}),
    )
)
EN, ZH = Target("tg", Platform.TELEGRAM, "-1", "en"), Target("tg", Platform.TELEGRAM, "-2", "zh")
ON_X = Target("x", Platform.TWITTER, "x", "en")
SETS = {"@groups": (EN, ZH), "@all": (EN, ZH, ON_X)}
WRITTEN = "/announce night @groups\nen: Maintenance tonight\nzh: 今晚維護"


def places(wanted: Sequence[str]) -> tuple[Target, ...]:
    for name in wanted:
        if name not in SETS:
            raise BadAsk(f"{name}: no such set in [announce.sets] (there: {', '.join(SETS)}).")
    return tuple(t for name in wanted for t in SETS[name])


def a_file(name: str) -> Asked | None:
    return Asked(name, ("@groups",), texts={"en": "Beware"}) if name == "reminder" else None


TERMS = Terms(places, a_file, ("en", "zh", "ja"), "en", UTC, ("example.com", "t.me/example"))


class Pins(DeskFake):
    """A connector that pins, too."""

    def pin(self, place: str, native_id: str) -> None:
        self.at.heard[f"pinned {place}"] = native_id

    def unpin(self, place: str, native_id: str) -> None:
        del self.at.heard[f"pinned {place}"]


@dataclass
class Newsroom:
    """A small desk that announces: on Telegram, where posts are edited, and on X, where they are not."""

    desk: Any
    on_x: FakePlatform = field(default_factory=FakePlatform)
    gap: timedelta = timedelta(0)
    number: int = 0

    def __post_init__(self) -> None:
        self.desk.roster = TEAM
        self.use(TERMS)
        self.x = Outbox(self.desk.database, FakeConnector(self.on_x, "x", Platform.TWITTER), Pacer({}), self.desk.clock)  # fmt: skip
        with self.desk.database.write() as connection:
            accounts.introduce(connection, "x", "twitter")
        self.desk.works()

    def use(self, terms: Terms) -> None:
        inbox = self.desk.inbox
        inbox.commands = {**inbox.commands, **broadcast.commands(terms)}
        inbox.private_presses = broadcast_deciding.presses(terms)

    def writes(self, text: str, by: str = SAM) -> str:
        """A manager writes; the last thing the desk said then."""
        self.number += 1
        self.desk.manager(text, id=f"w{self.number}", by=by)
        return self.desk.alerts()[-1]

    def passes(self, **time: float) -> None:
        """Time passes, and everybody does what is due."""
        self.desk.clock.passes(**time)
        desk = self.desk
        for _ in range(4):
            announce_due(desk.database, "en", desk.board.desk, desk.clock(), self.gap)
            desk.speaks(paused=self.is_paused)
            self.on_x.now = desk.clock()
            deliver_due(self.x)
            for outbox in (desk.outbox, self.x):
                retouching(outbox)()
            desk.clock.passes(seconds=4)
            posting(desk.outbox, UTC)()

    def is_paused(self) -> bool:
        with self.desk.database.read() as connection:
            row = switches.switch(connection, "paused")
        return row is not None and row.value == "yes"

    def post(self, word: str = "") -> Post:
        """The newest post of the desk that begins so."""
        shown = [
            p
            for p in self.desk.at.shown.values()
            if p.place == "-900" and p.text.startswith(word or "📣")
        ]
        return shown[-1]

    def data(self, label: str, word: str = "") -> str:
        return next(b.data for row in self.post(word).buttons for b in row if b.label == label)

    def presses(self, label: str, by: str = MEI, word: str = "", data: str = "") -> str:
        self.number += 1
        press = f"q{self.number}"
        details = {"data": data or self.data(label, word), "query_id": press}
        event = Event(
            EventKind.BUTTON,
            Platform.TELEGRAM,
            "-900",
            press,
            self.desk.clock(),
            Author(by),
            details,
        )
        self.desk.stores(Batch(events=(event,)))
        self.desk.inbox.look()
        told = self.desk.at.heard.get(press, "(nothing)")
        self.desk.clock.passes(seconds=4)
        posting(self.desk.outbox, UTC)()
        return str(told)

    def announced(self, text: str = WRITTEN) -> None:
        """Written, approved, held, said."""
        self.writes(text)
        assert self.presses("Approve").startswith("Approved.")
        self.passes(seconds=61)

    def reads(self, place: str) -> list[str]:
        """What stands in a place now."""
        return [p.text for p in self.desk.at.shown.values() if p.place == place]

    def table(self, table: sa.Table) -> Sequence[Any]:
        with self.desk.database.read() as connection:
            return connection.execute(sa.select(table).order_by(table.c.id)).all()


@pytest.fixture
def room(either: Any) -> Newsroom:
    return Newsroom(either)


@pytest.fixture
def quick(desk: Any) -> Newsroom:
    return Newsroom(desk)


# -- drafting


def test_a_draft_is_answered_with_what_will_be_said_where(room: Newsroom) -> None:
    shown = room.writes(WRITTEN)
    assert shown.startswith(
        "📣 night · as soon as it is approved\nWritten by Sam. Somebody else approves it."
    )
    assert "2 places: Telegram 2" in shown
    assert "▸ en · Telegram (19 of 4096): -1\nMaintenance tonight" in shown
    assert "▸ zh · Telegram (4 of 4096): -2\n今晚維護" in shown
    assert [b.label for row in room.post().buttons for b in row] == ["Approve", "Discard"]
    assert all(len(b.data.encode()) <= 64 for row in room.post().buttons for b in row)
    room.passes(minutes=5)
    assert room.reads("-1") == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Fees fall to {percent}", "⛔ It cannot go out like this:\n• en: an unfilled placeholder ({percent})."),
        ("Look: https://examp1e.com/fees", "en: https://examp1e.com/fees is not on the list of links"),
        ("x" * 4097, "too long for Telegram (4097 of 4096)"),
    ],
)  # fmt: skip
def test_what_cannot_go_out_is_no_draft_and_has_no_buttons(
    quick: Newsroom, text: str, says: str
) -> None:
    shown = quick.writes(f"/announce night @groups\nen: {text}")
    assert says in shown
    assert "Nothing is drafted" in shown
    assert quick.post().buttons == ()
    assert quick.table(broadcasts) == []


def test_what_two_people_should_look_at_is_pointed_out(quick: Newsroom) -> None:
    address = "0x" + "ab" * 20
    shown = quick.writes(
        f"/announce night @groups\nen: Send to {address}, see www.example.com/fees"
    )
    assert f"en: the wallet address {address} will be public. Compare every sign." in shown
    assert "no text in zh: 1 place gets en." in shown
    assert "list of links" not in shown
    assert [b.label for row in quick.post().buttons for b in row] == ["Approve", "Discard"]


def test_without_a_list_every_link_is_pointed_out_and_none_refused(quick: Newsroom) -> None:
    quick.use(replace(TERMS, links=()))
    shown = quick.writes("/announce night @groups\nen: See example.org/x\nzh: 看")
    assert "⚠️ Look at this:\n• en: example.org/x is not on the list" in shown
    assert quick.post().buttons


def test_texts_too_long_for_the_post_stand_whole_beneath_it(quick: Newsroom) -> None:
    long = "word " * 780
    quick.writes(f"/announce night @groups\nen: {long}\nzh: 今晚維護")
    assert "(whole below, part 1)" in quick.post().text
    assert quick.desk.alerts()[-1] == long.strip()


def test_a_file_is_announced_by_its_name(quick: Newsroom) -> None:
    shown = quick.writes("/announce reminder every mon 09:00")
    assert shown.startswith("📣 reminder · every mon 09:00")
    assert "Beware" in shown


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("/announce", "Write: /announce NAME @set"),
        ("/announce a:b @groups\nen: x", "'a:b' is no name."),
        ("/announce night @nobody\nen: x", "@nobody: no such set in [announce.sets] (there: @groups, @all)."),
        ("/announce night\nen: x", "Say where: a set such as @everywhere"),
        ("/announce night", "There is no text, and no file announcements/night.toml."),
        ("/announce night @groups tomorrow\nen: x", "I do not understand 'tomorrow'."),
        ("/announce night @groups at noon\nen: x", "'noon' is not a time. Write at 2026-11-25T09:00."),
        ("/announce night @groups at 2020-01-01T09:00\nen: x", "2020-01-01T09:00 has passed."),
        ('/announce night @groups every "someday"\nen: x', "not a schedule: 'someday'."),
        ("/announce night @groups at 2027-01-01 every mon 09:00\nen: x", "Either at or every, not both."),
        ("/announce night @groups\nMaintenance tonight", "'Maintenance tonight': begin a text with its language"),
        ("/announce night @groups\nen: x\nen: y", "There are two texts in en. Write one."),
        ("/correct nothing\nen: x", "There is no announcement 'nothing'. /announcements lists them."),
        ("/correct", "Write: /announce NAME"),
        ("/retract", "Write /retract NAME. /announcements lists the names."),
        ("/pin one two", "Write /pin NAME."),
        ("/unpin nothing", "There is no announcement 'nothing'."),
        ("/announcements", "No announcements yet."),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_answered_with_one_sentence(
    quick: Newsroom, text: str, says: str
) -> None:
    assert quick.writes(text).startswith(says)
    assert quick.table(broadcasts) == []


def test_a_stranger_announces_nothing(quick: Newsroom) -> None:
    assert quick.writes(WRITTEN, by="666").startswith("You are not in the roster")
    assert quick.table(broadcasts) == []


def test_a_stranger_approves_nothing(quick: Newsroom) -> None:
    quick.writes(WRITTEN)
    assert quick.presses("Approve", by="666").startswith("You are not in the roster")
    quick.passes(minutes=5)
    assert quick.reads("-1") == []


# -- approving, holding, stopping


def test_who_has_left_the_team_approves_nothing(quick: Newsroom) -> None:
    quick.writes(WRITTEN)
    quick.desk.roster = Roster((TEAM.people[0], replace(TEAM.people[1], valid_to=NOON)))
    assert quick.presses("Approve").startswith("You are not in the roster")
    assert quick.table(broadcasts)[0].state == "asking"


def test_buttons_that_are_pressed_elsewhere_do_nothing(quick: Newsroom) -> None:
    quick.writes(WRITTEN)
    details = {"data": quick.data("Approve"), "query_id": "q"}
    press = Event(EventKind.BUTTON, Platform.TELEGRAM, "-1", "q", NOON, Author(MEI), details)
    quick.desk.stores(Batch(events=(press,)))
    quick.desk.inbox.look()
    assert quick.desk.at.heard["q"] == "Buttons of the desk work in the desk chat only."
    assert quick.table(broadcasts)[0].state == "asking"


def test_a_second_person_approves_and_it_goes_out_after_the_hold(room: Newsroom) -> None:
    room.writes(WRITTEN)
    assert room.presses("Approve") == "Approved. It goes out at 12:01:00 UTC."
    assert "Goes out at 12:01:00 UTC" in room.post().text
    assert "By Sam, approved by Mei." in room.post().text
    room.passes(seconds=20)
    assert room.reads("-1") == []
    room.passes(seconds=40)
    assert (room.reads("-1"), room.reads("-2")) == (["Maintenance tonight"], ["今晚維護"])
    assert "✅ 2 sent" in room.post().text
    assert room.post().buttons == ()


@pytest.mark.parametrize("by", [SAM, "sams-other-phone"])
def test_who_wrote_it_cannot_approve_it_from_any_of_their_accounts(room: Newsroom, by: str) -> None:
    room.writes(WRITTEN)
    assert room.presses("Approve", by=by) == "You wrote it. Somebody else must approve it."
    room.passes(minutes=2)
    assert room.reads("-1") == []
    assert room.presses("Approve", by=MEI).startswith("Approved.")


def test_of_two_presses_at_once_one_counts(room: Newsroom) -> None:
    room.writes(WRITTEN)
    approve, discard = room.data("Approve"), room.data("Discard")
    assert room.presses("", data=approve).startswith("Approved.")
    assert room.presses("", by=SAM, data=discard) == "Mei approved it 4 s ago."
    assert room.presses("", data=approve) == "Mei approved it 8 s ago."
    room.passes(seconds=60)
    assert len(room.reads("-1")) == 1


@pytest.mark.parametrize("data", ["b:forged:yes", "b::yes", "b", "b:x:y:z"])
def test_a_forged_press_does_nothing(quick: Newsroom, data: str) -> None:
    quick.writes(WRITTEN)
    assert quick.presses("", data=data) == "This button is out of date."
    assert quick.table(broadcasts)[0].state == "asking"


def test_anybody_of_the_roster_stops_it_before_it_goes(room: Newsroom) -> None:
    room.writes(WRITTEN)
    room.presses("Approve")
    assert room.presses("Undo", by=SAM) == "Stopped."
    assert "🛑 Stopped by Sam" in room.post().text
    room.passes(minutes=5)
    assert room.reads("-1") == []


def test_too_late_to_stop_it_is_told_how_to_take_it_back(room: Newsroom) -> None:
    room.writes(WRITTEN)
    room.presses("Approve")
    undo = room.data("Undo")
    room.passes(seconds=61)
    assert room.presses("", data=undo) == "Too late: it went out. /retract night takes it back."
    assert room.reads("-1") == ["Maintenance tonight"]


def test_what_was_discarded_cannot_be_approved_and_its_name_is_free(quick: Newsroom) -> None:
    quick.writes(WRITTEN)
    approve = quick.data("Approve")
    assert quick.presses("Discard", by=SAM) == "Discarded."
    assert quick.presses("", data=approve) == "Sam discarded it 4 s ago."
    assert quick.writes(WRITTEN).startswith("📣 night")


def test_a_draft_of_somebody_else_is_not_replaced_from_the_chat(quick: Newsroom) -> None:
    quick.writes(WRITTEN)
    refused = quick.writes(WRITTEN.replace("tonight", "tomorrow"), by=MEI)
    assert refused.startswith("night is Sam's draft of 2026-11-16 12:")
    assert refused.endswith("UTC: choose another name, or press Discard under it first.")
    assert quick.presses("Approve").startswith("Approved.")
    quick.passes(seconds=61)
    assert quick.reads("-1") == ["Maintenance tonight"]


def test_who_wrote_the_first_version_under_another_name_cannot_approve_the_second(
    quick: Newsroom,
) -> None:
    quick.writes(WRITTEN)
    with quick.desk.database.write() as connection:
        plan = stored.named(connection, "night")
        assert plan is not None
        draft(connection, replace(plan, drafted_by="Mei"), "en", quick.desk.clock(), over=True)
    quick.writes(WRITTEN, by=MEI)
    quick.desk.roster = Roster(
        (
            Person("Samuel", ids={Platform.TELEGRAM: (SAM,)}),
            Person("Mei", ids={Platform.TELEGRAM: (MEI,)}),
        )
    )
    assert quick.presses("Approve", by=SAM) == "You wrote it. Somebody else must approve it."


def test_a_newer_draft_takes_the_place_of_the_older(quick: Newsroom) -> None:
    quick.writes(WRITTEN)
    old = quick.data("Approve")
    quick.writes(WRITTEN.replace("tonight", "tomorrow"))
    assert quick.presses("", data=old) == "A newer one has taken its place."
    quick.presses("Approve")
    quick.passes(seconds=61)
    assert quick.reads("-1") == ["Maintenance tomorrow"]


def test_what_was_announced_once_is_not_announced_again_under_its_name(quick: Newsroom) -> None:
    quick.announced()
    assert quick.writes(WRITTEN) == "night: it is done already. Choose another name."


def test_a_planned_one_goes_out_at_its_local_time(quick: Newsroom) -> None:
    quick.use(replace(TERMS, zone=ZoneInfo("Asia/Shanghai")))
    quick.writes("/announce night @groups at 2026-11-16T21:00\nen: Maintenance tonight")
    assert quick.presses("Approve") == "Approved. It goes out at 21:00:00 (Asia/Shanghai)."
    quick.passes(minutes=50)
    assert quick.reads("-1") == []
    quick.passes(minutes=10)
    assert quick.reads("-1") == ["Maintenance tonight"]


# -- receipts


def test_what_was_missed_says_so_and_there_is_nothing_to_correct(quick: Newsroom) -> None:
    quick.writes("/announce night @groups at 2026-11-16T12:30\nen: Maintenance tonight")
    quick.presses("Approve")
    quick.passes(hours=3)
    assert "➖ It was not said" in quick.post("📣 night").text
    assert "night: done · by Sam, approved by Mei · nothing was said" in quick.writes(
        "/announcements"
    )
    assert quick.writes("/correct night\nen: x").startswith("Nothing of night stands anywhere.")


def test_a_place_that_refused_stands_on_the_post_with_its_reason(room: Newsroom) -> None:
    room.writes(WRITTEN)
    room.presses("Approve")
    posts = len(room.desk.alerts())
    room.desk.at.refuse(Rejected("not enough rights"))
    room.passes(seconds=61)
    assert "✅ 1 sent · ❌ 1 failed: -1: not enough rights" in room.post("📣 night").text
    told = [t for t in room.desk.alerts()[posts:] if "did not reach" in t]
    assert len(told) == 1


def test_what_is_on_its_way_is_counted_until_it_has_arrived(quick: Newsroom) -> None:
    quick.writes(WRITTEN)
    quick.presses("Approve")
    quick.desk.at.refuse(Unavailable("slow down", retry_after=timedelta(minutes=5)))
    quick.passes(seconds=61)
    assert "✅ 1 sent · ⏳ 1 on its way" in quick.post().text
    quick.passes(minutes=5)
    assert "✅ 2 sent" in quick.post().text


def test_a_post_that_has_settled_is_looked_at_no_more(quick: Newsroom) -> None:
    quick.announced()
    quick.passes(seconds=5)
    assert [row.live for row in quick.table(broadcasts)] == [False]


# -- correcting


def corrected(room: Newsroom, text: str = "/correct night\nen: Maintenance at 22:00 UTC") -> None:
    room.writes(text)
    assert room.presses("Approve", word="✏️").startswith("Approved.")
    room.passes(seconds=5)


def test_a_correction_edits_the_text_where_it_was_said(room: Newsroom) -> None:
    room.announced()
    corrected(room)
    assert (room.reads("-1"), room.reads("-2")) == (["Maintenance at 22:00 UTC"], ["今晚維護"])
    assert "✅ 1 corrected" in room.post("✏️").text


def test_a_correction_needs_a_second_person_too(room: Newsroom) -> None:
    room.announced()
    room.writes("/correct night\nen: Free coins", by=MEI)
    assert (
        room.presses("Approve", by=MEI, word="✏️") == "You wrote it. Somebody else must approve it."
    )
    room.passes(seconds=5)
    assert room.reads("-1") == ["Maintenance tonight"]


def test_where_nothing_can_be_edited_the_correction_answers_what_was_said(room: Newsroom) -> None:
    room.announced("/announce night @all\nen: Maintenance tonight\nzh: 今晚維護")
    corrected(room)
    assert "On X nothing can be edited: an answer beneath says it." in room.post("✏️").text
    first, answer = room.on_x.posts
    assert (first.text, answer.text) == ("Maintenance tonight", "Maintenance at 22:00 UTC")
    assert answer.reply_to == room.on_x.receipts[first.key].native_id
    assert answer.key == "announce:night:correction-2:x:x"
    assert "✅ 2 corrected" in room.post("✏️").text


def test_a_place_that_refuses_the_correction_is_listed(room: Newsroom) -> None:
    room.announced()
    room.writes("/correct night\nen: Maintenance at 22:00 UTC\nzh: 22:00 維護")
    room.presses("Approve", word="✏️")
    room.desk.at.refuse(Rejected("message can't be edited"))
    room.passes(seconds=5)
    assert "✅ 1 corrected · ❌ 1 failed: " in room.post("✏️").text
    assert "message can't be edited" in room.post("✏️").text


def test_a_correction_is_made_although_the_first_try_was_lost(quick: Newsroom) -> None:
    quick.announced()
    quick.writes("/correct night\nen: Maintenance at 22:00 UTC")
    quick.presses("Approve", word="✏️")
    quick.desk.at.refuse(Uncertain("no answer"))
    quick.passes(seconds=5)
    quick.passes(seconds=5)
    assert quick.reads("-1") == ["Maintenance at 22:00 UTC"]


def test_killed_between_an_edit_and_its_note_it_is_edited_again_and_said_once(
    quick: Newsroom,
) -> None:
    quick.announced("/announce night @all\nen: Maintenance tonight\nzh: 今晚維護")
    quick.writes("/correct night\nen: Maintenance at 22:00 UTC")
    quick.presses("Approve", word="✏️")

    def dies(connection: Any) -> None:
        raise KeyboardInterrupt

    for outbox in (quick.desk.outbox, quick.x):
        sa.event.listen(quick.desk.database.engine, "commit", dies)
        with pytest.raises(KeyboardInterrupt):
            retouching(outbox)()
        sa.event.remove(quick.desk.database.engine, "commit", dies)
    assert {row.state for row in quick.table(retouches)} == {"queued"}
    quick.passes(seconds=5)
    assert quick.reads("-1") == ["Maintenance at 22:00 UTC"]
    assert [p.text for p in quick.on_x.posts] == ["Maintenance tonight", "Maintenance at 22:00 UTC"]


def test_what_has_not_gone_out_yet_goes_out_corrected(quick: Newsroom) -> None:
    quick.writes("/announce night @groups at 2026-11-16T13:00\nen: Maintenance tonight")
    quick.presses("Approve")
    corrected(quick)
    quick.passes(hours=1)
    assert quick.reads("-1") == ["Maintenance at 22:00 UTC"]


def test_what_waits_in_the_outbox_goes_out_corrected(quick: Newsroom) -> None:
    quick.writes(WRITTEN)
    quick.presses("Approve")
    quick.desk.at.refuse(Unavailable("slow down", retry_after=timedelta(minutes=5)))
    quick.passes(seconds=61)
    corrected(quick)
    quick.passes(minutes=5)
    assert quick.desk.at.said("-1") == ["Maintenance at 22:00 UTC"]


def test_a_correction_can_be_corrected_back(quick: Newsroom) -> None:
    quick.announced("/announce night @all\nen: Maintenance tonight\nzh: 今晚維護")
    corrected(quick)
    corrected(quick, "/correct night\nen: Maintenance tonight")
    assert quick.reads("-1") == ["Maintenance tonight"]
    assert [p.text for p in quick.on_x.posts][1:] == [
        "Maintenance at 22:00 UTC",
        "Maintenance tonight",
    ]


def test_a_correction_of_what_was_changed_meanwhile_is_not_approved(quick: Newsroom) -> None:
    quick.announced()
    quick.writes("/correct night\nen: Maintenance at 22:00 UTC")
    old = quick.data("Approve", "✏️")
    with quick.desk.database.write() as connection:
        plan = stored.named(connection, "night")
        assert plan is not None
        stored.save(connection, replace(plan, texts={"en": "other"}), NOON)
    assert quick.presses("", data=old) == "It was changed since. Write /correct night again."


def test_the_same_words_are_no_correction(quick: Newsroom) -> None:
    quick.announced()
    assert (
        quick.writes("/correct night\nen: Maintenance tonight") == "night says just that already."
    )


@pytest.mark.parametrize("first", range(4))
def test_a_correction_reaches_every_one_of_14_rooms_or_names_it(desk: Any, first: int) -> None:
    """Every kind of fault at another place each time; each room has the notice once."""
    room = Newsroom(desk)
    rooms = tuple(Target("tg", Platform.TELEGRAM, f"-{n}", "en") for n in range(1, 15))
    room.use(replace(TERMS, targets=lambda wanted: rooms))
    room.announced("/announce outage @rooms\nen: Withdrawals are delayed")
    room.writes("/correct outage\nen: Withdrawals work again")
    room.presses("Approve", word="✏️")
    faults = (
        Uncertain("no answer"),
        Rejected("not enough rights"),
        Unavailable("slow down", retry_after=timedelta(seconds=30)),
        Rejected("the group is gone"),
    )
    room.desk.at.refusals.extend(faults[first:] + faults[:first])
    room.passes(seconds=5)
    room.passes(minutes=1)
    stands = {t.place: room.reads(t.place) for t in rooms}
    wrong = {place for place, said in stands.items() if said != ["Withdrawals work again"]}
    text = room.post("✏️").text
    assert "✅ 12 corrected · ❌ 2 failed: " in text
    assert all(f"{place}: " in text for place in wrong)
    assert len(wrong) == 2
    assert all(len(said) == 1 for said in stands.values())


# -- taking back


def taken_back(room: Newsroom) -> None:
    room.writes("/retract night")
    assert room.presses("Approve", word="🗑").startswith("Approved.")
    room.passes(seconds=5)


def test_what_is_taken_back_is_gone_everywhere(room: Newsroom) -> None:
    room.announced()
    taken_back(room)
    assert room.reads("-1") == room.reads("-2") == []
    assert "✅ 2 taken back" in room.post("🗑").text
    assert (
        room.writes("/retract night")
        == "night: it is cancelled, and nothing of it stands anywhere."
    )


def test_taking_back_needs_a_second_person_too(quick: Newsroom) -> None:
    quick.announced()
    quick.writes("/retract night")
    assert quick.presses("Approve", by=SAM, word="🗑").startswith("You wrote it.")
    assert quick.reads("-1") == ["Maintenance tonight"]


def test_what_cannot_be_deleted_is_listed_to_be_done_by_hand(room: Newsroom) -> None:
    room.announced("/announce night @all\nen: Maintenance tonight\nzh: 今晚維護")
    taken_back(room)
    text = room.post("🗑").text
    assert "✅ 2 taken back · ❌ 1 failed: x: X cannot do that; do it by hand" in text


def test_what_waits_in_the_outbox_is_not_said_any_more(quick: Newsroom) -> None:
    quick.writes(WRITTEN)
    quick.presses("Approve")
    quick.desk.at.refuse(Unavailable("slow down", retry_after=timedelta(minutes=5)))
    quick.passes(seconds=61)
    taken_back(quick)
    quick.passes(minutes=10)
    assert quick.desk.at.said("-1") == []


def test_what_may_have_arrived_is_named_when_it_is_taken_back(quick: Newsroom) -> None:
    quick.announced()
    with quick.desk.database.write() as connection:
        held = sa.update(deliveries).where(deliveries.c.place == "-1").values(state="held")
        connection.execute(held)
    taken_back(quick)
    assert "❌ 1 failed: -1: it is not known whether it was said there" in quick.post("🗑").text


# -- pinning


def test_it_is_pinned_and_let_go_on_telegram(either: Any, desk_on: Callable[..., Any]) -> None:
    room = Newsroom(desk_on(either.database, make=Pins))
    room.announced("/announce night @all\nen: Maintenance tonight\nzh: 今晚維護")
    room.writes("/pin night")
    room.passes(seconds=5)
    assert set(room.desk.at.heard) >= {"pinned -1", "pinned -2"}
    assert "✅ 2 pinned" in room.post("📌 Pin").text
    room.writes("/unpin night")
    room.passes(seconds=5)
    assert "pinned -1" not in room.desk.at.heard


# -- what recurs, pauses, incidents


RECURS = '/announce reminder @groups every "daily 13:00"\nen: Beware\nzh: 当心'


def recurring(room: Newsroom, text: str = RECURS) -> None:
    room.writes(text)
    assert room.presses("Approve").startswith("Approved. It goes out every")


def test_what_recurs_is_said_each_time_until_it_is_stopped(room: Newsroom) -> None:
    recurring(room)
    room.passes(hours=1)
    assert "🔁 Every daily 13:00 (UTC)\n✅ 2 sent" in room.post().text
    room.passes(days=1)
    assert room.reads("-1") == ["Beware", "Beware"]
    assert room.presses("Stop", by=SAM) == "Stopped."
    room.passes(days=2)
    assert room.reads("-1") == ["Beware", "Beware"]


def test_what_recurs_can_be_undone_too_before_its_first_time(quick: Newsroom) -> None:
    recurring(quick, RECURS.replace("13:00", "12:01"))
    quick.passes(seconds=10)
    quick.passes(seconds=60)
    assert quick.reads("-1") == []
    quick.passes(days=1)
    assert quick.reads("-1") == ["Beware"]


def test_what_recurs_is_left_out_while_an_incident_is_open_and_told_once(room: Newsroom) -> None:
    recurring(room)
    with room.desk.database.write() as connection:
        surge = Incident(0, IncidentKind.SURGE, "withdrawal", NOON, NOON, 1.0, 1.0, 9.0, 9)
        number = incidents.open_one(connection, surge)
    room.passes(hours=1)
    room.passes(days=1)
    assert room.reads("-1") == []
    told = [
        t
        for t in room.desk.alerts()
        if t.startswith("📣 “reminder” is not said while an incident is open")
    ]
    assert len(told) == 1
    with room.desk.database.write() as connection:
        incidents.save(connection, replace(surge, id=number, closed_at=room.desk.clock()))
    room.passes(days=1)
    assert room.reads("-1") == ["Beware"]


def test_a_pause_holds_what_is_planned_and_what_recurs(room: Newsroom) -> None:
    recurring(room)
    room.writes("/announce night @groups at 2026-11-16T12:30\nen: Maintenance tonight")
    room.presses("Approve", word="📣 night")
    room.writes("/pause")
    room.passes(minutes=35)
    room.passes(minutes=35)
    assert room.reads("-1") == []
    assert "⏸ Waits while Sam has paused the desk" in room.post("📣 reminder").text


def test_what_a_pause_held_goes_out_if_it_ends_in_time(quick: Newsroom) -> None:
    quick.writes("/announce night @groups at 2026-11-16T12:30\nen: Maintenance tonight")
    quick.presses("Approve")
    quick.writes("/pause")
    quick.passes(minutes=35)
    quick.writes("/pause off")
    quick.passes(minutes=5)
    assert quick.reads("-1") == ["Maintenance tonight"]


def test_what_was_queued_when_the_pause_began_waits_too(quick: Newsroom) -> None:
    quick.writes("/announce night @groups at 2026-11-16T12:30\nen: Maintenance tonight")
    quick.presses("Approve")
    announce_due(quick.desk.database, "en", quick.desk.board.desk, NOON + timedelta(minutes=30))
    quick.desk.clock.passes(minutes=30)
    with quick.desk.database.write() as connection:
        switches.set_switch(connection, "paused", "yes", "Sam", quick.desk.clock())
    quick.passes(seconds=5)
    assert quick.reads("-1") == []


def test_what_two_people_send_by_hand_goes_out_during_a_pause(quick: Newsroom) -> None:
    quick.writes("/pause")
    quick.announced("/announce outage @all\nen: We are looking into it\nzh: 我們正在處理")
    assert quick.reads("-1") == ["We are looking into it"]
    corrected(quick, "/correct outage\nen: It is mended")
    assert quick.reads("-1") == ["It is mended"]
    assert quick.on_x.posts[-1].text == "It is mended"


def test_what_recurs_keeps_its_distance_from_other_announcements(room: Newsroom) -> None:
    room.gap = timedelta(hours=6)
    room.announced("/announce night @groups\nen: Maintenance tonight\nzh: 今晚維護")
    recurring(room)
    room.passes(hours=1)
    assert room.reads("-1") == ["Maintenance tonight"]
    told = (
        "📣 “reminder” was not said in 2 places: another announcement was there less than 6 h ago."
    )
    assert told in room.desk.alerts()
    room.passes(days=1)
    assert room.reads("-1") == ["Maintenance tonight", "Beware"]


def test_the_list_tells_how_each_stands(quick: Newsroom) -> None:
    quick.announced()
    recurring(quick)
    listed = quick.writes("/announcements")
    assert "reminder: scheduled every daily 13:00 · by Sam, approved by Mei" in listed
    assert "night: done · by Sam, approved by Mei · 2 sent" in listed


def test_a_message_taken_twice_asks_once(database: Database, desk_on: Callable[..., Any]) -> None:
    room = Newsroom(desk_on(database))
    room.writes(WRITTEN)
    room.desk.inbox.marks.clear()
    with database.write() as connection:
        switches.seen(connection, "tg", switches.MESSAGES, 0, NOON)
    room.desk.works()
    assert len(room.table(broadcasts)) == 1


def test_stopped_or_said_but_never_both(database: Database, desk_on: Callable[..., Any]) -> None:
    """The clock and a manager at the same moment, as often as it takes to meet in both orders."""
    room = Newsroom(desk_on(database))
    for number in range(6):
        name = f"night{number}"
        room.writes(WRITTEN.replace("night ", f"{name} ", 1))
        room.presses("Approve", word=f"📣 {name}")
        nonce = room.table(broadcasts)[-1].nonce
        room.desk.clock.passes(minutes=1)
        start = threading.Barrier(2)
        told: list[str] = []

        def says(start: threading.Barrier = start) -> None:
            start.wait(20)
            announce_due(database, "en", room.desk.board.desk, room.desk.clock())

        def stops(
            start: threading.Barrier = start, nonce: str = nonce, told: list[str] = told
        ) -> None:
            start.wait(20)
            with database.write() as connection:
                press = broadcast_deciding.presses(TERMS)["b"]
                row = SimpleNamespace(author_id=SAM)
                told.append(
                    press(
                        connection, room.desk.board, row, "Sam", [nonce, "undo"], room.desk.clock()
                    )
                )

        threads = [threading.Thread(target=one) for one in (says, stops)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        said = [d.state for d in room.table(deliveries) if d.key.startswith(f"announce:{name}:")]
        late = f"Too late: it went out. /retract {name} takes it back."
        assert (told, said) in ((["Stopped."], []), ([late], ["queued", "queued"]))


def test_a_nonce_is_used_up_by_the_first(sqlite: Database, desk_on: Callable[..., Any]) -> None:
    room = Newsroom(desk_on(sqlite))
    room.writes(WRITTEN)
    (before,) = room.table(broadcasts)
    with sqlite.write() as connection:
        assert store.decide(connection, before, "n1", state="approved")
        assert not store.decide(connection, before, "n2", state="dropped")
    assert room.table(broadcasts)[0].state == "approved"


def test_a_post_deleted_by_hand_is_let_go_and_the_announcement_goes_out(quick: Newsroom) -> None:
    quick.writes(WRITTEN)
    approve = quick.data("Approve")
    quick.desk.at.shown.clear()
    assert quick.presses("", data=approve).startswith("Approved.")
    quick.passes(seconds=61)
    assert quick.reads("-1") == ["Maintenance tonight"]
    assert [row.live for row in quick.table(broadcasts)] == [False]
