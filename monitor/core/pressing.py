"""How urgent a case is by now: as it was written, raised by what has become of it since. Pure.

Worked out from stored facts whenever somebody looks; no clock, target or report is touched by it.
"""

from __future__ import annotations

from datetime import datetime

from monitor.core.cases import Case
from monitor.core.context import Pressure, under_pressure


def is_late(case: Case, now: datetime) -> bool:
    """Nobody of the team has answered, and the target is over."""
    waits = case.is_waiting and case.staff_first_at is None
    return waits and case.due_at is not None and now >= case.due_at


def pressure_on(case: Case, now: datetime, *, in_surge: bool) -> Pressure:
    """`in_surge`: it belongs to a surge that goes on."""
    return under_pressure(
        case.urgency,
        case.complexity,
        late=is_late(case, now),
        in_surge=in_surge and case.is_waiting,
    )
