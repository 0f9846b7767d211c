"""What Deep Implicit Templates and the encoders learn from, one function for each term.

Numbers and names follow the published code where it and the paper differ; see the notes.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import huber_loss

# The curriculum (Zheng et al., after Duan et al.): the first output may be wrong by ε = 0.025 and
# the last by nothing; λ is how much more a sample counts whose side is wrong or nearly so.
EPSILONS = (0.025, 0.01, 0.0025, 0.0)
LAMBDAS = (0.0, 0.1, 0.2, 0.5)
HUBER = 0.25  # length of a warp from which on its cost grows linearly
STRAIN = 0.5  # neighbours may move apart by half of their distance at no cost


def curriculum(step: int, of: int) -> tuple[float, float]:
    """ε and λ of output `step` of `of`, the last of which is always held to ε = 0, λ = 0.5.

    >>> [curriculum(k, 4) for k in range(4)]
    [(0.025, 0.0), (0.01, 0.1), (0.0025, 0.2), (0.0, 0.5)]
    """
    at = len(EPSILONS) - of + step
    return EPSILONS[at], LAMBDAS[at]


def reconstruction(
    predicted: Tensor, true: Tensor, epsilon: float, weight: float, clamp: float = 0.1
) -> Tensor:
    """max(|f - s| - ε, 0) · (1 + λ sgn(s) sgn(s - f)), both clamped: same shape as the arguments.

    s is the true distance and f the predicted. With λ > 0 an error towards the other side weighs
    1 + λ and one away from it 1 - λ: hard samples first.
    """
    f, s = predicted.clamp(-clamp, clamp), true.clamp(-clamp, clamp)
    return ((f - s).abs() - epsilon).clamp(min=0) * (1 + weight * s.sign() * (s - f).sign())


def progressive(values: Tensor, true: Tensor, clamp: float = 0.1) -> Tensor:
    """Mean of `reconstruction` over points and outputs (K, B, P), each with its own ε and λ.

    paper: it sums over the outputs; the published code takes their mean.
    """
    losses = [
        reconstruction(value, true, *curriculum(k, len(values)), clamp).mean()
        for k, value in enumerate(values)
    ]
    return torch.stack(losses).mean()


def pointwise(places: Tensor, points: Tensor) -> Tensor:
    """Huber loss of how far points (B, P, 3) have been moved to places (K, B, P, 3), mean.

    Without it template and objects could drift apart: any rotation of T with its inverse in W
    explains the data as well.
    """
    length = (places - points).square().sum(-1).clamp(min=1e-20).sqrt()
    return huber_loss(length, torch.zeros_like(length), delta=HUBER)


def pairwise(place: Tensor, points: Tensor, pairs: tuple[int, int], limit: float = 5.0) -> Tensor:
    """Strain between pairs of points that exceeds ½, over all pairs, per point.

    Σ max(|Δpᵢ - Δpⱼ| / (|pᵢ - pⱼ| + 0.001) - ½, 0) / P, with Δp = place - p; the mean over B.

    place, points: (B, P, 3). pairs: (a, b), the first a points with each of the next b.
    limit: of one pair's strain (the project's; the original has none).

    paper: of 5,000 points the first 625 with the other 4,375, as the published code has it.
    """
    a, b = pairs
    moved = place - points
    # differences and not `cdist`, which takes square roots of rounding errors
    apart, strain = ((t[:, :a, None] - t[:, None, a : a + b]) for t in (points, moved))
    strain = strain.square().sum(-1).clamp(min=1e-20).sqrt()
    ratio = strain / (apart.square().sum(-1).sqrt() + 1e-3)
    return (ratio - STRAIN).clamp(0, limit).sum() / (points.shape[0] * points.shape[1])
