"""How long people wait for the command line: wall and CPU of whole processes. It starts our own program, nothing else.

python -m bench.cli [--json] [--times N]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from typing import Any

COMMANDS = {
    "help": ("-m", "monitor", "--help"),
    "version": ("-m", "monitor", "--version"),
    "try": ("-m", "monitor", "try", "my withdrawal is stuck since yesterday", "--json"),
    "import_cli": ("-c", "import monitor.cli"),
    "import_core": ("-c", "import monitor.ports"),
    "python": ("-c", "pass"),
}
HELP_CPU_S, HELP_WALL_S = 0.15, 0.3


def timed(arguments: tuple[str, ...]) -> tuple[float, float]:
    """Wall and CPU seconds of one run, its children included."""
    started = time.perf_counter()
    child = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"python {' '.join(arguments)} ended with {child.returncode}")
    return time.perf_counter() - started, used.ru_utime + used.ru_stime


def measured(times: int) -> dict[str, Any]:
    """Medians of `times` runs of each, taken in turn."""
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for arguments in COMMANDS.values():  # once for nothing: bytecode is written
        timed(arguments)
    for _ in range(times):
        for name, arguments in COMMANDS.items():
            runs[name].append(timed(arguments))
    found: dict[str, Any] = {}
    for name, pairs in runs.items():
        found[f"{name}_wall_s"], found[f"{name}_cpu_s"] = (
            round(statistics.median(values), 3) for values in zip(*pairs, strict=True)
        )
    fast = found["help_cpu_s"] <= HELP_CPU_S and found["help_wall_s"] <= HELP_WALL_S
    return found | {"help_within_target": fast, "times": times, "python": platform.python_version()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--times", type=int, default=10)
    options = parser.parse_args()
    found = measured(options.times)
    for name in COMMANDS:
        print(
            f"{name:<12}{found[f'{name}_wall_s']:>8.3f} s wall{found[f'{name}_cpu_s']:>8.3f} s CPU"
        )
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
