"""`monitor db` and `monitor outbox`: the tables, and what nobody knows whether it was said."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli.common import WrongUse, read_config_or_defaults, utc_now
from monitor.store import migrate
from monitor.store.database import DatabaseTrouble, is_damaged, open_database

if TYPE_CHECKING:
    from monitor.store.database import Database


@contextlib.contextmanager
def _opened(file: Path, *, current: bool = True) -> Iterator[Database]:
    """The database; `current` wants the tables of this version. DatabaseTrouble for a damaged one."""
    config = read_config_or_defaults(file)
    database = open_database(config.database_url().reveal())
    try:
        migrate.revision(database)
        if current:
            migrate.require_current(database)
        yield database
    except Exception as error:
        if is_damaged(error):
            raise DatabaseTrouble(database.damage) from error
        raise
    finally:
        database.close()


def upgrade(file: Path) -> None:
    """Apply what is missing."""
    with _opened(file, current=False) as database:
        before, newest = migrate.revision(database), migrate.newest()
        if before == newest:
            print(f"The database is at revision {newest} already.")
            return
        if before is not None and before not in migrate.known():
            migrate.require_current(database)  # says what to do about a newer one
        if before is not None and database.is_sqlite:
            copy = Path(f"{database.engine.url.database}.before-{newest}-{utc_now():%Y%m%dT%H%M%S}")
            migrate.backup(database, copy)
            print(f"Copied to {copy}.")
        migrate.upgrade(database)
        print(f"The database is at revision {newest} now.")


def check(file: Path) -> int:
    """1 when something is wrong."""
    with _opened(file) as database:
        troubles = migrate.troubles(database)
    for trouble in troubles:
        print(trouble)
    if not troubles:
        print(f"Sound, at revision {migrate.newest()}.")
    return 1 if troubles else 0


def backup(file: Path, target: Path) -> None:
    """Copy it."""
    with _opened(file, current=False) as database:
        migrate.backup(database, target)
    print(f"Copied to {target}, readable by you alone.")


def outbox_list(file: Path, *, as_json: bool) -> int:
    """1 when there is any."""
    from monitor.store.standing import unsettled

    with _opened(file) as database, database.read() as connection:
        rows = unsettled(connection)
    shown = [
        {"id": r.id, "state": r.state, "kind": r.kind, "account": r.account, "place": r.place, "text": r.text[:200],
         "since": r.claimed_at.isoformat() if r.claimed_at else None, "reason": r.reason}
        for r in rows
    ]  # fmt: skip
    if as_json:
        print(json.dumps(shown, ensure_ascii=False))
    else:
        for s in shown:
            print(
                f"{s['id']}: {s['state']}, {s['kind']} to {s['place']} by {s['account']} ({s['reason']}): {s['text']}"
            )
        print(
            "Settle each: monitor outbox settle ID sent|drop|again"
            if shown
            else "Nothing is in doubt."
        )
    return 1 if shown else 0


def outbox_settle(file: Path, number: int, verdict: str) -> None:
    """Decide."""
    from monitor.store.doubts import decide

    states = {"sent": "sent", "drop": "cancelled", "again": "queued"}
    if verdict not in states:
        raise WrongUse(f"{verdict!r}: no such verdict. Say sent, drop or again.")
    with _opened(file) as database, database.write() as connection:
        done = decide(connection, number, states[verdict], utc_now())
    if not done:
        raise WrongUse(f"{number}: nothing of that number is in doubt. See: monitor outbox list")
    print(f"{number}: {states[verdict]}.")
