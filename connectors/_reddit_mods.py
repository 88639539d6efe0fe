"""Who moderates the subreddits that an account looks at. Only asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors._reddit_session import Session
from monitor.ports import Administrator, Rejected

_MACHINES = frozenset({"automoderator"})


def moderators(
    session: Session, subreddits: Sequence[str], username: str | None
) -> Iterator[Administrator]:
    """Without us and without AutoModerator; of a subreddit that does not tell, nobody."""
    ours = {*_MACHINES, (username or "").lower()}
    for sub in subreddits:
        try:
            shown = session.get(f"r/{sub}/about/moderators/")
        except Rejected:
            continue
        for one in _children(shown):
            name, number = str(one.get("name", "")), str(one.get("id", ""))
            if number.startswith("t2_") and name.lower() not in ours:
                yield Administrator(f"r/{sub}".lower(), number, name, name)


def _children(shown: Any) -> Sequence[Mapping[str, Any]]:
    inner = shown.get("data") if isinstance(shown, Mapping) else None
    found = inner.get("children") if isinstance(inner, Mapping) else None
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
