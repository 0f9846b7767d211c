"""The open challenge: better labels from a belief and from what pictures of one object share."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import lru_cache

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from fiveviews.checks import Case, Verdict, ask, opening
from fiveviews.data.rendering import VIEWS
from fiveviews.data.views import load_views
from fiveviews.models import siamvp
from fiveviews.models.reconstruction import to_network

NAME = "8 Which is which?"
STRANGERS = {"smoke": 12, "lab": 24, "full": 100}  # objects whose viewpoints nobody noted
STEPS = {"car": 40}  # of training, before the labels are scored; of other categories:
OTHERWISE = 100

Relabel = Callable[[Tensor], Tensor]
Loss = Callable[[siamvp.SiamVP, Tensor, Tensor], Tensor]


def learn(known: Tensor, loss_of: Loss, steps: int, seed: int = 0) -> siamvp.SiamVP:
    """A small SiamVP, trained on stored pictures known (2, 24, 64, 64, 4) of two objects.

    loss_of: (model, pictures (48, 4, 64, 64), views (48,)) -> the loss of one step.
    """
    torch.manual_seed(seed)
    random = torch.Generator().manual_seed(seed)
    model = siamvp.SiamVP((16, 32, 32), 512)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(steps):
        which = torch.randint(2, (48,), generator=random)
        views = torch.randint(24, (48,), generator=random)
        loss = loss_of(model, to_network(known[which, views]), views)
        adam.zero_grad()
        loss.backward()
        adam.step()
    return model.eval()


def network(category: str = "car", steps: int = 40, seed: int = 0) -> siamvp.SiamVP:
    """The SiamVP that learns the first two training objects of a category, by SSR's loss."""
    return deepcopy(_network(category, steps, seed))  # whoever changes theirs changes no other


@lru_cache(maxsize=4)
def _network(category: str, steps: int, seed: int) -> siamvp.SiamVP:
    chance = torch.Generator().manual_seed(seed)
    known = torch.from_numpy(load_views(category, "train", n=2).images)
    return learn(known, lambda *batch: siamvp.pair_loss(*batch, chance)[0], steps, seed)


def relabel(
    answer: Relabel, category: str = "car", scale: str = "lab", gain: float = 0.05
) -> Verdict:
    """Score labels of n objects that no variable of the notebook holds: test objects n to 2n - 1.

    The notebook holds the first n, and the order of its table of beliefs would tell their views.
    What believes is a network of the check's own, the same for everybody.

    answer: belief (24, 24) of the pictures of one object, in an order unknown to it -> viewpoints
        (24,). scale: tells n.
    gain: how much better than the best entry of each row the answer must be to count as done.
    """
    n = STRANGERS[scale]
    known = torch.from_numpy(load_views(category, "train", n=1).images)
    pictures = torch.from_numpy(load_views(category, "test", n=2 * n)[n:].images)
    model = network(category, STEPS.get(category, OTHERWISE))
    belief = siamvp.belief(model, pictures.flatten(0, 1), known)
    return judge(answer, belief.view(n, VIEWS, VIEWS), gain)


def judge(answer: Relabel, belief: Tensor, gain: float = 0.05) -> Verdict:
    """Score labels by the share of pictures that get their true viewpoint.

    answer, gain: as in `relabel`.
    belief: (n, 24, 24) of n objects; picture k of each is taken from viewpoint k.
    """
    labels = torch.empty(belief.shape[:2], dtype=torch.long)
    unknown = torch.Generator()
    unknown.seed()
    try:
        for row, one in zip(labels, belief, strict=True):
            order = torch.randperm(VIEWS, generator=unknown)  # or the order would tell
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
