"""Checks of the exercises that build SiamVP: distance, pairs, logit and loss."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from fiveviews.checks import Case, Exercise, uniform
from fiveviews.data.rendering import VIEWS
from fiveviews.models.siamvp import DRAWN

# 1. Distance --------------------------------------------------------------------------------------


def _around(a: Tensor, b: Tensor) -> Tensor:
    """From b to a, always the one way round: 0 … 23."""
    return (a - b) % VIEWS


def _steps(a: Tensor, b: Tensor) -> Tensor:
    return torch.minimum(_around(a, b), _around(b, a))


def _viewpoints() -> list[Case]:
    every = torch.arange(VIEWS)
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randint(VIEWS, (2, 200), generator=generator)
    return [
        Case("viewpoints 0 … 23 and viewpoint 0, 24 times", (every, torch.zeros_like(every))),
        Case("200 pairs of viewpoints", (a, b)),
        Case(
            "shapes (24, 1) and (1, 24)",
            (every[:, None], every[None]),
            edge="Arithmetic on whole tensors broadcasts all by itself.",
        ),
    ]


steps_between = Exercise(
    name="1 How far apart?",
    truth=_steps,
    cases=_viewpoints,
    mistakes={
        "That forgets the seam: viewpoints 23 and 0 are neighbours. There are two ways round; "
        "which is the shorter?": lambda a, b: (a - b).abs(),
        "That is one way round, always the same one: from 0 to 23 it takes 23 steps and from 23 "
        "to 0 just one. Take the shorter of the two.": _around,
        "That is the other way round, always the same one. Take the shorter of the two.": (
            lambda a, b: _around(b, a)
        ),
        "That also says in which direction; a distance has no sign.": (
            lambda a, b: (a - b + 12) % VIEWS - 12
        ),
        "The longer way round; take the shorter.": (
            lambda a, b: torch.maximum((a - b).abs(), VIEWS - (a - b).abs())
        ),
        "One step short across the seam: from 23 to 0 is a step too, so that the other way round "
        "takes 24 - d and not 23 - d.": (
            lambda a, b: torch.minimum((a - b).abs(), VIEWS - 1 - (a - b).abs())
        ),
        "That wraps after half a turn: viewpoints 0 and 12 are opposite, not the same.": (
            lambda a, b: (a - b).abs() % 12
        ),
        "In degrees; asked for is the number of viewpoints, of 15° each.": (
            lambda a, b: 15 * _steps(a, b)
        ),
    },
    praise="Across the seam as anywhere else, and never more than 12.",
    differentiable=False,
)


# 2. Pairs -----------------------------------------------------------------------------------------


def _whole_table(views: Tensor) -> Tensor:
    """1 and -1 for every ordered pair, each picture with itself included."""
    return 2 * (views[:, None] == views[None]).long() - 1


def _batches() -> list[Case]:
    return [
        Case("6 pictures from viewpoints 3, 7, 3, 0, 7, 3", (torch.tensor([3, 7, 3, 0, 7, 3]),)),
        Case("4 pictures from viewpoints 23, 0, 0, 1", (torch.tensor([23, 0, 0, 1]),)),
        Case(
            "a single picture",
            (torch.tensor([5]),),
            edge="One picture forms no pair: its table is a single 0.",
        ),
    ]


pair_table = Exercise(
    name="2 All pairs of a batch",
    truth=lambda v: _whole_table(v).triu(1),
    cases=_batches,
    mistakes={
        "Every pair counts twice, as (i, j) and as (j, i), and every picture is paired with "
        "itself, which teaches nothing. Keep i < j.": _whole_table,
        "Every pair counts twice, as (i, j) and as (j, i). Keep i < j.": (
            lambda v: _whole_table(v).triu(1) + _whole_table(v).tril(-1)
        ),
        "The diagonal pairs each picture with itself: always the same viewpoint, and nothing to "
        "learn from. Keep i < j.": lambda v: _whole_table(v).triu(),
        "These are the pairs with i > j. They are as good, but the task says i < j.": (
            lambda v: _whole_table(v).tril(-1)
        ),
        "The pairs of two viewpoints are missing: give them -1, so that 0 is left for what is no "
        "pair.": lambda v: _whole_table(v).triu(1).clamp(min=0),
        "The pairs of one viewpoint are missing: give them 1.": (
            lambda v: _whole_table(v).triu(1).clamp(max=0)
        ),
        "The signs are exchanged: 1 where the viewpoint is the same.": (
            lambda v: -_whole_table(v).triu(1)
        ),
    },
    praise="Each pair once, and no picture with itself.",
    differentiable=False,
)


# 3. The logit -------------------------------------------------------------------------------------


def _weighted(combine: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """The logit with something else than the absolute difference in its middle."""
    return lambda a, b, weight, bias: combine(a, b) @ weight + bias


_logit = _weighted(lambda a, b: (a - b).abs())


def _embeddings() -> list[Case]:
    a, b = uniform(20, 5, 6), uniform(21, 5, 6)
    weight, bias = uniform(22, 6, low=-2, high=1), uniform(23, low=0.5, high=1)
    return [
        Case("5 pairs of embeddings of length 6", (a, b, weight, bias)),
        Case("one pair of embeddings of length 6", (b[0], a[1], weight, bias)),
        Case(
            "embeddings of shapes (4, 1, 6) and (1, 3, 6)",
            (a[:4, None], b[None, :3], weight, bias),
            edge="The embedding is always the *last* dimension: sum over dim=-1, or use @.",
        ),
    ]


logit = Exercise(
    name="3 One number for a pair",
    truth=_logit,
    cases=_embeddings,
    mistakes={
        "The absolute value is missing: exchange the two pictures and the answer changes. Whether "
        "they share a viewpoint does not.": _weighted(lambda a, b: a - b),
        "Squared differences are symmetric too, but SiamVP takes their absolute values.": (
            _weighted(lambda a, b: (a - b).square())
        ),
        "You add the embeddings: the same whether they agree or not. Take their difference.": (
            _weighted(lambda a, b: a + b)
        ),
        "Products of the embeddings measure how large both are; take absolute differences.": (
            _weighted(lambda a, b: a * b)
        ),
        "The absolute value comes too late: once weighted and summed up, differences have "
        "cancelled each other.": lambda a, b, w, c: ((a - b) @ w).abs() + c,
        "The weights are missing: some of the numbers matter for the viewpoint, others do not.": (
            lambda a, b, w, c: (a - b).abs().sum(-1) + c
        ),
        "The bias is missing: two equal embeddings would always get 0, a probability of a half.": (
            lambda a, b, w, c: _logit(a, b, w, c) - c
        ),
        "That is the probability already. Stop before the sigmoid: the loss wants the logit.": (
            lambda a, b, w, c: _logit(a, b, w, c).sigmoid()
        ),
    },
    praise="The same for (a, b) as for (b, a), and for two equal pictures just the bias.",
)


# 4. The loss --------------------------------------------------------------------------------------


def _of_each_kind(logits: Tensor, same: Tensor, hardest: float, mean: float = 1.0) -> Tensor:
    signed = torch.where(same, logits, -logits)
    return sum(
        mean * F.softplus(-kind).mean() + hardest * F.softplus(-kind.min())
        for kind in (signed[same], signed[~same])
    )


def _loss(logits: Tensor, same: Tensor) -> Tensor:
    return _of_each_kind(logits, same, 1 / DRAWN)


def _both(logits: Tensor, same: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
    """The means of both kinds, and these two in place of the hardest."""
    means = _of_each_kind(logits, same, 0)
    return means + (F.softplus(-positive) + F.softplus(negative)) / DRAWN


def _pooled(logits: Tensor, same: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, same.to(logits))


def _hardest(logits: Tensor, same: Tensor) -> Tensor:
    return _loss(logits, same) - _of_each_kind(logits, same, 0)


def _logits() -> list[Case]:
    one = uniform(30, 40, low=-3, high=3), uniform(31, 40) < 0.2
    two = uniform(32, 12, low=-2, high=4), torch.arange(12) < 3
    far = torch.tensor([800.0, -800.0, 800.0, -800.0], dtype=torch.float64)
    return [
        Case("40 pairs, some of one viewpoint", one),
        Case("12 pairs, the first 3 of one viewpoint", two),
        Case(
            "logits of 800 and -800",
            (far, torch.tensor([True, True, False, False])),
            edge="sigmoid rounds to 0 or 1 there, and its logarithm is infinite: use softplus.",
        ),
    ]


pair_loss = Exercise(
    name="4 A loss for a rare yes",
    truth=_loss,
    cases=_logits,
    mistakes={
        "One mean over all pairs, and the hardest of each kind: 23 noes outvote each yes. Take the "
        "mean over each kind by itself, then add.": (
            lambda x, same: _pooled(x, same) + _hardest(x, same)
        ),
        "One mean over all pairs: 23 noes outvote each yes. Take the mean over each kind by itself "
        "and add, and do not forget the hardest of each.": _pooled,
        "The hardest pairs are missing, each at 1/32.": lambda x, same: _of_each_kind(x, same, 0),
        "The hardest pairs count in full; they get a weight of 1/32.": (
            lambda x, same: _of_each_kind(x, same, 1)
        ),
        "Those are the *easiest* pairs of each kind. A pair of one viewpoint is hard if its logit "
        "is low, one of two viewpoints if it is high.": lambda x, same: _both(
            x, same, x[same].max(), x[~same].min()
        ),
        "The hardest pair of two viewpoints is the one with the *highest* logit; you take the "
        "lowest.": lambda x, same: _both(x, same, x[same].min(), x[~same].min()),
        "The hardest pair of one viewpoint is the one with the *lowest* logit; you take the "
        "highest.": lambda x, same: _both(x, same, x[same].max(), x[~same].max()),
        "The signs are exchanged: a high logit says yes, and is dear where the answer is no.": (
            lambda x, same: _loss(-x, same)
        ),
        "Half of it: the terms of the two kinds are added, not averaged.": (
            lambda x, same: _loss(x, same) / 2
        ),
        "Only the pairs of one viewpoint count: a network that always says yes would be "
        "perfect.": lambda x, same: (
            F.softplus(-x[same]).mean() + F.softplus(-x[same].min()) / DRAWN
        ),
    },
    praise="Both kinds weigh the same, however rare one of them is.",
)
