"""The store on both databases: inserting twice is inserting once, edits and deletions, moved places, lost updates."""

from __future__ import annotations

import sqlite3
import stat
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from monitor.core.messages import Event, EventKind, Message, Platform
from monitor.core.triage import Delivery, Kind
from monitor.ports import Batch, Gap, Quarantined
from monitor.stages.ingest import ingest
from monitor.stages.retain import retain
from monitor.store import accounts, deliveries, edits, fetches, leases, messages, migrate, upsert
from monitor.store import tables as t
from monitor.store.database import Database, DatabaseTrouble, is_passing, open_database
from monitor.store.schema import metadata
from monitor.store.written import message_of
from monitor.testing import NOON, FakeConnector, FakePlatform, a_message

LATER = NOON + timedelta(hours=1)


def save(database: Database, *found: Message, events: tuple[Event, ...] = (), now: datetime = LATER,
         **more: Any) -> int:  # fmt: skip
    batch = Batch(found, events, **more)
    with database.write() as connection:
        return messages.save_batch(connection, "tg", "updates", batch, now)


def rows(database: Database, table: sa.Table) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(sa.select(table).order_by(*table.primary_key)))


def edited(text: str, after: float = 60, id: str = "1") -> Event:
    at = NOON + timedelta(seconds=after)
    return Event(EventKind.EDITED, Platform.TELEGRAM, "-100", id, at, details={"text": text})


def deleted(id: str = "1", after: float = 90) -> Event:
    return Event(EventKind.DELETED, Platform.TELEGRAM, "-100", id, NOON + timedelta(seconds=after))


# -- messages ---------------------------------------------------------------------------------


def test_the_second_insert_is_none(database: Database) -> None:
    assert save(database, a_message(), a_message(id="2")) == 2
    assert save(database, a_message(), a_message(id="2"), a_message(id="3")) == 1
    assert len(rows(database, t.messages)) == 3
    assert len(rows(database, t.sightings)) == 3


def test_a_batch_that_names_a_message_twice_stores_it_once(database: Database) -> None:
    assert save(database, a_message(), a_message()) == 1


def test_one_message_seen_in_two_streams_is_one_message_with_two_sightings(
    database: Database,
) -> None:
    save(database, a_message())
    with database.write() as connection:
        messages.save_batch(connection, "other", "search", Batch((a_message(),)), LATER)
    assert len(rows(database, t.messages)) == 1
    assert {(r.account, r.stream) for r in rows(database, t.sightings)} == {
        ("tg", "updates"), ("other", "search")
    }  # fmt: skip


def test_everything_of_a_message_comes_back(database: Database) -> None:
    message = a_message(
        thread="5", reply_to="3", reply_to_author="9", language_hint="en", link="https://t.me/x",
        addressed=True, summoned=True, mentions=("bob", "eve"), edited_at=LATER,
        place_kind="supergroup",
    )  # fmt: skip
    save(database, message)
    with database.read() as connection:
        (row,) = messages.unassessed(connection, 10)
    assert message_of(row) == message


def test_the_cursor_is_saved_with_the_batch(database: Database) -> None:
    save(database, next_cursor="c7")
    with database.read() as connection:
        assert fetches.cursor_of(connection, "tg", "updates") == "c7"
        assert fetches.cursor_of(connection, "tg", "other") is None


def test_a_batch_that_fails_halfway_leaves_no_cursor(database: Database) -> None:
    with pytest.raises(ValueError):
        save(
            database,
            a_message(),
            a_message(id="2", after=1, edited_at=datetime(2026, 1, 1)),  # noqa: DTZ001
            next_cursor="c7",
        )
    assert rows(database, t.cursors) == []
    assert rows(database, t.messages) == []


@pytest.mark.parametrize("text", ["a\x00b", "half a pair \ud83d", "\x00"])
def test_text_that_no_database_takes_is_cleaned_not_refused(database: Database, text: str) -> None:
    message = a_message(text)
    odd = replace(message, author=replace(message.author, name=text, handle=text), place_name=text)
    assert save(database, odd, events=(edited(text + "!"),)) == 1


def test_one_message_that_cannot_be_stored_is_set_aside_and_stops_nobody(
    database: Database,
) -> None:
    platform = FakePlatform()
    naive = datetime(2026, 11, 16, 12, 0)  # noqa: DTZ001
    platform.write(a_message(), replace(a_message(id="2"), sent_at=naive), a_message(id="3"))
    found = ingest(database, FakeConnector(platform), "updates", LATER)
    assert found.new == 2
    assert [r.native_id for r in rows(database, t.messages)] == ["1", "3"]
    (kept,) = rows(database, t.quarantine)
    assert kept.native_id == "2"
    assert "could not be stored" in kept.reason
    assert rows(database, t.cursors)[0].cursor == '{"offset": 3}'
    assert ingest(database, FakeConnector(platform), "updates", LATER).new == 0


