"""Translations by models on this machine (OPUS-MT, M2M100) in a process of their own. It may die or hang: then there is
no translation for a while, and nothing else is hurt.
"""

from __future__ import annotations

import logging
import multiprocessing
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from monitor.classify.translator_worker import Done, Failed, Wanted, serve
from monitor.core.text import capped

log = logging.getLogger(__name__)
ANY = "*"
_REST = 300.0  # seconds without it after it has failed
_LONGEST_PIECE = 400
_SENTENCE = re.compile(r"(?<=[.!?。！？…])\s*")


class Seq2SeqTranslator:
    """A `monitor.ports.Translator`. Safe to use from several threads; one text after another is translated."""

    def __init__(
        self,
        folders: Mapping[str, Path],
        timeout: float = 20.0,
        *,
        start: Callable[[Connection], None] = serve,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`folders`: a model by direction ("zh-en"), or by "*" for one that knows all. `timeout` in seconds for one
        call; the first of a model waits longer, because it is loaded."""
        self._folders = dict(folders)
        self._timeout = timeout
        self._start = start
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._process: Any = None
        self._pipe: Connection | None = None
        self._loaded: set[str] = set()
        self._rests_until = 0.0
        self.problem: str | None = None

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        """None for each that could not be had."""
        folder = self._folder(source, target)
        if folder is None or source == target or not texts:
            return [None for _ in texts]
        pieces = [(at, piece) for at, text in enumerate(texts) for piece in split(capped(text))]
        done = self._asked(Wanted(str(folder), tuple(p for _, p in pieces), source, target))
        if done is None:
            return [None for _ in texts]
        joined: list[list[str]] = [[] for _ in texts]
        for (at, _), said in zip(pieces, done, strict=True):
            joined[at].append(said)
        return [" ".join(own).strip() or None for own in joined]

    def _folder(self, source: str, target: str) -> Path | None:
        short = f"{source.partition('-')[0]}-{target.partition('-')[0]}"
        keys = (f"{source}-{target}", short, ANY)
        return next((self._folders[key] for key in keys if key in self._folders), None)

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _asked(self, wanted: Wanted) -> tuple[str, ...] | None:
        if not wanted.texts:
            return ()
        with self._lock:
            if self._monotonic() < self._rests_until:
                return None
            try:
                answer = self._answer(wanted)
            except (OSError, EOFError, ValueError) as error:
                answer = Failed(f"the translating process ended ({type(error).__name__})")
            if isinstance(answer, Done):
                self._loaded.add(wanted.folder)
                self.problem = None
                return answer.texts
            self._give_up(answer.why)
            return None

    def _answer(self, wanted: Wanted) -> Done | Failed:
        if self._process is None or not self._process.is_alive():
            self._begin()
        assert self._pipe is not None  # noqa: S101 - begun above
        self._pipe.send(wanted)
        patience = self._timeout if wanted.folder in self._loaded else self._timeout + 60
        if not self._pipe.poll(patience):
            return Failed(f"no translation within {patience:.0f} s")
        answer = self._pipe.recv()
        return (
            answer if isinstance(answer, Done) else Failed(str(getattr(answer, "why", "no answer")))
        )

    def _begin(self) -> None:
        self._end()
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(
            target=self._start, args=(other,), name="translate", daemon=True
        )
        self._process.start()
        other.close()

    def _end(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.kill()
            self._process.join(5)
        self._process, self._pipe, self._loaded = None, None, set()

    def _give_up(self, why: str) -> None:
        self._end()
        self._rests_until = self._monotonic() + _REST
        self.problem = (
            f"{why[:1].upper()}{why[1:]}. Nothing is translated for {_REST / 60:.0f} minutes."
        )
        log.warning("no translation", extra={"reason": why})


def split(text: str) -> list[str]:
    """Pieces that a model can take: lines, long ones at the ends of sentences; nothing is dropped but blanks."""
    found: list[str] = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        piece = ""
        for sentence in _SENTENCE.split(line):
            if piece and len(piece) + len(sentence) > _LONGEST_PIECE:
                found.append(piece)
                piece = ""
            piece = f"{piece} {sentence}".strip()
        found += [
            piece[at : at + 3 * _LONGEST_PIECE] for at in range(0, len(piece), 3 * _LONGEST_PIECE)
        ]
    return found
