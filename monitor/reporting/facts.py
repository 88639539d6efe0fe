"""Figures as JSON: whole seconds, ISO times in UTC, null for what cannot be measured.

It leaves nothing out.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.core.coverage import Covered
from monitor.core.figures import Advised, Change, Figures, SeenGap, Slice, Surge, Waiting
from monitor.core.latency import Row, Wait
from monitor.core.visibility import Lag
from monitor.core.volume import Block, Reached
from monitor.reporting import verdict, words
from monitor.reporting.definitions import DEFINITIONS


def as_json(figures: Figures) -> dict[str, Any]:
    """Numbers as programs want them; the same as in the text and the mail."""
    return {
        **_about(figures),
        **_totals(figures),
        **_tables(figures),
        **_hours(figures),
        **_waits(figures),
        **_limits(figures),
        "definitions": dict(DEFINITIONS),
    }


def _about(figures: Figures) -> dict[str, Any]:
    """Which report it is, and what it says in words."""
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
    }


def _totals(figures: Figures) -> dict[str, Any]:
    return {
        "total": {**_row(figures.total), "change": _change(figures.change)},
        "calm_hours": _row(figures.calm or figures.total),
        "surge_hours": _row(figures.in_surges) if figures.in_surges else None,
        "previous": _row(figures.previous),
    }


def _tables(figures: Figures) -> dict[str, Any]:
    return {
        "channels": [_slice(s) for s in figures.channels],
        "topics": [_slice(s) for s in figures.topics],
        "urgencies": [_slice(s) for s in figures.urgencies],
        "complexities": [_slice(s) for s in figures.complexities],
        "languages": [_slice(s) for s in figures.languages],
        "advice": _advice(figures.advised),
        "surges": [_surge(s) for s in figures.surges],
        "silences": [_surge(s) for s in figures.silences],
    }


def _hours(figures: Figures) -> dict[str, Any]:
    return {
        "hours_of_day": {
            "hours_a_cell": 24 // len(figures.hours[0].cells) if figures.hours else None,
            "languages": {
                h.language: [{"n": n, "staff_within_target": k} for n, k in h.cells]
                for h in figures.hours
            },
        },
        "volume": [_block(b) for b in figures.volume],
        "answered_within": [_reached(r) for r in figures.reached],
        "duty_hours": _covered(figures.covered),
    }


def _waits(figures: Figures) -> dict[str, Any]:
    """Who waits, and how long whoever asks now would."""
    return {
        "queue": {"n": figures.queue.n, "expected_wait": _wait(figures.queue.wait)},
        "longest_unanswered": [_waiting(w) for w in figures.unanswered],
        "waiting_from_before": {"n": figures.backlog.n, "oldest": _seconds(figures.backlog.oldest)},
    }


def _limits(figures: Figures) -> dict[str, Any]:
    """What is not in the figures, and why."""
    return {
        "visibility": [_lag(lag) for lag in figures.lags],
        "gaps": [_gap(gap) for gap in figures.gaps],
        "withdrawn": figures.withdrawn,
        "asked_again_elsewhere": figures.copies,
        "answers_dated_before_their_question": figures.skewed,
        "previous_share_as_mailed": figures.mailed_before,
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "n": row.n,
        "small": row.is_small,
        "share_within_target": row.share,
        "within_target": {"staff": row.staff, "community": row.community, "nobody": row.nobody},
        "undecided": row.undecided,
        "interval": _interval(row),
        "staff_first": {
            "p50": _wait(row.p50),
            "p90": _wait(row.p90),
            "mean_within_24h": _seconds(row.mean_day),
        },
        "answered_first": None
        if row.first is None
        else {
            "staff": row.first.staff,
            "community": row.first.community,
            "nobody": row.first.nobody,
            "faq": row.first.faq,
        },
        "answered_by_staff": row.staff_ever,
        "by_proximity": row.by_proximity,
        "ack": {"n": row.acked, "p50": _seconds(row.ack_p50), "p95": _seconds(row.ack_p95)},
        "waiting": {"n": row.waiting, "oldest": _seconds(row.oldest_waiting)},
        "unanswered": {"n": row.unanswered, "oldest": _seconds(row.oldest_unanswered)},
    }


def _interval(row: Row) -> dict[str, float] | None:
    """95%, questions of the same six hours taken for one event."""
    found = row.attained.interval if row.attained else None
    return {"low": found[0], "high": found[1]} if found else None


def _slice(part: Slice) -> dict[str, Any]:
    return {
        "key": part.key,
        **_row(part.row),
        "change": _change(part.change),
        "previous": _row(part.previous),
    }


def _change(change: Change | None) -> dict[str, Any] | None:
    """In calm hours. "beyond_chance" null: too little to say."""
    if change is None or not change.now.n or not change.before.n:
        return None
    return {
        "calm_share": change.now.share,
        "previous_calm_share": change.before.share,
        "beyond_chance": change.is_real,
    }


def _advice(advised: Advised | None) -> dict[str, Any] | None:
    """Days count from Monday, 0; hours are local. Null: nothing to be trusted."""
    if advised is None:
        return None
    found = advised.advice
    return {
        "language": advised.language,
        "shifts": [{"days": list(s.days), "start": s.start, "end": s.end} for s in found.shifts],
        "hours_a_week": found.hours,
        "share": found.measured,
        "share_with_it": found.promised,
        "n": found.n,
    }


def _surge(surge: Surge) -> dict[str, Any]:
    return {
        "in": surge.kind,
        "key": surge.key,
        "began": _instant(surge.began_at),
        "noticed": _instant(surge.noticed_at),
        "ended": _instant(surge.ended_at),
        "times_usual": round(surge.ratio, 1),
        **_row(surge.row),
    }


def _block(block: Block) -> dict[str, Any]:
    return {
        "begins": _instant(block.begins),
        "n": block.n,
        "in_surges": block.in_surges,
        "staff_within_target": block.in_target,
        "previous_n": block.before,
    }


def _reached(found: Reached) -> dict[str, Any]:
    """Shares with a staff answer within so many seconds; the unanswered count as late."""
    return {
        "seconds": _seconds(found.within),
        "share": found.now,
        "previous": found.before,
        "in_surges": found.in_surges,
    }


def _covered(covered: Covered | None) -> dict[str, Any] | None:
    """The clock that runs only while somebody who reads the language is on duty. Null: no duty hours."""
    if covered is None:
        return None
    return {
        "n": covered.n,
        "share_within_target": covered.share,
        "p50": _wait(covered.p50),
        "p90": _wait(covered.p90),
        "asked_outside": covered.outside,
        "answered_before_duty": covered.early,
    }


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
