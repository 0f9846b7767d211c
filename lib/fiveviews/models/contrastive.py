"""The loss by which an encoder learns which two pictures belong together, in two chapters."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def nt_xent(first: Tensor, second: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """NT-Xent of N positive pairs of unit vectors (N, E), and how often the partner is nearest.

    Each of the 2 N vectors must find its partner among the 2 N - 1 others by the cosine (Chen et
    al. 2020, eq. 1): a cross-entropy, the mean over all 2 N.

    >>> there = torch.eye(4)
    >>> loss, right = nt_xent(there, there, 0.07)
    >>> float(loss) < 1e-4, float(right)
    (True, 1.0)
    >>> float(nt_xent(there, there.roll(1, 0), 0.07)[0]) > 1
    True
    """
    both = torch.cat([first, second])
    similar = (both @ both.T / temperature).fill_diagonal_(-torch.inf)
    partner = torch.arange(len(both), device=both.device).roll(len(first))
    right = (similar.argmax(1) == partner).float().mean().detach()
    return F.cross_entropy(similar, partner), right
