"""Stand-ins for the process that learns: each misbehaves in its own way."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from monitor.classify.lightencoder import NoEncoder
from monitor.classify.lightlearning import School, serve
from tests.classify.lightly import WordEncoder


def no_encoder() -> Any:
    """Where the encoder's files have gone."""
    raise NoEncoder("the encoder is away")


def dying(pipe: Connection, matter: Any, make: Any) -> None:
    """Is gone before it was there."""
    os._exit(1)


def killed(pipe: Connection, matter: Any, make: Any) -> None:
    """Takes more memory than there is."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class _Sleepy:
    pid: str

    def __call__(self) -> Any:
        draft = Path(f"{self.pid}.tmp")
        draft.write_text(str(os.getpid()))
        draft.rename(self.pid)
        time.sleep(600)


@dataclass
class Slow:
    """Never comes to an end. Where it is has been written to a file."""

    pid: Path

    def __call__(self, pipe: Connection, matter: Any, make: Any) -> None:
        """As the real one, with an encoder that sleeps."""
        serve(pipe, matter, _Sleepy(str(self.pid)))


@dataclass
class Then:
    """Learns once as `first`, then as slowly as that."""

    first: School
    slow: Slow

    def __post_init__(self) -> None:
        self.school = self.first

    def __call__(self, matter: Any, encoder: Any) -> Any:
        """Learn."""
        found = self.school(matter, encoder)
        self.school = School(WordEncoder, target=self.slow)
        return found

    def close(self) -> None:
        """End it."""
        self.school.close()


def a_desk(pid: str, matter: Any) -> None:
    """A process that waits for one that learns."""
    School(WordEncoder, target=Slow(Path(pid)))(matter, WordEncoder())
