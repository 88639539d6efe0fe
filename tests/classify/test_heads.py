"""Linear heads: they find what there is to learn, and say how sure they may be."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy", reason="extra nlp is not installed")

from monitor.classify import heads  # noqa: E402 - needs numpy
from monitor.classify.heads import Lessons  # noqa: E402


def clouds(classes: int, each: int, spread: float, seed: int = 3):
    chance = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), each)
    middles = np.eye(classes, 8, dtype=np.float32)
    points = middles[labels] + chance.normal(0, spread, (len(labels), 8)).astype(np.float32)
    return points, Lessons(labels, np.ones(len(labels), dtype=np.float32), classes)


def test_the_lowest_point_of_a_bowl_is_found() -> None:
    where = np.array([3.0, -1.0, 0.5])
    steep = np.array([1.0, 100.0, 0.01])

    found = heads.lowest(
        lambda at: (float((steep * (at - where) ** 2).sum()), 2 * steep * (at - where)),
        np.zeros(3),
    )

    assert found == pytest.approx(where, abs=0.1)


def test_clouds_that_lie_apart_are_told_apart() -> None:
    points, lessons = clouds(3, 30, 0.2)

    weights = heads.learned(points, lessons, penalty=0.1)

    assert ((points @ weights).argmax(axis=1) == lessons.labels).all()


def test_learning_from_similarities_gives_the_same_scores_as_from_features() -> None:
    points, lessons = clouds(3, 20, 0.4)
    roots = heads.roots(points @ points.T)

    direct = points @ heads.learned(points, lessons, penalty=1.0)
    support = heads.dual(roots, heads.learned(roots, lessons, penalty=1.0))

    assert points @ (points.T @ support) == pytest.approx(direct, abs=0.05)


def test_what_has_no_label_teaches_nothing() -> None:
    points, lessons = clouds(2, 20, 0.3)
    partly = Lessons(np.where(np.arange(40) % 2, lessons.labels, -1), lessons.weights, 2)
    odd = np.arange(40) % 2 == 1
    only = Lessons(lessons.labels[odd], lessons.weights[odd], 2)

    assert heads.learned(points, partly, 0.5) == pytest.approx(
        heads.learned(points[odd], only, 0.5)
    )


def test_held_out_scores_do_not_know_their_own_labels() -> None:
    points, lessons = clouds(4, 25, 0.2)
    scrambled = Lessons(
        np.random.default_rng(5).permutation(lessons.labels), lessons.weights, lessons.classes
    )
    every = np.eye(100, dtype=np.float32)  # each message has a feature of its own to cheat with

    features = np.concatenate([points, every], axis=1)
    out, own = heads.held_out(features, scrambled, 0.01, np.arange(100) % 2 == 0)
    learned = features @ heads.learned(features, scrambled, 0.01)

    assert (learned.argmax(axis=1) == scrambled.labels).mean() > 0.9
    assert own.labels.tolist() == scrambled.labels[::2].tolist()
    assert (out.argmax(axis=1) == own.labels).mean() < 0.6


def test_the_temperature_makes_boasts_modest_and_doubts_bold() -> None:
    labels = np.array([0, 0, 0, 1] * 25)  # three of four are right
    lessons = Lessons(labels, np.ones(100, dtype=np.float32), 2)

    def chance_of_the_first(scale: float) -> float:
        scores = np.tile(np.array([[scale, 0.0]], dtype=np.float32), (100, 1))
        t = heads.temperature(scores, lessons)
        return float(heads.softmax(scores / np.float32(t))[0, 0])

    assert chance_of_the_first(3.0) == pytest.approx(0.75, abs=0.02)
    assert chance_of_the_first(0.5) == pytest.approx(0.75, abs=0.02)


def test_without_labels_the_temperature_stays() -> None:
    nothing = Lessons(np.array([-1]), np.ones(1, dtype=np.float32), 2)

    assert heads.temperature(np.zeros((1, 2), dtype=np.float32), nothing) == 1.0


def test_messages_that_mean_the_same_are_held_out_together() -> None:
    vectors = np.eye(6, dtype=np.float32)[[0, 1, 2, 0, 1, 3]]

    folds = heads.alike_together(vectors, 5)

    assert folds[0] == folds[3]
    assert folds[1] == folds[4]
    assert len(set(folds.tolist())) > 1


def test_a_guess_that_boasts_is_believed_less_and_more_likely_ones_stay_in_front() -> None:
    bend = np.array([0.5, -0.2], dtype=np.float32)

    sure, likely, even = heads.candid(np.array([0.98, 0.8, 0.5]), bend)

    assert 0.98 > sure > likely > even
    assert even < 0.5
