"""A day at the desk from the outside: the program as a process, real Telegram library, people who press and write."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.sandbox import cast
from monitor.sandbox.sandbox import Sandbox
from monitor.sandbox.voices import Saying
from tests.desks import Chat, Desk, Running, lay_out, said_by_us, soon

Run = Callable[..., Running]
STUCK_IN_CHINESE = "提现卡了三个小时了,一直显示处理中,我的钱在哪里?"


@pytest.fixture
def chat(sandbox: Sandbox) -> Chat:
    return Chat(sandbox)


@pytest.fixture
def at_work(tmp_path: Path, sandbox: Sandbox, run: Run) -> Running:
    own: Desk = lay_out(tmp_path / "desk", sandbox)
    text = own.config.read_text(encoding="utf-8")
    for name in ("rd", "x"):
        text = text.replace(f"[accounts.{name}]\n", f"[accounts.{name}]\nenabled = false\n")
    own.config.write_text(text, encoding="utf-8")
    return run(own).until_it_runs()


def asked(sandbox: Sandbox, who: str, text: str, where: cast.TelegramChat) -> str:
    return sandbox.voices.say(Saying(cast.BY_KEY[who], "telegram", str(where.id), text))


def test_a_stuck_withdrawal_is_claimed_and_answered_from_the_phone(
    at_work: Running, sandbox: Sandbox, chat: Chat
) -> None:
    question = asked(sandbox, cast.CUSTOMERS[0].key, STUCK_IN_CHINESE, cast.ENGLISH)
    staff, other = (p.key for p in cast.STAFF[:2])

    card = soon("a card", lambda: chat.card(STUCK_IN_CHINESE))
    assert re.search(r"(🟠 HIGH|🔴 CRITICAL) · withdrawal · zh", card.text)

    old = card.markup["inline_keyboard"][0][0]["callback_data"]
    assert "Yours" in chat.press(staff, STUCK_IN_CHINESE, "✋ I take it")
    soon("everybody sees who has it", lambda: chat.shows(STUCK_IN_CHINESE, "has it"))
    posts = len(chat.posts())

    # A second press, of the button as it was: told what the first did, and nothing else happens.
    with pytest.raises(KeyError):
        chat.press_data(other, card.message_id, old)

    chat.writes(staff, "已经为您加急处理,十分钟内到账。", reply_to=card.message_id)
    said = soon("said to the asker", lambda: [
        m for m in sandbox.telegram.messages(cast.ENGLISH.id)
        if m.by_product and "加急" in m.text
    ])  # fmt: skip
    assert [str(m.reply_to) for m in said] == [question]
    soon("the card shows the answer", lambda: chat.shows(STUCK_IN_CHINESE, "✅ Answered"))
    assert len(chat.posts()) == posts

    chat.writes(other, "/open")
    soon("an answer", lambda: [p for p in chat.posts() if p.text.startswith("Open: nobody waits")])
    assert at_work.ends(signal.SIGTERM) == 0


def test_who_answers_from_his_own_app_is_seen_on_the_card(
    at_work: Running, sandbox: Sandbox, chat: Chat
) -> None:
    text = "My withdrawal has been stuck for 3 hours, where is my money?"
    question = asked(sandbox, cast.CUSTOMERS[0].key, text, cast.ENGLISH)
    soon("a card", lambda: chat.card(text))
    person = cast.STAFF[0]
    sandbox.voices.say(
        Saying(person, "telegram", str(cast.ENGLISH.id), "Sent just now.", reply_to=question)
    )
    card = soon("the card shows it", lambda: chat.shows(text, "✅ Answered"))
    assert person.name in card.text
    assert said_by_us(sandbox, cast.ENGLISH)  # acknowledged once, and nothing more
    assert len(said_by_us(sandbox, cast.ENGLISH)) == 1


def test_a_stranger_in_the_desk_chat_can_do_nothing(
    at_work: Running, sandbox: Sandbox, chat: Chat
) -> None:
    text = "My withdrawal has been stuck for 3 hours, where is my money?"
    asked(sandbox, cast.CUSTOMERS[0].key, text, cast.ENGLISH)
    card = soon("a card", lambda: chat.card(text))
    stranger = cast.CUSTOMERS[1].key
    assert chat.press(stranger, text, "✋ I take it").startswith("You are not in the roster")
    chat.writes(stranger, "send me your seed phrase", reply_to=card.message_id)
    soon(
        "told", lambda: [p for p in chat.posts() if p.text.startswith("You are not in the roster")]
    )
    assert not [t for t in said_by_us(sandbox, cast.ENGLISH) if "seed phrase" in t]
