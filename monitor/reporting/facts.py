"""Figures as JSON: whole seconds, ISO times in UTC, null for what cannot be measured.

It leaves nothing out.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.core.figures import Figures, SeenGap, Slice, Waiting
from monitor.core.latency import Lag, Row, Wait
from monitor.reporting import verdict, words
from monitor.reporting.definitions import DEFINITIONS


def as_json(figures: Figures) -> dict[str, Any]:
    """Numbers as programs want them; the same as in the text and the mail."""
    period = figures.period
    return {
        "title": words.line(figures.title),
        "period": {
            "name": period.name,
            "first": period.first.isoformat(),
            "last": period.last.isoformat(),
            "timezone": period.zone.key,
            "start": _instant(period.start),
            "end": _instant(period.end),
        },
        "as_of": _instant(figures.as_of),
        "goal": figures.goal,
        "subject": verdict.subject(figures),
        "verdict": [verdict.headline(figures), *verdict.reasons(figures)],
        "total": _row(figures.total),
        "previous": _row(figures.previous),
        "channels": [_slice(s) for s in figures.channels],
        "topics": [_slice(s) for s in figures.topics],
        "urgencies": [_slice(s) for s in figures.urgencies],
        "languages": [_slice(s) for s in figures.languages],
        "longest_unanswered": [_waiting(w) for w in figures.unanswered],
        "waiting_from_before": {"n": figures.backlog.n, "oldest": _seconds(figures.backlog.oldest)},
        "visibility": [_lag(lag) for lag in figures.lags],
        "gaps": [_gap(gap) for gap in figures.gaps],
        "withdrawn": figures.withdrawn,
        "definitions": dict(DEFINITIONS),
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "n": row.n,
        "small": row.is_small,
        "share_within_target": row.share,
        "within_target": {"staff": row.staff, "community": row.community, "nobody": row.nobody},
        "undecided": row.undecided,
        "staff_first": {"p50": _wait(row.p50), "p90": _wait(row.p90)},
        "answered_by_staff": row.staff_ever,
        "by_proximity": row.by_proximity,
        "ack": {"n": row.acked, "p50": _seconds(row.ack_p50), "p95": _seconds(row.ack_p95)},
        "waiting": {"n": row.waiting, "oldest": _seconds(row.oldest_waiting)},
        "unanswered": {"n": row.unanswered, "oldest": _seconds(row.oldest_unanswered)},
    }


def _slice(part: Slice) -> dict[str, Any]:
    return {"key": part.key, **_row(part.row), "previous": _row(part.previous)}


def _waiting(one: Waiting) -> dict[str, Any]:
    return {
        "channel": one.channel,
        "topic": one.topic,
        "urgency": one.urgency,
        "text": words.line(one.text),
        "link": words.link(one.link),
        "waited": _seconds(one.waited),
    }


def _lag(lag: Lag) -> dict[str, Any]:
    return {
        "platform": lag.platform.value,
        "n": lag.n,
        "p95": _seconds(lag.p95),
        "ahead": lag.ahead,
    }


def _gap(gap: SeenGap) -> dict[str, Any]:
    return {
        "account": gap.account,
        "stream": gap.stream,
        "since": _instant(gap.since),
        "until": _instant(gap.until),
        "reason": gap.reason,
    }


def _wait(value: Wait | None) -> dict[str, Any] | None:
    """{"seconds": 49, "bound": true} means: more than 49 seconds."""
    if value is None:
        return None
    return {"seconds": _seconds(value.length), "bound": value.is_bound}


def _seconds(value: timedelta | None) -> int | None:
    return None if value is None else int(value.total_seconds())


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
