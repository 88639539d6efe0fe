"""What people said of cases besides what is written in them, as stored: closed, opened again, helped by a ready answer.

It decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.around import Mark, MarkKind
from monitor.store.correction_tables import corrections
from monitor.store.faq_tables import faq_answers
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.reading import rows_of
from monitor.store.tables import Instant

_MARKS = {"close": MarkKind.CLOSED, "reopen": MarkKind.REOPENED}
_IS_SAID = sa.or_(*(corrections.c.kind == kind for kind in _MARKS))
_HELPED = faq_answers.c.helped.is_(sa.true())
Select = sa.Select[Any]


def marks_of(connection: Connection, keys: Collection[str]) -> list[Mark]:
    """All that was said of these cases, by their keys: what the team said, then what their askers did."""
    if not keys:
        return []
    given = wanted((key,) for key in keys)
    said, helped = _of_cases(dialect_of(connection))
    by_team = [Mark(key, _MARKS[kind], at) for key, kind, at in rows_of(connection, said, given)]
    by_askers = [
        Mark(key, MarkKind.CONFIRMED, at) for key, at in rows_of(connection, helped, given)
    ]
    return by_team + by_askers


def marked(connection: Connection, since: datetime, until: datetime) -> set[str]:
    """Keys of cases, in whatever place, of which something was said in [since, until)."""
    given = {"since": since, "until": until}
    return {row[0] for one in _in_time() for row in rows_of(connection, one, given)}


@cache
def _of_cases(dialect: str) -> tuple[Select, Select]:
    c, a = corrections.c, faq_answers.c
    said = sa.select(c.case_key, c.kind, c.at).select_from(keyed(dialect, corrections, "case_key"))
    helped = sa.select(a.case_key, a.helped_at).select_from(keyed(dialect, faq_answers, "case_key"))
    return said.where(_IS_SAID).order_by(c.at, c.id), helped.where(_HELPED)


@cache
def _in_time() -> tuple[Select, Select]:
    since, until = (sa.bindparam(name, type_=Instant) for name in ("since", "until"))
    c, a = corrections.c, faq_answers.c
    said = sa.select(c.case_key).where(_IS_SAID, c.at >= since, c.at < until)
    helped = sa.select(a.case_key).where(_HELPED, a.helped_at >= since, a.helped_at < until)
    return said, helped
