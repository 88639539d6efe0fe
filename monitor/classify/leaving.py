"""What a program that is told to end does about what learns: it ends it. Never learns itself."""

from __future__ import annotations

import multiprocessing
import threading

LEARNING = "learn"  # the name of the process that learns
LEAVING = threading.Event()  # this program was told to end


def end_learning() -> None:
    """For whoever is told to end: what learns ends, and nothing begins to. May be called in a signal's handler."""
    LEAVING.set()  # one that is just being started is not among the children yet
    for child in multiprocessing.active_children():
        if child.name == LEARNING:
            child.terminate()
