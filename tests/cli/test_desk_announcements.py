"""A notice for many rooms from the desk chat, from the outside: the program as a process and the real Telegram library."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monitor.sandbox import cast
from monitor.sandbox.sandbox import Sandbox
from monitor.sandbox.voices import Saying
from tests.desks import Running, lay_out, soon

WRITER, APPROVER = cast.STAFF[:2]
WRITTEN = """/announce outage @rooms
en: Withdrawals are delayed until 14:00 UTC.
zh: 提现将延迟至 UTC 14:00。"""


@pytest.fixture
def at_work(tmp_path: Path, sandbox: Sandbox, run: Callable[..., Running]) -> Running:
    own = lay_out(tmp_path / "desk", sandbox)
    for name in ("rd", "x"):
        own.rewrite(f"[accounts.{name}]\n", f"[accounts.{name}]\nenabled = false\n")
    rooms = ", ".join(f'"tg:{chat.id}"' for chat in (cast.ENGLISH, cast.CHINESE))
    own.rewrite(
        "[announce.sets]\n", f'[announce]\nhold = "1s"\n\n[announce.sets]\nrooms = [{rooms}]\n'
    )
    return run(own).until_it_runs()


def writes(sandbox: Sandbox, text: str) -> None:
    sandbox.voices.say(Saying(WRITER, "telegram", str(cast.DESK.id), text))


def post(sandbox: Sandbox, *words: str) -> Any:
    """The newest post of the desk with all these words, None while there is none."""
    found = [m for m in sandbox.telegram.messages(cast.DESK.id) if m.by_product]
    return next((m for m in reversed(found) if all(w in m.text for w in words)), None)


def approves(sandbox: Sandbox, word: str) -> None:
    shown = soon("a post to approve", lambda: post(sandbox, word, "Somebody else approves it."))
    (row,) = shown.markup["inline_keyboard"]
    sandbox.telegram.press(
        cast.DESK.id, APPROVER.telegram_id, shown.message_id, row[0]["callback_data"]
    )


def stands(sandbox: Sandbox, chat: cast.TelegramChat) -> list[str]:
    return [m.text for m in sandbox.telegram.messages(chat.id) if m.by_product]


def test_a_notice_is_said_corrected_pinned_and_taken_back_in_every_room(
    at_work: Running, sandbox: Sandbox
) -> None:
    writes(sandbox, WRITTEN)
    approves(sandbox, "📣 outage")
    said = soon("receipts", lambda: post(sandbox, "📣 outage", "✅ 2 sent"))
    assert "Goes out" not in said.text
    assert stands(sandbox, cast.ENGLISH) == ["Withdrawals are delayed until 14:00 UTC."]
    assert stands(sandbox, cast.CHINESE) == ["提现将延迟至 UTC 14:00。"]

    writes(sandbox, "/correct outage\nen: Withdrawals work again.\nzh: 提现已恢复。")
    approves(sandbox, "✏️ Correction of outage")
    soon("both corrected", lambda: post(sandbox, "✏️ Correction of outage", "✅ 2 corrected"))
    assert stands(sandbox, cast.ENGLISH) == ["Withdrawals work again."]
    assert stands(sandbox, cast.CHINESE) == ["提现已恢复。"]

    writes(sandbox, "/pin outage")
    soon("both pinned", lambda: post(sandbox, "📌 Pin outage", "✅ 2 pinned"))
    assert len(sandbox.telegram.pinned(cast.ENGLISH.id)) == 1

    sandbox.telegram.set_bot_status(cast.CHINESE.id, "left")
    writes(sandbox, "/retract outage")
    approves(sandbox, "🗑 Retraction of outage")
    told = soon("receipts", lambda: post(sandbox, "🗑 Retraction of outage", "✅ 1 taken back"))
    told = soon("the failed one", lambda: post(sandbox, "✅ 1 taken back", "❌ 1 failed"))
    assert "bot is not a member" in told.text
    assert stands(sandbox, cast.ENGLISH) == []
    assert at_work.ends(signal.SIGTERM) == 0
