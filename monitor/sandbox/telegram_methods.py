"""What the Bot API does when it is asked, method by method, as strict as the real one. No HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from monitor.sandbox.happenings import Happening, Happenings
from monitor.sandbox.telegram_arguments import ApiError, bad_request, checked, too_many
from monitor.sandbox.telegram_limits import Limits
from monitor.sandbox.telegram_text import check_caption, check_markup, check_text
from monitor.sandbox.telegram_world import GROUPS, Chat, Said, World

REPLY = {
    "message_id*": "whole",
    "chat_id": "chat",
    "allow_sending_without_reply": "truth",
    "quote": "words",
}
PREVIEW = {"is_disabled": "truth", "url": "words", "show_above_text": "truth"}
REACTIONS = frozenset("👍👎❤🔥🥰👏😁🤔🤯😱😢🎉🤩🙏👌🤝✍🤗🫡👀💯⚡🏆💔🤨😐😴😭")  # the common ones
Arguments = dict[str, Any]


class Methods:
    """The methods over a world. Its caller holds the world's lock."""

    def __init__(
        self,
        world: World,
        limits: Limits,
        happenings: Happenings,
        clock: Callable[[], datetime],
    ) -> None:
        self.world = world
        self.limits = limits
        self.reads_groups = True
        self.webhook_url = ""
        self.pending: Callable[[], int] = lambda: 0
        self._happenings = happenings
        self._clock = clock
        self._by_name: dict[str, Callable[[Arguments], Any]] = {
            "getMe": self._get_me,
            "getChat": lambda a: self._chat(a, speaking=False).full_json(),
            "getChatMember": self._get_chat_member,
            "getChatAdministrators": self._get_chat_administrators,
            "getWebhookInfo": self._get_webhook_info,
            "deleteWebhook": self._delete_webhook,
            "sendMessage": self._send_message,
            "sendPhoto": self._send_photo,
            "editMessageText": self._edit_message_text,
            "deleteMessage": self._delete_message,
            "pinChatMessage": lambda a: self._pin(a, "pin"),
            "unpinChatMessage": lambda a: self._pin(a, "unpin"),
            "setMessageReaction": self._set_message_reaction,
            "answerCallbackQuery": self._answer_callback_query,
        }

    def call(self, method: str, asked: Arguments) -> Any:
        """The result. Raises ApiError."""
        return self._by_name[method](asked)

    def tell(self, said: Said, kind: str, text: str, *, who: str, side: str) -> None:
        """Make a thing visible to whoever watches the sandbox."""
        self._happenings.add(
            Happening(
                platform="telegram",
                place=str(said.chat_id),
                kind=kind,
                native_id=str(said.message_id),
                who=who,
                text=text,
                at=self._clock(),
                side=side,
                reply_to=None if said.reply_to is None else str(said.reply_to),
                thread=None if said.thread is None else str(said.thread),
            )
        )

    def _tell_own(self, said: Said, kind: str, text: str) -> None:
        self.tell(said, kind, text, who=self.world.bot.first_name, side="product")

    # -- who and where

    def _chat(self, asked: Arguments, *, speaking: bool = True) -> Chat:
        wanted = asked["chat_id"]
        if isinstance(wanted, str):
            named = [c for c in self.world.chats.values() if c.username == wanted[1:]]
            chat = named[0] if named else None
        else:
            chat = self.world.chats.get(wanted)
        if chat is None:
            raise bad_request("chat not found")
        self._check_rights(chat, speaking=speaking)
        return chat

    def _check_rights(self, chat: Chat, *, speaking: bool) -> None:
        if chat.moved_to is not None:
            text = "Bad Request: group chat was upgraded to a supergroup chat"
            raise ApiError(400, text, migrate_to_chat_id=chat.moved_to)
        if chat.bot_status == "kicked":
            blocked = "bot was blocked by the user"
            kicked = blocked if chat.kind == "private" else f"bot was kicked from the {chat.named}"
            raise ApiError(403, f"Forbidden: {kicked}")
        if chat.bot_status == "left":
            raise ApiError(403, f"Forbidden: bot is not a member of the {chat.named}")
        if speaking and chat.bot_status == "restricted":
            raise bad_request("not enough rights to send text messages to the chat")

    def _get_me(self, _: Arguments) -> Any:
        return self.world.bot.json() | {
            "can_join_groups": True,
            "can_read_all_group_messages": self.reads_groups,
            "supports_inline_queries": False,
        }

    def _get_chat_member(self, asked: Arguments) -> Any:
        chat, number = self._chat(asked, speaking=False), asked["user_id"]
        if number == self.world.bot.id:
            return self.world.member_json(self.world.bot.json(), chat.bot_status)
        if number not in self.world.people:
            raise bad_request("user not found")
        status = chat.members.get(number, "left")
        return self.world.member_json(self.world.person_json(number), status)

    def _get_chat_administrators(self, asked: Arguments) -> Any:
        chat = self._chat(asked, speaking=False)
        if chat.kind == "private":
            raise bad_request("there are no administrators in the private chat")
        ruling = ("creator", "administrator")
        found = [n for n, status in chat.members.items() if status in ruling]
        people = [self.world.member_json(self.world.person_json(n), chat.members[n]) for n in found]
        if chat.bot_status in ruling:
            people.append(self.world.member_json(self.world.bot.json(), chat.bot_status))
        return people

    def _get_webhook_info(self, _: Arguments) -> Any:
        return {
            "url": self.webhook_url,
            "has_custom_certificate": False,
            "pending_update_count": self.pending(),
        }

    def _delete_webhook(self, asked: Arguments) -> Any:
        if asked.get("drop_pending_updates"):
            raise bad_request("the sandbox drops no updates")
        self.webhook_url = ""
        return True

    # -- speaking

    def _send_message(self, asked: Arguments) -> Any:
        chat = self._chat(asked)
        text = check_text(asked["text"], asked.get("parse_mode"), asked.get("entities"))
        checked(asked.get("link_preview_options", {}), PREVIEW, "link_preview_options.")
        return self._send(chat, asked, text, asked.get("entities"), kind="text")

    def _send_photo(self, asked: Arguments) -> Any:
        chat, entities = self._chat(asked), asked.get("caption_entities")
        text = check_caption(asked.get("caption", ""), asked.get("parse_mode"), entities)
        return self._send(chat, asked, text, entities, kind="caption")

    def _send(
        self, chat: Chat, asked: Arguments, text: str, entities: list[Any] | None, *, kind: str
    ) -> Any:
        now = self._clock()
        check_markup(asked.get("reply_markup"))
        reply_to = self._reply(chat, asked)
        thread = self._thread(chat, asked, reply_to)
        wait = self.limits.wait(chat.id, now, group=chat.kind in GROUPS)
        if wait is not None:
            raise too_many(wait)
        self.limits.count(chat.id, now)
        said = self.world.new_message(
            chat,
            text,
            now,
            user=None if chat.kind == "channel" else self.world.bot.id,
            as_chat=chat.id if chat.kind == "channel" else None,
            thread=thread,
            reply_to=reply_to,
            kind=kind,
            entities=list(entities or ()),
            markup=asked.get("reply_markup"),
            by_product=True,
        )
        self._tell_own(said, "said", text)
        return self.world.message_json(said)

    def _reply(self, chat: Chat, asked: Arguments) -> int | None:
        if "reply_parameters" not in asked:
            return None
        wanted = checked(asked["reply_parameters"], REPLY, "reply_parameters.")
        if wanted.get("chat_id", chat.id) != chat.id:
            raise bad_request("the sandbox knows no replies in another chat")
        if wanted["message_id"] in chat.messages:
            return int(wanted["message_id"])
        if wanted.get("allow_sending_without_reply"):
            return None
        raise bad_request("message to be replied not found")

    @staticmethod
    def _thread(chat: Chat, asked: Arguments, reply_to: int | None) -> int | None:
        """The topic: as asked, or that of the message answered. General has no number to use."""
        thread = asked.get("message_thread_id")
        if thread is not None and thread not in chat.topics:
            raise bad_request("message thread not found")
        if thread is None and reply_to is not None:
            return chat.messages[reply_to].thread
        return thread

    def _own(self, chat: Chat, asked: Arguments, doing: str) -> Said:
        said = chat.messages.get(asked["message_id"])
        if said is None:
            raise bad_request(f"message to {doing} not found")
        if not said.by_product and not (doing == "delete" and chat.bot_status == "administrator"):
            past = {"edit": "edited", "delete": "deleted"}[doing]
            raise bad_request(f"message can't be {past}")
        return said

    def _edit_message_text(self, asked: Arguments) -> Any:
        chat = self._chat(asked)
        said = self._own(chat, asked, "edit")
        text = check_text(asked["text"], asked.get("parse_mode"), asked.get("entities"))
        check_markup(asked.get("reply_markup"))
        checked(asked.get("link_preview_options", {}), PREVIEW, "link_preview_options.")
        if (text, asked.get("reply_markup")) == (said.text, said.markup):
            raise bad_request(
                "message is not modified: specified new message content and reply markup are "
                "exactly the same as a current content and reply markup of the message"
            )
        said.text, said.edited = text, self._clock()
        said.entities, said.markup = list(asked.get("entities", ())), asked.get("reply_markup")
        self._tell_own(said, "edited", text)
        return self.world.message_json(said)

    def _delete_message(self, asked: Arguments) -> Any:
        chat = self._chat(asked, speaking=False)
        said = self._own(chat, asked, "delete")
        del chat.messages[said.message_id]
        self._tell_own(said, "deleted", said.text)
        return True

    def _pin(self, asked: Arguments, doing: str) -> Any:
        """In a group only an administrator may; the newest one is meant where unpin names none."""
        chat = self._chat(asked)
        if chat.kind != "private" and chat.bot_status not in ("administrator", "creator"):
            raise bad_request("not enough rights to manage pinned messages in the chat")
        number = int(asked.get("message_id", chat.pinned[-1] if chat.pinned else 0))
        known = chat.messages if doing == "pin" else chat.pinned
        if number not in known:
            raise bad_request(f"message to {doing} not found")
        chat.pinned = [n for n in chat.pinned if n != number] + [number] * (doing == "pin")
        said = chat.messages.get(number)
        if said is not None:
            self._tell_own(said, f"{doing}ned", said.text)
        return True

    def _set_message_reaction(self, asked: Arguments) -> Any:
        chat = self._chat(asked)
        said = chat.messages.get(asked["message_id"])
        if said is None:
            raise bad_request("message to react not found")
        reaction = asked.get("reaction", [])
        if len(reaction) > 1:
            raise bad_request("REACTIONS_TOO_MANY")
        emoji = self._emoji(reaction[0]) if reaction else ""
        said.reactions[self.world.bot.id] = emoji
        self._tell_own(said, "reacted", emoji)
        return True

    @staticmethod
    def _emoji(reaction: Any) -> str:
        if not isinstance(reaction, dict):
            raise bad_request("can't parse reaction: expected an Object")
        known = checked(reaction, {"type*": "words", "emoji*": "words"}, "reaction.")
        emoji = str(known["emoji"])
        if known["type"] != "emoji" or emoji not in REACTIONS:
            raise bad_request("REACTION_INVALID")
        return emoji

    def _answer_callback_query(self, asked: Arguments) -> Any:
        query = asked["callback_query_id"]
        if query not in self.world.queries:
            raise bad_request(
                "query is too old and response timeout expired or query ID is invalid"
            )
        if len(asked.get("text", "")) > 200:
            raise bad_request("MESSAGE_TOO_LONG")
        chat, user = self.world.queries.pop(query)
        who = str(self.world.person_json(user)["first_name"])
        self._happenings.add(
            Happening("telegram", str(chat), "told", query, who, asked.get("text", ""), self._clock(), "product")
        )  # fmt: skip
        return True
