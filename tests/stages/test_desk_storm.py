"""Many managers at once, in any order, with crashes between: a press does one thing or none, an answer goes out once."""

from __future__ import annotations

import contextlib
import itertools
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.messages import Author, Event, EventKind, Message, Platform
from monitor.core.roster import Person, Roster
from monitor.ports import Batch, Post, Receipt
from monitor.stages import attention, broadcast_deciding, cards, triage_list
from monitor.store import desk_inputs as inputs
from monitor.store import migrate
from monitor.store.database import Database, open_database
from monitor.store.desk_tables import acts, drafts
from monitor.store.desk_tables import cards as table
from monitor.store.tables import cursors, deliveries, events, messages
from monitor.testing import DeskFake, FakePlatform, a_message
from tests.stages.test_broadcast import TERMS

PEOPLE = ("mei", "support", "lea")
STRANGER = "666"
TEAM = Roster(tuple(Person(name.title(), ids={Platform.TELEGRAM: (name,)}) for name in PEOPLE))
_WATCHED = ("case_id", "nonce", "menu", "claimed_by", "claimed_at", "snoozed_until", "revision", "last_act")  # fmt: skip


class Crash(BaseException):
    """The power is gone."""


@dataclass(slots=True)
class Stormy(FakePlatform):
    """A platform after (or before) which the power may go, at the n-th call from now."""

    fuse: int = -1
    told: Callable[[str, str], None] = lambda _press, _text: None

    def burn(self) -> None:
        """One step nearer to the crash, if one is planned."""
        if self.fuse >= 0:
            self.fuse -= 1
            if self.fuse < 0:
                raise Crash

    def take(self, post: Post) -> Receipt:
        self.burn()
        receipt = FakePlatform.take(self, post)
        self.burn()
        return receipt

    def change(self, native_id: str, post: Post | None) -> None:
        self.burn()
        FakePlatform.change(self, native_id, post)


class StormFake(DeskFake):
    """Every answered press is looked at before anything else happens."""

    def answer_button(self, query_id: str, text: str = "") -> None:
        self.at.burn()
        super().answer_button(query_id, text)
        self.at.told(query_id, text)


