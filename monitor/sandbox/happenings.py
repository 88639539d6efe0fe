"""What happened in the sandbox, for the page and for tests. It only remembers; it never reacts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Happening:
    """One visible thing. `kind`: said, edited, deleted, reacted, (un)pinned, told (who pressed a button), mail, fault.

    `side` is who did it: "people" (whoever typed in the sandbox) or "product" (through the API).
    """

    platform: str
    place: str
    kind: str
    native_id: str
    who: str
    text: str
    at: datetime
    side: str = "people"
    reply_to: str | None = None
    thread: str | None = None


@dataclass(slots=True)
class Happenings:
    """An append-only list with subscribers; safe to use from any thread."""

    all: list[Happening] = field(default_factory=list)
    _subscribers: list[Callable[[Happening], None]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, happening: Happening) -> None:
        """Remember and tell the subscribers."""
        with self._lock:
            self.all.append(happening)
            subscribers = tuple(self._subscribers)
        for tell in subscribers:
            tell(happening)

    def subscribe(self, tell: Callable[[Happening], None]) -> Callable[[], None]:
        """Call `tell` for each new happening; the returned function ends it."""
        with self._lock:
            self._subscribers.append(tell)

        def unsubscribe() -> None:
            with self._lock:
                if tell in self._subscribers:
                    self._subscribers.remove(tell)

        return unsubscribe
