"""The nets that learn to link, in torch: a layer over clues and words, a layer of weights, one score. No files.

It computes in floats what `monitor.core.link_net` computes in whole numbers.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.train_links_examples import STARTS, WIDTH, Array, Bags, Examples, spans

BATCH, RATE, DECAY, WORD_DECAY = 256, 2e-3, 1e-4, 0.3
# of words, and of groups whose words are all hidden: so the net knows languages whose words it does not know
WORD_DROP, WORDLESS = 0.5, 0.15
NUMBERS, REST_WEIGHT = 16, 2.0  # of a word; of a log that is not train-c


@dataclass(frozen=True, slots=True)
class Shape:
    first: int
    second: int
    epochs: int
    drop: float


class ClueNet(nn.Module, abc.ABC):
    """`other`: what a train-c log adds; a shipped net never uses it."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        first, second, self.shape = shape.first, shape.second, shape
        self.table = nn.Parameter(torch.randn(WIDTH, first) * 0.15)
        self.other = nn.Parameter(torch.zeros(first))
        self.bias = nn.Parameter(torch.zeros(first))
        self.second = nn.Linear(first, second)
        self.last = nn.Linear(second, 1, bias=False)

    def forward(self, seen: Examples, read: Bags, chosen: Array, *, as_rest: bool) -> Tensor:
        """Scores of the rows of some groups."""
        sizes = seen.sizes[chosen]
        rows = spans(seen.starts[chosen], sizes)
        group = torch.from_numpy(np.repeat(np.arange(len(chosen)), sizes))
        first = self.bias + _hot(seen.rows[rows]) @ self.table
        if not as_rest:
            first = (
                first + torch.from_numpy(seen.other[chosen].astype("f4"))[group, None] * self.other
            )
        first = first + self.told(seen, read, chosen, rows, group)
        units = functional.dropout(functional.relu(first), self.shape.drop, self.training)
        scores: Tensor = self.last(functional.relu(self.second(units)))[:, 0]
        return scores

    @abc.abstractmethod
    def told(self, seen: Examples, read: Bags, chosen: Array, rows: Array, group: Tensor) -> Tensor:
        """What the texts add to the first layer."""


class LinkNet(ClueNet):
    """Reads texts as bags of words."""

    def __init__(self, shape: Shape, words: int) -> None:
        super().__init__(shape)
        self.words = nn.Parameter(torch.randn(words, NUMBERS) * 0.05)
        self.of_line = nn.Linear(NUMBERS, shape.first, bias=False)
        self.of_candidate = nn.Linear(NUMBERS, shape.first, bias=False)

    def told(self, seen: Examples, read: Bags, chosen: Array, rows: Array, group: Tensor) -> Tensor:
        lines, candidates = self._said(seen, read, chosen, rows, group)
        added: Tensor = self.of_line(lines)[group] + self.of_candidate(candidates)
        return added

    def _said(
        self, seen: Examples, read: Bags, chosen: Array, rows: Array, group: Tensor
    ) -> tuple[Tensor, Tensor]:
        lines, answers = seen.lines[chosen], seen.answers[rows]
        unique, back = np.unique(
            np.concatenate([lines, np.maximum(answers, 0)]), return_inverse=True
        )
        said = self._bag(read, unique)[torch.from_numpy(back)]
        is_shown = torch.ones(len(chosen))
        if self.training:
            is_shown = (torch.rand(len(chosen)) >= WORDLESS).float()
        is_line = torch.from_numpy((answers >= 0).astype("f4")) * is_shown[group]
        return said[: len(chosen)] * is_shown[:, None], said[len(chosen) :] * is_line[:, None]

    def _bag(self, read: Bags, places: Array) -> Tensor:
        sizes = read.sizes[places]
        flat = torch.from_numpy(read.flat[spans(read.starts[places], sizes)])
        weight = torch.ones(len(flat))
        if self.training:
            weight = (torch.rand(len(flat)) > WORD_DROP).float() / (1 - WORD_DROP)
        starts = torch.from_numpy(np.cumsum(sizes) - sizes)
        sums = functional.embedding_bag(
            flat, self.words, starts, mode="sum", per_sample_weights=weight
        )
        return sums / torch.from_numpy(np.sqrt(np.maximum(sizes, 1)).astype("f4"))[:, None]


