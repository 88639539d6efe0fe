"""What went wrong, as sentences for people and an exit code. It mends nothing."""

from __future__ import annotations

import logging
import sqlite3
import sys

from monitor import logs, secrets

WRONG, WRONG_USE, RUNNING, DATABASE, NOT_ALLOWED, UNREADABLE, FAULT, INTERRUPTED = (
    1, 2, 3, 4, 5, 6, 70, 130,
)  # fmt: skip
_EXTRAS = {"aiohttp": "sandbox", "aiosmtpd": "sandbox", "psycopg": "postgres"}
log = logging.getLogger(__name__)
_RESTORE = "Move the file away and put a backup in its place (monitor db backup makes them)."


def told(error: Exception) -> int:
    """Print what `error` means; the exit code."""
    if hasattr(error, "show") and hasattr(error, "exit_code"):  # wrong options, in typer's words
        error.show()
        return int(error.exit_code)
    known = explained(error)
    if known is None:
        return _fault(error)
    code, sentences = known
    for sentence in sentences:
        say(sentence)
    log.debug("trouble", exc_info=error)
    return code


def explained(error: Exception) -> tuple[int, list[str]] | None:
    """Exit code and sentences; None: a fault of the program."""
    return _known(error) or _of_the_database(error) or _of_the_machine(error) or _missing(error)


def _missing(error: Exception) -> tuple[int, list[str]] | None:
    """A library of an extra that is not installed."""
    name = (getattr(error, "name", None) or "").partition(".")[0]
    if not isinstance(error, ModuleNotFoundError) or name not in _EXTRAS:
        return None
    extra = _EXTRAS[name]
    return WRONG_USE, [
        f"{name} is not installed. This command needs it: pip install 'response-desk[{extra}]'"
    ]


def _fault(error: Exception) -> int:
    if not logging.getLogger().handlers:  # it happened before the config was read
        logs.set_up()
    log.critical("fault", exc_info=error)
    say(f"A fault of the program: {type(error).__name__}. Please report it with the lines above.")
    return FAULT


def say(sentence: str) -> None:
    """One sentence on stderr, without secrets."""
    print(secrets.scrub(sentence), file=sys.stderr)


def _known(error: Exception) -> tuple[int, list[str]] | None:
    """By class; looked up late, so that no command pays for what it did not import."""
    codes = {
        ("monitor.config.faults", "ConfigBroken"): WRONG_USE,
        ("monitor.secrets", "SecretMissing"): WRONG_USE,
        ("monitor.classify.rulereading", "RulesBroken"): WRONG_USE,
        ("monitor.core.weeks", "NoSuchPeriod"): WRONG_USE,
        ("monitor.core.schedules", "BadSchedule"): WRONG_USE,
        ("monitor.cli.common", "WrongUse"): WRONG_USE,
        ("monitor.app", "CannotStart"): WRONG_USE,
        ("monitor.reporting.page", "HtmlUnavailable"): WRONG_USE,
        ("monitor.store.leases", "AlreadyRunning"): RUNNING,
        ("monitor.store.database", "DatabaseTrouble"): DATABASE,
        ("monitor.stages.announce", "NotPossible"): WRONG_USE,
        ("monitor.stages.announce", "NotAllowed"): NOT_ALLOWED,
        ("monitor.importers.files", "ImportBroken"): UNREADABLE,
    }
    for (module, name), code in codes.items():
        known = getattr(sys.modules.get(module), name, None)
        if isinstance(known, type) and isinstance(error, known):
            return code, list(getattr(error, "sentences", None) or [str(error)])
    return None


def _of_the_database(error: Exception) -> tuple[int, list[str]] | None:
    """Errors of the drivers, for which nobody found better words."""
    origin = getattr(error, "orig", None) or error
    if isinstance(origin, sqlite3.DatabaseError):
        if getattr(origin, "sqlite_errorcode", 0) & 0xFF in (
            sqlite3.SQLITE_CORRUPT,
            sqlite3.SQLITE_NOTADB,
        ):
            return DATABASE, [f"monitor.database: damaged ({origin}). {_RESTORE}"]
        if isinstance(origin, sqlite3.OperationalError):
            return DATABASE, [f"monitor.database: it cannot be used now ({origin}). "
                              "Look at the disk and at the rights of its file and folder."]  # fmt: skip
    sqlalchemy = sys.modules.get("sqlalchemy")
    if sqlalchemy is not None and isinstance(
        error, sqlalchemy.exc.OperationalError | sqlalchemy.exc.InterfaceError
    ):
        reason = next(iter(str(error.orig).strip().splitlines()), type(error).__name__)
        return DATABASE, [f"monitor.database: the database does not answer ({reason}). "
                          "Is the server there, and may we use it?"]  # fmt: skip
    return None


def _of_the_machine(error: Exception) -> tuple[int, list[str]] | None:
    """A full disk, a missing right, a name that is a folder, where no command has said it better."""
    if not isinstance(error, OSError) or error.strerror is None:
        return None
    what = "The output" if error.filename is None else str(error.filename)
    return UNREADABLE, [
        f"{what}: cannot be used ({error.strerror}). Look at its rights and at the room on the disk."
    ]
