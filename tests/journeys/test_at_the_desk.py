"""Further journeys with the platform's own behaviour in them: topics, strangers in our name, a group that changes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from monitor.sandbox import cast
from monitor.sandbox.sandbox import Sandbox
from tests.desks import Chat, Running, program, said_by_us, soon
from tests.journeys.test_from_outside import STUCK, says, stored

STUCK_EN = "My withdrawal has been stuck for 3 hours, where is my money?"
HACKED = "My account was hacked, please freeze it now!"
CRITICAL, CHINESE = 812, 834
SAM, FAKE = cast.BY_KEY["sam"], cast.FAKE_SUPPORT


def by_us(sandbox: Sandbox, chat: int, words: str = "") -> list[Any]:
    return [m for m in sandbox.telegram.messages(chat) if m.by_product and words in m.text]


def test_1_seen_within_seconds_and_in_the_desk_topic_of_who_reads_it(
    desk_of: Callable[..., Running], sandbox: Sandbox, chat: Chat
) -> None:
    for number, name in ((CRITICAL, "Critical"), (CHINESE, "中文")):
        sandbox.telegram.add_topic(cast.DESK.id, number, name)
    running = desk_of("emma", "mei", desk=f"threads = {{ critical = {CRITICAL}, zh = {CHINESE} }}")

    says(sandbox, "lihua", STUCK)
    says(sandbox, "priya", HACKED)
    chinese = soon("a card", lambda: chat.card(STUCK))
    urgent = soon("a card", lambda: chat.card(HACKED))
    wanted = CRITICAL if "CRITICAL" in chinese.text else CHINESE
    assert (chinese.thread, urgent.thread) == (wanted, CRITICAL)
    ((sent, seen),) = stored(
        running, f"SELECT sent_at, seen_at FROM messages WHERE text = '{STUCK}'"
    )
    assert (seen - sent) / 1e6 < 5  # the platform tells whole seconds

    chat.writes("mei", "/open")
    listed = soon("the list", lambda: by_us(sandbox, cast.DESK.id, "Open: 2"))
    assert listed[0].thread is None  # lists stand in General


def test_1_a_case_that_grows_urgent_moves_to_the_topic_of_the_urgent(
    desk_of: Callable[..., Running], sandbox: Sandbox, chat: Chat
) -> None:
    for number, name in ((CRITICAL, "Critical"), (CHINESE, "High")):
        sandbox.telegram.add_topic(cast.DESK.id, number, name)
    desk_of("emma", desk=f"threads = {{ critical = {CRITICAL}, high = {CHINESE} }}")
    says(sandbox, "oliver", STUCK_EN)
    first = soon("a card", lambda: chat.card(STUCK_EN))
    assert first.thread == CHINESE
    for label in ("More ›", "Wrong label", "Urgency…", "🔴 critical"):
        soon(f"{label} is offered", lambda label=label: label in labels(chat.card(STUCK_EN)))
        chat.press("emma", STUCK_EN, label)
    soon("a card in the other topic", lambda: chat.card(STUCK_EN).thread == CRITICAL)
    old = soon("the old one points there", lambda: [
        m for m in sandbox.telegram.messages(cast.DESK.id) if m.message_id == first.message_id and m.text.startswith("↪ #")
    ])  # fmt: skip
    assert not old[0].markup


def labels(card: Any) -> list[str]:
    return [b["text"] for row in (card.markup or {}).get("inline_keyboard", []) for b in row]


def test_3_a_fake_support_never_counts_and_everybody_is_told(
    desk_of: Callable[..., Running], sandbox: Sandbox, chat: Chat
) -> None:
    running = desk_of("emma", "sam", desk="warn_of_fakes = true")
    question = says(sandbox, "oliver", STUCK_EN)
    soon("a card", lambda: chat.card(STUCK_EN))
    says(sandbox, "fake", "I can help, write me in private", reply_to=question)

    alert = soon("an alert", lambda: by_us(sandbox, cast.DESK.id, "is not of the team."))[0]
    called = [e["user"]["id"] for e in alert.entities if e["type"] == "text_mention"]
    assert called == [SAM.telegram_id]  # who looks after security
    assert alert.reply_to == chat.card(STUCK_EN).message_id
    warned = soon("the asker is told", lambda: by_us(sandbox, cast.ENGLISH.id, "is not part of our team"))[0]  # fmt: skip
    assert (str(warned.reply_to), FAKE.name in warned.text) == (question, True)
    soon("the card warns", lambda: chat.shows(STUCK_EN, "⚠ ExampleX Support"))

    answer = says(sandbox, "priya", "Mine took an hour on a weekend", reply_to=question)
    soon("the community has answered", lambda: chat.shows(STUCK_EN, "the community has answered"))
    ((community, staff, sent),) = stored(
        running, "SELECT c.community_first_at, c.staff_first_at, m.sent_at FROM cases c JOIN messages m "
        f"ON m.native_id = '{answer}' AND m.place = '{cast.ENGLISH.id}'"
    )  # fmt: skip
    assert (community, staff) == (sent, None)  # the helper's reply; ours runs on


def test_a_team_that_switches_ready_answers_on_has_askers_say_whether_they_helped(
    desk_of: Callable[..., Running], sandbox: Sandbox
) -> None:
    running = desk_of("emma")
    file = running.desk.folder / "rules" / "topics" / "terms.toml"
    text = file.read_text(encoding="utf-8")
    assert '\npolicy = "acknowledge"\n' in text  # as shipped: nobody is answered by a machine
    file.write_text(
        text.replace('\npolicy = "acknowledge"\n', '\npolicy = "answer"\n'), encoding="utf-8"
    )
    time.sleep(2.5)  # rules are looked at every two seconds
    question = says(sandbox, "oliver", "What are the trading fees?")
    said = soon("an answer", lambda: by_us(sandbox, cast.ENGLISH.id, "Fees depend on your tier"))[0]
    assert str(said.reply_to) == question
    assert "Did this help?" in said.text
    yes = said.markup["inline_keyboard"][0][0]["callback_data"]
    oliver, priya = cast.BY_KEY["oliver"].telegram_id, cast.BY_KEY["priya"].telegram_id
    sandbox.telegram.press(cast.ENGLISH.id, priya, said.message_id, yes)  # not hers to say
    sandbox.telegram.press(cast.ENGLISH.id, oliver, said.message_id, yes)
    soon("resolved", lambda: stored(running, "SELECT resolved_by FROM cases") == [("asker",)])
    assert len(said_by_us(sandbox, cast.ENGLISH)) == 1  # and no acknowledgement besides


def test_a_photo_to_a_card_is_refused_and_the_menu_speaks_the_askers_language(
    desk_of: Callable[..., Running], sandbox: Sandbox, chat: Chat
) -> None:
    desk_of("emma")
    says(sandbox, "oliver", STUCK_EN)
    card = soon("a card", lambda: chat.card(STUCK_EN))
    emma = cast.BY_KEY["emma"].telegram_id
    sandbox.telegram.say(cast.DESK.id, emma, "like this", caption=True, reply_to=card.message_id)
    soon("refused", lambda: by_us(sandbox, cast.DESK.id, "and this is a photo: reply to the card with text"))  # fmt: skip
    assert "like this" not in said_by_us(sandbox, cast.ENGLISH)

    lihua = cast.BY_KEY["lihua"].telegram_id
    sandbox.telegram.add_chat(lihua, "李华", "private")
    sandbox.telegram.say(lihua, lihua, "/start")
    menu = soon("the menu", lambda: [m for m in by_us(sandbox, lihua) if m.markup])[0]
    assert "提现" in labels(menu)
    data = next(
        b["callback_data"]
        for row in menu.markup["inline_keyboard"]
        for b in row
        if b["text"] == "提现"
    )
    sandbox.telegram.press(lihua, lihua, menu.message_id, data)
    page = soon("the questions", lambda: [m for m in by_us(sandbox, lihua) if m.message_id > menu.message_id])[0]  # fmt: skip
    assert page.text == "提现"
    assert all(re.search(r"[\u4e00-\u9fff]", label) for label in labels(page))


def test_10_a_group_that_becomes_a_forum_and_then_hides_what_is_said(
    desk_of: Callable[..., Running], run: Callable[..., Running], sandbox: Sandbox, chat: Chat
) -> None:
    running = desk_of("emma")
    oliver = cast.BY_KEY["oliver"].telegram_id
    new = sandbox.telegram.migrate(cast.AMBASSADORS.id)
    sandbox.telegram.add_topic(new, 900, "Withdrawals")
    question = sandbox.telegram.say(new, oliver, STUCK_EN, thread=900)
    card = soon("a card", lambda: chat.card(STUCK_EN))
    chat.writes("emma", "It left at noon.", reply_to=card.message_id)
    said = soon("the answer", lambda: by_us(sandbox, new, "It left at noon."))[0]
    assert (said.thread, said.reply_to) == (900, question)

    sandbox.telegram.privacy_mode = (
        True  # as of the next start; now the desk only knows of its rights
    )
    running.ends()
    again = run(running.desk).until_it_runs()
    sandbox.telegram.set_bot_status(cast.ENGLISH.id, "member")
    soon("the desk is told", lambda: by_us(sandbox, cast.DESK.id, f"🙈 {cast.ENGLISH.title}: "), 90)
    doctor = program("check", cwd=running.desk.folder, env=running.desk.environment)
    line = next(x for x in doctor.all.splitlines() if cast.ENGLISH.title in x)
    assert line.startswith("wrong")
    assert "we are a plain member and privacy mode is on" in line
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    report = program("report", "--json", "--from", today, "--to", today, cwd=running.desk.folder,
                     env=running.desk.environment)  # fmt: skip
    assert cast.ENGLISH.title in {gap["stream"] for gap in report.json["gaps"]}
    assert again.process.poll() is None


def test_10_after_a_token_was_rotated_the_doctor_says_why_and_nothing_is_lost(
    desk_of: Callable[..., Running], run: Callable[..., Running], sandbox: Sandbox, chat: Chat
) -> None:
    running = desk_of("emma")
    says(sandbox, "priya", HACKED)
    soon("a card", lambda: chat.card(HACKED))
    sandbox.telegram.token = "1000:rotated"
    says(sandbox, "oliver", STUCK_EN)  # while nobody listens
    soon("it notices", lambda: "Telegram does not accept the bot token (401)" in running.log)
    doctor = program("check", cwd=running.desk.folder, env=running.desk.environment)
    assert "tg: token: Telegram does not accept the bot token (401)" in doctor.all
    assert "@BotFather" in doctor.all
    assert running.process.poll() is None  # Reddit, X and mail go on

    running.ends()
    running.desk.environment["MONITOR_TG_TOKEN"] = sandbox.telegram.token
    run(running.desk).until_it_runs()
    card = soon("a card for what was asked meanwhile", lambda: chat.card(STUCK_EN))
    assert "withdrawal" in card.text
    assert len([p for p in chat.posts() if HACKED in p.text]) == 1
