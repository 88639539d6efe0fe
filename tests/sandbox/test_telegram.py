"""The sandbox's Telegram: as strict as the real one, and worded as the Bot API says."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import telegram
from aiohttp import web

from monitor.sandbox.faults import Fault, FaultKind, Faults
from monitor.sandbox.happenings import Happenings
from monitor.sandbox.serving import Serving
from monitor.sandbox.telegram import TelegramServer

GROUP, FORUM, SMALL, CHANNEL, TOPIC = -1001234, -1005678, -45, -100999, 77
ANN, ROSE = 7, 8
ALL = ["message", "edited_message", "my_chat_member", "message_reaction", "callback_query"]


@dataclass
class Room:
    """A sandbox, a client for it, and what was asked of it."""

    server: TelegramServer
    happenings: Happenings
    faults: Faults
    url: str = ""
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    now: datetime = datetime(2026, 6, 1, 12, tzinfo=UTC)

    def ask(self, method: str, token: str = "1000:sandbox", **values: Any) -> httpx.Response:
        return httpx.post(f"{self.url}/bot{token}/{method}", json=values, trust_env=False)

    def result(self, method: str, **values: Any) -> Any:
        answer = self.ask(method, **values).json()
        assert answer["ok"], answer
        return answer["result"]

    def refused(self, method: str, **values: Any) -> tuple[int, str]:
        answer = self.ask(method, **values)
        assert answer.json()["error_code"] == answer.status_code
        return answer.status_code, answer.json()["description"]

    def send(self, text: str = "hello", chat: int = GROUP, **more: Any) -> Any:
        return self.result("sendMessage", chat_id=chat, text=text, **more)

    def updates(self, **values: Any) -> Any:
        return self.result("getUpdates", allowed_updates=ALL, **values)


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    serving = Serving()
    yield serving
    serving.close()


def furnish(serving: Serving, **options: Any) -> Room:
    happenings, faults = Happenings(), Faults()
    room = Room(None, happenings, faults)  # type: ignore[arg-type]
    given: dict[str, Any] = {"clock": lambda: room.now} | options
    server = TelegramServer(faults, happenings, **given)
    app = server.app()

    @web.middleware
    async def note(request: web.Request, handler: Callable[..., Any]) -> Any:
        room.asked.append((request.match_info["method"], dict(await request.post())))
        return await handler(request)

    app.middlewares.insert(0, note)
    server.add_user(ANN, "Ann", "ann_lee", language_code="ko")
    server.add_user(ROSE, "Rose", "rose_bot", is_bot=True)
    server.add_chat(GROUP, "Traders", username="traders")
    server.add_chat(FORUM, "Forum", is_forum=True)
    server.add_chat(SMALL, "Small", kind="group")
    server.add_chat(CHANNEL, "News", kind="channel")
    server.add_member(GROUP, ANN, "creator")
    room.server, room.url = server, serving.serve(app)
    return room


@pytest.fixture
def room(serving: Serving) -> Room:
    return furnish(serving, per_chat_per_second=0)


# -- updates


def test_an_update_comes_until_a_higher_offset_confirms_it(room: Room) -> None:
    room.server.say(GROUP, ANN, "one")
    room.server.say(GROUP, ANN, "two")
    first, second = room.updates()
    assert room.updates() == [first, second]
    assert room.updates(offset=second["update_id"], limit=5) == [second]
    assert room.updates(offset=second["update_id"] + 1) == []
    assert room.updates() == []


def test_a_negative_offset_forgets_all_but_the_last(room: Room) -> None:
    for number in range(3):
        room.server.say(GROUP, ANN, str(number))
    assert [u["message"]["text"] for u in room.updates(offset=-1)] == ["2"]
    assert len(room.updates()) == 1


def test_an_update_is_forgotten_after_a_day(room: Room) -> None:
    room.server.say(GROUP, ANN, "old")
    room.now += timedelta(hours=25)
    assert room.updates() == []


def test_a_page_has_at_most_a_hundred(room: Room) -> None:
    for number in range(130):
        room.server.say(GROUP, ANN, str(number))
    assert len(room.updates(limit=500)) == 100


def test_a_long_poll_ends_when_somebody_speaks(room: Room) -> None:
    heard: list[Any] = []
    thread = threading.Thread(target=lambda: heard.extend(room.updates(timeout=5)))
    thread.start()
    while not room.asked:
        threading.Event().wait(0.01)
    room.server.say(GROUP, ANN, "now")
    thread.join(5)
    assert [u["message"]["text"] for u in heard] == ["now"]


def test_two_pollers_are_a_conflict_for_the_first(room: Room) -> None:
    heard: list[tuple[int, str]] = []
    thread = threading.Thread(target=lambda: heard.append(room.refused("getUpdates", timeout=5)))
    thread.start()
    while not room.asked:
        threading.Event().wait(0.01)
    assert room.updates() == []
    thread.join(5)
    assert heard[0][0] == 409
    assert "other getUpdates request" in heard[0][1]


def test_only_the_kinds_asked_for_come_and_the_list_is_remembered(room: Room) -> None:
    said = room.server.say(GROUP, ANN, "one")
    room.server.react(GROUP, ANN, said, "👍")
    room.result("getUpdates", offset=9999, allowed_updates=["message_reaction"])
    room.server.restart_update_ids(10_000)
    room.server.say(GROUP, ANN, "two")
    room.server.react(GROUP, ANN, said, "🔥")
    (update,) = room.result("getUpdates")
    assert update["message_reaction"]["new_reaction"] == [{"type": "emoji", "emoji": "🔥"}]


def test_a_webhook_forbids_polls_until_it_is_deleted(room: Room) -> None:
    room.server.webhook_url = "https://example.org/hook"
    assert room.refused("getUpdates")[0] == 409
    assert room.result("getWebhookInfo")["url"] == "https://example.org/hook"
    assert room.result("deleteWebhook") is True
    assert room.result("getUpdates") == []


def test_a_plain_member_in_privacy_mode_sees_commands_and_replies_to_it(room: Room) -> None:
    room.server.privacy_mode = True
    room.server.set_bot_status(GROUP, "member")
    ours = room.send()["message_id"]
    room.server.say(GROUP, ANN, "hi @desk_bot")
    room.server.say(GROUP, ANN, "/help")
    room.server.say(GROUP, ANN, "yes", reply_to=ours)
    texts = [u["message"]["text"] for u in room.updates() if "message" in u]
    assert texts == ["/help", "yes"]
    assert room.result("getMe")["can_read_all_group_messages"] is False


def test_a_bot_never_sees_another_bot(room: Room) -> None:
    room.server.say(GROUP, ROSE, "beep")
    assert room.updates() == []


# -- messages


def test_what_is_said_happens_for_all_to_see(room: Room) -> None:
    asked = room.server.say(GROUP, ANN, "help")
    room.send("soon", reply_parameters={"message_id": asked})
    seen = [(h.side, h.who, h.text, h.reply_to) for h in room.happenings.all]
    assert seen == [("people", "Ann", "help", None), ("product", "Desk", "soon", str(asked))]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"text": ""}, "text is empty"),
        ({"text": " \n"}, "text is empty"),
        ({"text": "😀" * 2049}, "too long"),
        ({"text": 5}, "another type"),
        ({"chat_id": "five"}, "another type"),
        ({"chat_id": -999}, "chat not found"),
        ({"colour": "red"}, "unknown parameter"),
        ({"parse_mode": "LaTeX"}, "parse_mode"),
        ({"message_thread_id": 4}, "message thread not found"),
        ({"reply_parameters": {"message_id": 404}}, "message to be replied not found"),
        ({"reply_parameters": {"id": 1}}, "unknown parameter"),
        ({"reply_parameters": {}}, "is required"),
        ({"link_preview_options": {"off": True}}, "unknown parameter"),
        ({"entities": [{"type": "bold", "offset": 0}]}, "is required"),
        ({"entities": [{"type": "bold", "offset": 0, "length": 9}]}, "outside"),
        ({"entities": [{"type": "bolt", "offset": 0, "length": 2}]}, "unsupported"),
        ({"entities": [{"type": "bold", "offset": 1, "length": 2}]}, "UTF-16"),
        ({"entities": [{"type": "text_link", "offset": 0, "length": 2}]}, "url"),
        ({"reply_markup": {"inline_keyboard": [[{"text": "x"}]]}}, "button"),
    ],
)
def test_a_message_that_telegram_would_not_take_is_refused(
    room: Room, values: dict[str, Any], words: str
) -> None:
    status, description = room.refused(
        "sendMessage", **({"chat_id": GROUP, "text": "😀ab"} | values)
    )
    assert status == 400
    assert words in description
    assert room.server.messages(GROUP) == ()


def test_a_required_parameter_is_missed(room: Room) -> None:
    assert room.refused("sendMessage", chat_id=GROUP)[0] == 400


def test_queries_forms_and_multipart_are_understood(room: Room) -> None:
    url = f"{room.url}/bot1000:sandbox/sendMessage"
    values = {"chat_id": str(GROUP), "text": "hi", "disable_notification": "true"}
    with httpx.Client(trust_env=False) as client:
        answers = [
            client.get(url, params=values),
            client.post(url, data=values),
            client.post(url, data=values, files={"unused": b""}),
        ]
    assert [a.status_code for a in answers] == [200, 200, 400]
    with httpx.Client(trust_env=False) as client:
        multipart = {name: (None, value) for name, value in values.items()}
        assert client.post(url, files=multipart).status_code == 200


def test_a_second_message_within_a_second_is_too_many(serving: Serving) -> None:
    room = furnish(serving)
    room.send()
    answer = room.ask("sendMessage", chat_id=GROUP, text="again")
    assert answer.status_code == 429
    assert answer.json()["parameters"] == {"retry_after": 1}
    assert room.send(chat=SMALL)["chat"]["id"] == SMALL
    room.now += timedelta(seconds=1)
    room.send()


def test_the_twenty_first_message_in_a_minute_is_too_many_in_a_group(room: Room) -> None:
    for _ in range(20):
        room.send()
        room.now += timedelta(seconds=1)
    answer = room.ask("sendMessage", chat_id=GROUP, text="again")
    assert answer.json()["parameters"] == {"retry_after": 40}
    room.now += timedelta(seconds=40)
    room.send()


def test_a_reply_goes_into_the_topic_of_its_question(room: Room) -> None:
    room.server.add_topic(FORUM, TOPIC, "Help")
    asked = room.server.say(FORUM, ANN, "help", thread=TOPIC)
    sent = room.send("soon", FORUM, reply_parameters={"message_id": asked})
    assert (sent["message_thread_id"], sent["is_topic_message"]) == (TOPIC, True)
    assert room.send("general", FORUM).get("message_thread_id") is None
    assert room.send("topic", FORUM, message_thread_id=TOPIC)["is_topic_message"] is True
    assert room.refused("sendMessage", chat_id=FORUM, text="x", message_thread_id=1)[0] == 400


def test_a_reply_whose_question_is_gone_may_stand_alone_if_asked(room: Room) -> None:
    gone = {"message_id": 404, "allow_sending_without_reply": True}
    assert "reply_to_message" not in room.send(reply_parameters=gone)


def test_a_migrated_group_refers_to_the_new_one(room: Room) -> None:
    new = room.server.migrate(SMALL)
    answer = room.ask("sendMessage", chat_id=SMALL, text="hi")
    assert answer.status_code == 400
    assert answer.json()["parameters"] == {"migrate_to_chat_id": new}
    assert room.send(chat=new)["chat"]["type"] == "supergroup"
    notices = [u["message"] for u in room.updates()]
    assert [n.get("migrate_to_chat_id") or n["migrate_from_chat_id"] for n in notices] == [
        new,
        SMALL,
    ]


def test_a_kicked_bot_is_told_and_forbidden(room: Room) -> None:
    room.server.kick_bot(GROUP)
    assert room.refused("sendMessage", chat_id=GROUP, text="x")[0] == 403
    (update,) = room.updates()
    assert update["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    room.server.say(GROUP, ANN, "alone at last")
    assert len(room.updates()) == 1


def test_own_messages_can_be_edited_others_cannot(room: Room) -> None:
    ours, theirs = room.send()["message_id"], room.server.say(GROUP, ANN, "mine")
    edit = {"chat_id": GROUP, "text": "better"}
    assert room.result("editMessageText", message_id=ours, **edit)["text"] == "better"
    assert "not modified" in room.refused("editMessageText", message_id=ours, **edit)[1]
    assert "can't be edited" in room.refused("editMessageText", message_id=theirs, **edit)[1]
    assert "not found" in room.refused("editMessageText", message_id=404, **edit)[1]
    assert room.result("deleteMessage", chat_id=GROUP, message_id=ours) is True
    assert room.refused("deleteMessage", chat_id=GROUP, message_id=ours)[0] == 400


def test_messages_are_pinned_by_administrators_the_last_one_on_top(room: Room) -> None:
    first, second = room.send()["message_id"], room.send()["message_id"]
    for number in (first, second, first):
        assert room.result("pinChatMessage", chat_id=GROUP, message_id=number) is True
    assert room.server.pinned(GROUP) == [second, first]
    assert room.result("unpinChatMessage", chat_id=GROUP) is True
    assert room.server.pinned(GROUP) == [second]
    assert "not found" in room.refused("unpinChatMessage", chat_id=GROUP, message_id=first)[1]
    assert "not found" in room.refused("pinChatMessage", chat_id=GROUP, message_id=404)[1]
    room.server.set_bot_status(GROUP, "member")
    assert "not enough rights" in room.refused("pinChatMessage", chat_id=GROUP, message_id=first)[1]


def test_only_known_reactions_one_at_a_time(room: Room) -> None:
    said = {"chat_id": GROUP, "message_id": room.server.say(GROUP, ANN, "help")}
    eyes, sloth = ({"type": "emoji", "emoji": emoji} for emoji in "👀🦥")
    assert room.result("setMessageReaction", reaction=[eyes], **said) is True
    assert "INVALID" in room.refused("setMessageReaction", reaction=[sloth], **said)[1]
    assert "TOO_MANY" in room.refused("setMessageReaction", reaction=[eyes, eyes], **said)[1]


def test_a_button_can_be_pressed_and_is_answered_once(room: Room) -> None:
    markup = {"inline_keyboard": [[{"text": "Take it", "callback_data": "take:1"}]]}
    sent = room.send(reply_markup=markup)
    query = room.server.press(GROUP, ANN, sent["message_id"], "take:1")
    (update,) = room.updates()
    assert update["callback_query"]["data"] == "take:1"
    assert room.result("answerCallbackQuery", callback_query_id=query) is True
    assert room.refused("answerCallbackQuery", callback_query_id=query)[0] == 400
    with pytest.raises(KeyError):
        room.server.press(GROUP, ANN, sent["message_id"], "other")


@pytest.mark.parametrize(
    ("token", "method", "status"),
    [
        ("1000:wrong", "getMe", 401),
        ("nonsense", "getMe", 404),
        ("1000:sandbox", "getMoon", 404),
        ("1000:sandbox", "logOut", 404),
    ],
)
def test_wrong_tokens_and_unknown_methods(room: Room, token: str, method: str, status: int) -> None:
    assert room.ask(method, token=token).status_code == status


def test_faults_strike_by_method_in_telegrams_words(room: Room) -> None:
    room.faults.add(Fault("telegram", "getMe", FaultKind.TOO_MANY, seconds=9))
    room.faults.add(Fault("telegram", "getMe", FaultKind.ERROR))
    assert room.result("getUpdates") == []
    assert room.ask("getMe").json()["parameters"] == {"retry_after": 9}
    assert room.ask("getMe").status_code == 503
    assert room.result("getMe")["username"] == "desk_bot"


# -- against the published specification


PLAIN: dict[str, Any] = {
    "Integer": int,
    "String": str,
    "Boolean": bool,
    "Float": (int, float),
}


class Spec:
    """Checks JSON against the types of the Bot API: required fields there, all fields known and typed."""

    def __init__(self, path: Path) -> None:
        spec = json.loads(path.read_text())
        self.types, self.methods = spec["types"], spec["methods"]

    def check(self, value: Any, kinds: list[str], where: str) -> None:
        problems = [self._problem(value, kind, where) for kind in kinds]
        assert None in problems, problems

    def _problem(self, value: Any, kind: str, where: str) -> str | None:
        if kind in PLAIN:
            right = isinstance(value, PLAIN[kind])
            right = right and (kind == "Boolean" or not isinstance(value, bool))
            return None if right else f"{where}: {value!r} is no {kind}"
        if kind.startswith("Array of "):
            inner = kind.removeprefix("Array of ")
            if not isinstance(value, list):
                return f"{where}: no list"
            found = (self._problem(v, inner, f"{where}[{i}]") for i, v in enumerate(value))
            return next((problem for problem in found if problem), None)
        return self._problem_of_object(value, self.types[kind], f"{where}<{kind}>")

    def _problem_of_object(self, value: Any, type_: dict[str, Any], where: str) -> str | None:
        if "subtypes" in type_:
            found = [self._problem(value, subtype, where) for subtype in type_["subtypes"]]
            return None if None in found else str(found)
        if not isinstance(value, dict):
            return f"{where}: no object"
        fields = {f["name"]: f for f in type_.get("fields", [])}
        unknown = set(value) - set(fields)
        missing = {n for n, f in fields.items() if f["required"]} - set(value)
        if unknown or missing:
            return f"{where}: unknown {unknown}, missing {missing}"
        for name, inner in value.items():
            found = [self._problem(inner, k, f"{where}.{name}") for k in fields[name]["types"]]
            if None not in found:
                return str(found)
        return None

    def check_request(self, method: str, values: dict[str, Any]) -> None:
        fields = {f["name"]: f for f in self.methods[method].get("fields", [])}
        assert set(values) <= set(fields), (method, values)
        assert {n for n, f in fields.items() if f["required"]} <= set(values), (method, values)
        for name, value in values.items():
            kinds = fields[name]["types"]
            self.check(
                value if kinds == ["String"] else _unformed(value), kinds, f"{method}.{name}"
            )


def _unformed(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


@pytest.fixture(scope="session")
def spec(shared: Path) -> Spec:
    path = shared / "specs" / "telegram-bot-api.json"
    if not path.is_file():
        pytest.skip(f"no Bot API specification at {path}")
    return Spec(path)


def play(room: Room) -> None:
    """Everything people can do, once."""
    server = room.server
    server.add_topic(FORUM, TOPIC, "Help")
    first = server.say(GROUP, ANN, "😀 hi @desk_bot, see https://example.org")
    server.say(GROUP, ANN, "more", reply_to=first)
    server.say(GROUP, ANN, "better", edit_of=first)
    server.say(GROUP, ANN, "caption of @ann_lee", caption=True)
    server.say(GROUP, ANN, "rich\ntext", rich=True)
    server.say(GROUP, ANN, "as the group", as_chat=GROUP)
    server.say(GROUP, ANN, "as a channel", as_chat=CHANNEL)
    server.say(GROUP, None, "forwarded", as_chat=CHANNEL, automatic=True)
    server.say(CHANNEL, None, "posted")
    server.say(FORUM, ANN, "in a topic", thread=TOPIC)
    server.react(GROUP, ANN, first, "👍")
    server.react(GROUP, ANN, first, "")
    for status in ("restricted", "member", "left", "kicked", "administrator"):
        server.set_bot_status(GROUP, status)
    server.migrate(SMALL)
    markup = {"inline_keyboard": [[{"text": "Take it", "callback_data": "take"}]]}
    sent = room.send("ours", reply_markup=markup)
    server.press(GROUP, ANN, sent["message_id"], "take")


def test_updates_are_worded_as_the_specification_says(room: Room, spec: Spec) -> None:
    everything = [f["name"] for f in spec.types["Update"]["fields"] if not f["required"]]
    room.result("getUpdates", allowed_updates=everything)
    play(room)
    updates = room.result("getUpdates")
    assert len(updates) > 15
    for update in updates:
        spec.check(update, ["Update"], "update")
        assert telegram.Update.de_json(update, None).update_id == update["update_id"]


def test_answers_are_worded_as_the_specification_says(room: Room, spec: Spec) -> None:
    room.server.add_member(GROUP, ROSE, "administrator")
    spec.check(room.send(), ["Message"], "sendMessage")
    spec.check(room.result("getMe"), ["User"], "getMe")
    spec.check(room.result("getWebhookInfo"), ["WebhookInfo"], "getWebhookInfo")
    for chat in room.server.chats:
        spec.check(room.result("getChat", chat_id=chat.id), ["ChatFullInfo"], "getChat")
    for user in (ANN, ROSE, 1000):
        member = room.result("getChatMember", chat_id=GROUP, user_id=user)
        spec.check(member, ["ChatMember"], "getChatMember")
    found = room.result("getChatAdministrators", chat_id="@traders")
    assert len(found) == 3
    spec.check(found, ["Array of ChatMember"], "getChatAdministrators")


def test_the_real_library_is_understood_and_asks_by_the_specification(
    room: Room, spec: Spec
) -> None:
    async def use() -> None:
        async with telegram.Bot("1000:sandbox", base_url=f"{room.url}/bot") as bot:
            room.server.say(GROUP, ANN, "help")
            (update,) = await bot.get_updates(timeout=1, allowed_updates=["message"])
            bold = telegram.MessageEntity("bold", 0, 4)
            reply = telegram.ReplyParameters(update.message.message_id)
            sent = await bot.send_message(
                GROUP, "Soon.", entities=[bold], reply_parameters=reply, disable_notification=True
            )
            await sent.edit_text("Done.", link_preview_options=telegram.LinkPreviewOptions(True))
            await sent.set_reaction("👍")
            assert (await bot.get_chat(GROUP)).title == "Traders"
            assert (await bot.get_chat_member(GROUP, ANN)).status == "creator"
            await sent.delete()

    asyncio.run(use())
    assert {"getMe", "getUpdates", "sendMessage", "editMessageText"} <= {m for m, _ in room.asked}
    for method, values in room.asked:
        spec.check_request(method, values)
