"""Which parts of lines are hidden, in plain PyTorch: every line against every triangle."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

from .candidates import Lines
from .tolerances import BEHIND, RIM, SIMILAR


def hidden(lines: Lines) -> tuple[Tensor, Tensor, Tensor]:
    """Hidden ranges of every line's parameter, sorted and disjoint.

    Returns low and high (L, K) and count (L,): line l is hidden from low[l, k] to high[l, k] for
    each k < count[l].
    """
    low, high = (torch.zeros(len(lines.view), 0, dtype=lines.ends.dtype) for _ in range(2))
    low, high = low.to(lines.ends.device), high.to(lines.ends.device)
    count = torch.zeros_like(lines.view)
    for b in range(len(lines.first) - 1):
        rows = (lines.view == b).nonzero()[:, 0]
        found = covered(lines, rows, slice(*lines.first[b : b + 2].tolist()))
        found = (torch.cat([f, lines.own[rows, :, k]], dim=1) for k, f in enumerate(found))
        some_low, some_high, count[rows] = union(*found)
        wider = max(0, some_low.shape[1] - low.shape[1])
        low, high = pad(low, (0, wider)), pad(high, (0, wider))
        low[rows, : some_low.shape[1]] = some_low
        high[rows, : some_high.shape[1]] = some_high
    return low, high, count


def covered(lines: Lines, rows: Tensor, columns: slice) -> tuple[Tensor, Tensor]:
    """Range of each line's parameter that each triangle hides, low > high where none: (L, T)."""
    a, b = lines.ends[rows].unbind(1)
    corners = lines.corners[columns]
    low, high = a.new_zeros(len(a), len(corners)), a.new_ones(len(a), len(corners))
    for k in range(3):
        start, side = corners[:, k, :2], corners[:, (k + 1) % 3, :2] - corners[:, k, :2]
        rim = RIM * side.abs().sum(-1)
        left = [_cross(side, p[:, None, :2] - start) + rim for p in (a, b)]
        low, high = _where_positive(low, high, *left)
    gap = _gaps(a, b, corners)
    limit = BEHIND + _leeway(lines, rows, columns)
    return _where_positive(low, high, gap[0] - limit, gap[1] - limit)


def _cross(u: Tensor, v: Tensor) -> Tensor:
    return u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]


def _gaps(a: Tensor, b: Tensor, corners: Tensor) -> tuple[Tensor, Tensor]:
    """By how much each triangle's plane is nearer than the two ends of each line: (L, T) each."""
    u, v = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    n = torch.linalg.cross(u, v)
    slope = -n[:, :2] / n[:, 2:]
    return tuple(
        corners[:, 0, 2] + ((p[:, None, :2] - corners[:, 0, :2]) * slope).sum(-1) - p[:, None, 2]
        for p in (a, b)
    )


def _leeway(lines: Lines, rows: Tensor, columns: slice) -> Tensor:
    """Depth (L, T) that a facet beside a line, of the same round surface, may stand before it."""
    same = lines.group[rows][:, None] == lines.tri_group[columns][:, None]  # (L, T, 2)
    alike = torch.einsum("lsk,tk->lts", lines.normal[rows], lines.tri_normal[columns]) > SIMILAR
    return torch.where(same & alike, lines.slack[columns][:, None], 0.0).amax(-1)


def _where_positive(low: Tensor, high: Tensor, at_a: Tensor, at_b: Tensor) -> tuple[Tensor, Tensor]:
    """Narrow [low, high] to where the linear function with these values at 0 and 1 is positive."""
    zero = at_a / (at_a - at_b)
    low = torch.where((at_a <= 0) & (at_b > 0), torch.maximum(low, zero), low)
    high = torch.where((at_a > 0) & (at_b <= 0), torch.minimum(high, zero), high)
    never = (at_a <= 0) & (at_b <= 0)
    return low, torch.where(never, -1.0, high)


def union(low: Tensor, high: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Unions of ranges (L, N) as sorted disjoint ranges low, high (L, K) and their count (L,).

    >>> union(torch.tensor([[0.6, 0.1, 0.2]]), torch.tensor([[0.9, 0.3, 0.5]]))
    (tensor([[0.1000, 0.6000]]), tensor([[0.5000, 0.9000]]), tensor([2]))
    """
    low = torch.where(high > low, low, 2.0)  # empty ranges to the end
    low, order = low.sort(dim=1)
    high = high.gather(1, order)
    reach = high.cummax(dim=1).values
    begins = low < 2
    begins[:, 1:] &= low[:, 1:] > reach[:, :-1]
    count = begins.sum(1)
    most = int(count.max()) if len(count) else 0
    at = torch.where(begins, torch.arange(low.shape[1], device=low.device), low.shape[1])
    at = at.sort(dim=1).values[:, : most + 1]
    first = at[:, :most].clamp(max=low.shape[1] - 1)
    after = pad(at, (0, most + 1 - at.shape[1]), value=low.shape[1])[:, 1:]
    used = (low < 2).sum(1, keepdim=True)
    last = (torch.minimum(after, used) - 1).clamp(min=0)
    keep = torch.arange(most, device=low.device) < count[:, None]
    return (
        torch.where(keep, low.gather(1, first), 0.0),
        torch.where(keep, reach.gather(1, last), 0.0),
        count,
    )
