"""Journeys with the platform's own behaviour in them: the program as a process, the real Telegram library."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from monitor.sandbox import cast
from monitor.sandbox.sandbox import Sandbox
from monitor.sandbox.voices import Saying
from tests.desks import Chat, Running, said_by_us, soon

STUCK = "提现卡了三个小时了,一直显示处理中,我的钱在哪里?"
BASIC = -4_200_001  # a basic group of the managers
EMMA, MEI = cast.BY_KEY["emma"], cast.BY_KEY["mei"]


def says(sandbox: Sandbox, who: str, text: str, reply_to: str | None = None) -> str:
    return sandbox.voices.say(
        Saying(cast.BY_KEY[who], "telegram", str(cast.ENGLISH.id), text, reply_to=reply_to)
    )


def stored(running: Running, query: str) -> list[Any]:
    with closing(sqlite3.connect(f"file:{running.desk.database}?mode=ro", uri=True)) as file:
        return file.execute(query).fetchall()


def test_1_a_stuck_withdrawal_in_chinese_in_the_english_group_below_an_old_message(
    desk_of: Callable[..., Running], sandbox: Sandbox, chat: Chat
) -> None:
    pinned = says(sandbox, "emma", "Rules of this group: be kind.")  # before there was a desk
    running = desk_of("emma", "mei")
    question = says(sandbox, "lihua", STUCK, reply_to=pinned)

    card = soon("a card", lambda: chat.card(STUCK))
    assert re.match(r"(🟠 HIGH|🔴 CRITICAL) · withdrawal · zh · #\d+", card.text)
    called = [e["user"]["id"] for e in card.entities if e["type"] == "text_mention"]
    assert called == [MEI.telegram_id]  # who reads Chinese, and nobody else

    said = soon("acknowledged", lambda: [
        m for m in sandbox.telegram.messages(cast.ENGLISH.id) if m.by_product and m.text
    ])  # fmt: skip
    assert [str(m.reply_to) for m in said] == [question]
    assert f"https://t.me/{cast.ENGLISH.username}/{question}" in card.text
    assert "工作人员绝不会主动私聊" in said[0].text  # staff never write first
    assert running.process.poll() is None


def test_2_who_answers_from_his_own_phone_has_answered(
    desk_of: Callable[..., Running], sandbox: Sandbox, chat: Chat
) -> None:
    running = desk_of("emma", "mei", triage='acknowledge_after = "15s"')
    text = "My withdrawal has been stuck for 3 hours, where is my money?"
    question = says(sandbox, "oliver", text)
    soon("a card", lambda: chat.card(text))
    posts = len(chat.posts())
    answer = says(sandbox, "emma", "Sent just now.", reply_to=question)

    card = soon("the card shows it", lambda: chat.shows(text, "✅ Answered"))
    assert re.search(rf"✅ Answered · {EMMA.name} after \d+ (s|min \d+ s)", card.text)
    assert len(chat.posts()) == posts  # edited, not said once more
    (times,) = stored(running, "SELECT c.staff_first_at, m.sent_at FROM cases c JOIN messages m "
                               f"ON m.native_id = '{answer}' AND m.place = '{cast.ENGLISH.id}'")  # fmt: skip
    assert times[0] == times[1]  # the clock stopped when he wrote, not when we looked
    pending = (
        "SELECT state, reason FROM deliveries WHERE kind = 'acknowledgement' AND state != 'queued'"
    )
    assert soon("the waiting reply is dropped", lambda: stored(running, pending)) == [
        ("cancelled", "answered meanwhile")
    ]
    assert said_by_us(sandbox, cast.ENGLISH) == []


def test_6_the_night_takes_over_what_the_day_leaves(
    desk_of: Callable[..., Running], sandbox: Sandbox, chat: Chat
) -> None:
    running = desk_of("emma")
    first = "My withdrawal has been stuck for 3 hours, where is my money?"
    second = "My account was hacked, please freeze it now!"
    says(sandbox, "oliver", first)
    says(sandbox, "priya", second)
    for text in (first, second):
        soon("a card", lambda text=text: chat.card(text))
        assert chat.press("emma", text, "✋ I take it").startswith("Yours")
    clocks = "SELECT opened_at, open_turn_at, due_at FROM cases ORDER BY id"
    before = stored(running, clocks)

    chat.writes("emma", "/handover")
    over = soon("the hand-over", lambda: next((p for p in chat.posts() if p.text.startswith(f"Hand-over by {EMMA.name}")), None))  # fmt: skip
    lines = over.text.splitlines()
    assert re.match(r"🔴 #\d+ security", lines[1])
    assert re.match(r"🟠 #\d+ withdrawal|🔴 #\d+ withdrawal", lines[2])
    assert f"2 of {EMMA.name}'s cases are free again; their clocks run on." in over.text
    soon("the card shows it", lambda: chat.shows(second, "⏳ Waiting"))
    assert stored(running, clocks) == before
    assert stored(running, "SELECT count(*) FROM cards WHERE claimed_by IS NOT NULL") == [(0,)]


def test_when_the_bot_is_thrown_out_of_the_desk_chat_alerts_come_by_mail_and_say_so(
    desk_of: Callable[..., Running], sandbox: Sandbox
) -> None:
    desk_of("emma")
    sandbox.telegram.kick_bot(cast.DESK.id)
    text = "My withdrawal has been stuck for 3 hours, where is my money?"
    says(sandbox, "oliver", text)
    mail = soon("a mail", lambda: next((m for m in sandbox.mails if "withdrawal" in m.subject), None))  # fmt: skip
    assert "The managers' chat did not take this (Telegram: " in mail.text
    assert text in mail.text


def test_when_the_desk_chat_becomes_a_supergroup_managers_go_on_there(
    desk_of: Callable[..., Running], sandbox: Sandbox
) -> None:
    sandbox.telegram.add_chat(BASIC, "Desk", "group")
    sandbox.telegram.add_member(BASIC, EMMA.telegram_id)
    running = desk_of("emma", chat=str(BASIC))
    text = "My withdrawal has been stuck for 3 hours, where is my money?"
    says(sandbox, "oliver", text)
    soon("a card", lambda: said_in(sandbox, BASIC, text))
    new = sandbox.telegram.migrate(BASIC)
    soon("a new card in the new chat", lambda: said_in(sandbox, new, text))
    sandbox.voices.say(Saying(EMMA, "telegram", str(new), "/open"))
    soon("an answer", lambda: said_in(sandbox, new, "Open: 1"))
    assert running.process.poll() is None


def said_in(sandbox: Sandbox, chat: int, words: str) -> list[Any]:
    return [m for m in sandbox.telegram.messages(chat) if m.by_product and words in m.text]
