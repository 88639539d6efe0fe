"""The managers' desk under load: how fast a press is answered, what commands cost, how busy its chat gets.

    python -m bench.desk [--json] [--presses N] [--open N] [--waiting N] [--a-minute N] [--minutes N] [--urgent SHARE]

*press*: real Telegram library and real threads against the sandbox, over loopback HTTP. *rush*: the stages on a
platform in memory and a clock of their own, with the limits of a running desk.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

from bench.desk_press import pressing
from bench.desk_rush import rush


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """Both parts, each in a folder of its own."""
    found: dict[str, Any] = {}
    quick = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - memory, not a secret
    if options.presses:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            asked = {"waiting": options.open, "presses": options.presses}
            found["press"] = pressing(Path(folder), os.environ, **asked)
    if options.minutes:
        with tempfile.TemporaryDirectory(prefix="bench-", dir=quick) as folder:
            found["rush"] = rush(Path(folder), waiting=options.waiting, a_minute=options.a_minute,
                                 minutes=options.minutes, urgent=options.urgent)  # fmt: skip
    return found


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.desk", description=__doc__.splitlines()[0])  # fmt: skip
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--presses", type=int, default=60)
    parser.add_argument("--open", type=int, default=100)
    parser.add_argument("--waiting", type=int, default=5_000)
    parser.add_argument("--a-minute", type=int, default=300)
    parser.add_argument("--minutes", type=int, default=3)
    parser.add_argument("--urgent", type=float, default=0.03)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    found = measured(options)
    print(json.dumps(found) if options.json else json.dumps(found, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