def test_one_event_that_cannot_be_stored_stops_nobody(database: Database) -> None:
    class Odd(FakeConnector):
        def fetch(self, stream: str, cursor: str | None, limit: int) -> Batch:
            naive = replace(edited("x"), at=datetime(2026, 1, 1))  # noqa: DTZ001
            return Batch((a_message(),), (edited("good"), naive), next_cursor="c")

    ingest(database, Odd(FakePlatform()), "updates", LATER)
    assert [r.text for r in rows(database, t.messages)] == ["good"]
    assert len(rows(database, t.quarantine)) == 1


def test_a_platform_that_says_nothing_new_writes_nothing(database: Database) -> None:
    connector = FakeConnector(FakePlatform())
    ingest(database, connector, "updates", NOON)
    ingest(database, connector, "updates", LATER)
    assert rows(database, t.cursors)[0].fetched_at == NOON


def test_a_gap_and_what_could_not_be_read_are_kept_once(database: Database) -> None:
    gap = Gap(NOON, LATER, "24 hours passed")
    bad = Quarantined("7", '{"date": "not a date"}', "no date")
    for _ in range(2):
        save(database, gap=gap, quarantined=(bad,))
    assert [(r.since, r.until, r.reason) for r in rows(database, t.gaps)] == [
        (NOON, LATER, gap.reason)
    ]
    assert [(r.native_id, r.raw, r.reason) for r in rows(database, t.quarantine)] == [
        ("7", bad.raw, "no date")
    ]


def test_a_gap_with_open_ends_is_kept(database: Database) -> None:
    save(database, gap=Gap(None, None, "unknown"))
    assert (rows(database, t.gaps)[0].since, rows(database, t.gaps)[0].until) == (None, None)


def test_spending_is_counted_by_utc_day(database: Database) -> None:
    save(database, cost=0.5)
    save(database, cost=0.25)
    save(database, cost=1.0, now=LATER + timedelta(days=1))
    with database.read() as connection:
        assert fetches.spent_on(connection, "tg", LATER) == 0.75
        assert fetches.spent_on(connection, "nobody", LATER) == 0.0


def test_names_of_places_follow_the_platform(database: Database) -> None:
    save(database, a_message(place_name="Old"))
    save(database, a_message(id="2", place_name="New"))
    save(database, a_message(id="3"))
    assert [r.name for r in rows(database, t.places)] == ["New"]


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        t.Instant().process_bind_param(datetime(2026, 1, 1), None)  # noqa: DTZ001


def test_times_keep_their_microseconds_and_zone(database: Database) -> None:
    odd = datetime(1969, 12, 31, 23, 59, 59, 123456, tzinfo=UTC)
    save(database, replace(a_message(), sent_at=odd))
    assert rows(database, t.messages)[0].sent_at == odd


# -- edits and deletions ----------------------------------------------------------------------


def test_an_edit_keeps_what_was_said_before_and_is_judged_anew(database: Database) -> None:
    save(database, a_message("before"))
    save(database, events=(edited("after"),))
    (message,), (revision,) = rows(database, t.messages), rows(database, t.revisions)
    assert (message.text, message.state, message.edited_at) == (
        "after",
        "new",
        NOON + timedelta(seconds=60),
    )
    assert revision.text == "before"


def test_an_edit_that_comes_before_its_message_waits_for_it(database: Database) -> None:
    save(database, events=(edited("after"),))
    assert [r.state for r in rows(database, t.events)] == ["waiting"]
    save(database, a_message("before"))
    assert [r.text for r in rows(database, t.messages)] == ["after"]
    assert [r.state for r in rows(database, t.events)] == ["applied"]


def test_an_older_edit_that_comes_later_changes_nothing(database: Database) -> None:
    save(database, a_message("one"))
    save(database, events=(edited("three", 90),))
    save(database, events=(edited("two", 60),))
    assert rows(database, t.messages)[0].text == "three"


def test_the_same_edit_twice_is_one_revision(database: Database) -> None:
    save(database, a_message("one"))
    for _ in range(2):
        save(database, events=(edited("two"),))
    assert len(rows(database, t.revisions)) == 1
    assert len(rows(database, t.events)) == 1