@dataclass
class Storm:
    """A desk, what was ever pressable, and what presses did."""

    desk: Any
    seen: list[tuple[str, str]] = field(
        default_factory=list
    )  # (data, the post that it stood under)
    pressed: dict[str, tuple[str, str]] = field(default_factory=dict)  # press to (who, data)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    before: dict[int, Any] = field(default_factory=dict)
    decisions: int = 0
    commanded: list[str] = field(default_factory=list)

    def furnish(self) -> None:
        """Anew after a crash: nothing that was only remembered is left."""
        desk = self.desk
        desk.at.fuse = -1
        desk.__post_init__()
        desk.board = cards.replace(desk.board, nonce=self._nonce)
        desk.outbox = cards.replace(desk.outbox, dress=cards.dressing(desk.board))
        desk.inbox.board = desk.board
        desk.inbox.private_presses = {
            "l": attention.press_list, **triage_list.presses(), **broadcast_deciding.presses(TERMS)
        }  # fmt: skip
        desk.at.told = self._told

    def _nonce(self) -> str:
        self.desk.at.burn()  # inside a transaction
        return cards.new_nonce()

    def rows(self) -> dict[int, Any]:
        with self.desk.database.read() as connection:
            found = connection.execute(sa.select(table)).all()
        return {row.case_id: tuple(getattr(row, name) for name in _WATCHED) for row in found}

    def _told(self, press: str, text: str) -> None:
        """One transition a press; none by strangers, none by a button that is not the card's of this moment."""
        after, before = self.rows(), self.before
        changed = [number for number in after if before.get(number) != after[number]]
        who, data = self.pressed[press]
        nonce = data.split(":")[1] if data.count(":") else ""
        is_good = data.startswith("c:") and any(row[1] == nonce for row in before.values())
        if who == STRANGER or (data.startswith("c:") and not is_good):
            assert changed == [], (data, text)
        nonces = [number for number in changed if number in before and before[number][1] != after[number][1]]  # fmt: skip
        assert len(nonces) <= 1, (data, text)
        if data.startswith(
            "c:"
        ):  # a merge changes one card by itself; the case it goes into shows more waits
            assert len(changed) <= 1, (data, text)
        if text.startswith("Yours"):
            assert [after[n][3] for n in nonces] == [who.title()]
        if text == "On its way.":
            self.decisions += 1
        self.before = after

    # -- what may happen

    def asks(self, who: int, urgent: bool) -> None:
        n = next(self.numbers)
        words = "withdrawal critical asking" if urgent else "withdrawal"
        self._hears(a_message(words, id=str(n), author=f"a{who}", after=self._after()))

    def answers_natively(self, who: str, to: int) -> None:
        n = next(self.numbers)
        self._hears(a_message("it is sent", id=str(n), author=who, reply_to=str(to), after=self._after()))  # fmt: skip

    def replies(self, who: str, which: int) -> None:
        posts = sorted(self._posts())
        if posts:
            self._writes(who, f"answer {next(self.numbers)}", posts[which % len(posts)])

    def commands(self, who: str, text: str) -> None:
        self.commanded.append(self._writes(who, text, None))

    def presses(self, who: str, which: int, *, old: bool) -> None:
        self._remember()
        now = [(b.data, key) for key, post in sorted(self._posts().items()) for row in post.buttons for b in row]  # fmt: skip
        choice = self.seen if old else now
        if choice:
            self.press(who, *choice[which % len(choice)])

    def press(self, who: str, data: str, under: str) -> None:
        press = f"q{next(self.numbers)}"
        self.pressed[press] = (who, data)
        self._event(press)
        self._under[press] = under

    def replays(self, which: int) -> None:
        if self.pressed:
            self._event(sorted(self.pressed)[which % len(self.pressed)])

    def looks(self) -> None:
        self.before = self.rows()
        self.desk.inbox.look()

    def edits(self) -> None:
        self.desk.refreshes()

    def passes(self, seconds: int) -> None:
        self.desk.clock.passes(seconds=seconds)

    _under: dict[str, str] = field(default_factory=dict)

    def _event(self, press: str) -> None:
        who, data = self.pressed[press]
        details = {"data": data, "query_id": press, "message_id": self._under.get(press, "p1")}
        event = Event(EventKind.BUTTON, Platform.TELEGRAM, "-900", press, self.desk.clock(), Author(who), details)  # fmt: skip
        self.desk.stores(Batch(events=(event,)))

    def _posts(self) -> dict[str, Post]:
        return {key: post for key, post in self.desk.at.shown.items() if post.place == "-900"}

    def _remember(self) -> None:
        for key, post in self._posts().items():
            self.seen += [(b.data, key) for row in post.buttons for b in row if (b.data, key) not in self.seen]  # fmt: skip

    def _after(self) -> float:
        return (self.desk.clock() - self._began).total_seconds()

    def __post_init__(self) -> None:
        self._began = self.desk.clock()

    def _hears(self, message: Message) -> None:
        self.desk.stores(Batch((message,)))

    def _writes(self, who: str, text: str, reply_to: str | None) -> str:
        n = f"d{next(self.numbers)}"
        self._hears(Message(Platform.TELEGRAM, "-900", n, Author(who, name=who), text, self.desk.clock(),
                            reply_to=reply_to, place_kind="supergroup"))  # fmt: skip
        return n

    def does(self, step: tuple[Any, ...]) -> None:
        """One step; a crash ends it, and everything begins anew."""
        name, *arguments = step
        try:
            getattr(self, name)(*arguments)
        except Crash:
            self.furnish()

    def judges(self) -> None:
        self.desk.judges()

    def speaks(self) -> None:
        self.desk.speaks()

    def crashes_soon(self, fuse: int) -> None:
        self.desk.at.fuse = fuse

    def settles(self) -> None:
        """The sky clears."""
        self.furnish()
        for _ in range(4):
            self.looks()
            self.desk.judges()
            self.desk.speaks()
            self.desk.refreshes()
            self.passes(90)


