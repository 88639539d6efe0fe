"""What an X account may say in its options. It checks; it never connects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors._x_ask import AUTO, NAMES
from connectors._x_money import read_prices
from connectors._x_wire import HOST, is_base_url

QUERY_LIMIT = 512
OPTIONS = frozenset(
    {
        "author_names",
        "base_url",
        "daily_budget_usd",
        "mentions",
        "names",
        "prices",
        "reserve_share",
        "searches",
        "timeout",
    }
)


def read_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """The constructor's arguments. ValueError, in a sentence, for what cannot be used."""
    for name in options:
        if name not in OPTIONS:
            raise ValueError(f"{name}: not an option of X ({', '.join(sorted(OPTIONS))})")
    chosen = dict(options)
    if not is_base_url(str(chosen.get("base_url", HOST))):
        found = chosen["base_url"]
        raise ValueError(f"base_url: expected an https address, found {found!r}")
    if chosen.get("names", AUTO) not in NAMES:
        raise ValueError(f"names: expected one of {', '.join(NAMES)}, found {chosen['names']!r}")
    for name in ("mentions", "author_names"):
        if not isinstance(chosen.get(name, True), bool):
            raise ValueError(f"{name}: expected true or false, found {chosen[name]!r}")
    _within(chosen, "timeout", 0.01, 50)
    _within(chosen, "daily_budget_usd", 0, 100_000)
    _within(chosen, "reserve_share", 0, 1)
    chosen["searches"] = _queries(chosen.get("searches", ()))
    chosen["prices"] = read_prices(chosen.get("prices", {}))
    return chosen


def _queries(searches: Any) -> tuple[str, ...]:
    if isinstance(searches, str) or not all(isinstance(query, str) for query in searches):
        raise ValueError(f"searches: expected a list of queries, found {searches!r}")
    for query in searches:
        if not 0 < len(query.strip()) <= QUERY_LIMIT:
            raise ValueError(
                f"searches: a query has 1 to {QUERY_LIMIT} characters, "
                f"not {len(query)}: {query[:60]!r}"
            )
    return tuple(dict.fromkeys(searches))


def _within(options: Mapping[str, Any], name: str, low: float, high: float) -> None:
    value = options.get(name, high)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{name}: expected a number from {low} to {high}, found {value!r}")
