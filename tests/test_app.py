"""The composition root: it starts all or nothing, and mixes no two accounts up."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from monitor import app, duties
from monitor.config import load, parse
from monitor.core.messages import Platform
from monitor.loops import Bells
from monitor.ports import Unauthorized, Unavailable
from monitor.sandbox.sandbox import Sandbox
from monitor.store import accounts, migrate
from monitor.store.database import Database, DatabaseTrouble, open_database
from tests.desks import lay_out


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path}/own.db")
    migrate.upgrade(opened)
    yield opened
    opened.close()


class Somebody:
    """A connector that says who it is."""

    account = "tg"
    platform = Platform.TELEGRAM

    def __init__(self, identity: str) -> None:
        self.identity = identity
        self.spent: list[float] = []

    def check(self) -> Any:
        return SimpleNamespace(identity=self.identity, handle=f"@{self.identity}", findings=())

    def spend(self, usd: float) -> None:
        self.spent.append(usd)


def identify(database: Database, *identities: str) -> Sequence[Somebody]:
    with database.write() as connection:
        accounts.introduce(connection, "tg", "telegram")
    known = [Somebody(identity) for identity in identities]
    for one in known:
        duties.identifying(database, one)()  # type: ignore[arg-type]
    return known


def test_the_same_account_again_is_known_and_told_what_it_has_spent(database: Database) -> None:
    _, again = identify(database, "1000", "1000")

    assert again.spent == [0]


def test_the_keys_of_another_account_are_refused_and_the_first_stays_known(
    database: Database,
) -> None:
    with pytest.raises(Unauthorized, match="another account"):
        identify(database, "1000", "2000")

    with database.read() as connection:
        assert accounts.own_identities(connection) == {"telegram": frozenset({"1000"})}


def test_who_cannot_say_who_they_are_is_asked_again_before_anything_is_read(
    database: Database,
) -> None:
    with pytest.raises(Unavailable, match="who we are"):
        identify(database, "1000", "")

    with database.read() as connection:
        assert accounts.own_identities(connection) == {"telegram": frozenset({"1000"})}


def test_how_an_account_stands_is_logged_only_when_it_changes(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with database.write() as connection:
        accounts.introduce(connection, "tg", "telegram")
    caplog.set_level(logging.INFO, "monitor.duties")
    tell = duties.telling(parse("", tmp_path / "config.toml"), database, Bells())

    for standing, reason in [
        ("ok", ""),
        ("ok", ""),
        ("waiting", "a"),
        ("waiting", "b"),
        ("ok", ""),
    ]:
        tell("tg", standing, reason)

    assert [vars(r)["standing"] for r in caplog.records] == ["ok", "waiting", "ok"]


def test_a_start_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox() as sandbox, socket.create_server(("127.0.0.1", 0)) as taken:
        sandbox.populate()
        desk = lay_out(tmp_path / "desk", sandbox)
        for name, value in desk.environment.items():
            monkeypatch.setenv(name, value)
        port = taken.getsockname()[1]
        desk.rewrite('listen = "127.0.0.1:0"', f'listen = "127.0.0.1:{port}"')
        with pytest.raises(app.CannotStart, match=r"health\.listen"):
            app.start(load(desk.config))
        desk.rewrite(f'"127.0.0.1:{port}"', '""')

        running = app.start(load(desk.config))  # the lease was given back
        running.stop()

    assert not any(thread.is_alive() for thread in running.threads)


def test_a_damaged_file_is_told_with_its_name_and_what_to_do(tmp_path: Path) -> None:
    config = parse("", tmp_path / "config.toml")
    app.open_store(config, create=True).close()
    file = tmp_path / "monitor.db"
    file.write_bytes(file.read_bytes()[:100] + b"\xff" * 9000)

    with pytest.raises(
        DatabaseTrouble, match=r"monitor\.db: the database is damaged\. Move it away"
    ):
        app.open_store(config, create=True)


def test_options_that_a_connector_refuses_are_told_with_the_account(tmp_path: Path) -> None:
    text = '[accounts.mail]\nplatform = "email"\nhost = "h"\nsender = "a@example.com"\nsecurity = "none"\n'
    config = parse(text, tmp_path / "config.toml")
    account = config.accounts["mail"]

    with pytest.raises(app.CannotStart, match=r"^accounts\.mail: "):
        app.connect(config, account)


def test_only_what_speaks_in_chinese_knows_both_scripts(tmp_path: Path) -> None:
    config = parse('[monitor]\nlanguages = ["en", "zh"]\n', tmp_path / "config.toml")

    assert app.spoken(config) == ("en", "zh", "zh-Hant")


def test_the_weekly_mail_is_left_out_when_somebody_else_sends_it(
    database: Database, tmp_path: Path
) -> None:
    config = parse("", tmp_path / "config.toml")

    without = {s.name for s in duties.sweeps(config, database, Bells(), None)}
    with_it = {s.name for s in duties.sweeps(config, database, Bells(), lambda: None)}

    assert with_it - without == {"weekly report"}
    assert all(
        s.every >= timedelta(seconds=5) for s in duties.sweeps(config, database, Bells(), None)
    )
