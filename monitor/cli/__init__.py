"""The command line: the only place that prints and sets exit codes. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import contextlib
import os
import sys

EXIT_CODES = """
Exit codes: 0 done · 1 something is wrong (check, doubts left) · 2 wrong use, config or rules ·
3 another monitor runs here · 4 database · 5 not allowed · 6 unreadable file · 70 a fault of the program ·
130 interrupted
"""
_INTERRUPTED = 130


def main() -> None:
    """Run one command; every trouble is one sentence on stderr and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a letter shows its number; None: closed by whoever started us.
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    code = _code()
    if code == _INTERRUPTED:
        with contextlib.suppress(OSError):
            print("Interrupted; nothing is lost.", file=sys.stderr)
    sys.exit(_flushed(code))


def _code() -> int:
    try:
        from monitor.cli.commands import app

        return int(app(prog_name="monitor", standalone_mode=False) or 0)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except BrokenPipeError:  # monitor report | head -1
        return 1
    except Exception as error:  # noqa: BLE001 - the edge: whatever it is becomes a sentence
        if type(error).__name__ == "Abort":  # Ctrl-C at a question
            return _INTERRUPTED
        from monitor.cli.troubles import told

        return told(error)


def _flushed(code: int) -> int:
    """What is still unwritten is written here, and not when Python ends and would show a traceback."""
    try:
        if sys.__stdout__ is not None:
            sys.__stdout__.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if not isinstance(error, BrokenPipeError) and code == 0:
            print(f"The output cannot be written ({error.strerror}).", file=sys.stderr)
        return code or 1
    return code
