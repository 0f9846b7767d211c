"""Checks of the exercises on losses: the contrast of pairs, and NT-Xent."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from fiveviews.checks import Case, Exercise, uniform
from fiveviews.models import contrastive

# 2. Contrast --------------------------------------------------------------------------------------

SAME = torch.eye(2, dtype=torch.float64)


def _contrast(logits: Tensor) -> Tensor:
    target = SAME.to(logits).expand_as(logits)
    return F.binary_cross_entropy_with_logits(logits, target)


def _tables() -> list[Case]:
    far = torch.tensor([[[800.0, -800.0], [800.0, -800.0]]], dtype=torch.float64)
    return [
        Case("5 pairs of solids", (uniform(66, 5, 2, 2, low=-3, high=3),)),
        Case("one pair", (uniform(67, 1, 2, 2, low=-1, high=2),)),
        Case(
            "logits of 800 and -800",
            (far,),
            edge="sigmoid rounds to 0 or 1 there, and its logarithm is infinite: use softplus.",
        ),
    ]


contrast = Exercise(
    name="2 Four questions about a pair",
    truth=_contrast,
    cases=_tables,
    mistakes={
        "Yes and no are exchanged: views and drawing belong together on the diagonal, i = j.": (
            lambda z: _contrast(-z)
        ),
        "Only the two that belong together count: a network that always says yes would be "
        "perfect.": lambda z: F.softplus(-z.diagonal(dim1=1, dim2=2)).mean(),
        "Only the two that do *not* belong together count: always saying no would be perfect.": (
            lambda z: F.softplus(z.flip(2).diagonal(dim1=1, dim2=2)).mean()
        ),
        "That is the sum; take the mean over the four answers of a pair, and over pairs.": (
            lambda z: _contrast(z) * z.numel()
        ),
        "Four times too much: take the mean over the four answers too.": (
            lambda z: 4 * _contrast(z)
        ),
        "Half of it is missing or counted twice: four answers, each at a quarter.": (
            lambda z: 2 * _contrast(z)
        ),
        "A softmax over each row asks which of *two* drawings is right. Here each answer is a yes "
        "or a no of its own: sigmoid.": lambda z: F.cross_entropy(
            z.flatten(0, 1), torch.arange(2).repeat(len(z))
        ),
        "You treat z as a probability. It is a logit: any number, before the sigmoid.": (
            lambda z: F.binary_cross_entropy_with_logits(z.sigmoid(), SAME.expand_as(z))
        ),
        "The squared error of the probabilities punishes a wrong certainty hardly more than a "
        "doubt; the paper takes the logarithm.": (
            lambda z: (z.sigmoid() - SAME.to(z)).square().mean()
        ),
    },
    praise="Every drawing once with yes and once with no.",
)


# 3. NT-Xent ---------------------------------------------------------------------------------------


def _similarities(b: Tensor, a: Tensor, temperature: float) -> Tensor:
    both = torch.cat([b, a])
    return both @ both.T / temperature


def _partners(n: int) -> Tensor:
    return torch.arange(2 * n).roll(n)


def _nt_xent(b: Tensor, a: Tensor, temperature: float) -> Tensor:
    return contrastive.nt_xent(b, a, temperature)[0]


def _across(b: Tensor, a: Tensor, temperature: float) -> Tensor:
    return F.cross_entropy(b @ a.T / temperature, torch.arange(len(b)))


def _vectors() -> list[Case]:
    b, a = (F.normalize(uniform(s, 4, 5, low=-1, high=1), dim=1) for s in (68, 69))
    return [
        Case("4 pairs of unit vectors of length 5 and temperature 0.5", (b, a, 0.5)),
        Case("3 pairs and temperature 0.1", (b[:3], a[1:], 0.1)),
        Case("one pair", (b[:1], a[:1], 0.5), edge="With nobody else about, nothing is to lose."),
    ]


nt_xent = Exercise(
    name="3 Find your partner",
    truth=_nt_xent,
    cases=_vectors,
    mistakes={
        "Everyone is nearest to themselves, and is so in your crowd. Leave out i = i: fill the "
        "diagonal with -inf.": lambda b, a, t: F.cross_entropy(
            _similarities(b, a, t), _partners(len(b))
        ),
        "You fill the diagonal with 0, but e⁰ = 1 still counts. Fill it with -inf.": (
            lambda b, a, t: F.cross_entropy(
                _similarities(b, a, t).fill_diagonal_(0), _partners(len(b))
            )
        ),
        "You only look across, from b to a. NT-Xent has all others in the crowd, other b's too, "
        "and both sides look.": _across,
        "You look across from both sides; those of the same side are in the crowd too.": (
            lambda b, a, t: (_across(b, a, t) + _across(a, b, t)) / 2
        ),
        "The temperature is missing: divide the cosines by it.": lambda b, a, t: _nt_xent(b, a, 1),
        "You multiply by the temperature; divide by it.": lambda b, a, t: _nt_xent(b, a, 1 / t),
        "That is the sum over all; take the mean.": (
            lambda b, a, t: 2 * len(b) * _nt_xent(b, a, t)
        ),
        "You pair the vectors 0 with 1, 2 with 3, …; but all b stand before all a, so the partner "
        "of vector i is i + N.": lambda b, a, t: F.cross_entropy(
            _similarities(b, a, t).fill_diagonal_(-torch.inf), torch.arange(2 * len(b)) ^ 1
        ),
        "The sign is exchanged: partners should be near.": lambda b, a, t: -_nt_xent(b, a, t),
        "You only count the b's; both sides look for their partner.": lambda b, a, t: (
            F.cross_entropy(
                _similarities(b, a, t).fill_diagonal_(-torch.inf)[: len(b)],
                _partners(len(b))[: len(b)],
            )
        ),
    },
    praise="One partner, and everybody else in the crowd.",
)
