"""How fast a press is answered: the sandbox's Telegram, the real library, the real threads, over loopback HTTP."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import Any

import sqlalchemy as sa

from monitor import app, assets
from monitor.config import load
from monitor.core.messages import Author, Message, Platform
from monitor.ports import Batch
from monitor.sandbox import cast, settings
from monitor.sandbox.happenings import Happening
from monitor.sandbox.sandbox import Sandbox
from monitor.store import messages
from monitor.store.tables import cases

PATIENCE = 120.0


def pressing(folder: Path, environment: Any, *, waiting: int, presses: int) -> dict[str, Any]:
    """Milliseconds from a press to its answer, while so many cases wait."""
    with Sandbox() as sandbox:
        sandbox.populate()
        environment.update(sandbox.secrets())
        running = app.start(load(_config(folder, sandbox)), mails_weekly=False)
        try:
            _ask(running.database, waiting)
            _until(lambda: _open(running.database) >= waiting)
            _until(lambda: len(_cards(sandbox)) >= 4)
            waits = Presser(sandbox).press(presses)
        finally:
            running.stop()
    waits.sort()
    return {
        "open_cases": waiting, "presses": len(waits), "p50_ms": round(statistics.median(waits), 1),
        "p99_ms": round(waits[int(0.99 * (len(waits) - 1))], 1), "max_ms": round(waits[-1], 1),
    }  # fmt: skip


def _config(folder: Path, sandbox: Sandbox) -> Path:
    copytree(assets.path("rules"), folder / "rules")
    (folder / "rules" / "roster.toml").write_text(settings.roster(sandbox.author_id), encoding="utf-8")  # fmt: skip
    text = settings.config(sandbox.at, health_port=0)
    for name in ("rd", "x"):
        text = text.replace(f"[accounts.{name}]\n", f"[accounts.{name}]\nenabled = false\n")
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def _ask(database: Any, how_many: int) -> None:
    now = datetime.now(UTC)
    asked = tuple(
        Message(Platform.TELEGRAM, str(cast.ENGLISH.id), str(500_000 + n), Author(f"7{n:05}", name=f"Person {n}"),
                "My withdrawal has been stuck for 3 hours, where is my money?", now, place_kind="supergroup")
        for n in range(how_many)
    )  # fmt: skip
    with database.write() as connection:
        messages.save_batch(connection, "tg", "bench", Batch(asked), now)


def _open(database: Any) -> int:
    with database.read() as connection:
        query = sa.select(sa.func.count()).where(cases.c.open_turn_at.is_not(None))
        return int(connection.execute(query).scalar_one())


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the desk did not get there")
        time.sleep(0.05)


def _cards(sandbox: Sandbox) -> list[Any]:
    said = sandbox.telegram.messages(cast.DESK.id)
    return [m for m in said if m.by_product and m.markup and m.markup.get("inline_keyboard")]


class Presser:
    """Presses one card after the other and waits for what it is told."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._told: dict[str, float] = {}
        self._heard = threading.Event()
        sandbox.happenings.subscribe(self._note)

    def _note(self, happening: Happening) -> None:
        if happening.kind == "told":
            self._told[happening.native_id] = time.perf_counter()
            self._heard.set()

    def press(self, times: int) -> list[float]:
        """Every card in turn, always its first button as it is shown then."""
        waits: list[float] = []
        while len(waits) < times:
            for card in _cards(self._sandbox)[:times]:
                waits.append(self._once(card))
                time.sleep(0.1)
        return waits[:times]

    def _once(self, card: Any) -> float:
        telegram = self._sandbox.telegram
        shown = next(m for m in telegram.messages(cast.DESK.id) if m.message_id == card.message_id)
        data = shown.markup["inline_keyboard"][0][0]["callback_data"]
        began = time.perf_counter()
        query = telegram.press(cast.DESK.id, cast.STAFF[0].telegram_id, card.message_id, data)
        deadline = began + PATIENCE
        while query not in self._told:
            if not self._heard.wait(max(0.0, deadline - time.perf_counter())):
                raise TimeoutError("a press was never answered")
            self._heard.clear()
        return 1e3 * (self._told[query] - began)
