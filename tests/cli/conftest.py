"""A sandbox to run against, and two ways to call the command line: as a program, and (quicker) in this process."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.cli import main
from monitor.sandbox.sandbox import Sandbox
from tests.desks import Desk, Running, Said, lay_out, start


@pytest.fixture(scope="session")
def stage() -> Iterator[Sandbox]:
    """One sandbox for all tests that only look at it."""
    with Sandbox() as started:
        started.populate()
        yield started


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox for one test alone."""
    with Sandbox() as started:
        started.populate()
        yield started


@pytest.fixture
def desk(tmp_path: Path, stage: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A config that leads to the common sandbox; its secrets are in the environment, its folder is the current one."""
    made = lay_out(tmp_path / "desk", stage)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(made.folder)
    return made


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder as the current one."""
    folder = tmp_path / "nowhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def monitor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], no_traces: None
) -> Callable[..., Said]:
    """`monitor ARGUMENTS` in this process."""

    def call(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["monitor", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err, err
        return Said(int(ended.value.code or 0), out, err)

    return call


@pytest.fixture
def no_traces() -> Iterator[None]:
    """Logging and excepthooks are as they were, whatever a command has set up."""
    root, factory = logging.getLogger(), logging.getLogRecordFactory()
    sinks, level = list(root.handlers), root.level
    hooks, show = (sys.excepthook, threading.excepthook), warnings.showwarning
    yield
    sys.excepthook, threading.excepthook = hooks
    logging.captureWarnings(False)
    warnings.showwarning = show
    root.handlers[:], root.level = sinks, level
    logging.setLogRecordFactory(factory)


@pytest.fixture
def run() -> Iterator[Callable[..., Running]]:
    """Start `monitor run`; whatever still runs at the end of the test is killed."""
    started: list[Running] = []

    def begin(desk: Desk, *arguments: str, **env: str) -> Running:
        started.append(start(desk, *arguments, **env))
        return started[-1]

    yield begin
    for running in started:
        running.close()
