"""Who and what there is at the pretended Telegram, as the Bot API shows it. It decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from monitor.sandbox.telegram_text import find_entities

ANONYMOUS_ADMIN = 1087968824
CHANNEL_BOT = 136817688
TELEGRAM = 777000
GROUPS = ("group", "supergroup")
FIRST_UPGRADED = -1002000000001


@dataclass(frozen=True, slots=True)
class Person:
    """A user, or a bot."""

    id: int
    first_name: str
    username: str | None = None
    language_code: str | None = None
    is_bot: bool = False

    def json(self) -> dict[str, Any]:
        """A User."""
        shown: dict[str, Any] = {
            "id": self.id,
            "is_bot": self.is_bot,
            "first_name": self.first_name,
            "username": self.username,
            "language_code": self.language_code,
        }
        return {key: value for key, value in shown.items() if value is not None}


@dataclass(slots=True)
class Said:
    """A message. `kind`: text, caption (a photo), voice, sticker, document, video, rich, or service (see `service`)."""

    message_id: int
    chat_id: int
    text: str
    date: datetime
    user: int | None = None
    as_chat: int | None = None
    thread: int | None = None
    reply_to: int | None = None
    kind: str = "text"
    service: dict[str, Any] = field(default_factory=dict)
    entities: list[dict[str, Any]] = field(default_factory=list)
    edited: datetime | None = None
    markup: dict[str, Any] | None = None
    by_product: bool = False
    is_automatic_forward: bool = False
    reactions: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class Chat:
    """A chat. `moved_to` is set when it became a supergroup; `bot_status` is what we are in it."""

    id: int
    title: str
    kind: str = "supergroup"
    is_forum: bool = False
    username: str | None = None
    bot_status: str = "administrator"
    moved_to: int | None = None
    topics: dict[int, str] = field(default_factory=dict)
    members: dict[int, str] = field(default_factory=dict)
    messages: dict[int, Said] = field(default_factory=dict)
    last_id: int = 0
    pinned: list[int] = field(default_factory=list)  # the last one is on top

    @property
    def named(self) -> str:
        """As Telegram's errors call it."""
        return {
            "group": "group chat",
            "supergroup": "supergroup chat",
            "channel": "channel chat",
        }.get(self.kind, "user")

    def json(self) -> dict[str, Any]:
        """A Chat."""
        shown: dict[str, Any] = {"id": self.id, "type": self.kind}
        shown["first_name" if self.kind == "private" else "title"] = self.title
        if self.username:
            shown["username"] = self.username
        if self.is_forum:
            shown["is_forum"] = True
        return shown

    def full_json(self) -> dict[str, Any]:
        """A ChatFullInfo."""
        gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription")
        taken = dict.fromkeys((*gifts, "gifts_from_channels"), False)
        return self.json() | {
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": taken,
        }


