"""Checks of the exercises that answer I2P and P2I with a network that was trained for neither."""

from __future__ import annotations

import torch
from torch import Tensor

from fiveviews.checks import Case, Exercise, uniform

CORNERS = [0, 1, 4, 5]  # columns of the poses 1, 2, 5, 6

# 4. Two tasks -------------------------------------------------------------------------------------


def _i2p(logits: Tensor) -> Tensor:
    return logits[:, CORNERS].argmax(1)


def _i2p_cases() -> list[Case]:
    return [
        Case("30 drawings", (uniform(70, 30, 8, low=-2, high=2),)),
        Case("one drawing", (uniform(71, 1, 8),)),
    ]


answer_i2p = Exercise(
    name="4a From which corner?",
    truth=_i2p,
    cases=_i2p_cases,
    mistakes={
        "These are the poses 1 to 4. I2P asks about 1, 2, 5 and 6.": (lambda z: z[:, :4].argmax(1)),
        "Off by one: pose 1 is in column 0, so the columns are 0, 1, 4, 5.": (
            lambda z: z[:, [1, 2, 5, 6]].argmax(1)
        ),
        "That is the best of all eight poses; only four can be the answer.": lambda z: z.argmax(1),
        "You take the best of all eight and then its remainder by 4. First leave four columns, "
        "then take the best.": lambda z: z.argmax(1) % 4,
        "That is the number of the pose; the answer is its place among the four, 0 to 3.": (
            lambda z: torch.tensor([1, 2, 5, 6])[_i2p(z)]
        ),
        "That is the column of the pose; the answer is its place among the four, 0 to 3.": (
            lambda z: torch.tensor(CORNERS)[_i2p(z)]
        ),
        "That is how sure the network is; asked for is *which*: argmax, not max.": (
            lambda z: z[:, CORNERS].amax(1)
        ),
        "The least likely one: argmax, not argmin.": lambda z: z[:, CORNERS].argmin(1),
    },
    praise="Half of the network's answers are not on offer, so they do not count.",
    differentiable=False,
)


def _p2i(logits: Tensor, poses: Tensor) -> Tensor:
    return logits[torch.arange(len(poses)), :, poses - 1].argmax(1)


def _p2i_cases() -> list[Case]:
    generator = torch.Generator().manual_seed(7)
    poses = torch.randint(1, 9, (30,), generator=generator)
    return [
        Case("30 questions", (uniform(72, 30, 4, 8, low=-2, high=2), poses)),
        Case("questions about pose 8", (uniform(73, 4, 4, 8), torch.full((4,), 8))),
    ]


answer_p2i = Exercise(
    name="4b Which one is from there?",
    truth=_p2i,
    cases=_p2i_cases,
    mistakes={
        "Off by one: pose 1 is in column 0.": lambda z, p: z[torch.arange(len(p)), :, p % 8].argmax(
            1
        ),
        "That looks for the candidate that is surest of *some* pose; asked is about one.": (
            lambda z, p: z.amax(2).argmax(1)
        ),
        "You take the softmax over the candidates first. It changes no argmax within a column only "
        "if it is over dim 1; over the poses, it does change which is best.": (
            lambda z, p: _p2i(z.softmax(2), p)
        ),
        "All questions get the column of the first one's pose.": lambda z, p: z[
            :, :, p[0] - 1
        ].argmax(1),
        "The least likely one: argmax, not argmin.": lambda z, p: z[
            torch.arange(len(p)), :, p - 1
        ].argmin(1),
        "Answers count from 0.": lambda z, p: _p2i(z, p) + 1,
    },
    praise="The same eight numbers, read the other way.",
    differentiable=False,
)
