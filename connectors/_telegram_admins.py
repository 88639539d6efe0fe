"""Who rules the Telegram chats that an account looks at. Only asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors._telegram_check import Asks
from monitor.ports import Administrator, Rejected


def administrators(api: Asks, places: Sequence[str]) -> Iterator[Administrator]:
    """People only; of a chat that does not tell (a private one, one we left), nobody."""
    for place in places:
        try:
            ruling = api.read("getChatAdministrators", {"chat_id": place.rpartition(":")[2]})
        except Rejected:
            continue
        for member in ruling if isinstance(ruling, list) else ():
            user = member.get("user", {})
            if not user.get("is_bot") and "id" in user:
                yield _administrator(place, user)


def _administrator(place: str, user: Mapping[str, Any]) -> Administrator:
    name = " ".join(str(user.get(key) or "") for key in ("first_name", "last_name")).strip()
    return Administrator(place, str(user["id"]), name, str(user.get("username") or ""))