def test_a_listing_that_shows_a_later_text_edits_the_message(database: Database) -> None:
    save(database, a_message("one"))
    save(database, a_message("two", edited_at=LATER))
    save(database, a_message("one"))
    assert rows(database, t.messages)[0].text == "two"


def test_a_deletion_forgets_the_text_the_names_and_every_quote(database: Database) -> None:
    save(database, a_message("secret one"))
    save(database, events=(edited("secret two"),))
    number = rows(database, t.messages)[0].id
    alerts = [Delivery(key, Kind.ALERT, "tg", Platform.TELEGRAM, "-900", "quotes the secret", 1, NOON,
                       message_id=number) for key in ("queued", "sent", "in_doubt", "held")]  # fmt: skip
    with database.write() as connection:
        deliveries.queue(connection, alerts, {}, NOON)
        for key in ("sent", "in_doubt", "held"):
            connection.execute(
                sa.update(t.deliveries).where(t.deliveries.c.key == key).values(state=key)
            )
        connection.execute(sa.insert(t.assessments).values(
            message_id=number, by="x", at=NOON, topic="account", urgency=1, language="en",
            complexity="simple", confidence=1.0, reasons=["says secret"], signals=[]))  # fmt: skip
        found = Quarantined("telegram:-100:1", "secret", "poison")
        fetches.set_aside(connection, "", "assess", [found], NOON)
    save(database, events=(deleted(),))
    message = rows(database, t.messages)[0]
    assert (message.text, message.author_name, message.author_handle) == ("", "", "")
    assert message.deleted_at == NOON + timedelta(seconds=90)
    assert message.author_id == "42"
    assert {r.key: (r.state, r.text) for r in rows(database, t.deliveries)} == {
        "queued": ("cancelled", ""), "sent": ("sent", ""), "in_doubt": ("held", ""), "held": ("held", "")
    }  # fmt: skip
    for table in metadata.sorted_tables:
        assert "secret" not in repr(rows(database, table)), table.name


def test_what_was_deleted_is_not_in_the_file_any_more(sqlite: Database) -> None:
    secret = "correcthorsebatterystaple" * 20
    save(sqlite, a_message(secret), *(a_message(id=str(n)) for n in range(2, 50)))
    save(sqlite, events=(deleted(),))
    path = Path(str(sqlite.engine.url.database))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert b"correcthorse" not in path.read_bytes()


def test_a_deletion_that_comes_before_its_message_waits_for_it(database: Database) -> None:
    save(database, events=(deleted(),))
    save(database, a_message("secret"))
    assert rows(database, t.messages)[0].text == ""


def test_an_edit_after_a_deletion_brings_nothing_back(database: Database) -> None:
    save(database, a_message("secret"))
    save(database, events=(deleted(),))
    save(database, events=(edited("secret again", 120),))
    assert rows(database, t.messages)[0].text == ""
    assert "secret" not in repr(rows(database, t.events))


def test_edits_of_messages_we_never_had_are_dropped_after_a_day(database: Database) -> None:
    save(database, events=(edited("whoever"),))
    retain(database, timedelta(days=90), timedelta(days=30), NOON + timedelta(hours=23))
    assert len(rows(database, t.events)) == 1
    retain(database, timedelta(days=90), timedelta(days=30), NOON + timedelta(hours=25))
    assert rows(database, t.events) == []


