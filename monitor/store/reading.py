"""Statements that every page of messages makes, past SQLAlchemy's work on each. It builds none and ends no transaction.

The driver is asked itself: with SQLite a statement costs 3 us like that, and 20 or more otherwise; a page makes some
forty.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple, NoReturn

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.engine import Connection

from monitor.core.jsons import read

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_KEPT = 256  # statements
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SQLITE = sqlite.dialect(json_deserializer=read)
_POSTGRES = psycopg.dialect()  # type: ignore[no-untyped-call]
_FLOAT8 = 701  # as which PostgreSQL sends numbers with a fraction; SQLAlchemy asks only of these
Rows = Sequence[Any]


class _Ready(NamedTuple):
    """A statement as the driver takes it: the name of each mark and what makes a value fit, the values that are always
    the same, and what makes of the driver's rows what the columns' types say."""

    text: str
    marks: tuple[tuple[str, Callable[[Any], Any] | None], ...]
    is_named: bool
    always: Mapping[str, Any]
    read: Callable[[list[Any]], list[Any]] | None


def rows_of(
    connection: Connection, statement: sa.Select[Any], given: Mapping[str, Any] = _NOTHING
) -> Rows:
    """All rows, to be taken by position: each value as its column's type gives it. `statement` must be one that is
    kept, since it is made ready once; it may have no list of unknown length in it."""
    ready = _ready(connection.dialect.name, statement)
    known = {**ready.always, **given} if ready.always else given
    values: Any = [known[name] if fit is None else fit(known[name]) for name, fit in ready.marks]
    if ready.is_named:
        values = {name: value for (name, _), value in zip(ready.marks, values, strict=True)}
    rows: list[Any] = _told(
        connection, ready.text, lambda driver: driver.execute(ready.text, values).fetchall()
    )
    return rows if ready.read is None or not rows else ready.read(rows)


def is_there(
    connection: Connection, statement: sa.Select[Any], given: Mapping[str, Any] = _NOTHING
) -> bool:
    """Does it find anything?"""
    return bool(rows_of(connection, statement, given))


def run_for_each(connection: Connection, text: str, rows: Sequence[Sequence[Any]]) -> int:
    """Run a statement that changes something for each of the rows, whose values are the driver's own (SQLite only);
    how many rows of the table were changed."""
    changed: int = _told(connection, text, lambda driver: driver.executemany(text, rows)).rowcount
    return changed


def run(connection: Connection, text: str, values: Sequence[Any]) -> Any:
    """The driver's cursor, with the outcome of a statement in its own words."""
    return _told(connection, text, lambda driver: driver.execute(text, values))


def _told(connection: Connection, text: str, ask: Callable[[Any], Any]) -> Any:
    try:
        return ask(connection.connection.dbapi_connection)
    except (connection.dialect.loaded_dbapi.Error, UnicodeDecodeError) as error:
        _tell(connection, text, error)


def is_damaged(error: BaseException) -> bool:
    """Does SQLite say that the file is broken? It tells so in several ways."""
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)
    return code & 0xFF in _DAMAGED or isinstance(error, UnicodeDecodeError)


def _tell(connection: Connection, text: str, error: Exception) -> NoReturn:
    """As SQLAlchemy tells it, and to whoever looks after the file."""
    options = connection.get_execution_options()
    if "when_damaged" in options and is_damaged(error):
        options["when_damaged"]()
    if isinstance(error, UnicodeDecodeError):
        raise error
    dialect = connection.dialect
    known: Any = dialect.loaded_dbapi.Error
    raise sa.exc.DBAPIError.instance(text, None, error, known, dialect=dialect) from error


@lru_cache(maxsize=_KEPT)
def _ready(dialect_name: str, statement: sa.Select[Any]) -> _Ready:
    dialect: Any = _SQLITE if dialect_name == "sqlite" else _POSTGRES
    compiled: Any = statement.compile(dialect=dialect)
    fits = {
        name: bind.type.dialect_impl(dialect).bind_processor(dialect)
        for name, bind in compiled.binds.items()
    }
    always = {
        name: bind.effective_value for name, bind in compiled.binds.items() if not bind.required
    }
    kinds = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
    read = _reader([kind.result_processor(dialect, _FLOAT8) for kind in kinds])
    marks = compiled.positiontup or tuple(compiled.binds)
    fitted = tuple((name, fits[name]) for name in marks)
    return _Ready(str(compiled), fitted, compiled.positiontup is None, always, read)


def _reader(made: Sequence[Callable[[Any], Any] | None]) -> Callable[[list[Any]], list[Any]] | None:
    """One loop over all rows that calls only what has something to do."""
    if not any(made):
        return None
    names = [f"v{at}" for at in range(len(made))]
    given = {f"p{at}": one for at, one in enumerate(made) if one is not None}
    values = [f"p{at}({name})" if made[at] is not None else name for at, name in enumerate(names)]
    loop = f"lambda rows: [({', '.join(values)},) for ({', '.join(names)},) in rows]"
    found: Callable[[list[Any]], list[Any]] = eval(loop, given)  # noqa: S307 - of numbers alone
    return found
