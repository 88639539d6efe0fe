"""The measures of links and of the first-response times that become of them. It guesses nothing and reads no file."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.link_logs import Log, Logged
from monitor.core.linking import Link, Memberships

Links = dict[int, frozenset[int]]  # a line to what it answers; itself: a beginning
WAITS = (5, 10)  # minutes


@dataclass(frozen=True, slots=True)
class Guess:
    """Links of one log: `forced`, one a line; `chosen`, as many as are likely; and with all their chances."""

    forced: Links
    chosen: Links
    links: Mapping[int, Link]


Guesser = Callable[[Log], Guess]


def _gold(log: Log) -> Links:
    return {
        row.number: row.answers or frozenset({row.number})
        for row in log.rows
        if row.answers is not None
    }


def _shared(ours: Links, gold: Links) -> Counter[str]:
    """Notices that nobody wrote begin something, by rule."""
    found = {number: ours.get(number, frozenset({number})) for number in gold}
    return Counter(
        right=sum(len(found[n] & gold[n]) for n in gold),
        made=sum(map(len, found.values())),
        gold=sum(map(len, gold.values())),
    )


def _rates(counts: Counter[str]) -> tuple[float, float, float]:
    precision, recall = counts["right"] / counts["made"], counts["right"] / counts["gold"]
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def clusters(links: Links, among: Iterable[int]) -> dict[int, int]:
    """For each line the first line of its conversation."""
    heads: dict[int, int] = {}

    def head(number: int) -> int:
        while heads.setdefault(number, number) != number:
            number = heads[number]
        return number

    for number, answered in links.items():
        for other in answered:
            one, two = sorted((head(number), head(other)))
            heads[two] = one
    return {number: head(number) for number in among}


def cluster_measures(ours: Mapping[int, int], gold: Mapping[int, int]) -> dict[str, float]:
    """Of one log: scaled variation of information, one-to-one overlap, and what exact F1 is counted from."""
    size = len(gold)
    both = Counter((ours[n], gold[n]) for n in gold)
    mine, theirs = Counter(ours[n] for n in gold), Counter(gold.values())
    apart = sum(
        n / size * (math.log2(n / mine[a]) + math.log2(n / theirs[b])) for (a, b), n in both.items()
    )
    exact = sum(1 for (a, b), n in both.items() if n == mine[a] == theirs[b] and n > 1)
    return {
        "information": 1 + apart / math.log2(size), "one_to_one": _one_to_one(both) / size,
        "exact": exact, "ours": sum(n > 1 for n in mine.values()), "gold": sum(n > 1 for n in theirs.values()),
    }  # fmt: skip


def _one_to_one(both: Counter[tuple[int, int]]) -> int:
    """Largest overlaps first: within a percent of the best pairing, and never above it."""
    used_a: set[int] = set()
    used_b: set[int] = set()
    total = 0
    for (a, b), n in both.most_common():
        if a not in used_a and b not in used_b:
            used_a.add(a)
            used_b.add(b)
            total += n
    return total


def waits(log: Log, links: Links, questions: Iterable[int]) -> dict[int, int | None]:
    """Minutes from each question to the first line of another person whose links lead to it."""
    rows = {row.number: row for row in log.rows if row.line and row.answers is not None}
    leads: dict[int, frozenset[int]] = {}
    for number in sorted(rows):
        answered = links.get(number, frozenset()) - {number}
        leads[number] = frozenset({number}).union(
            *(leads.get(other, frozenset()) for other in answered)
        )
    found: dict[int, int | None] = dict.fromkeys(questions)
    for number, reached in leads.items():
        for question in reached & found.keys():
            if found[question] is None and _other(rows, number, question):
                found[question] = _minutes(rows, number, question)
    return found


def _other(rows: Mapping[int, Logged], one: int, two: int) -> bool:
    first, second = rows[one].line, rows[two].line
    return bool(first and second and first.author != second.author)


def _minutes(rows: Mapping[int, Logged], late: int, early: int) -> int:
    first, second = rows[early].line, rows[late].line
    assert first is not None
    assert second is not None
    return max(0, int((second.at - first.at).total_seconds()) // 60)


def likely_waits(log: Log, guess: Guess, questions: Iterable[int]) -> dict[int, int | None]:
    """Minutes until it is more likely than not that another person has answered, by the chances of all links."""
    rows = {row.number: row for row in log.rows if row.line and row.answers is not None}
    members = Memberships()
    found: dict[int, int | None] = dict.fromkeys(questions)
    silent = dict.fromkeys(found, 1.0)
    for number in sorted(rows):
        if number in found:
            members.begin(str(number))
        for begun, share in members.take(str(number), guess.links[number]).items():
            question = int(begun)
            if number > question and _other(rows, number, question):
                silent[question] *= 1 - share
                if found[question] is None and silent[question] <= 0.5:
                    found[question] = _minutes(rows, number, question)
    return found


def single_waits(log: Log, guess: Guess, questions: Iterable[int]) -> dict[int, int | None]:
    """Minutes to the first line of another person whose likeliest links lead to the question."""
    return waits(log, guess.forced, questions)


def nicks(row: Logged) -> list[str]:
    """Parts of a line that could be names."""
    assert row.line
    return [part.strip("@:,;.!?()<>").casefold() for part in row.line.text.split()]


def named_waits(log: Log, guess: Guess, questions: Iterable[int]) -> dict[int, int | None]:
    """Minutes to the first line of another person that names the asker."""
    return _waits_until(log, questions, lambda row, asker: bool(set(nicks(row)) & set(asker.names)))


def next_waits(log: Log, guess: Guess, questions: Iterable[int]) -> dict[int, int | None]:
    """Minutes to the next line of another person."""
    return _waits_until(log, questions, lambda row, asker: True)


def _waits_until(
    log: Log, questions: Iterable[int], stops: Callable[..., bool]
) -> dict[int, int | None]:
    rows = {row.number: row for row in log.rows if row.line and row.answers is not None}
    found: dict[int, int | None] = {}
    for question in questions:
        asker = rows[question].line
        later = (n for n in sorted(rows) if n > question and _other(rows, n, question))
        first = next((n for n in later if stops(rows[n], asker)), None)
        found[question] = None if first is None else _minutes(rows, first, question)
    return found


def response_measures(pairs: Sequence[tuple[int, int | None]]) -> dict[str, float]:
    """Annotated and measured minutes, question by question; None: nobody seems to have answered."""
    apart = [abs(true - ours) if ours is not None else math.inf for true, ours in pairs]
    middle = median(apart)
    found: dict[str, float] = {
        "questions": len(pairs),
        "unanswered": sum(ours is None for _, ours in pairs),
        "frt_median_abs_error_s": 60 * middle if middle < math.inf else -1.0,
        "frt_within_60s": sum(a <= 1 for a in apart) / len(pairs),
    }
    for wait in WAITS:
        true = sum(t <= wait for t, _ in pairs) / len(pairs)
        ours = sum(o is not None and o <= wait for _, o in pairs) / len(pairs)
        found[f"attained_{wait}min_true"], found[f"attained_{wait}min"] = true, ours
        found[f"attainment_error_points_{wait}min"] = 100 * abs(true - ours)
    found["attainment_error_points"] = max(found[f"attainment_error_points_{w}min"] for w in WAITS)
    return found


Waiting = Callable[[Log, Guess, Iterable[int]], dict[int, int | None]]


def measured(found: Sequence[Log], guesser: Guesser, waiting: Waiting) -> dict[str, float]:
    """All measures over some logs. `waiting`: how first responses are read."""
    chosen, forced = Counter[str](), Counter[str]()
    parts: list[dict[str, float]] = []
    pairs: list[tuple[int, int | None]] = []
    every: list[tuple[int | None, int | None]] = []
    sure: list[tuple[float, bool]] = []
    for log in found:
        gold, guess = _gold(log), guesser(log)
        chosen += _shared(guess.chosen, gold)
        forced += _shared(guess.forced, gold)
        ours = {n: links for n, links in guess.forced.items() if n in gold}
        parts.append(cluster_measures(clusters(ours, gold), clusters(gold, gold)))
        asked = _asked(log, gold)
        guessed = waiting(log, guess, asked)
        pairs += [(wait, guessed[n]) for n, wait in asked.items() if wait is not None]
        every += [(wait, guessed[n]) for n, wait in asked.items()]
        sure += [
            (guess.links[n].confidence, bool(guess.forced[n] & gold[n]))
            for n in gold
            if n in guess.links
        ]
    precision, recall, f1 = _rates(chosen)
    exact = {key: sum(part[key] for part in parts) for key in ("exact", "ours", "gold")}
    return {
        "link_precision": precision, "link_recall": recall, "link_f1": f1,
        "link_precision_forced": _rates(forced)[0], "link_recall_forced": _rates(forced)[1],
        "link_f1_forced": _rates(forced)[2],
        "cluster_f1": 2 * exact["exact"] / (exact["ours"] + exact["gold"]),
        "cluster_information": sum(part["information"] for part in parts) / len(parts),
        "cluster_one_to_one": sum(part["one_to_one"] for part in parts) / len(parts),
    } | response_measures(pairs) | _over_all(every) | calibration(sure)  # fmt: skip


def calibration(sure: Sequence[tuple[float, bool]]) -> dict[str, float]:
    """How far confidence is from the share that is right, over tenths of confidence; nothing where none was told."""
    if not sure:
        return {}
    tenths: dict[int, list[tuple[float, bool]]] = {}
    for confidence, is_right in sure:
        tenths.setdefault(min(9, int(10 * confidence)), []).append((confidence, is_right))
    apart = sum(
        abs(sum(confidence for confidence, _ in part) - sum(is_right for _, is_right in part))
        for part in tenths.values()
    )
    return {
        "mean_confidence": sum(confidence for confidence, _ in sure) / len(sure),
        "right": sum(is_right for _, is_right in sure) / len(sure),
        "confidence_error": apart / len(sure),
    }


def _over_all(every: Sequence[tuple[int | None, int | None]]) -> dict[str, float]:
    """Attainment over all that begins something, the unanswered counted as late: what a report prints."""
    found: dict[str, float] = {"beginnings": len(every)}
    for wait in WAITS:
        true = sum(t is not None and t <= wait for t, _ in every) / len(every)
        ours = sum(o is not None and o <= wait for _, o in every) / len(every)
        found[f"all_attained_{wait}min_true"], found[f"all_attained_{wait}min"] = true, ours
        found[f"all_attainment_error_points_{wait}min"] = 100 * abs(true - ours)
    return found


def _asked(log: Log, gold: Links) -> dict[int, int | None]:
    """Lines that begin something, and the annotated wait of each."""
    begun = [
        row.number for row in log.rows if row.line and row.answers is not None and not row.answers
    ]
    return waits(log, gold, begun)
