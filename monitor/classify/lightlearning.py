"""Learns the light tier's heads in a short-lived process, which takes with it the memory that learning needs. Decides
nothing about what is learned, and leaves no process behind.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from monitor.classify.leaving import LEARNING, LEAVING
from monitor.classify.lightencoder import Encoder, NoEncoder, one_processor
from monitor.classify.lightmodel import Model
from monitor.classify.lighttraining import Learn, Matter, learned

_BROKEN = (ArithmeticError, LookupError, ValueError, RuntimeError, MemoryError, TypeError, OSError)
# What a child cannot be started with: no room for it, something that cannot be sent to it, or we are one ourselves.
_NO_CHILD = (OSError, pickle.PicklingError, AttributeError, TypeError, AssertionError)
_ORDERLY = (-signal.SIGTERM, -signal.SIGINT)
Make = Callable[[], Encoder]


class NotLearned(RuntimeError):
    """The process could not learn; str() says why."""


class Ended(Exception):
    """Learning was ended before it was done, by whoever ends the program."""


def serve(pipe: Connection, matter: Matter, make: Make) -> None:
    """Learn, say the result or what went wrong, and be gone; at once when the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ends without a word: who started us has the word
    threading.Thread(target=_leave_with, args=(pipe,), daemon=True).start()
    one_processor()
    try:
        pipe.send(learned(matter, make() if matter.unread else None))
    except (*_BROKEN, NoEncoder) as error:
        pipe.send(f"{type(error).__name__}: {error}")


def _leave_with(pipe: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        pipe.recv_bytes()  # nobody says anything: it ends when whoever started us does
    os._exit(0)


class School:
    """Learns in a child; where none can be started, here. Safe to use from any thread."""

    def __init__(
        self,
        make: Make,
        *,
        here: Learn = learned,
        target: Callable[[Connection, Matter, Make], None] = serve,
    ) -> None:
        """`make` makes the encoder there; `here` is how it is learned without a child, `target` runs in it."""
        self._make = make
        self._here = here
        self._target = target
        self._lock = threading.Lock()
        self._children: set[BaseProcess] = set()
        self._closed = False

    def __call__(self, matter: Matter, encoder: Encoder) -> Model:
        """The heads. `encoder` reads for it where it is learned here. NotLearned, Ended."""
        try:
            child, pipe = self._started(matter)
        except _NO_CHILD:
            return self._here(matter, encoder)
        try:
            if LEAVING.is_set():
                raise Ended
            said = _heard(pipe)
            child.join()
            if isinstance(said, Model):
                return said
            why = said or self._silence(child.exitcode or 0)
            if why:
                raise NotLearned(why)
        finally:
            self._forget(child)
            pipe.close()
        return self._here(matter, encoder)

    def close(self) -> None:
        """End what learns now; nothing is learned any more."""
        with self._lock:
            self._closed, children = True, set(self._children)
        for child in children:
            child.kill()

    def _started(self, matter: Matter) -> tuple[BaseProcess, Connection]:
        spawn = multiprocessing.get_context("spawn")
        ours, theirs = spawn.Pipe()
        arguments = (theirs, matter, self._make)
        child = spawn.Process(target=self._target, args=arguments, name=LEARNING, daemon=True)
        with self._lock, theirs:
            if self._closed or LEAVING.is_set():
                raise Ended
            try:
                child.start()
            except _NO_CHILD:
                ours.close()
                raise
            self._children.add(child)
        return child, ours

    def _silence(self, code: int) -> str | None:
        """Why a child is gone that said nothing; None: it never got as far as learning."""
        if self._closed or code in _ORDERLY:
            raise Ended
        if code < 0:
            return f"the process that learns was killed (signal {-code}); is there memory enough?"
        return None

    def _forget(self, child: BaseProcess) -> None:
        with self._lock:
            self._children.discard(child)
        child.kill()  # it is gone, unless we were interrupted while waiting for it
        child.join()


def _heard(pipe: Connection) -> Model | str | None:
    """What the child says; None when it goes without a word."""
    try:
        said: Model | str = pipe.recv()
    except (EOFError, OSError):
        return None
    return said
