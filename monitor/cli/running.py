"""`monitor run`: start the desk, wait for a signal, end within ten seconds."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from monitor.app import App, start
from monitor.classify.leaving import end_learning
from monitor.cli.common import read_config
from monitor.cli.troubles import RUNNING, say
from monitor.garbage import collect_seldom
from monitor.store.database import DatabaseTrouble
from monitor.store.leases import AlreadyRunning

log = logging.getLogger(__name__)
_STOPPED = "Stopped; nothing is lost."


def run(file: Path, *, standby: bool) -> int:
    """The exit code."""
    config = read_config(file)
    ended = signals()
    while True:
        try:
            app = start(config)
            break
        except AlreadyRunning as error:
            if not standby:
                say(str(error))
                return RUNNING
            if ended.wait(0.5):
                return 0
        except KeyboardInterrupt:
            if not ended.is_set():
                raise
            print(_STOPPED, file=sys.stderr)
            return 0
    return until_ended(app, ended)


def signals() -> threading.Event:
    """Set by SIGTERM and Ctrl-C; the second Ctrl-C ends at once."""
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        if ended.is_set():
            os._exit(130)
        ended.set()
        end_learning()  # the first start may be waiting for it

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return ended


def until_ended(app: App, ended: threading.Event) -> int:
    """Serve until told to end, or until the lease is lost."""
    collect_seldom()
    where = {"health": f"http://127.0.0.1:{app.health.port}/health"} if app.health else {}
    log.info("the desk runs", extra={"accounts": ",".join(app.connectors), **where})
    code = 0
    looked = time.monotonic()
    while not ended.wait(0.5):
        if app.database.damaged.is_set():
            app.stop()
            raise DatabaseTrouble(app.database.damage)
        dead = [thread.name for thread in app.threads if not thread.is_alive()]
        if dead:
            log.critical(
                "a thread ended; stopping, so that whoever watches starts us anew",
                extra={"threads": dead},
            )
            code = 1
            break
        if time.monotonic() - looked > 5:
            looked = time.monotonic()
            if not app.lease.holds():
                log.critical(
                    "the lease on the accounts was lost; another monitor may lead them now"
                )
                code = RUNNING
                break
    app.stop()
    print(_STOPPED, file=sys.stderr)
    return code
