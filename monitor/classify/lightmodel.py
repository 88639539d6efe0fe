"""What the light tier has learned, at work: from what was seen in texts to chances. Never learns, never reads one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.classify import heads
from monitor.classify.lightfeatures import Pieces
from monitor.core.assessment import Topic, Urgency

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

TOPICS = tuple(Topic)
SHARPNESS = 2.0
_FEW = 25  # messages looked at together where more would only cost memory
_CALM = np.array([3, 3, 1, 1], dtype=np.float32)  # one in three seeds is urgent, to teach it
_SPLIT = (len(TOPICS), len(TOPICS) + len(Urgency))
_NEEDING = [at for at, topic in enumerate(TOPICS) if topic.needs_answer]


@dataclass(frozen=True, slots=True)
class Seen:
    """A batch as the heads see it."""

    meaning: Floats
    pieces: Pieces
    hits: Floats
    spoken: Ints  # the number of each text's language


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of the features, by class: the topics, the urgencies of what needs an answer, the
    urgencies of everything.

    `seeds` are the seeds' vectors, `nearness` how much being close to each says for each class.
    `centres` is what all texts of a language have in common, `spoken` the language of each seed,
    `lengths` how long its vector is without that.
    """

    meaning: Floats
    pieces: Floats
    hits: Floats
    seeds: Floats
    nearness: Floats
    centres: Floats
    spoken: Floats
    lengths: Floats
    heat: Floats  # temperatures of the three heads
    bend: Floats  # from the first topic's chance to the confidence in it
    key: str

    def confidence(self, topics: Floats) -> Floats:
        """How often the likeliest topic is right when it is so likely."""
        return heads.candid(topics.max(axis=1), self.bend)

    def chances(self, seen: Seen) -> tuple[Floats, Floats, Floats]:
        """Probabilities of the topics and of the urgencies, and the cosines to the seeds."""
        meaning, _ = centred(seen, self.centres)
        cosines: Floats = meaning @ self.seeds.T
        cosines -= (meaning @ self.centres.T).take(self.spoken.astype(np.int64), axis=1)
        cosines *= 1 / self.lengths
        scores = meaning @ self.meaning
        for at in range(0, len(cosines), _FEW):
            scores[at : at + _FEW] += near(cosines[at : at + _FEW]) @ self.nearness
        scores += seen.pieces.times(self.pieces)
        scores += seen.hits @ self.hits
        topics, waiting, all_ = (
            heads.softmax(part / heat)
            for part, heat in zip(np.split(scores, _SPLIT, axis=1), self.heat, strict=True)
        )
        return topics, pressing(topics, waiting, all_), cosines


def pressing(topics: Floats, waiting: Floats, all_: Floats) -> Floats:
    """The mean of two opinions: of a head that knows only what needs an answer (chatter and spam are
    low whatever their words), and of one that knows everything. A community is calmer than the
    seeds, so what is calm is taken to be three times as frequent as there.
    """
    needed = topics[:, _NEEDING].sum(axis=1, keepdims=True)
    whole = waiting * needed
    whole[:, :1] += 1 - needed
    both = (whole + all_) * _CALM
    return np.asarray(both / both.sum(axis=1, keepdims=True), dtype=np.float32)


def centred(seen: Seen, centres: Floats) -> tuple[Floats, Floats]:
    """Each meaning without what its language has in common, at length 1; and how long it was."""
    rest = seen.meaning - centres[seen.spoken]
    length = np.sqrt(np.einsum("ij,ij->i", rest, rest)) + np.float32(1e-6)
    return np.asarray(rest / length[:, None], dtype=np.float32), length


def near(cosines: Floats) -> Floats:
    """How near that is: a half of the way from one to the other counts much less than half."""
    raised: Floats = cosines * np.float32(SHARPNESS)
    raised -= np.float32(SHARPNESS)
    return np.exp(raised, out=raised)