@dataclass(slots=True)
class World:
    """Everything there is. Not thread-safe: its owner holds a lock."""

    bot: Person
    people: dict[int, Person] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)
    queries: dict[str, tuple[int, int]] = field(default_factory=dict)  # open ones: chat and presser

    def new_message(self, chat: Chat, text: str, date: datetime, **rest: Any) -> Said:
        """Write a message into a chat."""
        chat.last_id += 1
        said = Said(chat.last_id, chat.id, text, date, **rest)
        if not said.entities and said.kind in ("text", "caption"):
            said.entities = find_entities(text)
        chat.messages[said.message_id] = said
        return said

    def person_json(self, number: int) -> dict[str, Any]:
        """A User by id, also the stand-ins that Telegram uses."""
        stand_ins = {
            ANONYMOUS_ADMIN: Person(ANONYMOUS_ADMIN, "Group", "GroupAnonymousBot", is_bot=True),
            CHANNEL_BOT: Person(CHANNEL_BOT, "Channel", "Channel_Bot", is_bot=True),
            TELEGRAM: Person(TELEGRAM, "Telegram"),
            self.bot.id: self.bot,
        }
        return (self.people.get(number) or stand_ins[number]).json()

    def who(self, said: Said) -> str:
        """The name under which people see the author."""
        if said.as_chat is not None:
            return self.chats[said.as_chat].title if said.as_chat in self.chats else "a channel"
        return str(self.person_json(said.user)["first_name"]) if said.user is not None else ""

    def message_json(self, said: Said, *, deep: bool = True) -> dict[str, Any]:
        """A Message; the message that it answers only when `deep`."""
        chat = self.chats[said.chat_id]
        shown: dict[str, Any] = {
            "message_id": said.message_id,
            "date": int(said.date.timestamp()),
            "chat": chat.json(),
        }
        shown |= self._author_json(said, chat) | _content_json(said) | said.service
        if said.edited:
            shown["edit_date"] = int(said.edited.timestamp())
        if said.markup:
            shown["reply_markup"] = said.markup
        if said.is_automatic_forward:
            shown["is_automatic_forward"] = True
        return shown | self._thread_json(said, chat, deep=deep)

    def _author_json(self, said: Said, chat: Chat) -> dict[str, Any]:
        if said.as_chat is None:
            return {"from": self.person_json(said.user)} if said.user is not None else {}
        speaker = {"sender_chat": self._chat_json(said.as_chat)}
        if chat.kind == "channel":
            return speaker
        if said.is_automatic_forward:
            return speaker | {"from": self.person_json(TELEGRAM)}
        stand_in = ANONYMOUS_ADMIN if said.as_chat == chat.id else CHANNEL_BOT
        return speaker | {"from": self.person_json(stand_in)}

    def _chat_json(self, number: int) -> dict[str, Any]:
        known = self.chats.get(number)
        return known.json() if known else {"id": number, "type": "channel", "title": "A channel"}

    def _thread_json(self, said: Said, chat: Chat, *, deep: bool) -> dict[str, Any]:
        """Reply chains have a thread id as well; all in a topic "answers" the topic's opening."""
        shown: dict[str, Any] = {}
        answered = chat.messages.get(said.reply_to) if said.reply_to is not None else None
        if said.thread is not None:
            shown |= {"message_thread_id": said.thread, "is_topic_message": True}
            answered = answered or chat.messages.get(said.thread)
        elif answered is not None and chat.kind == "supergroup":
            shown["message_thread_id"] = answered.message_id
        if deep and answered is not None and answered is not said:
            shown["reply_to_message"] = self.message_json(answered, deep=False)
        return shown

    def member_json(self, person: dict[str, Any], status: str) -> dict[str, Any]:
        """A ChatMember."""
        shown: dict[str, Any] = {"status": status, "user": person}
        match status:
            case "creator":
                shown |= {"is_anonymous": False}
            case "administrator":
                shown |= {"can_be_edited": False, "is_anonymous": False}
                shown |= dict.fromkeys(ADMIN_RIGHTS, False) | {
                    "can_manage_chat": True,
                    "can_delete_messages": True,
                }
            case "restricted":
                shown |= {"is_member": True, "until_date": 0} | dict.fromkeys(MEMBER_RIGHTS, False)
            case "kicked":
                shown |= {"until_date": 0}
        return shown


def _caption_json(said: Said) -> dict[str, Any]:
    if not said.text:
        return {}
    return {"caption": said.text} | ({"caption_entities": said.entities} if said.entities else {})


def _content_json(said: Said) -> dict[str, Any]:
    match said.kind:
        case "text":
            return {"text": said.text} | ({"entities": said.entities} if said.entities else {})
        case "caption":
            photo = {"file_id": "photo", "file_unique_id": "photo", "width": 90, "height": 60}
            return {"photo": [photo]} | _caption_json(said)
        case "voice" | "sticker" | "document" | "video":
            file = {"file_id": said.kind, "file_unique_id": said.kind, "duration": 3}
            return {said.kind: file} | (_caption_json(said) if said.kind != "sticker" else {})
        case "rich":
            lines = said.text.split("\n")
            blocks = [{"type": "paragraph", "text": [line]} for line in lines if line]
            return {"rich_message": {"blocks": blocks}}
    return {}


ADMIN_RIGHTS = (
    *("can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members"),
    *("can_promote_members", "can_change_info", "can_invite_users", "can_post_stories"),
    *("can_edit_stories", "can_delete_stories"),
)
MEMBER_RIGHTS = (
    *("can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos"),
    *("can_send_videos", "can_send_video_notes", "can_send_voice_notes", "can_send_polls"),
    *("can_send_other_messages", "can_add_web_page_previews", "can_react_to_messages"),
    *("can_edit_tag", "can_change_info", "can_invite_users", "can_pin_messages"),
    "can_manage_topics",
)
