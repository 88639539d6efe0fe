"""The people of the pretended Telegram and what they do. They never use the Bot API."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from monitor.sandbox.telegram_methods import Methods
from monitor.sandbox.telegram_queue import Updates
from monitor.sandbox.telegram_text import find_entities
from monitor.sandbox.telegram_world import FIRST_UPGRADED, GROUPS, Chat, Person, Said, World

PRESENT = ("creator", "administrator", "member", "restricted")


class People:
    """Users, chats, what is said in them. What the bot may see becomes an update. Thread-safe."""

    def __init__(
        self,
        world: World,
        updates: Updates,
        methods: Methods,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self._world = world
        self._updates = updates
        self._methods = methods
        self._clock = clock
        self._ring = wake
        self._lock = threading.RLock()
        self._last_query = 0

    # -- the stage

    def add_user(
        self,
        id: int,
        first_name: str,
        username: str | None = None,
        language_code: str | None = None,
        is_bot: bool = False,
    ) -> None:
        """A person, or another bot."""
        with self._lock:
            self._world.people[id] = Person(id, first_name, username, language_code, is_bot)

    def add_chat(
        self,
        id: int,
        title: str,
        kind: str = "supergroup",
        is_forum: bool = False,
        username: str | None = None,
        bot_status: str = "administrator",
    ) -> None:
        """A chat with our bot in it. `kind`: private (its id is the person's), group, supergroup
        or channel."""
        status = "member" if kind == "private" else bot_status
        with self._lock:
            self._world.chats[id] = Chat(id, title, kind, is_forum, username, status)

    def add_topic(self, chat: int, id: int, name: str) -> None:
        """A topic of a forum; its id is that of the notice that opens it."""
        with self._lock:
            where = self._world.chats[chat]
            where.topics[id] = name
            where.last_id = max(where.last_id, id - 1)
            opened = {"forum_topic_created": {"name": name, "icon_color": 7322096}}
            said = Said(id, chat, "", self._clock(), user=777000, thread=id, kind="service")
            said.service = opened
            where.messages[id] = said
            where.last_id = max(where.last_id, id)
            self._update("message", where, self._world.message_json(said))

    def add_member(self, chat: int, user: int, status: str = "member") -> None:
        """Somebody is in a chat."""
        with self._lock:
            self._world.chats[chat].members[user] = status

    def set_bot_status(self, chat: int, status: str) -> None:
        """What our bot is in a chat: administrator, member, restricted, left or kicked."""
        with self._lock:
            where = self._world.chats[chat]
            old, where.bot_status = where.bot_status, status
            by = next(iter(self._world.people.values()), self._world.bot)
            bot = self._world.bot.json()
            content = {
                "chat": where.json(),
                "from": by.json(),
                "date": self._seconds(),
                "old_chat_member": self._world.member_json(bot, old),
                "new_chat_member": self._world.member_json(bot, status),
            }
            self._update("my_chat_member", where, content, always=True)

    def kick_bot(self, chat: int) -> None:
        """Somebody throws our bot out."""
        self.set_bot_status(chat, "kicked")

    @property
    def privacy_mode(self) -> bool:
        """On: as a plain member the bot sees only commands, replies to it, service messages."""
        return not self._methods.reads_groups

    @privacy_mode.setter
    def privacy_mode(self, on: bool) -> None:
        self._methods.reads_groups = not on

    @property
    def webhook_url(self) -> str:
        """While set, getUpdates is refused with 409."""
        return self._methods.webhook_url

    @webhook_url.setter
    def webhook_url(self, url: str) -> None:
        self._methods.webhook_url = url

    # -- what people do

    def say(
        self,
        chat: int,
        user: int | None,
        text: str,
        *,
        thread: int | None = None,
        reply_to: int | None = None,
        edit_of: int | None = None,
        as_chat: int | None = None,
        caption: bool = False,
        media: str = "",
        rich: bool = False,
        automatic: bool = False,
        date: datetime | None = None,
    ) -> int:
        """Somebody writes; the id of the message.

        `as_chat`: in the name of the group itself or of a channel; `edit_of` changes an older
        message; `media` is what it is besides words ("voice", "sticker", "document", "video"; a
        `caption` stands under a photo); `automatic` is a linked channel's forwarded post. KeyError
        for a chat, user or message that is not there.
        """
        with self._lock:
            where = self._world.chats[chat]
            if edit_of is not None:
                return self.edit(chat, edit_of, text)
            speaker = chat if as_chat is None and where.kind == "channel" else as_chat
            if user is not None:
                self._world.person_json(user)  # known?
                where.members.setdefault(user, "member")
            said = self._world.new_message(
                where,
                text,
                date or self._clock(),
                user=user,
                as_chat=speaker,
                thread=thread,
                reply_to=reply_to,
                kind=media or ("rich" if rich else "caption" if caption else "text"),
                is_automatic_forward=automatic,
            )
            kind = "channel_post" if where.kind == "channel" else "message"
            self._deliver(kind, where, said)
            self._methods.tell(said, "said", text, who=self._world.who(said), side="people")
            return said.message_id

    def edit(self, chat: int, message_id: int, text: str) -> int:
        """An author changes what they said."""
        with self._lock:
            where = self._world.chats[chat]
            said = where.messages[message_id]
            said.text, said.edited, said.entities = text, self._clock(), find_entities(text)
            kind = "edited_channel_post" if where.kind == "channel" else "edited_message"
            self._deliver(kind, where, said)
            self._methods.tell(said, "edited", text, who=self._world.who(said), side="people")
            return said.message_id

    def react(self, chat: int, user: int, message_id: int, emoji: str) -> None:
        """Somebody reacts; "" takes the reaction away. Only an administrator bot is told."""
        with self._lock:
            where = self._world.chats[chat]
            said = where.messages[message_id]
            old, said.reactions[user] = said.reactions.get(user, ""), emoji
            content = {
                "chat": where.json(),
                "message_id": message_id,
                "user": self._world.person_json(user),
                "date": self._seconds(),
                "old_reaction": _reactions(old),
                "new_reaction": _reactions(emoji),
            }
            if where.bot_status == "administrator":
                self._update("message_reaction", where, content)
            who = str(content["user"]["first_name"])  # type: ignore[index]
            self._methods.tell(said, "reacted", emoji, who=who, side="people")

    def press(self, chat: int, user: int, message_id: int, data: str) -> str:
        """Somebody presses the button with this data; the id of the query. KeyError: no button."""
        with self._lock:
            where = self._world.chats[chat]
            said = where.messages[message_id]
            rows = (said.markup or {}).get("inline_keyboard", [])
            if data not in [button.get("callback_data") for row in rows for button in row]:
                raise KeyError(data)
            self._last_query += 1
            query = f"{self._last_query:06d}"
            self._world.queries[query] = (chat, user)
            content = {
                "id": query,
                "from": self._world.person_json(user),
                "message": self._world.message_json(said),
                "chat_instance": str(chat),
                "data": data,
            }
            self._update("callback_query", where, content)
            return query

    def migrate(self, chat: int) -> int:
        """A basic group becomes a supergroup; its new id."""
        with self._lock:
            old = self._world.chats[chat]
            new_id = FIRST_UPGRADED - len(self._world.chats)
            new = Chat(new_id, old.title, bot_status=old.bot_status, members=dict(old.members))
            self._world.chats[new_id] = new
            notices = {"migrate_to_chat_id": new_id}, {"migrate_from_chat_id": chat}
            for where, told in zip((old, new), notices, strict=True):
                user = next(iter(old.members), self._world.bot.id)
                said = self._world.new_message(where, "", self._clock(), user=user, kind="service")
                said.service = told
                self._update("message", where, self._world.message_json(said))
            old.moved_to = new_id
            return new_id

    # -- what can be seen

    @property
    def chats(self) -> tuple[Chat, ...]:
        """All chats; look, don't change."""
        with self._lock:
            return tuple(self._world.chats.values())

    def messages(self, chat: int) -> tuple[Said, ...]:
        """What is to be read in a chat, by people and by the bot (by_product), in order."""
        with self._lock:
            return tuple(replace(said) for said in self._world.chats[chat].messages.values())

    def pinned(self, chat: int) -> list[int]:
        """The pinned messages of a chat; the last one is on top."""
        with self._lock:
            return list(self._world.chats[chat].pinned)

    @property
    def unconfirmed(self) -> int:
        """How many updates the bot has not confirmed."""
        with self._lock:
            return len(self._updates.waiting)

    # -- inside

    def _seconds(self) -> int:
        return int(self._clock().timestamp())

    def _deliver(self, kind: str, where: Chat, said: Said) -> None:
        if self._bot_sees(where, said):
            self._update(kind, where, self._world.message_json(said))

    def _update(
        self, kind: str, where: Chat, content: dict[str, Any], *, always: bool = False
    ) -> None:
        if always or where.bot_status in PRESENT:
            self._updates.add(kind, content, self._clock())
            self._ring()

    def _bot_sees(self, where: Chat, said: Said) -> bool:
        """Bots never see other bots; in privacy mode a plain member sees little."""
        author = self._world.people.get(said.user) if said.user is not None else None
        if said.as_chat is None and author is not None and author.is_bot:
            return False
        if where.kind not in GROUPS or where.bot_status == "administrator" or not self.privacy_mode:
            return True
        answered = where.messages.get(said.reply_to) if said.reply_to is not None else None
        return said.text.startswith("/") or (answered is not None and answered.by_product)


def _reactions(emoji: str) -> list[dict[str, str]]:
    return [{"type": "emoji", "emoji": emoji}] if emoji else []
