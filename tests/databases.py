"""Fixtures: a database of each kind, built by the migrations. PostgreSQL is skipped with its reason where it cannot
run, and fails instead when MONITOR_REQUIRE_POSTGRES is set."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from monitor.store import migrate
from monitor.store.database import Database, open_database
from tests import postgres

_numbers = itertools.count(1)


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """A running cluster; the URL has %s for the database's name. `migrated` is a template with our tables.

    Skips where there is none. Use the fixture `postgres_url`: it starts one for all rooms of a run.
    """
    # Its owner is another user, who must reach it.
    folder = Path(tempfile.mkdtemp(prefix="monitor-pg-", dir=_quick()))
    try:
        with postgres.server(folder) as url:
            _create(url, "migrated")
            database = open_database(url % "migrated")
            migrate.upgrade(database)
            database.close()
            yield url
    except RuntimeError as error:
        if os.environ.get("MONITOR_REQUIRE_POSTGRES"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _create(url: str, name: str, template: str = "template1") -> None:
    engine = sa.create_engine(url % "postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    engine.dispose()


def _quick() -> str:
    """Memory, where there is any: thousands of commits each wait for the disk otherwise."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp"


@pytest.fixture
def quick_folder() -> Iterator[Path]:
    """For a database that commits often."""
    with tempfile.TemporaryDirectory(prefix="monitor-", dir=_quick()) as folder:
        yield Path(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, quick_folder: Path) -> str:
    """A URL of a migrated, empty database of either kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{quick_folder}/monitor.db"
        database = open_database(url)
        migrate.upgrade(database)
        database.close()
        return url
    cluster = request.getfixturevalue("postgres_url")
    name = f"t{os.getpid()}_{next(_numbers)}"
    _create(cluster, name, template="migrated")
    return str(cluster % name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database of either kind."""
    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite(quick_folder: Path) -> Iterator[Database]:
    """A migrated, empty SQLite database, for what does not depend on the kind."""
    opened = open_database(f"sqlite:///{quick_folder}/monitor.db")
    migrate.upgrade(opened)
    yield opened
    opened.close()
