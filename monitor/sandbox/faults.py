"""Faults on command: which request of which platform goes wrong next, and how. It never decides to fail by itself."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class FaultKind(StrEnum):
    """What goes wrong with one request."""

    ACCEPT_THEN_ERROR = "accept_then_error"  # done, then answered 502
    ACCEPT_THEN_HANG = "accept_then_hang"  # done, then no answer for `seconds`
    ACCEPT_THEN_DROP = "accept_then_drop"  # done, then the connection is cut
    ACCEPT_LATE = "accept_late"  # not done until `seconds` later; the client has given up by then
    ERROR = "error"  # not done, `status` (503)
    HANG = "hang"  # not done, no answer for `seconds`
    DROP = "drop"  # not done, connection cut
    TOO_MANY = "too_many"  # 429; `seconds` is retry_after, None: without a hint
    UNAUTHORIZED = "unauthorized"  # 401
    NOT_FOUND = "not_found"  # 404
    TRUNCATED = "truncated"  # done, half of the JSON
    HTML = "html"  # not done, an HTML page with 200


@dataclass(frozen=True, slots=True)
class Fault:
    """`operation` is the platform's name of the request ("sendMessage", "POST /api/comment",
    "POST /2/tweets", "DATA"), or "*". It strikes `times` times, after letting `skip` through."""

    platform: str
    operation: str
    kind: FaultKind
    times: int = 1
    seconds: float | None = None
    skip: int = 0
    status: int = 503

    def matches(self, platform: str, operation: str) -> bool:
        """Is this request meant?"""
        return self.platform in (platform, "*") and self.operation in (operation, "*")


@dataclass(slots=True)
class Faults:
    """The faults still to come, and every fault that struck. Safe to use from any thread."""

    pending: list[Fault] = field(default_factory=list)
    struck: list[tuple[str, str, FaultKind]] = field(default_factory=list)
    _lock: Any = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> None:
        """Order a fault."""
        with self._lock:
            self.pending.append(fault)

    def clear(self) -> None:
        """Everything works again."""
        with self._lock:
            self.pending.clear()

    def take(self, platform: str, operation: str) -> Fault | None:
        """The fault that strikes this request, if any; counts it."""
        with self._lock:
            for index, fault in enumerate(self.pending):
                if fault.matches(platform, operation):
                    return self._strike(index, fault, operation)
        return None

    def _strike(self, index: int, fault: Fault, operation: str) -> Fault | None:
        if fault.skip:
            self.pending[index] = replace(fault, skip=fault.skip - 1)
            return None
        if fault.times > 1:
            self.pending[index] = replace(fault, times=fault.times - 1)
        else:
            del self.pending[index]
        self.struck.append((fault.platform, operation, fault.kind))
        return fault
