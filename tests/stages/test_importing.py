"""Files into the store: everything once, what is broken set aside, what was deleted forgotten."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bench import ubuntu_irc
from monitor.importers import ImportBroken, Kind
from monitor.stages.importing import Imported, import_file
from monitor.store import tables
from monitor.store.database import Database

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LATER = datetime(2026, 11, 23, tzinfo=UTC)


def line(number: int, **more: Any) -> str:
    row = {
        "platform": "telegram", "place": "-1001", "id": number, "author_id": "7", "role": "member",
        "text": f"text {number}", "sent_at": 1762689600 + number,
    }  # fmt: skip
    return json.dumps(row | more)


def stored(database: Database, table: sa.Table) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(sa.select(table)))


def a_file(folder: Path, *lines: str, name: str = "history.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_every_message_is_stored_once_however_often_it_is_imported(
    database: Database, tmp_path: Path
) -> None:
    path = a_file(tmp_path, *(line(n) for n in range(2500)), "{broken")
    done = import_file(database, path, now=NOW)
    assert done == Imported(seen=2500, new=2500, quarantined=1, reasons=done.reasons)
    (reason,) = done.reasons
    assert reason.startswith("line 2501: not JSON: ")
    before = (stored(database, tables.messages), stored(database, tables.quarantine))
    again = import_file(database, path, now=LATER)
    assert again == Imported(seen=2500, new=0, quarantined=1, reasons=done.reasons)
    assert (stored(database, tables.messages), stored(database, tables.quarantine)) == before
    messages, (broken,) = before
    assert len(messages) == 2500
    assert all(m.imported for m in messages)
    assert {m.role for m in messages} == {"member"}
    assert (broken.stream, broken.native_id) == ("import:history.jsonl", "line 2501")
    assert broken.reason.startswith("not JSON")


def test_an_import_leaves_no_cursor_and_says_nothing(database: Database, tmp_path: Path) -> None:
    import_file(database, a_file(tmp_path, line(1)), now=NOW)
    assert stored(database, tables.cursors) == []
    assert stored(database, tables.deliveries) == []


def test_progress_ends_at_the_size_of_the_file(database: Database, tmp_path: Path) -> None:
    path = a_file(tmp_path, *(line(n) for n in range(1500)))
    steps: list[tuple[int, int]] = []
    import_file(database, path, now=NOW, progress=lambda read, seen: steps.append((read, seen)))
    assert [seen for _, seen in steps] == [1000, 1500]
    assert steps[-1][0] == path.stat().st_size


def test_a_file_that_breaks_off_gives_what_came_before(database: Database, tmp_path: Path) -> None:
    row = {"type": "message", "date_unixtime": "1762689600", "text": "hi", "from_id": "user1"}
    rows = [row | {"id": n} for n in range(1200)]
    export = {"name": "A", "type": "private_group", "id": 42, "messages": rows}
    path = a_file(tmp_path, json.dumps(export)[:-200], name="result.json")
    with pytest.raises(ImportBroken, match="breaks off"):
        import_file(database, path, account="acme", now=NOW)
    messages = stored(database, tables.messages)
    assert len(messages) > 1190
    assert {m.place for m in messages} == {"acme:-42"}
    path.write_text(json.dumps(export), encoding="utf-8")
    assert import_file(database, path, account="acme", now=LATER).seen == 1200
    assert len(stored(database, tables.messages)) == 1200


def test_what_reddit_says_was_deleted_later_is_forgotten(
    database: Database, tmp_path: Path
) -> None:
    comment = {
        "id": "c1", "link_id": "t3_s1", "subreddit": "acme", "author": "ann", "body": "secret",
        "author_fullname": "t2_a", "created_utc": 1762689600,
    }  # fmt: skip
    gone = comment | {"_meta": {"was_deleted_later": True, "retrieved_2nd_on": 1762819200}}
    never_seen = gone | {"id": "c2"}
    import_file(database, a_file(tmp_path, json.dumps(comment)), now=NOW)
    second = a_file(tmp_path, json.dumps(gone), json.dumps(never_seen))
    assert import_file(database, second, now=LATER) == Imported(gone=2)
    (message,) = stored(database, tables.messages)
    assert (message.text, message.author_name) == ("", "")
    assert message.deleted_at is not None
    assert len(stored(database, tables.events)) == 1  # nothing is kept about what we never had


def test_values_too_long_for_the_tables_are_set_aside_not_thrown(
    database: Database, tmp_path: Path
) -> None:
    long = "9" * 500
    lines = [line(n, **{key: long}) for n, key in enumerate(("id", "author_id", "thread", "place"))]
    done = import_file(database, a_file(tmp_path, *lines, line(9)), now=NOW)
    assert (done.new, done.quarantined) == (1, 4)


def test_the_kind_can_be_said(sqlite: Database, tmp_path: Path) -> None:
    path = a_file(tmp_path, *["no kind of ours"] * 20, line(1))
    with pytest.raises(ImportBroken, match="not JSON lines"):
        import_file(sqlite, path, now=NOW)
    assert import_file(sqlite, path, kind=Kind.JSON_LINES, now=NOW).new == 1


def test_logs_of_a_real_channel_are_imported_whole_and_in_order(
    sqlite: Database, tmp_path: Path, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = shared / "data" / "ubuntu-irc" / "dev.jsonl.gz"
    target = tmp_path / "irc.jsonl.gz"
    assert ubuntu_irc.main([str(source), str(target), "--json"]) == 0
    counts = json.loads(capsys.readouterr().out.splitlines()[-1])
    done = import_file(sqlite, target, now=NOW)
    assert done == Imported(seen=counts["messages"], new=counts["messages"])
    found = stored(sqlite, tables.messages)
    assert len({m.place for m in found}) == counts["logs"]
    for place in {m.place for m in found}:
        times = [m.sent_at for m in sorted(found, key=lambda m: m.native_id) if m.place == place]
        assert times == sorted(times)
        assert (times[-1] - times[0]).days < 1
