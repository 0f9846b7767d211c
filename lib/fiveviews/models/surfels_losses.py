"""The terms of Pix2Scene's objective, each a function of tensors (sections 3.3 and 4.4.1)."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

Score = Callable[[Tensor, Tensor], Tensor]  # of pictures (B, 3, H, W) and codes (B, n): (B,)
TINY = 1e-12  # keeps the gradient of a norm finite at zero


def gradient_penalty(
    score: Score, real: tuple[Tensor, Tensor], fake: tuple[Tensor, Tensor], mix: Tensor
) -> Tensor:
    """Mean of (‖∇D‖ − 1)² at points between real and fake pairs (Gulrajani et al. 2017).

    real, fake: pictures (B, 3, H, W) and codes (B, n). mix: (B,) in [0, 1], the share of the real
    one. The gradient is by picture and code together, for the critic of ALI judges pairs; the
    paper says no more than that it modified the penalty so.

    >>> x, z = torch.rand(2, 3, 4, 4), torch.rand(2, 5)
    >>> slope = lambda x, z: 3 * x[:, 0, 0, 0] + 4 * z[:, 0]  # a gradient of norm 5 everywhere
    >>> gradient_penalty(slope, (x, z), (x + 1, z + 1), torch.rand(2)).item()
    16.0
    """
    between = [
        torch.lerp(f.detach(), r.detach(), mix.view(-1, *[1] * (r.ndim - 1))).requires_grad_()
        for r, f in zip(real, fake, strict=True)
    ]
    total = score(*between).sum()
    slopes = torch.autograd.grad(total, between, create_graph=True)
    squares = sum(slope.flatten(1).square().sum(1) for slope in slopes)
    return ((squares + TINY).sqrt() - 1).square().mean()


def distance(a: Tensor, b: Tensor) -> Tensor:
    """Mean over the batch of ‖a − b‖₂, each taken over all numbers of one item (equation 4).

    >>> distance(torch.ones(2, 3, 4, 3), torch.zeros(2, 3, 4, 3))
    tensor(6.)
    """
    return ((a - b).flatten(1).square().sum(1) + TINY).sqrt().mean()


def smoothness(depth: Tensor, pictures: Tensor, sharpness: float = 10.0) -> Tensor:
    """How much a surface bends where its picture does not: (B,). Zero on planes.

    depth (B, H, W), pictures (B, 3, H, W). Means of |∂²(1/d)| exp(−10 |∂²I|), for the two pure
    second differences and twice the mixed one; in 1/d, and not in d, a plane is linear.

    >>> from fiveviews.cameras import pixel_centres
    >>> x, y = pixel_centres(8, 8, torch.float64)
    >>> plane = 1 / (2 + 0.3 * x + 0.5 * y[:, None])
    >>> smoothness(plane[None], torch.zeros(1, 3, 8, 8)).item() < 1e-12
    True
    """
    inverse, total = 1 / depth, 0.0
    for axes, weight in (((-1, -1), 1.0), ((-2, -2), 1.0), ((-1, -2), 2.0)):
        bend, edge = inverse, pictures
        for axis in axes:
            bend, edge = bend.diff(dim=axis), edge.diff(dim=axis)
        trust = torch.exp(-sharpness * edge.abs().mean(1))
        total = total + weight * (bend.abs() * trust).mean((1, 2))
    return total


def mutual_information(
    statistics: Score, scene: Tensor, view: Tensor, permutation: Tensor
) -> Tensor:
    """A lower bound on the mutual information of two parts of a code, in nats (equation 6, MINE).

    E[T] on pairs as they come, less log E[exp T] on pairs that `permutation` (B,) shuffles. It
    rises as T is trained, and both scene and view receive its gradient.
    """
    joint = statistics(scene, view).mean()
    shuffled = statistics(scene, view[permutation])
    return joint - (torch.logsumexp(shuffled, 0) - math.log(len(shuffled)))


def question_loss(codes: Tensor, answers: Tensor, margin: float | None = None) -> Tensor:
    """The supervised loss of 3D-IQTT, mean over questions (equation 5).

    codes: scene parts (B, 4, n), the reference first. answers: (B,) in 0, 1, 2.
    margin: None for equation 5, ½ D(right) − ½ Σ D(wrong) with squared distances D, which has no
        lower bound; else its hinge, ½ Σ max(0, D(right) − D(wrong) + margin), which the released
        code trains with (there without the ½).

    >>> codes = torch.tensor([[[0.0], [1.0], [2.0], [3.0]]])
    >>> question_loss(codes, torch.tensor([0])).item()  # ½ · 1 − ½ · (4 + 9)
    -6.0
    """
    squares = (codes[:, 1:] - codes[:, :1]).square().sum(-1)
    right = squares.gather(1, answers[:, None])
    others = torch.arange(1, 3, device=answers.device)
    wrong = squares.gather(1, (answers[:, None] + others) % 3)
    if margin is None:
        return 0.5 * (right[:, 0] - wrong.sum(1)).mean()
    return 0.5 * (right - wrong + margin).relu().sum(1).mean()


def contrastive_loss(ours: Tensor, theirs: Tensor, differ: Tensor, margin: float = 2.0) -> Tensor:
    """Equation 7, mean over pairs: features (..., n), `differ` (...) true where shapes differ."""
    d = ((ours - theirs).square().sum(-1) + TINY).sqrt()
    return 0.5 * torch.where(differ, (margin - d).relu().square(), d.square()).mean()


def pair_cross_entropy(ours: Tensor, theirs: Tensor, temperature: float = 0.1) -> Tensor:
    """NT-Xent (Chen et al. 2020) of B pairs: pick the partner of each among 2B − 1 others.

    ours, theirs: features (B, n), row i of both of one shape. Only their directions count.
    """
    both = torch.nn.functional.normalize(torch.cat([ours, theirs]), dim=1)
    likeness = both @ both.T / temperature
    itself = torch.eye(len(both), dtype=torch.bool, device=both.device)
    partner = torch.arange(len(both), device=both.device).roll(len(ours))
    return torch.nn.functional.cross_entropy(likeness.masked_fill(itself, -torch.inf), partner)