def test_what_is_older_than_we_may_keep_is_forgotten_page_by_page(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.stages.retain.PAGE", 3)
    save(
        database,
        *(a_message("old", id=str(n)) for n in range(7)),
        a_message("new", id="9", after=86400 * 80),
    )
    save(database, quarantined=(Quarantined("q", "raw", "why"),))
    now = NOON + timedelta(days=91)
    assert retain(database, timedelta(days=90), timedelta(days=30), now) == 7
    assert sorted(r.text for r in rows(database, t.messages)) == [""] * 7 + ["new"]
    assert rows(database, t.quarantine) == []
    assert retain(database, timedelta(days=90), timedelta(days=30), now) == 0


# -- places that move -------------------------------------------------------------------------


def test_a_group_that_moves_takes_open_cases_and_what_is_unsaid_along(database: Database) -> None:
    said = [Delivery(key, Kind.RELAY, "tg", Platform.TELEGRAM, "-5", "x", 1, NOON, reply_to="1", thread="2")
            for key in ("unsaid", "said")]  # fmt: skip
    with database.write() as connection:
        deliveries.queue(connection, said, {}, NOON)
        connection.execute(
            sa.update(t.deliveries).where(t.deliveries.c.key == "said").values(state="sent")
        )
    moved = Event(EventKind.MIGRATED, Platform.TELEGRAM, "-5", "1", NOON, details={"to": "-1005"})
    for _ in range(2):
        save(database, events=(moved,))
    found = {r.key: (r.place, r.reply_to, r.thread) for r in rows(database, t.deliveries)}
    assert found == {"unsaid": ("-1005", None, None), "said": ("-5", "1", "2")}
    with database.read() as connection:
        assert edits.moved_places(connection, "telegram") == {"-5": "-1005"}


def test_a_move_to_nowhere_is_kept_and_moves_nothing(database: Database) -> None:
    save(database, events=(Event(EventKind.MIGRATED, Platform.TELEGRAM, "-5", "1", NOON),))
    assert rows(database, t.places) == []


# -- accounts ---------------------------------------------------------------------------------


def test_an_account_remembers_who_it_is_and_how_it_stood(database: Database) -> None:
    with database.write() as connection:
        for _ in range(2):
            accounts.introduce(connection, "tg", "telegram")
        assert accounts.identify(connection, "tg", "777", "desk") == ""
        assert accounts.identify(connection, "tg", "778", "desk") == "777"
        assert [accounts.take_over(connection, "tg") for _ in range(2)] == [1, 2]
        assert accounts.own_identities(connection) == {"telegram": frozenset({"778"})}
        assert accounts.note_standing(connection, "tg", "stopped", "401", NOON) == "ok"
        assert accounts.note_standing(connection, "tg", "waiting", "401", NOON) == "stopped"
        assert accounts.note_standing(connection, "tg", "ok", "", NOON) == "stopped"


# -- the file, transactions, leases -----------------------------------------------------------


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_its_owner_may_read_the_database_its_journals_and_its_copy(sqlite: Database) -> None:
    path = Path(str(sqlite.engine.url.database))
    copy = path.with_name("copy.db")
    with sqlite.write() as connection:
        accounts.introduce(connection, "a", "telegram")
        names = [path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")]
        assert [_mode(p) for p in names] == [0o600] * 3
    with _leased(sqlite):
        assert _mode(path.with_name(path.name + ".lock")) == 0o600
    migrate.backup(sqlite, copy)
    assert _mode(copy) == 0o600
    restored = open_database(f"sqlite:///{copy}")
    migrate.require_current(restored)
    assert len(rows(restored, t.accounts)) == 1
    restored.close()


class _leased:
    def __init__(self, database: Database) -> None:
        self.lease = leases.take(database, ["tg"])

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self.lease.close()


def test_a_copy_overwrites_nothing(sqlite: Database, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("mine")
    with pytest.raises(DatabaseTrouble, match="exists already"):
        migrate.backup(sqlite, tmp_path / "there")
    with pytest.raises(DatabaseTrouble, match="cannot be written"):
        migrate.backup(sqlite, tmp_path / "no" / "folder")


def test_power_cuts_undo_nothing_that_was_committed(sqlite: Database) -> None:
    with sqlite.engine.connect() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                 for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")}  # fmt: skip
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite://", "in memory"),
        ("mysql://x/y", "not supported"),
        ("nonsense", "not a database URL"),
        ("sqlite:////proc/no/such.db", "cannot be opened"),
    ],
)
def test_a_database_that_cannot_be_used_is_refused_in_a_sentence(url: str, says: str) -> None:
    with pytest.raises(DatabaseTrouble, match=says):
        open_database(url)


def test_another_file_is_not_taken_for_a_database(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("dear diary, today I wrote more than fifteen bytes")
    with pytest.raises(DatabaseTrouble, match="not an SQLite database"):
        open_database(f"sqlite:///{tmp_path}/notes.txt")


def test_a_transaction_within_a_transaction_is_a_mistake(database: Database) -> None:
    with (
        database.write(),
        pytest.raises(RuntimeError, match="write\\(\\) inside write\\(\\)"),
        database.write(),
    ):
        pass
    with database.write() as connection:
        accounts.introduce(connection, "a", "telegram")
    assert len(rows(database, t.accounts)) == 1


def test_a_transaction_that_fails_leaves_nothing_and_blocks_nobody(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as connection:  # noqa: PT012
        accounts.introduce(connection, "a", "telegram")
        raise ZeroDivisionError
    assert rows(database, t.accounts) == []
    with database.write() as connection:
        accounts.introduce(connection, "b", "telegram")


def test_a_reader_sees_one_moment(database: Database) -> None:
    with database.read() as reader:
        count = sa.select(sa.func.count()).select_from(t.accounts)
        assert reader.execute(count).scalar_one() == 0
        with database.write() as connection:
            accounts.introduce(connection, "a", "telegram")
        assert reader.execute(count).scalar_one() == 0


def test_read_modify_write_of_many_threads_loses_nothing(database: Database) -> None:
    with database.write() as connection:
        accounts.introduce(connection, "a", "telegram")

    def spend_and_lead() -> None:
        for _ in range(60):
            with database.write() as connection:
                fetches.add_spend(connection, "a", NOON, 1.0)
                accounts.take_over(connection, "a")

    threads = [threading.Thread(target=spend_and_lead) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with database.read() as connection:
        assert fetches.spent_on(connection, "a", NOON) == 240
    assert rows(database, t.accounts)[0].epoch == 240


def test_a_second_start_on_the_same_database_is_refused_in_one_sentence(database: Database) -> None:
    first = leases.take(database, ["tg", "rd"])
    assert first.holds()
    other = open_database(database.engine.url.render_as_string(hide_password=False))
    with pytest.raises(leases.AlreadyRunning, match="another monitor"):
        leases.take(other, ["rd"])
    first.close()
    leases.take(other, ["rd"]).close()
    other.close()


def test_a_lease_whose_connection_was_cut_is_not_held_any_more(postgres_only: Database) -> None:
    lease = leases.take(postgres_only, ["tg"])
    _cut_connections(postgres_only)
    assert not lease.holds()
    leases.take(postgres_only, ["tg"]).close()
    lease.close()


@pytest.fixture
def postgres_only(database: Database) -> Database:
    if database.is_sqlite:
        pytest.skip("only PostgreSQL can cut a connection")
    return database


def _cut_connections(database: Database) -> None:
    with database.engine.connect() as connection:
        connection.execute(sa.text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"))  # fmt: skip


def test_a_connection_that_was_cut_is_passing_trouble_and_the_next_one_works(
    postgres_only: Database,
) -> None:
    with pytest.raises(sa.exc.DBAPIError) as caught, postgres_only.write() as connection:  # noqa: PT012
        connection.execute(sa.text("SELECT 1"))
        _cut_connections(postgres_only)
        connection.execute(sa.text("SELECT 1"))
    assert is_passing(caught.value)
    with postgres_only.write() as connection:
        accounts.introduce(connection, "a", "telegram")


def test_a_connection_that_was_cut_while_it_was_idle_troubles_nobody(
    postgres_only: Database,
) -> None:
    for transaction in (postgres_only.read, postgres_only.write):
        with transaction() as connection:
            connection.execute(sa.text("SELECT 1"))
        _cut_connections(postgres_only)
        with transaction() as connection:
            assert connection.execute(sa.text("SELECT 1")).scalar_one() == 1


def test_our_own_mistakes_are_not_passing() -> None:
    assert not is_passing(ValueError("x"))
    assert not is_passing(sa.exc.IntegrityError("x", {}, Exception("x")))


def test_nothing_to_insert_is_no_question(database: Database) -> None:
    with database.write() as connection:
        upsert.add(connection, t.accounts, [])
        upsert.put(connection, t.accounts, [], ("name",))
        assert list(upsert.add_returning(connection, t.accounts, [], t.accounts.c.name)) == []


# -- migrations -------------------------------------------------------------------------------


def test_the_tables_are_those_of_the_code(database: Database) -> None:
    assert migrate.differs(database) is None
    assert migrate.troubles(database) == []
    migrate.require_current(database)


def test_migrations_go_down_and_up_again(database: Database) -> None:
    migrate.downgrade(database, "base")
    assert migrate.revision(database) is None
    with pytest.raises(DatabaseTrouble, match="monitor db upgrade"):
        migrate.require_current(database)
    migrate.upgrade(database)
    assert migrate.differs(database) is None
    save(database, a_message())


def test_there_is_one_newest_revision() -> None:
    assert migrate.newest()


def test_a_database_of_a_newer_version_is_not_touched(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTrouble, match="newer version"):
        migrate.require_current(database)


def test_tables_that_lack_something_are_named(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE optouts"))
    (trouble,) = migrate.troubles(database)
    assert "optouts" in trouble


def test_postgresql_is_backed_up_by_its_own_tools(postgres_only: Database, tmp_path: Path) -> None:
    with pytest.raises(DatabaseTrouble, match="pg_dump"):
        migrate.backup(postgres_only, tmp_path / "x")
