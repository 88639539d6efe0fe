"""Lengths of time for people. Pure."""

from __future__ import annotations

from datetime import timedelta


def duration(length: timedelta) -> str:
    """ "45 s", "12 min", "3 h 20 min", "2 d 4 h"."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def precisely(length: timedelta) -> str:
    """The same with the seconds of what took less than an hour: "6 min 40 s"."""
    seconds = max(0, int(length.total_seconds()))
    if 60 <= seconds < 3600 and seconds % 60:
        return f"{seconds // 60} min {seconds % 60} s"
    return duration(length)
