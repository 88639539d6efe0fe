"""What a stretch of work cost this process: CPU, wall, memory. It measures; it knows nothing of the work."""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """Of all threads of this process, per message in microseconds; `rss_mb` is the most it ever held."""

    cpu_us: float
    wall_us: float
    rss_mb: float


def cost_of(work: Callable[[], object], messages: int) -> Cost:
    """Run `work` once, with the garbage of earlier work gone."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Cost(cpu / messages * 1e6, wall / messages * 1e6, most)


def cpu_of_family(parent: int) -> float:
    """CPU seconds of a process and its children, living and gone, as Linux counts them."""
    total = _ticks(parent, own_only=False)
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        total += _ticks(int(child), own_only=True)
    return total / 100


def _ticks(pid: int, *, own_only: bool) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has just ended; its parent has its time now
        return 0
    return sum(int(f) for f in fields[11 : 13 if own_only else 15])
