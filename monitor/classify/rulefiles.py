"""rules/ as it lies on the disk becomes a RuleSet. Never takes half of it: all files are sound, or
none is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from monitor.classify.engine import BadPattern, compiled
from monitor.classify.ruleclues import examples_of, signal_clues, topic_clues, urgency_clues
from monitor.classify.rulereading import (
    RESTORE,
    RulesBroken,
    read,
    shaped,
    shortened,
    shown_name,
    version_of,
)
from monitor.classify.rules_classifier import RulesClassifier
from monitor.classify.ruleshapes import RepliesFile, SignalsFile, TopicFile, UrgencyFile
from monitor.core.assessment import Assessment, Policy, Topic, Urgency
from monitor.core.messages import Message
from monitor.core.rules import Clue, Example, Replies, RuleSet, Says, TopicRule
from monitor.core.xtext import links, weighted_length

__all__ = ["LiveRules", "RulesBroken", "check_examples", "load"]

MOST_PATTERNS = 20_000
LONGEST_ACKNOWLEDGEMENT = 280  # as X counts
LONGEST_ANSWER = 2_000


def files_of(folder: Path) -> list[Path]:
    """The files that judge and speak; what else lies in the folder belongs to others."""
    single = [folder / "urgency.toml", folder / "signals.toml"]
    return [*single, *sorted(folder.glob("topics/*.toml")), *sorted(folder.glob("replies/*.toml"))]


def load(folder: Path) -> RuleSet:
    """Read and check everything. Raises RulesBroken at the first thing that cannot be used."""
    if not folder.is_dir():
        raise RulesBroken(str(folder), "", "", RESTORE, why="there is no such folder")
    texts = {shown_name(folder, path): read(folder, path) for path in files_of(folder)}
    topics = {t: shaped(texts, f"{folder.name}/topics/{t}.toml", TopicFile) for t in Topic}
    urgency = shaped(texts, f"{folder.name}/urgency.toml", UrgencyFile)
    signals = shaped(texts, f"{folder.name}/signals.toml", SignalsFile)
    replies = dict(_replies(texts, folder.name, topics))
    _known_names(texts, folder.name)
    clues = (
        *topic_clues(topics, folder.name),
        *urgency_clues(urgency, folder.name),
        *signal_clues(signals, folder.name),
    )
    _sound(clues)
    return RuleSet(
        topics={
            t: TopicRule(t, f.policy, f.complexity, Urgency.parse(f.urgency), f.name)
            for t, f in topics.items()
        },
        clues=clues,
        examples=tuple(examples_of(topics, urgency, signals, folder.name)),
        default_replies=replies.pop(None, Replies()),
        replies={t: r for t, r in replies.items() if t is not None},
        version=version_of(texts),
    )


def _sound(clues: Sequence[Clue]) -> None:
    if len(clues) > MOST_PATTERNS:
        found = f"{len(clues):,} patterns"
        raise RulesBroken("rules", "", found, "Remove some", why=f"more than {MOST_PATTERNS:,}")
    for clue in clues:
        try:
            compiled(clue.pattern, clue.language)
        except BadPattern as error:
            file, key = clue.where.split(": ", 1)
            remedy = "Mend the pattern or remove the line"
            why = f"not a valid pattern, {error}"
            raise RulesBroken(file, key, shortened(clue.pattern), remedy, why=why) from None


def _replies(
    texts: Mapping[str, str], root: str, topics: Mapping[Topic, TopicFile]
) -> Iterator[tuple[Topic | None, Replies]]:
    """None stands for the default."""
    for topic in (None, *Topic):
        shown = f"{root}/replies/{topic or 'default'}.toml"
        if topic is not None and shown not in texts:
            continue
        file = shaped(texts, shown, RepliesFile)
        _speakable(shown, file)
        if file.answer and (topic is None or topics[topic].policy is not Policy.ANSWER):
            remedy = 'Write policy = "answer" in the topic\'s own file or remove the answer'
            raise RulesBroken(
                shown, "answer", "", remedy, why="this topic is not answered automatically"
            )
        yield topic, Replies(file.acknowledgement, file.answer)


def _speakable(shown: str, file: RepliesFile) -> None:
    for kind, most in (("acknowledgement", LONGEST_ACKNOWLEDGEMENT), ("answer", LONGEST_ANSWER)):
        spoken: Mapping[str, str] = getattr(file, kind)
        for language, text in spoken.items():
            why = _unspeakable(text, most, linked=kind == "answer")
            if why:
                remedy = "Write it shorter and plain: it is sent exactly as it stands"
                raise RulesBroken(shown, f"{kind}.{language}", shortened(text), remedy, why=why)


def _unspeakable(text: str, most: int, *, linked: bool) -> str:
    if weighted_length(text) > most:
        return f"longer than {most} characters as X counts them"
    if "{" in text or "}" in text:
        return "placeholders are not filled in"
    return "an acknowledgement carries no links" if links(text) and not linked else ""


def _known_names(texts: Mapping[str, str], root: str) -> None:
    known = {*Topic, "default"}
    for shown in texts:
        name = shown.rsplit("/", 1)[-1].removesuffix(".toml")
        if shown.startswith((f"{root}/topics/", f"{root}/replies/")) and name not in known:
            remedy = f"Name it after one of {', '.join(Topic)}, or move it away"
            raise RulesBroken(shown, "", name, remedy, why="there is no such topic")


Stamp = tuple[tuple[str, int, int], ...]


class LiveRules:
    """The last good rules of a folder, and a `monitor.ports.Classifier` that judges by them.

    A broken edit changes nothing but `problem`; the next sound one takes over whole.
    """

    def __init__(
        self, folder: Path, make: Callable[[RuleSet], RulesClassifier] = RulesClassifier
    ) -> None:
        """Load `folder`. Raises RulesBroken: without a first good set there is nothing to keep."""
        self._folder = folder
        self._make = make
        self._stamp = self._look()
        self._classifier = make(load(folder))
        self.problem: str | None = None

    @property
    def rules(self) -> RuleSet:
        """The rules in force."""
        return self._classifier.rules

    @property
    def version(self) -> str:
        """As the judgements name it."""
        return self._classifier.version

    @property
    def classifier(self) -> RulesClassifier:
        """The judge of the rules in force."""
        return self._classifier

    def assess(
        self, messages: Sequence[Message], prior: Mapping[str, str] | None = None
    ) -> list[Assessment]:
        """Judge by the rules in force."""
        return self._classifier.assess(messages, prior)

    def refresh(self) -> str | None:
        """Read again what changed on the disk. The standing problem, or None while all is well."""
        stamp = self._look()
        if stamp != self._stamp:
            self._stamp = stamp
            self.problem = self._reload()
        return self.problem

    def _reload(self) -> str | None:
        try:
            rules = load(self._folder)
        except RulesBroken as broken:
            return f"{broken} The rules from before ({self.version}) stay in force."
        if rules.version != self.rules.version:
            self._classifier = self._make(rules)
        return None

    def _look(self) -> Stamp:
        return tuple(_seen(path) for path in files_of(self._folder))


def _seen(path: Path) -> tuple[str, int, int]:
    try:
        seen = path.stat()
    except OSError:
        return str(path), 0, -1
    return str(path), seen.st_mtime_ns, seen.st_size


def check_examples(rules: RuleSet, judge: RulesClassifier | None = None) -> list[str]:
    """Every example that is judged otherwise than it says, one sentence each, in the order of the
    files.
    """
    judge = judge or RulesClassifier(rules)
    return [problem for e in rules.examples if (problem := _contradiction(e, judge))]


def _contradiction(example: Example, judge: RulesClassifier) -> str | None:
    got = judge.judge(example.text, language=example.language)
    found: str = got.topic
    if example.says is Says.SIGNAL:
        found = example.subject if example.subject in got.signals else "no such signal"
    if example.says is Says.URGENCY:
        found = got.urgency.word
    if (found == example.subject) is example.expected:
        return None
    wanted = example.subject if example.expected else f"anything but {example.subject}"
    why = "; ".join(got.reasons)
    return f'{example.where}: "{shortened(example.text)}" is judged {found}, not {wanted} ({why}).'
