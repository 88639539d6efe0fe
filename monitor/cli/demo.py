"""`monitor demo` and `monitor sandbox`: the whole product on one machine, without keys and without a network."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from pathlib import Path

from rich.console import Console

from monitor.app import App, house_of, house_rules, open_store, start
from monitor.cli.common import WrongUse, read_config, utc_now
from monitor.cli.running import signals, until_ended
from monitor.config import Config
from monitor.sandbox.demo import Demo, prepare
from monitor.sandbox.play import Move, play
from monitor.sandbox.sandbox import Ports, Sandbox
from monitor.stages.assess import assess_waiting
from monitor.stages.hindsight import find_past_surges
from monitor.stages.importing import import_file

MARK = ".response-desk-demo"  # only a folder with this mark is ever emptied
HEALTH_PORT = 8787


def sandbox(page_port: int) -> int:
    """Serve the stand-ins until Ctrl-C."""
    ended = signals()
    with Sandbox(Ports(page=page_port)) as stage:
        stage.populate()
        print(stage.describe())
        ended.wait()
    return 0


def demo(folder: Path, seconds: int, *, quick: bool) -> int:
    """Import, run, play, mail; then stay for the visitor."""
    began = time.monotonic()
    console = Console(highlight=False, soft_wrap=True)
    ended = signals()
    _fresh(folder)
    with Sandbox(Ports()) as stage:
        stage.populate()
        made = prepare(folder, stage, utc_now(), health_port=_free_port(HEALTH_PORT))
        os.environ.update(made.environment)
        config = read_config(made.config)
        console.print(
            f"[bold]Look here:[/] {stage.at.page}   (the places, the managers' chat, the mailbox)"
        )
        _import(config, made, console)
        app = start(config, mails_weekly=False)
        console.print(
            f"The desk runs ({time.monotonic() - began:.0f} s after the start). Two minutes of community life begin:"
        )
        actor = threading.Thread(
            target=_act, args=(stage, app, console, ended, quick), name="play", daemon=True
        )
        actor.start()
        if seconds:
            threading.Timer(seconds, ended.set).start()
        return until_ended(app, ended)


def _fresh(folder: Path) -> None:
    """A demo starts from nothing; a folder that is not a demo's is left alone."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise WrongUse(f"{folder}: not empty and not a demo's folder. Name another: --folder DIR")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()


def _free_port(wanted: int) -> int:
    import socket

    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.close()
            with socket.socket() as other:
                other.bind(("127.0.0.1", 0))
                return int(other.getsockname()[1])
    return wanted


def _import(config: Config, made: Demo, console: Console) -> None:
    with console.status("importing four weeks of history"):
        database = open_store(config, create=True)
        done = import_file(database, made.history, now=utc_now())
        house = house_of(config, database, house_rules(config))
        while assess_waiting(house, utc_now(), limit=500):
            pass
        find_past_surges(database)
        database.close()
    console.print(f"Imported four weeks: {done.new} messages, judged and measured.")


def _act(stage: Sandbox, app: App, console: Console, ended: threading.Event, quick: bool) -> None:
    def sleep(seconds: float) -> None:
        ended.wait(0.2 if quick else seconds)

    def tell(move: Move) -> None:
        if ended.is_set():
            raise SystemExit  # ends this thread, not the program
        console.print(f"  {move.at:>4.0f} s  {move.who}: {move.text[:90]}", markup=False)

    play(stage, sleep, utc_now, tell=tell)
    ended.wait(2)
    if ended.is_set():
        return
    app.mail_week()
    _goodbye(stage, app, console)


def _goodbye(stage: Sandbox, app: App, console: Console) -> None:
    health = app.health.port if app.health else 0
    us = sys.argv[0] if Path(sys.argv[0]).name == "monitor" else "python -m monitor"
    lines: list[tuple[str, str]] = [
        ("The page, to type as customer, staff or stranger", stage.at.page),
        (
            "Health and metrics",
            f"http://127.0.0.1:{health}/health · http://127.0.0.1:{health}/metrics",
        ),
        ("The report behind the mail", f"{us} report --config {app.config.file}"),
        ("What a text would get", f'{us} try "提币一直没到账" --config {app.config.file}'),
    ]
    console.print("\n[bold]The weekly mail is in the mailbox.[/] Where to look:")
    for label, where in lines:
        console.print(f"  {label}: {where}", markup=False)
    console.print("The desk keeps running; Ctrl-C ends it.")
