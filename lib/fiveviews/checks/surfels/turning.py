"""Checks of the exercises on mental rotation: scoring answers, and telling hands apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from fiveviews import polycubes
from fiveviews.checks import Case, Exercise, Verdict, ask, opening, uniform
from fiveviews.models import surfels_iqtt

# 6. The strict score ------------------------------------------------------------------------------


def _share(distances: Tensor, answers: Tensor) -> Tensor:
    return surfels_iqtt.right(distances, answers).double().mean()


def _sittings() -> list[Case]:
    distances, answers = uniform(70, 12, 3), torch.tensor([0, 1, 2] * 4)
    tied = torch.tensor([[0.2, 0.2, 0.9], [0.1, 0.5, 0.5]], dtype=torch.float64)
    return [
        Case("twelve questions", (distances, answers)),
        Case("eleven others", (uniform(71, 11, 3), torch.tensor([2, 0, 1] * 4)[:11])),
        Case(
            "a tie between the right answer and a wrong one, and one between two wrong ones",
            (tied, torch.tensor([0, 0])),
            edge="Who cannot decide has not answered: only a distance that is strictly the least "
            "is an answer.",
        ),
        Case(
            "an encoder that gives all pictures one code",
            (torch.zeros(6, 3, dtype=torch.float64), torch.tensor([0, 1, 2, 0, 1, 2])),
            edge="It knows nothing. argmin takes the first of equals, which is right now and then; "
            "the released code called every tie right and gave it 100 %.",
        ),
    ]


right = Exercise(
    name="6 The strict score",
    truth=_share,
    cases=_sittings,
    mistakes={
        "You choose the candidate that is *farthest* from the reference.": (
            lambda d, a: (d.argmax(1) == a).double().mean()
        ),
        "That says of each question whether it is right; asked for is their share.": (
            lambda d, a: surfels_iqtt.right(d, a).double()
        ),
        "That is how many are right; asked for is the share.": (
            lambda d, a: surfels_iqtt.right(d, a).double().sum()
        ),
    },
    praise="Ties are wrong, so an encoder that has collapsed gets what it deserves: nothing.",
    differentiable=False,
)


# 7. Left hand, right hand -------------------------------------------------------------------------

NAME = "7 Left hand, right hand"
L_SHAPE = [[0, 0, 0], [1, 0, 0], [1, 1, 0]]
TRIPOD = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]]
SADDLE = [[1, 0, 1], [1, 0, 0], [0, 0, 0], [0, 1, 0], [0, 1, 1]]  # halved by a diagonal plane


def handed(answer: Callable[[np.ndarray], object]) -> Verdict:
    """Check a function that says whether a figure, cells (n, 3), differs from its mirror image."""
    try:
        asked = [(words, bool(ask(answer, Case(words, (c,)))), c) for words, c in _figures()]
    except NotImplementedError as left_open:
        return Verdict(NAME, "open", opening(left_open))
    judged = [(words, said, polycubes.is_chiral(cells)) for words, said, cells in asked]
    if wrong := [words for words, said, true in judged if said != true]:
        reason = _reason([(said, true) for _, said, true in judged])
        return Verdict(NAME, "wrong", f"{reason} First wrong: {wrong[0]}.")
    praise = "Like a glove: 24 poses tried, and if none fits it is the other hand."
    return Verdict(NAME, "right", praise)


def _figures() -> Sequence[tuple[str, np.ndarray]]:
    random = np.random.default_rng(7)
    grown = [polycubes.grow(random) for _ in range(12)]
    turned = [cells @ polycubes.rotations()[7 + i].T + 4 for i, cells in enumerate(grown)]
    return [
        ("three cubes in an L", np.array(L_SHAPE)),
        ("four cubes, each step in another direction", np.array(TRIPOD)),
        *[(f"figure {i} of the pool", cells) for i, cells in enumerate(turned)],
        *[
            ("five cubes that a diagonal plane halves", np.array(SADDLE) @ turn.T)
            for turn in polycubes.rotations()
        ],
    ]


def _reason(judged: Sequence[tuple[bool, bool]]) -> str:
    """What went wrong, from (answer, truth) of each figure."""
    if all(said for said, _ in judged):
        return (
            "By your function every figure differs from its mirror image. Two figures are the same "
            "if *some* rotation takes one to the other: compare canonical forms, not cells."
        )
    if not any(said for said, _ in judged):
        return (
            "By your function no figure differs from its mirror image. Is the mirror image made "
            "by a rotation? Change the sign of *one* axis."
        )
    if all(said != true for said, true in judged):
        return "The other way round: True where the figure is *not* its own mirror image."
    if all(said for said, true in judged if true):
        return (
            "Some figures that are their own mirror image are told apart from it. Do you try all "
            "24 rotations, and move both figures to the corner before you compare them as sets?"
        )
    return "Some figures are judged rightly and some not."
