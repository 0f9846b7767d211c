"""The open challenge: better labels from a belief and from what pictures of one object share."""

from __future__ import annotations

from collections.abc import Callable

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from fiveviews.checks import Case, Verdict, ask, opening
from fiveviews.data.rendering import VIEWS
from fiveviews.data.views import load_views
from fiveviews.models import siamvp

NAME = "8 Which is which?"

Relabel = Callable[[Tensor], Tensor]


def relabel(
    answer: Relabel,
    model: siamvp.SiamVP,
    references: Tensor,
    category: str,
    n: int = 24,
    gain: float = 0.05,
) -> Verdict:
    """Score labels of n objects that no variable of the notebook holds: test objects n to 2n - 1.

    The notebook holds the first n, and the order of its table of beliefs would tell their views.

    answer: belief (24, 24) of the pictures of one object, in an order unknown to it -> viewpoints
        (24,).
    model: what believes. references: objects whose views are known, uint8 (R, 24, 64, 64, 4).
    gain: how much better than the best entry of each row the answer must be to count as done.
    """
    pictures = torch.from_numpy(load_views(category, "test", n=2 * n)[n:].images)
    belief = siamvp.belief(model, pictures.flatten(0, 1), references)
    return judge(answer, belief.view(n, VIEWS, VIEWS), gain)


def judge(answer: Relabel, belief: Tensor, gain: float = 0.05) -> Verdict:
    """Score labels by the share of pictures that get their true viewpoint.

    answer, gain: as in `relabel`.
    belief: (n, 24, 24) of n objects; picture k of each is taken from viewpoint k.
    """
    labels = torch.empty(belief.shape[:2], dtype=torch.long)
    generator = torch.Generator().manual_seed(0)
    try:
        for row, one in zip(labels, belief, strict=True):
            order = torch.randperm(VIEWS, generator=generator)  # or the order would tell
            found = ask(answer, Case("the belief of one object, (24, 24)", (one[order],)))
            if wrong := _amiss(found):
                return Verdict(NAME, "wrong", wrong)
            row[order] = torch.as_tensor(found).long()
    except NotImplementedError as left_open:
        return Verdict(NAME, "open", opening(left_open))
    reached, simple = _accuracy(labels), _accuracy(belief.argmax(2))
    words = f"{reached:.0%} of the labels are right; the best entry of each row gets {simple:.0%}"
    if reached >= simple + gain:
        return Verdict(NAME, "right", f"{words}. How far can you get?", reached)
    goal = f"{words}, the goal is {simple + gain:.0%}."
    return Verdict(NAME, "wrong", f"{goal} {_advice(labels, belief)}", reached)


def _accuracy(labels: Tensor) -> float:
    return (labels == torch.arange(VIEWS)).double().mean().item()


def _amiss(found: object) -> str | None:
    """What is wrong with one object's labels, whatever their accuracy."""
    if found is None:
        return "Your function returns None: does its last line begin with `return`?"
    try:
        labels = torch.as_tensor(found).double()
    except (TypeError, ValueError, RuntimeError):
        return f"Your function returns a {type(found).__name__}; expected 24 viewpoints."
    if labels.shape != (VIEWS,):
        return (
            f"Your function returns shape {tuple(labels.shape)}; expected ({VIEWS},): one "
            "viewpoint for each picture, in the order of the rows."
        )
    valid = (labels == labels.round()) & (labels >= 0) & (labels < VIEWS)
    if not valid.all():
        return f"A viewpoint is a whole number from 0 to 23; you give {labels[~valid][0]:g}."
    return None


def _advice(labels: Tensor, belief: Tensor) -> str:
    """What to try next, from what the labels do not do yet."""
    counts = torch.stack([row.bincount(minlength=VIEWS) for row in labels])
    if (counts > 1).any():
        which = int((counts > 1).any(1).nonzero()[0])
        view = int(counts[which].argmax())
        return (
            f"You give viewpoint {view} to {int(counts[which, view])} pictures of one object, and "
            f"{int((counts[which] == 0).sum())} viewpoints to none. Each occurs exactly once."
        )
    likely = belief.double().clamp(min=1e-12).log()
    ours = likely.gather(2, labels[..., None]).sum((1, 2))
    best = torch.tensor([one[linear_sum_assignment(one, maximize=True)].sum() for one in likely])
    if (ours < best - 1e-6).any():
        return (
            "You use each viewpoint once, but there is a likelier way to do so. Look for the best "
            "of *all* ways, not for the best next step; and the chance that 24 labels are all "
            "right is a product, not a sum."
        )
    return (
        "To SiamVP no other labels are likelier than yours. What else do you know about the "
        "pictures, or about its mistakes?"
    )
