"""What went wrong, as sentences for people and an exit code. It mends nothing."""

from __future__ import annotations

import logging
import sys

from monitor import secrets

WRONG_USE, RUNNING, DATABASE, NOT_ALLOWED, UNREADABLE, FAULT = 2, 3, 4, 5, 6, 70


def told(error: Exception) -> int:
    """Print what `error` means; the exit code."""
    code = _code(error)
    if code is None:
        logging.getLogger(__name__).critical("fault", exc_info=error)
        say(
            f"A fault of the program: {type(error).__name__}. Please report it with the lines above."
        )
        return FAULT
    for sentence in getattr(error, "sentences", None) or [str(error)]:
        say(sentence)
    return code


def say(sentence: str) -> None:
    """One sentence on stderr, without secrets."""
    print(secrets.scrub(sentence), file=sys.stderr)


def _code(error: Exception) -> int | None:
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
        ("monitor.stages.announce", "NotAllowed"): NOT_ALLOWED,
        ("monitor.importers.files", "ImportBroken"): UNREADABLE,
    }
    for (module, name), code in codes.items():
        known = getattr(sys.modules.get(module), name, None)
        if isinstance(known, type) and isinstance(error, known):
            return code
    return _database_code(error)


def _database_code(error: Exception) -> int | None:
    sqlalchemy = sys.modules.get("sqlalchemy")
    if sqlalchemy is not None and isinstance(error, sqlalchemy.exc.OperationalError):
        reason = str(error.orig).strip().splitlines()[0]
        say(
            f"monitor.database: the database does not answer ({reason}). Is it there, and may we use it?"
        )
        sys.exit(DATABASE)
    return None
