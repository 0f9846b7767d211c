"""Checks of the exercises on what Pix2Scene is trained with."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from fiveviews.checks import Case, Exercise, uniform
from fiveviews.models import surfels_losses

# 3. A steady critic -------------------------------------------------------------------------------


def _penalty(pictures: Tensor, codes: Tensor) -> Tensor:
    squares = pictures.flatten(1).square().sum(1) + codes.square().sum(1)
    return (squares.sqrt() - 1).square().mean()


def _slopes() -> list[Case]:
    pictures, codes = uniform(60, 5, 3, 4, 4, low=-0.3, high=0.3), uniform(61, 5, 6, low=-1.0)
    gentle = 0.1 * pictures, 0.1 * codes
    return [
        Case("five steep slopes", (2 * pictures, 2 * codes)),
        Case("five gentle slopes", gentle),
    ]


penalty = Exercise(
    name="3 A steady critic",
    truth=_penalty,
    cases=_slopes,
    mistakes={
        "You leave out the codes: the critic judges pairs, and its slope has a part by the code.": (
            lambda p, c: (p.flatten(1).norm(dim=1) - 1).square().mean()
        ),
        "You punish picture and code apart. They are two parts of *one* gradient: one norm, over "
        "all its numbers.": lambda p, c: (
            (p.flatten(1).norm(dim=1) - 1).square() + (c.norm(dim=1) - 1).square()
        ).mean(),
        "You add the two norms. The norm of a vector of two parts is the root of the sum of their "
        "squares.": lambda p, c: (p.flatten(1).norm(dim=1) + c.norm(dim=1) - 1).square().mean(),
        "One norm over the whole batch: each item has a slope of its own.": lambda p, c: (
            (p.square().sum() + c.square().sum()).sqrt() - 1
        ).square(),
        "Only slopes above 1 are punished. A sensible variant; here too flat counts as well.": (
            lambda p, c: (
                (p.flatten(1).square().sum(1) + c.square().sum(1)).sqrt().sub(1).relu().square()
            ).mean()
        ),
        "The square root is missing: that is (‖∇‖² − 1)².": lambda p, c: (
            (p.flatten(1).square().sum(1) + c.square().sum(1) - 1).square().mean()
        ),
    },
    praise="A slope of 1 everywhere: so a score is a distance, and its gradient says where to go.",
)


# 4. What two codes share --------------------------------------------------------------------------


def _information(joint: Tensor, shuffled: Tensor) -> Tensor:
    return joint.mean() - (torch.logsumexp(shuffled, 0) - math.log(len(shuffled)))


def _scores() -> list[Case]:
    large = 1000 + uniform(64, 6)
    return [
        Case("eight scores of each kind", (uniform(62, 8, high=3.0), uniform(63, 8, high=2.0))),
        Case(
            "scores around 1,000",
            (large, large.flip(0)),
            edge="exp(1000) is more than a number can hold. torch.logsumexp avoids it.",
        ),
    ]


information = Exercise(
    name="4 What two codes share",
    truth=_information,
    cases=_scores,
    mistakes={
        "You take the logarithm of a *sum*; the formula has the logarithm of a mean: subtract "
        "log n.": lambda j, s: j.mean() - torch.logsumexp(s, 0),
        "The mean of the logarithms of exponentials is just the mean: first the mean of exp T, "
        "then its logarithm.": lambda j, s: j.mean() - s.mean(),
        "The logarithm is missing before the second mean.": lambda j, s: j.mean() - s.exp().mean(),
        "The two kinds have changed places.": lambda j, s: _information(s, j),
        "That is the negative: what the statistics network minimises, not what it estimates.": (
            lambda j, s: -_information(j, s)
        ),
    },
    praise="Zero nats where nothing is shared, and no more than the truth otherwise.",
)


# 5. Near and far ----------------------------------------------------------------------------------


def _questions() -> list[Case]:
    answers = torch.tensor([0, 2, 1, 2])
    return [
        Case("four questions, margin 1", (uniform(65, 4, 4, 5), answers, 1.0)),
        Case("some well answered, margin 0.1", (uniform(67, 4, 4, 5, high=3.0), answers, 0.1)),
        Case("four questions, margin 3", (uniform(66, 4, 4, 5, high=2.0), answers, 3.0)),
    ]


def _hinge(
    codes: Tensor, answers: Tensor, margin: float, square: bool = True, hinged: bool = True
) -> Tensor:
    d = (codes[:, 1:] - codes[:, :1]).square().sum(-1)
    d = d if square else d.sqrt()
    own = d.gather(1, answers[:, None])
    wrong = torch.ones_like(d, dtype=torch.bool).scatter(1, answers[:, None], False)
    cost = own - d + margin
    return 0.5 * ((cost.relu() if hinged else cost) * wrong).sum(1).mean()


question_loss = Exercise(
    name="5 Near and far",
    truth=surfels_losses.question_loss,
    cases=_questions,
    mistakes={
        "The right answer is compared with itself too, which adds half the margin to every "
        "question.": lambda c, a, m: _hinge(c, a, m) + 0.5 * m,
        "D is the *squared* distance.": lambda c, a, m: _hinge(c, a, m, square=False),
        "Without max(0, ·) a question that is answered well goes on paying for others.": (
            lambda c, a, m: _hinge(c, a, m, hinged=False)
        ),
        "The ½ is missing.": lambda c, a, m: 2 * _hinge(c, a, m),
        "You take half the mean over the two wrong candidates; the formula has their sum.": (
            lambda c, a, m: 0.5 * _hinge(c, a, m)
        ),
        "That pulls the wrong ones near: it is D(right) − D(wrong) + margin.": lambda c, a, m: (
            0.5
            * torch.stack(
                [
                    (d[[k for k in range(3) if k != int(i)]] - d[int(i)] + m).relu().sum()
                    for d, i in zip((c[:, 1:] - c[:, :1]).square().sum(-1), a, strict=True)
                ]
            ).mean()
        ),
        "That is equation 5 as printed, without the hinge: it has no lower bound, and training "
        "runs away with it.": lambda c, a, m: surfels_losses.question_loss(c, a, None),
    },
    praise="Near to its own, and at least a margin nearer than to the others.",
)
