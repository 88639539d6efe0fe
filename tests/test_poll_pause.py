"""A platform that holds a look until there is news is asked again at once; others only after the pause."""

from __future__ import annotations

import queue
import threading
from datetime import timedelta
from typing import Any

import pytest

from monitor.core.messages import Message, Platform
from monitor.loops import Bells, Poller
from monitor.ports import Batch
from monitor.store import accounts
from monitor.testing import FakeConnector, FakePlatform, a_message
from tests.databases import quick_folder, sqlite

__all__ = ["quick_folder", "sqlite"]


class Holding(FakeConnector):
    """Its fetch waits until somebody writes."""

    waits_for_news = True

    def __init__(self) -> None:
        super().__init__(FakePlatform(), "tg", Platform.TELEGRAM)
        self.news: queue.Queue[Message] = queue.Queue()
        self.looks = 0

    def fetch(self, stream: str, cursor: str | None, limit: int) -> Batch:
        self.looks += 1
        try:
            return Batch((self.news.get(timeout=5),), next_cursor=str(self.looks), complete=True)
        except queue.Empty:
            return Batch((), next_cursor=cursor, complete=True)


class Quick(Holding):
    """The same, and says nothing of it."""

    waits_for_news = False


@pytest.mark.parametrize(("make", "looks"), [(Holding, 3), (Quick, 1)])
def test_news_of_a_platform_that_waits_is_fetched_without_a_pause(
    sqlite: Any, make: type[Holding], looks: int
) -> None:
    with sqlite.write() as connection:
        accounts.introduce(connection, "tg", "telegram")
    connector, bells, told = make(), Bells(), threading.Event()
    poller = Poller(sqlite, connector, timedelta(hours=1), bells, lambda *_: None)
    thread = threading.Thread(target=poller.run, daemon=True)
    thread.start()
    for n in range(looks):
        connector.news.put(a_message(id=str(n)))
    seen = _until(lambda: connector.news.empty() and bells.desk.is_set(), told)
    bells.stop_all()
    connector.news.put(a_message(id="99"))
    thread.join(10)
    assert seen
    assert not thread.is_alive()
    assert connector.looks >= looks


def _until(condition: Any, pause: threading.Event) -> bool:
    for _ in range(100):
        if condition():
            return True
        pause.wait(0.05)
    return False
