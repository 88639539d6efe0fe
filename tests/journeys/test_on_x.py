"""The journey on X: one person nudges below our own post. The program as a process, the real X library."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from monitor.sandbox import cast
from monitor.sandbox.sandbox import Sandbox
from tests.desks import Chat, Running, program, soon
from tests.journeys.test_from_outside import stored

OLIVER = cast.BY_KEY["oliver"]
STUCK = "My withdrawal has been stuck for 3 hours, where is my money?"
ANSWER = "It left our side at noon, please look again in ten minutes."


def test_8_four_replies_below_our_post_are_one_case_that_grows_urgent_and_reading_is_paid_from_a_budget(
    desk_of: Callable[..., Running], sandbox: Sandbox, chat: Chat
) -> None:
    now = datetime.now(UTC)

    def posts(minutes: float, who: str, text: str, reply_to: str | None = None) -> str:
        at = now - timedelta(minutes=minutes)
        return sandbox.x.post(who, text, reply_to=reply_to, lang="en", created=at)

    ours = posts(50, sandbox.x.us.username, "Withdrawals work as usual again.")
    asked = [posts(40, OLIVER.handle, STUCK, ours)]
    again = f"@{sandbox.x.us.username} still nothing, where is my money?"  # X lets us answer whoever names us
    asked += [posts(minutes, OLIVER.handle, again, ours) for minutes in (30, 20, 10)]
    running = desk_of("emma", x=True)

    card = soon("one card", lambda: chat.shows(STUCK, "asked again 3×"))
    assert re.match(r"🔴 CRITICAL|🟠 HIGH", card.text)
    ((number, opened, turn, nudges),) = stored(
        running, "SELECT id, opened_at, open_turn_at, nudges FROM cases WHERE platform = 'twitter'"
    )
    first = int((now - timedelta(minutes=40)).timestamp())
    assert (opened // 1_000_000, turn, nudges) == (first, opened, 3)

    # Everybody reads it, so its writer is shown it first; then it stands below what was asked last.
    chat.writes("emma", ANSWER, reply_to=card.message_id)
    shown = soon("a preview", lambda: next((p for p in chat.posts() if ANSWER in p.text), None))
    assert shown.text.startswith("Everybody on X will read this.")
    assert [p for p in sandbox.x.posts() if ANSWER in p.text] == []
    send = shown.markup["inline_keyboard"][0][0]["callback_data"]
    assert chat.press_data("emma", shown.message_id, send) == "On its way."
    said = soon("said on X", lambda: [p for p in sandbox.x.posts() if ANSWER in p.text])
    assert [(p.author.username, p.reply_to) for p in said] == [(sandbox.x.us.username, asked[-1])]
    soon("the card shows it", lambda: chat.shows(STUCK, "✅ Answered"))
    # Our own words open no case, and nothing was said unasked.
    assert stored(running, "SELECT id FROM cases WHERE platform = 'twitter'") == [(number,)]

    ((dollars,),) = stored(running, "SELECT dollars FROM spend WHERE account = 'x'")
    assert 0 < dollars < 1  # what was read and said, at the prices of the config
    chat.writes("emma", "/stats")
    soon("the desk tells it", lambda: [p for p in chat.posts() if re.search(r"Paid today for x: \$0\.\d\d", p.text)])  # fmt: skip
    doctor = program("check", cwd=running.desk.folder, env=running.desk.environment)
    (money,) = (line for line in doctor.all.splitlines() if "X money" in line)
    assert "at most $1000.00 a day" in money
    assert re.search(r"\$0\.0[1-9] spent today", money)


def test_8_reading_x_stops_at_its_budget_and_the_desk_is_told_once(
    desk_of: Callable[..., Running], sandbox: Sandbox, chat: Chat
) -> None:
    running = desk_of("emma", x=True, budget="0.04")
    for n in range(60):
        sandbox.x.post(f"asker{n}", f"@{sandbox.x.us.username} where is my money? {n}", lang="en")
    told = soon(
        "the desk is told", lambda: [p.text for p in chat.posts() if p.text.startswith("💸")]
    )
    assert told[0].startswith("💸 x: today's X budget of $0.04 does not allow more reading ")
    ((dollars,),) = stored(running, "SELECT dollars FROM spend WHERE account = 'x'")
    assert dollars <= 0.04
    seen = stored(running, "SELECT count(*) FROM messages WHERE platform = 'twitter'")
    asked = len(sandbox.x.requests)
    soon("time passes", lambda: "standing=spent" in running.log)
    assert len([p for p in chat.posts() if p.text.startswith("💸")]) == 1
    assert stored(running, "SELECT count(*) FROM messages WHERE platform = 'twitter'") == seen
    assert len(sandbox.x.requests) == asked
