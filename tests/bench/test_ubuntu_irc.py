"""The converter of channel logs."""

from __future__ import annotations

from typing import Any

from bench.ubuntu_irc import converted


def row(number: int, at: str, text: str = "hi", **more: Any) -> dict[str, Any]:
    return {
        "log": "2004-11-15_03", "n": number, "at": f"2004-11-15T{at}:00Z", "kind": "message",
        "author": "ann", "text": text,
    } | more  # fmt: skip


def test_a_row_becomes_a_line_of_the_schema() -> None:
    (found,) = converted([row(7, "12:18", replies_to=[3, 5])])
    assert found == {
        "platform": "telegram", "place": "irc:2004-11-15_03", "id": "000007", "author_id": "ann",
        "author_name": "ann", "text": "hi", "sent_at": "2004-11-15T12:18:00+00:00",
        "place_name": "#ubuntu 2004-11-15_03",
    }  # fmt: skip


def test_what_people_annotated_is_only_written_when_asked_for() -> None:
    rows = [row(7, "12:18", replies_to=[3, 5]), row(8, "12:18", replies_to=[]), row(9, "12:18")]
    answers = [found.get("reply_to") for found in converted(rows, annotated=True)]
    assert answers == ["000005", None, None]


def test_whoever_is_spoken_to_by_nick_is_a_mention() -> None:
    rows = [
        row(1, "12:18", author="Bob"),
        row(2, "12:18", "bob: try again"),
        row(3, "12:18", "carol, hi"),
        row(4, "12:18", "ann: talking to myself"),
        row(5, "12:18", "bob is right"),
    ]
    assert [found.get("mentions") for found in converted(rows)] == [None, ["Bob"], None, None, None]


def test_what_nobody_wrote_is_left_out() -> None:
    rows = [
        row(1, "12:18", "=== bob has left", kind="system", author=None),
        row(2, "12:19", "waves", kind="action"),
    ]
    assert [found["id"] for found in converted(rows)] == ["000002"]


def test_a_twelve_hour_clock_is_seen_where_time_falls_back() -> None:
    rows = [row(1, "11:30"), row(2, "12:59"), row(3, "01:00"), row(4, "13:00")]
    assert [found["sent_at"][:16] for found in converted(rows)] == [
        "2004-11-14T23:30",
        "2004-11-15T00:59",
        "2004-11-15T01:00",
        "2004-11-15T13:00",
    ]
