"""What `monitor check` says of an X account: findings with remedies. It never asks X anything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from connectors._x_money import Budget, Prices
from monitor.ports import Finding, Refusal, Standing, Unauthorized

_OLD_TABLE = timedelta(days=90)
_KEYS = (
    "Open the app at developer.x.com, regenerate consumer keys and access token and put all four "
    "strings where the config says."
)
_REMEDIES = {
    "billing": "Buy credits in the developer console (Billing); nothing is lost meanwhile.",
    "connect": "Check the network, the proxy and `base_url`.",
    "too_many": "Wait for 15 minutes; does another program use the same keys?",
    "budget": "Raise `daily_budget_usd` or wait for midnight UTC.",
}


def refused(refusal: Refusal) -> Finding:
    """The account could not be looked at."""
    remedy = (
        _KEYS if isinstance(refusal, Unauthorized) else _REMEDIES.get(refusal.code, "Try again.")
    )
    return Finding("X account", Standing.FAILED, refusal.reason, remedy)


def identity(handle: str, user_id: str) -> Finding:
    """Who we are."""
    return Finding("X account", Standing.OK, f"@{handle}, id {user_id}")


def rights(access_level: str) -> Finding:
    """May the keys write?"""
    if not access_level:
        return Finding("X rights", Standing.WARNING, "X did not tell", "Send a post to be sure.")
    if access_level == "read":
        return Finding(
            "X rights",
            Standing.FAILED,
            "the app may only read",
            "Set 'Read and write' in the app's user authentication settings, then regenerate the "
            "access token: old tokens keep their old rights.",
        )
    return Finding("X rights", Standing.OK, access_level)


def credits_left(usage: Mapping[str, Any] | None) -> Finding:
    """How much of the month's reading is used; None: no bearer token to ask with."""
    if usage is None:
        found = "not asked: X tells it only to an app's bearer token"
        return Finding("X usage", Standing.OK, found, "Add `bearer_token` to see it here.")
    used, cap = usage.get("project_usage"), usage.get("project_cap")
    try:
        share = int(str(used)) / int(str(cap))
    except (ValueError, ZeroDivisionError):
        return Finding("X usage", Standing.WARNING, "X did not tell", "Look at developer.x.com.")
    found = f"{used} of {cap} posts read this month"
    if share > 0.9:
        return Finding("X usage", Standing.WARNING, found, "Remove searches or raise the cap.")
    return Finding("X usage", Standing.OK, found)


def usage_unknown(refusal: Refusal) -> Finding:
    """The bearer token does not work; reading and writing do not need it."""
    remedy = "Check `bearer_token`, or leave it out."
    return Finding("X usage", Standing.WARNING, refusal.reason, remedy)


def money(prices: Prices, budget: Budget, daily: float, today: date) -> Finding:
    """What a day may cost."""
    found = (
        f"at most ${daily:.2f} a day, ${budget.spent:.2f} spent today; "
        f"a mention ${prices.owned_read}, a post found ${prices.post_read}, "
        f"a reply ${prices.summoned_reply}, "
        f"a post ${prices.post}, with a link ${prices.post_with_url} (as of {prices.as_of})"
    )
    if daily == 0:
        return Finding("X money", Standing.FAILED, found, "Set `daily_budget_usd` above 0.")
    if today - prices.as_of > _OLD_TABLE:
        remedy = "Compare with docs.x.com/x-api/getting-started/pricing; set `prices`."
        return Finding("X money", Standing.WARNING, found, remedy)
    return Finding("X money", Standing.OK, found)


def summons(handle: str) -> Finding:
    """The rule that surprises everybody."""
    return Finding(
        "X replies",
        Standing.OK,
        f"X lets apps reply only to posts that mention or quote @{handle} themselves; "
        "to all others a person has to reply in X's own app",
    )
