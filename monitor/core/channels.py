"""Under which name a place is shown in reports. It reads no config.

What was configured is an argument.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.core.messages import Platform

Where = tuple[Platform, str]


@dataclass(frozen=True, slots=True)
class Channels:
    """`configured`: place to its channel. `names`: place to the name that the platform shows.

    Several places may share a configured channel; two that only happen to have the same name stay
    apart.
    """

    configured: Mapping[Where, str] = field(default_factory=dict)
    names: Mapping[Where, str] = field(default_factory=dict)
    _twice: frozenset[str] = field(init=False, default=frozenset())

    def __post_init__(self) -> None:
        loose = Counter(name for where, name in self.names.items() if where not in self.configured)
        taken = set(self.configured.values())
        twice = frozenset(name for name, n in loose.items() if n > 1 or name in taken)
        object.__setattr__(self, "_twice", twice)

    def of(self, platform: Platform, place: str) -> str:
        """The configured channel, else the place's name, else its key; X as a whole is "X"."""
        where = (platform, place)
        if where in self.configured:
            return self.configured[where]
        if platform is Platform.TWITTER:
            return platform.shown
        name = self.names.get(where)
        if not name:
            return place
        return f"{name} ({place})" if name in self._twice else name
