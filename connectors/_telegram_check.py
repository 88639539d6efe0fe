"""What `monitor check` says about a Telegram account, for people who do not program. Only asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from connectors._telegram_shapes import Ourselves
from monitor.ports import Finding, Refusal, Standing, Unauthorized

ASK_BOTFATHER = (
    "Open a chat with @BotFather in Telegram, send /mybots, choose the bot, then API Token, "
    "and put that token where the configuration says."
)
PRIVACY_REMEDY = (
    "Open a chat with @BotFather, send /setprivacy, choose @{bot} and Disable; then remove the bot "
    "from the group and add it again. Or make the bot an administrator of the group."
)
WEBHOOK_REMEDY = (
    "Another program receives this bot's messages. Stop it and call deleteWebhook, "
    "or make a bot of its own for us."
)
ABSENT_REMEDY = "Open the group in Telegram, choose Add members, and add @{bot}."
ADMIN = ("creator", "administrator")


class Asks(Protocol):
    """The one call that is needed."""

    def read(self, method: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """The result. Raises Refusal."""


def refused(subject: str, refusal: Refusal) -> Finding:
    """The line for something that could not be looked at."""
    remedy = (
        ASK_BOTFATHER if isinstance(refusal, Unauthorized) else "Check the network and try again."
    )
    return Finding(subject, Standing.FAILED, refusal.reason, remedy)


def findings(api: Asks, us: Ourselves, places: Sequence[str]) -> Iterator[Finding]:
    """One line for the account, the webhook and each place."""
    yield Finding("token", Standing.OK, f"Telegram knows us as @{us.username} (id {us.id})")
    yield _webhook(api)
    if not places:
        yield _privacy(us)
    for place in places:
        yield _place(api, us, place)


def _privacy(us: Ourselves) -> Finding:
    if us.reads_groups:
        return Finding("privacy mode", Standing.OK, "off: the bot sees every message of its groups")
    found = "on: the bot sees only commands and replies to it, unless it is an administrator"
    return Finding("privacy mode", Standing.WARNING, found, PRIVACY_REMEDY.format(bot=us.username))


def _webhook(api: Asks) -> Finding:
    try:
        url = api.read("getWebhookInfo")["url"]
    except Refusal as refusal:
        return refused("webhook", refusal)
    if url:
        return Finding(
            "webhook", Standing.FAILED, "a webhook is set, so we can read nothing", WEBHOOK_REMEDY
        )
    return Finding("webhook", Standing.OK, "none is set, as it should be")


def _place(api: Asks, us: Ourselves, place: str) -> Finding:
    chat_id = place.rpartition(":")[2]
    subject = f"place {place}"
    try:
        chat = api.read("getChat", {"chat_id": chat_id})
        subject = (
            f"place {place} ({chat.get('title') or chat.get('first_name') or 'without a name'})"
        )
        member = api.read("getChatMember", {"chat_id": chat_id, "user_id": us.id})
    except Refusal as refusal:
        return _unreachable(subject, refusal, us)
    if chat["type"] == "private":
        return Finding(subject, Standing.OK, "a private chat")
    return _rights(subject, member, us)


def _unreachable(subject: str, refusal: Refusal, us: Ourselves) -> Finding:
    moved_to = getattr(refusal, "moved_to", None)
    if moved_to:
        return Finding(
            subject,
            Standing.FAILED,
            refusal.reason,
            f"Write {moved_to} in the configuration instead.",
        )
    if refusal.code in ("400", "403"):
        remedy = (
            f"{ABSENT_REMEDY.format(bot=us.username)} If it is there, check the group's number."
        )
        return Finding(subject, Standing.FAILED, refusal.reason, remedy)
    return refused(subject, refusal)


def _rights(subject: str, member: Mapping[str, Any], us: Ourselves) -> Finding:
    status = member["status"]
    if status in ADMIN:
        return Finding(
            subject, Standing.OK, "we are an administrator: we see everything, reactions included"
        )
    if status in ("left", "kicked"):
        found = (
            "the bot is not in this group"
            if status == "left"
            else "the bot was removed from this group"
        )
        return Finding(subject, Standing.FAILED, found, ABSENT_REMEDY.format(bot=us.username))
    if not member.get("can_send_messages", True):
        remedy = "Open the group's settings, choose Permissions, and let the bot send messages."
        return Finding(subject, Standing.FAILED, "the bot may not write here", remedy)
    if not us.reads_groups:
        found = (
            "we are a plain member and privacy mode is on: we see only commands and replies to us"
        )
        return Finding(subject, Standing.FAILED, found, PRIVACY_REMEDY.format(bot=us.username))
    found = (
        "we are a member: we see every message, but no reactions. (If privacy mode was turned off "
        "only after the bot was added, remove the bot from the group and add it again.)"
    )
    return Finding(subject, Standing.OK, found)
