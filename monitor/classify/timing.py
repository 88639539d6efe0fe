"""How fast a judge is and how much memory it takes. Knows nothing of right or wrong."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.classify.judging import Judge
from monitor.core.messages import Message

if TYPE_CHECKING:
    from monitor.classify.transformerworker import Raw

SHORT = 80  # signs of a message in the figure of messages per second
BATCH = 200  # what the desk judges at a time
_FEWEST_TIMED = 2_000
_SINGLES = 300


@dataclass(frozen=True, slots=True)
class Speed:
    """`messages_per_second` of short messages in batches; the milliseconds of single messages. `cpu_us` is what one of
    the short messages costs on all processors together, which a busy machine changes less.

    `encoder_per_second`: how many of the same messages the tier's bare encoder takes in the same batches, one after the
    other; None for the rules. `model_rss_mb` is the memory of a transformer's own process.
    """

    messages_per_second: float
    p50_ms: float
    p99_ms: float
    rss_mb: float
    cpu_us: float
    load: float | None
    encoder_per_second: float | None = None
    model_rss_mb: float | None = None

    def of_judge(self) -> dict[str, Any]:
        """The figures that every tier has."""
        return {
            "messages_per_second": round(self.messages_per_second),
            "p50_ms": round(self.p50_ms, 2),
            "p99_ms": round(self.p99_ms, 2),
            "rss_mb": round(self.rss_mb),
        }

    def of_encoder(self) -> dict[str, Any]:
        """The figures that the rules do not have."""
        if self.encoder_per_second is None:
            return {}
        share = self.messages_per_second / self.encoder_per_second
        found = {
            "forward_per_second": round(self.encoder_per_second),
            "share_of_forward": round(share, 4),
        }
        return found | ({"model_rss_mb": round(self.model_rss_mb)} if self.model_rss_mb else {})


def speed_of(judge: Judge, messages: Sequence[Message]) -> Speed:
    """Look at the clock with the messages that are short."""
    short = [m for m in messages if len(m.text) <= SHORT] or list(messages)
    many = _never_seen(short, max(_FEWEST_TIMED, len(short)))
    raw: Callable[[Sequence[str]], Raw] | None = getattr(judge, "raw", None)
    alone: Callable[[Sequence[str]], float] | None = getattr(judge, "encoder_alone", None)
    taken = bare = memory = used = 0.0
    for at in range(0, len(many), BATCH):
        part, before = many[at : at + BATCH], time.process_time()
        taken += _milliseconds(judge, *part) / 1000
        used += time.process_time() - before
        if raw is not None:
            told = raw([one.text for one in part])
            bare, memory = bare + told.seconds, told.rss_mb
        elif alone is not None:
            bare += alone([f"{one.text}0" for one in part])  # it may remember what it has read
    spent = sorted(_milliseconds(judge, one) for one in _never_seen(messages, _SINGLES))
    middle, worst = spent[len(spent) // 2], spent[int(len(spent) * 0.99)]
    rss, count = _rss_mb(), len(many)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return Speed(
        count / taken, middle, worst, rss, used / count * 1e6, load,
        count / bare if bare else None, memory or None,
    )  # fmt: skip


def _never_seen(messages: Sequence[Message], count: int) -> list[Message]:
    """So many messages, each a little different: a judge may remember what it has read."""
    repeated = enumerate(islice(cycle(messages), count))
    return [replace(one, text=f"{one.text} {at}") for at, one in repeated]


def _milliseconds(judge: Judge, *messages: Message) -> float:
    started = time.perf_counter()
    judge.assess(messages)
    return (time.perf_counter() - started) * 1000


def _rss_mb() -> float:
    """Memory in use; where only the most that was ever in use is told, that."""
    import resource

    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * resource.getpagesize() / 1e6
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / 1e6 if sys.platform == "darwin" else most / 1e3
