"""Everything behind one judgement, for somebody who asks: rule hits, telling words, nearest examples, who judged.

Slow (it judges the text once more without each of its words) and therefore never part of judging.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from monitor.classify.memory import Memory
from monitor.classify.rules_classifier import RulesClassifier
from monitor.classify.tiers import Tiers
from monitor.core.assessment import Assessment, Topic
from monitor.core.evaluation import Weighed
from monitor.core.messages import Message

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{2}|[^\W_\u3040-\u30ff\u3400-\u9fff]+")
_MOST_WORDS, _SHOWN = 40, 3


@dataclass(frozen=True, slots=True)
class Why:
    """`rules`: the clues that the rules found, as (what it says, of what, its pattern). `words`: by how much the chance
    of the topic falls without them. `near`: labelled messages as (text, label, cosine). `chances` of the first topics
    and of all urgencies. `lore`: version of what the team taught.
    """

    tier: str
    model: str
    rules_version: str
    lore: int
    heads: int | None
    rules: tuple[tuple[str, str, str], ...]
    words: tuple[tuple[str, float], ...] = ()
    near: tuple[tuple[str, str, float], ...] = ()
    chances: tuple[tuple[str, float], ...] = ()


def why(message: Message, seen: Assessment, tiers: Tiers) -> Why:
    """What made the judge that signed `seen` judge `message` so."""
    judge: Any = tiers.names.get(seen.by, tiers.judge)
    found = Why(
        tier=judge.version.partition("/")[0],
        model=str(getattr(getattr(judge, "model", None), "key", "")),
        rules_version=tiers.rules_version,
        lore=tiers.lore.version,
        heads=tiers.lore.heads.number if tiers.lore.heads else None,
        rules=_hits(message.text, tiers.rules),
        near=_taught(message.text, tiers.memory),
    )
    if not hasattr(judge, "weigh"):
        return found
    (weighed,) = judge.weigh([message])
    words = _telling(message, judge, weighed)
    near = (*found.near, *_examples(message.text, seen, tiers))
    near = tuple(dict.fromkeys(near))[:_SHOWN]
    return replace(found, words=words, near=near, chances=_chances(weighed))


def _hits(text: str, rules: RulesClassifier) -> tuple[tuple[str, str, str], ...]:
    clues = [rules.rules.clues[number] for number in rules.read(text).found]
    return tuple((clue.says.value, str(clue.subject), clue.pattern) for clue in clues)


def _taught(text: str, memory: Memory) -> tuple[tuple[str, str, float], ...]:
    return tuple(one.shown(how) for one, how in memory.nearest(text))


def _telling(message: Message, judge: Any, whole: Weighed) -> tuple[tuple[str, float], ...]:
    """Leave out one word after the other: true of any judge, whatever it looks at."""
    topic = whole.assessment.topic
    words = list(dict.fromkeys(_WORD.findall(message.text)))[:_MOST_WORDS]
    without = [replace(message, text=message.text.replace(word, " ")) for word in words]
    falls = [
        (word, round(whole.topics[topic] - less.topics[topic], 3))
        for word, less in zip(words, judge.weigh(without), strict=True)
    ]
    return tuple(sorted((f for f in falls if f[1] > 0), key=lambda f: -f[1])[:_SHOWN])


def _examples(text: str, seen: Assessment, tiers: Tiers) -> Sequence[tuple[str, str, float]]:
    """The nearest of the messages that the heads learned from."""
    if seen.grounds is not None:
        return seen.grounds.near
    study = tiers.study()
    if study is None:
        return ()
    from monitor.classify.lightreasons import shown_seed

    (cosines,) = study.encoder.encode([text]) @ study.incumbent.model.seeds.T
    found = []
    for at in (-cosines).argsort()[:_SHOWN]:
        shown = shown_seed(study.incumbent.seeds[at])
        found.append((*shown, round(float(cosines[at]), 3)))
    return found


def _chances(weighed: Weighed) -> tuple[tuple[str, float], ...]:
    topics: list[tuple[Topic, float]] = sorted(weighed.topics.items(), key=lambda t: -t[1])
    return tuple((topic.value, round(chance, 3)) for topic, chance in topics[:_SHOWN])