_who = st.sampled_from((*PEOPLE, PEOPLE[0], STRANGER))
_n = st.integers(0, 30)
STEPS = st.one_of(
    st.tuples(st.just("asks"), st.integers(1, 4), st.booleans()),
    st.tuples(st.just("answers_natively"), st.sampled_from(PEOPLE), st.integers(1, 6)),
    st.tuples(st.just("replies"), _who, _n),
    st.tuples(st.just("commands"), _who, st.sampled_from(("/open", "/mine", "/handover", "/case 1", "/case x", "/pause off"))),
    st.builds(lambda who, n: ("presses_now", who, n), _who, _n),
    st.builds(lambda who, n: ("presses_now", who, n), _who, _n),
    st.builds(lambda who, n: ("presses_old", who, n), _who, _n),
    st.tuples(st.just("replays"), _n),
    st.tuples(st.just("looks")),
    st.tuples(st.just("looks")),
    st.tuples(st.just("judges")),
    st.tuples(st.just("speaks")),
    st.tuples(st.just("edits")),
    st.tuples(st.just("passes"), st.sampled_from((1, 5, 200))),
    st.tuples(st.just("crashes_soon"), st.integers(0, 6)),
)  # fmt: skip


def _now(self: Storm, who: str, which: int) -> None:
    self.presses(who, which, old=False)


def _old(self: Storm, who: str, which: int) -> None:
    self.presses(who, which, old=True)


Storm.presses_now = _now  # type: ignore[attr-defined]
Storm.presses_old = _old  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database to copy."""
    path = tmp_path_factory.mktemp("storm") / "template.db"
    database = open_database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.close()
    return path


@contextlib.contextmanager
def a_storm(template: Path, make: type[Any]) -> Iterator[Storm]:
    """A desk with two people who wait, on a database of its own."""
    with tempfile.TemporaryDirectory(prefix="monitor-", dir=_quick()) as folder:
        copy = Path(folder) / "monitor.db"
        shutil.copy(template, copy)
        database = open_database(f"sqlite:///{copy}")
        try:
            storm = Storm(make(database, at=Stormy(), make=StormFake, roster=TEAM))
            storm.furnish()
            storm.looks()
            storm.asks(1, False)
            storm.asks(2, True)
            storm.settles()
            yield storm
        finally:
            database.close()


def _quick() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


@settings(max_examples=25)
@given(steps=st.lists(STEPS, min_size=10, max_size=40))
def test_whatever_managers_do_at_once_every_press_counts_once_and_every_answer_goes_out_once(
    template: Path, desk_class: type[Any], steps: list[tuple[Any, ...]]
) -> None:
    with a_storm(template, desk_class) as storm:
        for step in steps:
            storm.does(step)
        storm.settles()
        _holds(storm)


def _holds(storm: Storm) -> None:
    desk = storm.desk
    assert not [t for t in desk.at.heard.values() if "did not work" in t]
    public = [p for p in desk.at.posts if p.place == "-100"]
    assert len({p.key for p in public}) == len(public), "said twice in public"
    by_case = [p.key for p in public if p.key.startswith("ack:")]
    assert len(set(by_case)) == len(by_case)
    with desk.database.read() as connection:
        asked = connection.execute(sa.select(drafts)).all()
        done = connection.execute(sa.select(acts)).all()
        rows = connection.execute(sa.select(table)).all()
        notes = connection.execute(sa.select(deliveries.c.key).where(deliveries.c.kind == "note")).scalars().all()  # fmt: skip
        cursor = dict(connection.execute(sa.select(cursors.c.stream, cursors.c.cursor)).all())
        last = connection.execute(sa.select(sa.func.max(events.c.id))).scalar_one()
        written = connection.execute(sa.select(messages.c.id).where(messages.c.place == "-900").order_by(messages.c.id.desc()).limit(1)).scalar_one_or_none()  # fmt: skip
    said = {p.key for p in public if p.kind == "relay"}
    assert len(said) <= len({d.key for d in asked}) + storm.decisions  # never more than was decided
    assert len({(a.key, a.act) for a in done}) == len(done)
    assert all((r.claimed_by is None) == (r.claimed_at is None) for r in rows)
    assert all(r.claimed_by in (None, *(p.name for p in TEAM.people)) for r in rows)
    # Nothing that came in was passed over, and every command was answered by one note.
    assert last is None or int(cursor[inputs.BUTTONS]) == last
    assert written is None or int(cursor[inputs.MESSAGES]) >= written
    for native in storm.commanded:
        assert [k for k in notes if k == f"note:-900:{native}"] == [f"note:-900:{native}"]


class OneTransaction:
    """Everything in one transaction: ten thousand commits are not what is looked at."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @contextlib.contextmanager
    def read(self) -> Iterator[Any]:
        yield self._connection

    write = read


