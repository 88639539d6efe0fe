"""Telegram through python-telegram-bot's Bot: raw updates by long polls, each post written once.

It never confirms an update before its cursor comes back, never repeats a write whose outcome is
unknown, and never uses a parse mode.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors._telegram_admins import administrators
from connectors._telegram_api import Api
from connectors._telegram_check import findings, refused
from connectors._telegram_cursor import Cursor
from connectors._telegram_options import seconds
from connectors._telegram_parse import read_updates
from connectors._telegram_photo import goes_without, picture_of, with_picture
from connectors._telegram_post import chat_of, keyboard, number, parameters_of
from connectors._telegram_shapes import UNREADABLE, Ourselves, link_to, moment, where_of
from connectors._telegram_text import clip, with_link
from monitor.core.messages import Platform
from monitor.ports import (
    Administrator,
    Batch,
    Buttons,
    Health,
    Post,
    Receipt,
    Refusal,
    Rejected,
    Unavailable,
    Uncertain,
)

OPTIONS = frozenset({"base_url", "timeout", "poll_timeout", "places"})
SECRETS = ("token",)
STREAM = "updates"
PAGE = 100
# Always said in full: Telegram remembers the last list it was given, whoever gave it.
ALLOWED_UPDATES = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "guest_message",
    "my_chat_member",
    "message_reaction",
    "callback_query",
)
NO_THREAD = "message thread not found"
PAUSE = 0.5  # after a batch that gives no number to go on from


def now_utc() -> datetime:
    """The clock, for those who give none."""
    return datetime.now(UTC)


def connect(
    account: str, options: Mapping[str, Any], secrets: Mapping[str, str]
) -> TelegramConnector:
    """A connector for one bot. ValueError, in a sentence, for an option that cannot be used."""
    unknown = sorted(set(options) - OPTIONS)
    if unknown:
        raise ValueError(
            f"accounts.{account}.{unknown[0]}: not an option of Telegram; "
            f"there are {', '.join(sorted(OPTIONS))}"
        )
    token = secrets.get("token", "").strip()
    if not token:
        raise ValueError(
            f"accounts.{account}.token: empty. @BotFather gives it when it makes the bot."
        )
    return TelegramConnector(
        account,
        token,
        base_url=str(options.get("base_url", "https://api.telegram.org")),
        timeout=seconds(account, options, "timeout", 20.0),
        poll_timeout=seconds(account, options, "poll_timeout", 25.0),
        places=tuple(str(place) for place in options.get("places", ())),
    )


class TelegramConnector:
    """One bot. See monitor.ports.Connector; also edits, deletes, reacts and answers buttons."""

    platform = Platform.TELEGRAM
    waits_for_news = True

    def __init__(
        self,
        account: str,
        token: str,
        *,
        base_url: str = "https://api.telegram.org",
        timeout: float = 20.0,
        poll_timeout: float = 25.0,
        places: Sequence[str] = (),
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self.account = account
        self._places = tuple(places)
        self._clock = clock
        self._api = Api(
            token, base_url, account=account, timeout=timeout, poll_timeout=poll_timeout
        )
        self._us: Ourselves | None = None
        self._has_polled = False
        self._closing = threading.Event()

    def streams(self) -> Sequence[str]:
        """One queue for all chats."""
        return (STREAM,)

    # -- reading

    def fetch(self, stream: str, cursor: str | None, limit: int) -> Batch:
        """The updates after `cursor`; waits for one for up to the poll timeout."""
        if stream != STREAM:
            raise ValueError(f"Telegram has one stream, {STREAM!r}, and no {stream!r}")
        us, start, asked_at = self._ourselves(), Cursor.read(cursor), self._clock()
        # The first poll of a program asks for the oldest unconfirmed: an old offset may be void.
        offset = start.trusted_offset(asked_at) if self._has_polled else None
        page = min(max(limit, 1), PAGE)
        updates = self._poll(offset, page)
        self._has_polled = True
        known = frozenset(start.recent) if offset is None else frozenset()
        fresh = [u for u in updates if not (isinstance(u, dict) and u.get("update_id") in known)]
        return self._batch(fresh, start, us, gap_until=asked_at, complete=len(updates) < page)

    def _poll(self, offset: int | None, page: int) -> list[Any]:
        parameters: dict[str, Any] = {"limit": page, "allowed_updates": list(ALLOWED_UPDATES)}
        if offset is not None:
            parameters["offset"] = offset
        try:
            # The first one comes back at once: whoever starts the program sees that it works.
            updates = self._api.poll(parameters, waits=self._has_polled)
        except Rejected as refusal:
            raise Unavailable(refusal.reason, code=refusal.code) from None
        if not isinstance(updates, list):
            raise Unavailable("Telegram answered something that is no list of updates")
        return updates

    def _batch(
        self,
        updates: list[Any],
        start: Cursor,
        us: Ourselves,
        *,
        gap_until: datetime,
        complete: bool,
    ) -> Batch:
        read = read_updates(updates, us)
        now = self._clock()
        following = start.after(read.ids, now)
        if updates and not read.ids:
            self._closing.wait(PAUSE)
            following = start.after_nameless(now)
        return Batch(
            read.messages,
            read.events,
            read.quarantined,
            next_cursor=following.write(),
            complete=complete,
            gap=start.gap(gap_until),
        )

    def _ourselves(self) -> Ourselves:
        """Who we are; asked once."""
        if self._us is None:
            me = self._api.read("getMe")
            reads = me.get("can_read_all_group_messages", False)
            self._us = Ourselves(self.account, me["id"], me.get("username", ""), reads)
        return self._us

    def check(self) -> Health:
        """Token, privacy mode, webhook, and our rights in each place."""
        self._us = None  # rights may have changed since
        try:
            us = self._ourselves()
        except Refusal as refusal:
            return Health(findings=(refused("token", refusal),))
        return Health(str(us.id), us.username, tuple(findings(self._api, us, self._places)))

    def administrators(self) -> Sequence[Administrator]:
        """Of every configured chat that tells; one request each. Raises Refusal."""
        return tuple(administrators(self._api, self._places))

    # -- writing

    def send(self, post: Post) -> Receipt:
        """One message, one request; a second one only after a refusal for want of topic or picture."""
        parameters, picture = parameters_of(post, self.account), picture_of(post)
        if picture is not None:
            try:
                sent = self._say("sendPhoto", with_picture(parameters, picture))
                return self._receipt(sent, post.place)
            except Rejected as refusal:
                if not goes_without(refusal):
                    raise
        return self._receipt(self._say("sendMessage", parameters), post.place)

    def _say(self, method: str, parameters: dict[str, Any]) -> Any:
        try:
            return self._api.write(method, parameters)
        except Rejected as refusal:
            if "message_thread_id" not in parameters or NO_THREAD not in refusal.reason.lower():
                raise
            del parameters["message_thread_id"]
            return self._api.write(method, parameters)

    def _receipt(self, sent: Any, asked: str) -> Receipt:
        try:
            where, message_id = where_of(sent["chat"], self.account), int(sent["message_id"])
            place = where.place
            thread = str(sent["message_thread_id"]) if sent.get("is_topic_message") else None
            link = link_to(where, message_id, thread)
            return Receipt(
                str(message_id), moment(sent["date"]), link, place if place != asked else None
            )
        except UNREADABLE:
            raise Uncertain(
                "Telegram took the message and gave a receipt that cannot be read"
            ) from None

    def edit(
        self,
        receipt: Receipt,
        place: str,
        text: str,
        *,
        link: str | None = None,
        buttons: Buttons = (),
    ) -> None:
        """Replace the text, link and buttons of an own message; the same again is no error."""
        shown, entities = with_link(text, link)
        parameters = self._message(receipt.place or place, receipt.native_id) | {
            "text": shown,
            "link_preview_options": {"is_disabled": True},
        }
        if entities:
            parameters["entities"] = entities
        if buttons:
            parameters["reply_markup"] = keyboard(buttons)
        self._write_unless("message is not modified", "editMessageText", parameters)

    def delete(self, receipt: Receipt, place: str) -> None:
        """Take an own message back; one that is gone already is no error."""
        parameters = self._message(receipt.place or place, receipt.native_id)
        self._write_unless("message to delete not found", "deleteMessage", parameters)

    def react(self, place: str, native_id: str, emoji: str) -> None:
        """Set our reaction; an empty one takes it away."""
        reaction = [{"type": "emoji", "emoji": emoji}] if emoji else []
        self._api.write(
            "setMessageReaction", self._message(place, native_id) | {"reaction": reaction}
        )

    def pin(self, place: str, native_id: str) -> None:
        """Pin a message silently; again is no error."""
        silent = {"disable_notification": True}
        message = self._message(place, native_id)
        self._write_unless("chat_not_modified", "pinChatMessage", message | silent)

    def unpin(self, place: str, native_id: str) -> None:
        """Unpin a message; one that is not pinned is no error."""
        message = self._message(place, native_id)
        self._write_unless("message to unpin not found", "unpinChatMessage", message)

    def answer_button(self, query_id: str, text: str = "") -> None:
        """Tell the one who pressed; Telegram shows a turning wheel until then. Raises Refusal."""
        parameters = {"callback_query_id": query_id} | ({"text": clip(text, 200)} if text else {})
        self._api.write("answerCallbackQuery", parameters)

    def _write_unless(self, done_already: str, method: str, parameters: Mapping[str, Any]) -> None:
        try:
            self._api.write(method, parameters)
        except Rejected as refusal:
            if done_already not in refusal.reason.lower():
                raise

    def _message(self, place: str, native_id: str) -> dict[str, Any]:
        return {"chat_id": chat_of(place, self.account), "message_id": number(native_id, "message")}

    def close(self) -> None:
        """Ends a running long poll at once; a write under way may end."""
        self._closing.set()
        self._api.close()
