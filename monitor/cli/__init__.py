"""The command line: the only place that prints and sets exit codes. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import sys

EXIT_CODES = """
Exit codes: 0 done · 1 something is wrong (check, doubts left) · 2 wrong use, config or rules ·
3 another monitor runs here · 4 database · 5 not allowed · 6 unreadable file · 70 a fault of the program ·
130 interrupted
"""


def main() -> None:
    """Run one command; every trouble is one sentence on stderr and an exit code."""
    from monitor.cli.commands import app

    try:
        app()
    except KeyboardInterrupt:
        print("Interrupted; nothing is lost.", file=sys.stderr)
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - the edge: whatever it is becomes a sentence
        from monitor.cli.troubles import told

        sys.exit(told(error))