def test_ten_thousand_forged_or_replayed_presses_change_nothing(
    template: Path, desk_class: type[Any]
) -> None:
    with a_storm(template, desk_class) as storm:
        desk = storm.desk
        first = next(b.data for p in storm._posts().values() for row in p.buttons for b in row if b.data.endswith(":claim"))  # fmt: skip
        storm.press("mei", first, "p1")
        storm.looks()
        forged = _forged(storm, first)
        database: Database = desk.database
        with database.write() as connection:
            before = _everything(connection)
            connection.execute(sa.insert(events), forged)
            desk.at.told = lambda _press, _text: None
            desk.inbox.board = cards.replace(desk.board, database=OneTransaction(connection))
            taken = 0
            while more := desk.inbox.look():
                taken += more
            assert taken == len(forged) == 10_000
            assert _everything(connection) == before
        assert len(desk.at.heard) == 10_001
        assert all(desk.at.heard.values())
        assert not [t for t in desk.at.heard.values() if "did not work" in t]


def _everything(connection: Any) -> list[Any]:
    return [connection.execute(sa.select(t).order_by(*t.primary_key)).all() for t in (table, acts, drafts, deliveries)]  # fmt: skip


def _forged(storm: Storm, used: str) -> list[dict[str, Any]]:
    dice = random.Random(7)
    good = next(b.data for p in storm._posts().values() for row in p.buttons for b in row if b.data.endswith(":claim") and b.data != used)  # fmt: skip
    kinds: tuple[Callable[[], tuple[str, str, str]], ...] = (
        lambda: ("mei", "-900", used),  # of a button that was used up
        lambda: (STRANGER, "-900", good),  # by nobody of ours
        lambda: ("mei", "-100", good),  # from another place
        lambda: ("mei", "-900", f"c:{dice.randbytes(9).hex()[:12]}:{dice.choice(('claim', 'close', 'noq'))}"),
        lambda: ("lea", "-900", f"r:{dice.randbytes(9).hex()[:12]}:send"),
        lambda: ("mei", "-900", f"l:{dice.randint(50, 10**30)}"),
        lambda: ("mei", "-900", f"t:{dice.randint(50, 10**30)}:{dice.choice(('show', 'chatter', ''))}"),
        lambda: ("mei", "-900", f"b:{dice.randbytes(9).hex()[:12]}:{dice.choice(('yes', 'undo', 'drop'))}"),
        lambda: ("mei", "-900", ":".join(("c", "", "'; --", "x" * 9)[: dice.randint(1, 4)])),
        lambda: ("mei", "-900", good.replace(":claim", ":nonsense")),
        lambda: ("mei", "-900", "".join(chr(dice.randint(32, 0x2FFF)) for _ in range(20))),
    )  # fmt: skip
    found = []
    for n in range(10_000):
        who, place, data = kinds[n % len(kinds)]()
        found.append({
            "platform": "telegram", "place": place, "kind": "button", "native_id": f"f{n}", "at": storm.desk.clock(),
            "author_id": who, "details": {"data": data, "query_id": f"f{n}", "message_id": "p1"}, "account": "tg",
            "state": "applied",
        })  # fmt: skip
    return found
