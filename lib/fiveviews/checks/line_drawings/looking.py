"""Checks of the exercises on looking: attention, and answers without any look."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from fiveviews.checks import Case, Exercise, uniform

# 6. Attention -------------------------------------------------------------------------------------


def _scaled(maps: Tensor) -> Tensor:
    low, high = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
    return (maps - low) / (high - low)


def _attention(features: Tensor) -> Tensor:
    return _scaled(features.square().mean(1))


def _maps(combine: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    return lambda f: _scaled(combine(f))


def _features() -> list[Case]:
    return [
        Case("features of shape (2, 3, 4, 5)", (uniform(74, 2, 3, 4, 5, low=-1, high=1),)),
        Case("features of shape (1, 6, 3, 3)", (uniform(75, 1, 6, 3, 3, low=-2, high=1),)),
    ]


attention = Exercise(
    name="6 Where does it look?",
    truth=_attention,
    cases=_features,
    mistakes={
        "First square, then take the mean: else positive and negative channels cancel.": _maps(
            lambda f: f.mean(1).square()
        ),
        "You take absolute values; the paper's maps are of squares.": _maps(
            lambda f: f.abs().mean(1)
        ),
        "You take the mean as it is; squares come first, or the sign decides.": _maps(
            lambda f: f.mean(1)
        ),
        "That is the strongest channel; take the mean over all.": _maps(
            lambda f: f.square().amax(1)
        ),
        "The map is not scaled: 0 for its least place, 1 for its greatest.": (
            lambda f: f.square().mean(1)
        ),
        "You divide by the greatest; take the least away first, in both.": lambda f: (
            f.square().mean(1) / f.square().mean(1).amax((1, 2), keepdim=True)
        ),
        "All maps are scaled together; each has a 0 and a 1 of its own.": lambda f: (
            ((m := f.square().mean(1)) - m.min()) / (m.max() - m.min())
        ),
    },
    praise="No gradient was needed.",
)


# 7. Without looking -------------------------------------------------------------------------------


def _shortcut(views: Tensor, right: Tensor, candidates: Tensor, others: Tensor) -> Tensor:
    """Fit on (N, 3) -> (N,), foretell for (M, 3), take the nearest of (M, 4)."""
    weights = torch.linalg.lstsq(_one(views), right[:, None]).solution
    return (candidates - _one(others) @ weights).abs().argmin(1)


def _one(views: Tensor) -> Tensor:
    return torch.cat([views, views.new_ones(len(views), 1)], 1)


def _inks() -> list[Case]:
    def questions(seed: int, n: int) -> tuple[Tensor, Tensor]:
        views = uniform(seed, n, 3, low=2, high=9)
        weights = torch.tensor([0.5, 0.7, 0.4], dtype=torch.float64)
        return views, views @ weights + 3 + uniform(seed + 1, n, low=-0.5, high=0.5)

    views, right = questions(80, 60)
    others, truth = questions(90, 40)
    candidates = truth[:, None] + uniform(95, 40, 4, low=-2, high=2)
    return [
        Case("60 questions to fit, 40 to answer", (views, right, candidates, others)),
        Case("20 questions to fit, 10 to answer", (views[:20], right[:20], candidates[:10],
                                                   others[:10])),
    ]  # fmt: skip


def _without_constant(views: Tensor, right: Tensor, candidates: Tensor, others: Tensor) -> Tensor:
    weights = torch.linalg.lstsq(views, right[:, None]).solution
    return (candidates - others @ weights).abs().argmin(1)


shortcut = Exercise(
    name="7 Without looking",
    truth=_shortcut,
    cases=_inks,
    mistakes={
        "The constant is missing: give the fit a column of ones beside the three views.": (
            _without_constant
        ),
        "You take the candidate that is *farthest* from what was foretold: argmin.": (
            lambda v, r, c, o: (
                (c - _one(o) @ torch.linalg.lstsq(_one(v), r[:, None]).solution).abs().argmax(1)
            )
        ),
        "You compare with the mean ink of all questions, not with what these views foretell.": (
            lambda v, r, c, o: (c - r.mean()).abs().argmin(1)
        ),
        "That is the candidate with the most ink; which has the amount that the views foretell?": (
            lambda v, r, c, o: c.argmax(1)
        ),
        "That is the candidate with the least ink. Too little is as far off as too much: take the "
        "absolute value of the distance.": (lambda v, r, c, o: c.argmin(1)),
    },
    praise="Whatever a network gets, this much of it took no seeing.",
    differentiable=False,
)