Made = TypeVar("Made", bound=ClueNet)


def grown(
    seen: Examples, read: Bags, make: Callable[[], Made], seed: int,
    target: Array | None = None, share: float = 0.0,
) -> Made:  # fmt: skip
    """The net made, when it has learned. `target`: chances to imitate, with `share` of the weight; alone where nobody
    annotated."""
    torch.set_num_threads(1)  # two fight over a busy machine
    torch.manual_seed(seed)
    net = make()
    optimiser = torch.optim.AdamW(
        [
            {"params": [p for n, p in net.named_parameters() if n == "words"], "weight_decay": WORD_DECAY},
            {"params": [p for n, p in net.named_parameters() if n != "words"], "weight_decay": DECAY},
        ]
    )  # fmt: skip
    random = np.random.default_rng(seed)
    use = np.arange(len(seen.sizes)) if target is not None else np.flatnonzero(seen.known)
    weight = np.where(seen.other, 1.0, REST_WEIGHT)
    weight = weight / weight[use].mean()
    epochs = net.shape.epochs
    total = epochs * (len(use) // BATCH)
    for step, chosen in enumerate(_batches(use, epochs, random)):
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / 50) * (1 - step / total) + 1e-6
        loss = _loss(net, seen, read, chosen, target, share)
        optimiser.zero_grad()
        (loss * torch.from_numpy(weight[chosen].astype("f4"))).mean().backward()
        optimiser.step()
    return net.eval()


def _batches(use: Array, epochs: int, random: np.random.Generator) -> list[Array]:
    orders = [random.permutation(use) for _ in range(epochs)]
    return [
        order[at : at + BATCH] for order in orders for at in range(0, len(order) - BATCH + 1, BATCH)
    ]


def _loss(
    net: ClueNet, seen: Examples, read: Bags, chosen: Array, target: Array | None, share: float
) -> Tensor:
    """Of each group: how unlikely the right ones are, each alike, and how far from what the teachers say."""
    sizes = seen.sizes[chosen]
    rows = spans(seen.starts[chosen], sizes)
    group = torch.from_numpy(np.repeat(np.arange(len(chosen)), sizes))
    logs = _log_chances(net(seen, read, chosen, as_rest=False), group, len(chosen))
    right = torch.from_numpy(seen.right[rows])
    rights = torch.zeros(len(chosen)).index_add(0, group, right.float())
    loss = -torch.zeros(len(chosen)).index_add(0, group, logs * right) / rights.clamp_min(1)
    if target is None:
        return loss
    taught = torch.from_numpy(target[rows].astype("f4"))
    apart = -torch.zeros(len(chosen)).index_add(0, group, taught * logs)
    part = torch.from_numpy(np.where(seen.known[chosen], share, 1.0).astype("f4"))
    return (1 - part) * loss + part * apart


def _log_chances(scores: Tensor, group: Tensor, groups: int) -> Tensor:
    top = torch.full((groups,), -1e9).scatter_reduce(0, group, scores.detach(), "amax")
    whole = torch.zeros(groups).index_add(0, group, torch.exp(scores - top[group]))
    return scores - (whole.log() + top)[group]


def _hot(rows: Array) -> Tensor:
    hot = torch.zeros(len(rows), WIDTH)
    return hot.scatter_(1, torch.from_numpy(rows.astype("i8") + STARTS), 1.0)


@torch.no_grad()
def scores(net: ClueNet, seen: Examples, read: Bags, *, as_rest: bool) -> Array:
    """Of all rows: as the rest would annotate, or as each log's own annotators."""
    groups = np.arange(len(seen.sizes))
    parts = (groups[at : at + 1_000] for at in range(0, len(groups), 1_000))
    return np.concatenate([net(seen, read, part, as_rest=as_rest).numpy() for part in parts])


def softmax(given: Array, sizes: Array) -> Array:
    starts = np.cumsum(sizes) - sizes
    parts = np.exp(given - np.repeat(np.maximum.reduceat(given, starts), sizes))
    return np.asarray(parts / np.repeat(np.add.reduceat(parts, starts), sizes))
