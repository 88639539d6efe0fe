"""Options of a Telegram account as config.toml gives them. It connects to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LONGEST = 30  # a call and a poll together stay under a minute


def seconds(account: str, options: Mapping[str, Any], name: str, default: float) -> float:
    """A number of seconds that one request may take. ValueError, in a sentence."""
    value = options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LONGEST:
        raise ValueError(
            f"accounts.{account}.{name}: expected seconds up to {LONGEST}, found {value!r}"
        )
    return float(value)
