"""A transformer in a process of its own, as seen from here. Whatever happens to it, whoever asks gets an answer or Away
in time; it is started again by itself. This side imports neither torch nor transformers.

One question at a time is on its way, and its answer comes in parts while the model reads on. We only listen meanwhile,
so neither end can wait for the other to empty the pipe.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.classify.lightencoder import readable
from monitor.classify.transformercoming import Away as Away
from monitor.classify.transformercoming import Coming, hand_out
from monitor.classify.transformerworker import BATCH, Broken, Part, Raw, Ready, serve

Floats = NDArray[np.float32]
_LOADING = 180.0  # seconds; a cold disk is slow, and so is a busy machine
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 300.0
_AT_ONCE = 512  # texts of one question, so that others get a turn
_UNREADABLE = (ArithmeticError, AttributeError, ImportError, LookupError, MemoryError, RuntimeError, TypeError,
               UnpicklingError, ValueError)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """Which model, and how patient to be with it. Seconds. `answer_within` is for sixteen texts, which is what comes at
    once.
    """

    folder: Path
    name: str
    prefix: str = "query: "
    longest: int = 128
    linger: float = 0.004
    answer_within: float = 10.0


Serve = Callable[[Connection, str, str, int], None]


@dataclass(frozen=True, slots=True)
class _Child:
    process: BaseProcess
    pipe: Connection

    def end(self) -> None:
        """At once: it keeps nothing that could be lost."""
        self.process.kill()
        self.process.join(5)
        with contextlib.suppress(OSError):
            self.pipe.close()


@dataclass(slots=True)
class _Standing:
    """What is known of the child. `until` is when the next start may be tried."""

    child: _Child | None = None
    ready: Ready | None = None
    trouble: str | None = None
    failures: int = 0
    until: float = 0.0
    starting: bool = False
    closed: bool = False


class Remote:
    """Asks the process, kills it when it hangs, starts it again when it is gone, each time later. Safe to use from any
    thread: what several ask within a few milliseconds is asked at once.
    """

    def __init__(
        self,
        setting: Setting,
        *,
        target: Serve = serve,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is started before it is asked for. `target` is what runs in the process."""
        self.setting = setting
        self._target = target
        self._monotonic = monotonic
        self._standing = _Standing()
        self._changed = threading.Condition()
        self._waiting: list[Coming] = []
        self._asking = False
        self._turn = threading.Lock()

    @property
    def ready(self) -> Ready | None:
        """What the model says of itself, None before it was ever loaded."""
        return self._standing.ready

    @property
    def trouble(self) -> str | None:
        """What is wrong, None while it works or is being started for the first time."""
        return self._standing.trouble

    @property
    def resting(self) -> bool:
        """Is it too soon after a failure to try again?"""
        return self._monotonic() < self._standing.until

    @property
    def pid(self) -> int | None:
        """Of the process, None while there is none."""
        child = self._standing.child
        return child.process.pid if child else None

    def encode(self, texts: Sequence[str]) -> Floats:
        """One row of length 1 a text. Away when that cannot be had now."""
        starts = range(0, max(1, len(texts)), _AT_ONCE)
        return np.concatenate([self.begin(texts[at : at + _AT_ONCE]).whole() for at in starts])

    def begin(self, texts: Sequence[str]) -> Coming:
        """Have them read as one question, the longest first. Who asks need not wait."""
        coming = Coming([readable(text) for text in texts], self.ready.width if self.ready else 0)
        if texts:
            with self._changed:
                self._waiting.append(coming)
                idle, self._asking = not self._asking, True
            if idle:
                try:
                    threading.Thread(target=self._ask, name="ask", daemon=True).start()
                except RuntimeError:  # there is no room for one, or the program is about to end
                    self._ask()
        return coming

    def raw(self, texts: Sequence[str]) -> Raw:
        """The bare forward passes over these texts, timed over there. Away."""
        with self._turn:
            child = self._put("raw", [readable(text) for text in texts])
            found: Raw = self._answer(child, max(1.0, len(texts) / BATCH))
            return found

    def wait(self) -> Ready:
        """Start it if need be and wait until it is there. Away when it does not come."""
        self._begin()
        with self._changed:
            self._changed.wait_for(lambda: not self._standing.starting)
        if self._standing.child is None or self._standing.ready is None:
            raise Away(self._standing.trouble or "the model is not there")
        return self._standing.ready

    def close(self) -> None:
        """End the process for good."""
        with self._changed:
            self._standing.closed = True
            child, self._standing.child = self._standing.child, None
        if child:
            child.end()

    def _ask(self) -> None:
        """Until nobody waits any more. A thread for this time: a new one puts its question at once, while one that
        is woken first waits for whoever computes.
        """
        if len(self._waiting[0].texts) < BATCH:
            time.sleep(self.setting.linger)  # others may come, and go with this one
        while asked := self._next():
            why = "the model's answer cannot be read"
            with self._turn:
                try:
                    self._listen(asked)
                except Away as away:
                    why = str(away)
                except _UNREADABLE:
                    self._lost(why)
            for one in asked:
                one.away(why)  # nobody waits for what did not come

    def _next(self) -> list[Coming]:
        """Whoever waits longest; with a few texts, together with all that have a few."""
        with self._changed:
            few = [one for one in self._waiting if len(one.texts) < BATCH]
            found = few if self._waiting[:1] == few[:1] else self._waiting[:1]
            self._waiting = [one for one in self._waiting if one not in found]
            self._asking = bool(found)
            return found

    def _listen(self, asked: Sequence[Coming]) -> None:
        texts = [text for one in asked for text in one.texts]
        child, left = self._put("encode", texts), len(texts)
        while left > 0:
            part: Part = self._answer(child)
            left -= len(part.places)
            hand_out(part.places, part.rows, asked)

    def _put(self, kind: str, texts: Sequence[str]) -> _Child:
        child = self._standing.child
        if child is None:
            self._begin()
            raise Away(self._standing.trouble or "the model is being loaded")
        try:
            child.pipe.send((kind, list(texts)))
        except OSError:
            raise self._lost("the model's process died") from None
        return child

    def _answer(self, child: _Child, batches: float = 1.0) -> Any:
        patience = self.setting.answer_within * batches
        try:
            if not child.pipe.poll(patience):
                raise self._lost(f"the model did not answer within {patience:.0f} s and was ended")
            answer = child.pipe.recv()
        except (OSError, EOFError):
            raise self._lost("the model's process died") from None
        if isinstance(answer, Broken):
            raise self._lost(answer.why)
        with self._changed:
            self._standing.failures, self._standing.trouble = 0, None
        return answer

    def _lost(self, why: str) -> Away:
        """End what is left of it; the next start may be tried after a pause that doubles."""
        with self._changed:
            child, self._standing.child = self._standing.child, None
            self._pause(why)
        if child:
            child.end()
        return Away(why)

    def _pause(self, why: str) -> None:
        now = self._standing
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**now.failures)
        now.failures, now.until = now.failures + 1, self._monotonic() + pause
        now.trouble = now.trouble or why  # told once, by its first cause

    def _begin(self) -> None:
        """Start in the background, unless that is under way or it is too soon."""
        with self._changed:
            now = self._standing
            if now.child or now.starting or now.closed or self._monotonic() < now.until:
                return
            now.starting = True
        threading.Thread(target=self._start, name="transformer", daemon=True).start()

    def _start(self) -> None:
        child: _Child | None = None
        said: Ready | Broken = Broken("the model's process could not be started")
        try:
            child = self._spawned()
            said = self._hello(child)
        except (OSError, EOFError, RuntimeError):
            said = Broken("the model's process died while loading")
        finally:
            self._settle(child, said)

    def _settle(self, child: _Child | None, said: Ready | Broken) -> None:
        with self._changed:
            now = self._standing
            now.starting = False
            good = isinstance(said, Ready) and child is not None and not now.closed
            if isinstance(said, Ready) and good:
                now.child, now.ready = child, said
            else:
                self._pause(said.why if isinstance(said, Broken) else "closed")
            self._changed.notify_all()
        if child and not good:
            child.end()

    def _spawned(self) -> _Child:
        spawn = multiprocessing.get_context("spawn")
        here, there = spawn.Pipe()
        own = self.setting
        arguments = (there, str(own.folder), own.prefix, own.longest)
        process = spawn.Process(
            target=self._target, args=arguments, name="transformer", daemon=True
        )
        process.start()
        there.close()
        return _Child(process, here)

    def _hello(self, child: _Child) -> Ready | Broken:
        if not child.pipe.poll(_LOADING):
            return Broken(f"the model was not loaded within {_LOADING:.0f} s")
        said: Ready | Broken = child.pipe.recv()
        return said
