"""The rules, roster and targets of this moment, re-read when their files change. A broken edit changes nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.classify.faq import LiveFaq
from monitor.classify.lore import Source
from monitor.classify.rulefiles import LiveRules
from monitor.classify.rulereading import RulesBroken
from monitor.classify.rules_classifier import RulesClassifier
from monitor.classify.team import load_roster, load_targets
from monitor.classify.tiers import Tier, Tiers, cache_folder
from monitor.core.language import LANGUAGES
from monitor.core.roster import Roster
from monitor.core.targets import Targets

if TYPE_CHECKING:
    from monitor.classify.lightencoder import Encoder
    from monitor.classify.transformer import TransformerTier

EVERY_SECONDS = 2.0
ASK_EVERY_SECONDS = 0.5  # what was corrected elsewhere; one number is read


@dataclass(frozen=True, slots=True)
class _Team:
    roster: Roster
    targets: Targets
    stamp: tuple[tuple[str, int], ...]


class HouseRules:
    """Everything a community manager edits in rules/. Safe to use from any thread."""

    def __init__(
        self,
        folder: Path,
        languages: Sequence[str] = LANGUAGES,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        encoder: Callable[[], Encoder] | None = None,
        third: Callable[[], TransformerTier] | None = None,
        only: Tier | None = None,
    ) -> None:
        """Load all of it. Raises RulesBroken: without a first good set there is nothing to keep.

        `encoder` makes the sentence encoder; the installed one if not given. `third` makes a transformer's tier.
        `only` that tier judges: NoTier where it does not work."""
        self._folder = folder
        self._monotonic = monotonic
        self.live = LiveRules(folder, lambda rules: RulesClassifier(rules, languages))
        cache = None if encoder else cache_folder()
        self.judge = Tiers(self.live, folder, cache, only=only, encoder=encoder, third=third)
        self.faq = LiveFaq(folder, lambda: self.judge.eyes, cache)
        self._team = self._load_team()
        self._team_problem: str | None = None
        self._looked_at = self._asked_at = monotonic()
        self._source: Source | None = None
        self._learned: Hashable = None
        self._lock = threading.Lock()

    @property
    def roster(self) -> Roster:
        """Who is staff."""
        return self._team.roster

    @property
    def targets(self) -> Targets:
        """How long people may wait."""
        return self._team.targets

    @property
    def problem(self) -> str | None:
        """What is wrong with the files on the disk; the rules from before stay in force."""
        return self.live.problem or self._team_problem or self.faq.problem or self.judge.problem

    def learn_from(self, source: Source) -> None:
        """Judge by what is learned there, from now on and after every change of it."""
        with self._lock:
            self._source, self._learned = source, None
            self._ask()

    def refresh(self) -> str | None:
        """Look at the files, at most every two seconds, and for what people have corrected, at most twice a second.
        The standing problem, None while all is well."""
        with self._lock:
            now = self._monotonic()
            if now - self._looked_at >= EVERY_SECONDS:
                self._looked_at = now
                self.live.refresh()
                self.judge.refresh()
                self.faq.refresh()
                self._refresh_team()
            if now - self._asked_at >= ASK_EVERY_SECONDS:
                self._asked_at = now
                self._ask()
        return self.problem

    def _ask(self) -> None:
        if self._source is None or (stamp := self._source.stamp()) == self._learned:
            return
        self.judge.learn(self._source.read())
        self._learned = stamp

    def _refresh_team(self) -> None:
        if self._stamp() == self._team.stamp:
            self._team_problem = None  # a file that was away came back as it was
            return
        try:
            self._team = self._load_team()
            self._team_problem = None
        except RulesBroken as broken:
            self._team_problem = f"{broken} The one from before stays in force."

    def _load_team(self) -> _Team:
        stamp = self._stamp()
        return _Team(load_roster(self._folder), load_targets(self._folder), stamp)

    def _stamp(self) -> tuple[tuple[str, int], ...]:
        return tuple(
            (name, path.stat().st_mtime_ns if path.exists() else 0)
            for name in ("roster.toml", "targets.toml")
            for path in (self._folder / name,)
        )
