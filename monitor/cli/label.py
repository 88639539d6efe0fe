"""`monitor label`: tell the judge what messages are about, one by one or as a queue, most informative first."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from monitor.cli.common import WrongUse, opened, read_config_or_defaults, utc_now
from monitor.cli.labelling import as_asked, as_dict, give, person, told
from monitor.core.assessment import Topic, Urgency

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.core.asking import Open
    from monitor.store.database import Database

KEYS = dict(zip("adwtlrosipfcx", Topic, strict=True))  # "r": rules of the exchange, terms
LEVELS = {str(int(u)): u for u in Urgency}
_WITHIN = timedelta(days=30)
_LOOKED_AT = 400


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody typed. `act`: label, skip, undo or quit; None where the judge was right."""

    act: str
    topic: Topic | None = None
    urgency: Urgency | None = None


def label(
    file: Path,
    number: int | None,
    *,
    topic: str,
    urgency: str,
    by: str,
    listed: bool,
    as_json: bool,
) -> None:
    """One message, the list of what waits, or the queue."""
    config = read_config_or_defaults(file)
    if number is None and (topic or urgency):
        raise WrongUse(
            "Which message? Say: monitor label MESSAGE_ID --topic TOPIC --urgency URGENCY"
        )
    asks = number is None and not listed and not as_json
    typed = _answers() if asks else _typed
    with opened(config) as database:
        if number is not None:
            done = as_asked(config, database, number, topic, urgency, person(by))
            print(json.dumps(as_dict(done), ensure_ascii=False) if as_json else told(config, done))
        elif listed or as_json:
            _list(_queue(config, database), as_json=as_json)
        else:
            Session(config, database, person(by), Console(highlight=False), typed).run()


def _queue(config: Config, database: Database) -> list[Open]:
    """What waits, most informative first. The rules judge it anew: where they disagree there is something to learn."""
    from monitor.app import spoken
    from monitor.classify.memory import essence
    from monitor.classify.rulefiles import load
    from monitor.classify.rules_classifier import RulesClassifier
    from monitor.cli.common import rules_folder
    from monitor.core.asking import Open, ordered
    from monitor.store import labels

    with database.read() as connection:
        rows = labels.waiting(connection, utc_now() - _WITHIN, _LOOKED_AT)
    rules = RulesClassifier(load(rules_folder(config)), spoken(config))
    return ordered(
        [
            Open(row, row.language, row.confidence, _disputed(rules, row), essence(row.text))
            for row in rows
        ]
    )


def _disputed(rules: Any, row: Any) -> bool:
    return not row.by.startswith("rules/") and rules.judge(row.text).topic != row.topic


def _list(queue: Sequence[Open], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([_open(one) for one in queue], ensure_ascii=False))
        return
    for one in queue[:40]:
        row = one.message
        text = " ".join(row.text.split())[:80]
        print(
            f"{row.id:>7}  {row.topic}, {Urgency(row.urgency).word} ({row.confidence:.2f})  {text}"
        )
    print(f"{len(queue)} wait. Label one: monitor label MESSAGE_ID --topic TOPIC --urgency URGENCY"
          if queue else "Nothing waits to be labelled.")  # fmt: skip


def _open(one: Open) -> dict[str, Any]:
    row = one.message
    return {
        "message": row.id,
        "platform": row.platform,
        "text": row.text,
        "language": row.language,
        "topic": row.topic,
        "urgency": Urgency(row.urgency).word,
        "confidence": row.confidence,
        "disputed": one.disputed,
        "reasons": row.reasons,
    }


def read_answer(line: str) -> Answer | None:
    """ "w2", "w", "2", "" (right as judged), "-" skip, "u" undo, "q" quit; None for anything else."""
    typed = line.strip().lower().replace(" ", "")
    acts = {"": "label", "-": "skip", "u": "undo", "q": "quit"}
    if typed in acts:
        return Answer(acts[typed])
    topic, urgency = KEYS.get(typed[0]), LEVELS.get(typed[-1])
    said = (topic is not None) + (urgency is not None)
    return Answer("label", topic, urgency) if said == len(typed) else None


def _answers() -> Callable[[], str | None]:
    """Where the answers come from. WrongUse where nobody gives any."""
    if sys.stdin is not None and sys.stdin.isatty():
        return _typed
    first = _typed() if sys.stdin is not None else None
    if first is None:
        raise WrongUse(
            "monitor label asks about one message after another, and nobody is there to answer. See them: "
            "monitor label --list. Label one: monitor label MESSAGE_ID --topic TOPIC --urgency URGENCY"
        )
    lines = chain([first], iter(_typed, None))
    return lambda: next(lines, None)


def _typed() -> str | None:
    """A line, None when there are no more."""
    line = sys.stdin.readline()
    return line or None


@dataclass
class Session:
    """A person at the queue. `ask` gives what is typed, None at the end."""

    config: Config
    database: Database
    by: str
    console: Console
    ask: Callable[[], str | None]
    done: list[tuple[int, int]] = field(default_factory=list)  # place in the queue, version

    def run(self) -> None:
        """Until the queue is empty or the person leaves."""
        queue = _queue(self.config, self.database)
        if not queue:
            self.console.print("Nothing waits to be labelled.")
            return
        self.console.print(_LEGEND, markup=False)
        at = 0
        while at < len(queue):
            self._show(queue[at], at, len(queue))
            line = self.ask()
            answer = Answer("quit") if line is None else read_answer(line)
            if answer is None:
                self.console.print("Not understood. Write for example w2.", markup=False)
                continue
            if answer.act == "quit":
                break
            at = (
                self._undone(at)
                if answer.act == "undo"
                else at + self._acted(queue[at], at, answer)
            )
        self._goodbye()

    def _acted(self, one: Open, at: int, answer: Answer) -> int:
        if answer.act == "label":
            row = one.message
            topic = answer.topic or Topic(row.topic)
            level = Urgency(row.urgency) if answer.urgency is None else answer.urgency
            given = give(self.config, self.database, row.id, topic, level, self.by)
            if given.version is not None:
                self.done.append((at, given.version))
            self.console.print(f"  {told(self.config, given)}", markup=False)
        return 1

    def _undone(self, at: int) -> int:
        """Take the last label back, as long as nothing else has changed since; the place to go on from."""
        from monitor.stages.learning import NotPossible
        from monitor.stages.training import take_back

        if not self.done:
            self.console.print("  Nothing to undo.")
            return at
        place, version = self.done.pop()
        try:
            take_back(self.database, version, self.by, utc_now())
        except NotPossible as reason:
            self.console.print(f"  {reason}", markup=False)
            return at
        return place

    def _show(self, one: Open, at: int, count: int) -> None:
        row, console = one.message, self.console
        console.rule(f"{at + 1} of {count}")
        console.print(row.text, markup=False)
        judged = f"{row.topic}, {Urgency(row.urgency).word}, sure to {row.confidence:.2f}"
        console.print(f"  {row.language} · {judged}", style="dim", markup=False)
        console.print(f"  why: {'; '.join(row.reasons)}", style="dim", markup=False)

    def _goodbye(self) -> None:
        text = f"{len(self.done)} labelled. They count at once."
        self.console.print(
            f"{text} Learn from them: monitor train" if self.done else "Nothing labelled."
        )


_LEGEND = (
    "  ".join(f"{key} {topic}" for key, topic in KEYS.items())
    + "\n"
    + "  ".join(f"{key} {level.word}" for key, level in LEVELS.items())
    + "\nw2: both · w or 2: only that · Enter: right as judged · - skip · u undo · q quit"
)
