"""Figures as a CSV table for spreadsheets. No cell of it is ever a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.reporting import words

COLUMNS = (
    "part", "name", "questions", "staff_in_target", "community_in_target", "nobody_in_target",
    "share_in_target", "low_95", "high_95", "previous_share", "calm_share", "previous_calm_share",
    "beyond_chance", "median_s", "median_is_bound", "p90_s", "p90_is_bound", "mean_within_24h_s",
    "first_staff", "first_community", "first_nobody", "acknowledged", "waiting", "unanswered",
    "first_faq",
)  # fmt: skip
_PARTS = {
    "channels": "channel",
    "topics": "topic",
    "urgencies": "urgency",
    "languages": "language",
    "complexities": "kind",
    "surges": "surge",
    "silences": "silence",
}
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def as_csv(facts: Mapping[str, Any]) -> str:
    """The table of a report as given by `as_json`, one row a part; lengths in seconds."""
    written = io.StringIO()
    out = csv.writer(written, lineterminator="\r\n")
    out.writerow(COLUMNS)
    out.writerows(_rows(facts))
    return written.getvalue()


def _rows(facts: Mapping[str, Any]) -> Iterator[list[Any]]:
    yield _row("all", facts["period"]["name"], facts["total"], facts.get("previous"))
    for name in ("calm_hours", "surge_hours"):
        if facts.get(name):
            yield _row(name.replace("_", " "), "", facts[name], None)
    for plural, part in _PARTS.items():
        for found in facts.get(plural, ()):
            yield _row(part, found["key"], found, found.get("previous"))


def _row(part: str, name: str, row: Mapping[str, Any], before: Any) -> list[Any]:
    within, first = row["within_target"], row.get("answered_first") or {}
    interval, change = row.get("interval") or {}, row.get("change") or {}
    median, p90 = row["staff_first"]["p50"] or {}, row["staff_first"]["p90"] or {}
    return [
        part, cell(name), row["n"], within["staff"], within["community"], within["nobody"],
        _share(row["share_within_target"]), _share(interval.get("low")), _share(interval.get("high")),
        _share(before and before["share_within_target"]), _share(change.get("calm_share")),
        _share(change.get("previous_calm_share")), _yes(change.get("beyond_chance")),
        median.get("seconds", ""), _yes(median.get("bound")), p90.get("seconds", ""),
        _yes(p90.get("bound")), _blank(row["staff_first"].get("mean_within_24h")),
        _share(first.get("staff")), _share(first.get("community")), _share(first.get("nobody")),
        row["ack"]["n"], row["waiting"]["n"], row["unanswered"]["n"], _share(first.get("faq")),
    ]  # fmt: skip


def cell(text: str) -> str:
    """A stranger's text as a cell: one line, and no spreadsheet takes it for a formula.

    Quoting does not help there: spreadsheets unquote first.
    """
    shown = words.line(text, 200)
    return f"'{shown}" if shown.startswith(_STARTS_FORMULA) else shown


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _yes(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _blank(value: Any) -> Any:
    return "" if value is None else value
