"""Which parts of lines are hidden, in plain PyTorch: every line against every triangle."""

from __future__ import annotations

import torch
from torch import Tensor

from .candidates import Lines

BEHIND = 1e-6  # how much nearer than the line a triangle must be to hide it, in image units
RIM = 1e-9  # triangles are widened by this, so that no ray passes between two of them
SIMILAR = 0.7  # cosine up to which a facet of a line's own surface counts as its neighbour


def hidden(lines: Lines) -> tuple[Tensor, Tensor, Tensor]:
    """Hidden ranges of every line's parameter, sorted and disjoint.

    Returns low and high (L, K) and count (L,): line l is hidden from low[l, k] to high[l, k] for
    each k < count[l].
    """
    found = []
    for b in range(len(lines.first_line) - 1):
        rows = slice(*lines.first_line[b : b + 2].tolist())
        columns = slice(*lines.first_triangle[b : b + 2].tolist())
        low, high = covered(lines, rows, columns)
        low = torch.cat([low, lines.own[rows, :, 0]], dim=1)
        high = torch.cat([high, lines.own[rows, :, 1]], dim=1)
        found.append(_union(low, high))
    most = max((low.shape[1] for low, *_ in found), default=0)
    low, high = (
        torch.cat([torch.nn.functional.pad(f[k], (0, most - f[k].shape[1])) for f in found])
        for k in (0, 1)
    )
    return low, high, torch.cat([count for *_, count in found])


def covered(lines: Lines, rows: slice, columns: slice) -> tuple[Tensor, Tensor]:
    """Range of each line's parameter that each triangle hides, low > high where none: (L, T)."""
    a, b = lines.ends[rows].unbind(1)
    corners = lines.corners[columns]
    low, high = a.new_zeros(len(a), len(corners)), a.new_ones(len(a), len(corners))
    inside = []
    for k in range(3):
        start, side = corners[:, k, :2], corners[:, (k + 1) % 3, :2] - corners[:, k, :2]
        side = side / side.norm(dim=-1, keepdim=True)
        at = [side[:, 0] * (p[:, None, 1] - start[:, 1]) - side[:, 1] * (p[:, None, 0] - start[:, 0]) for p in (a, b)]
        inside.append(at)
        low, high = _where_positive(low, high, at[0] + RIM, at[1] + RIM)
    gap = _gaps(a, b, corners)
    limit = BEHIND + _leeway(lines, rows, columns)
    return _where_positive(low, high, gap[0] - limit, gap[1] - limit)


def _gaps(a: Tensor, b: Tensor, corners: Tensor) -> tuple[Tensor, Tensor]:
    """By how much each triangle's plane is nearer than the two ends of each line: (L, T) each."""
    u, v = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    n = torch.linalg.cross(u, v)
    slope = -n[:, :2] / n[:, 2:]
    return tuple(
        corners[:, 0, 2] + ((p[:, None, :2] - corners[:, 0, :2]) * slope).sum(-1) - p[:, None, 2]
        for p in (a, b)
    )


def _leeway(lines: Lines, rows: slice, columns: slice) -> Tensor:
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


def _union(low: Tensor, high: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Unions of ranges (L, N) as sorted disjoint ranges low, high (L, K) and their count (L,)."""
    low = torch.where(high > low, low, 2.0)  # empty ranges to the end
    low, order = low.sort(dim=1)
    high = high.gather(1, order)
    reach = high.cummax(dim=1).values
    begins = low < 2
    begins[:, 1:] &= low[:, 1:] > reach[:, :-1]
    ends = begins.roll(-1, dims=1)
    count = begins.sum(1)
    most = int(count.max()) if len(count) else 0
    at = torch.where(begins, torch.arange(low.shape[1], device=low.device), low.shape[1])
    at = at.sort(dim=1).values[:, : most + 1]
    first = at[:, :most].clamp(max=low.shape[1] - 1)
    after = torch.nn.functional.pad(at, (0, most + 1 - at.shape[1]), value=low.shape[1])[:, 1:]
    used = (low < 2).sum(1, keepdim=True)
    last = (torch.minimum(after, used) - 1).clamp(min=0)
    keep = torch.arange(most, device=low.device) < count[:, None]
    return (
        torch.where(keep, low.gather(1, first), 0.0),
        torch.where(keep, reach.gather(1, last), 0.0),
        count,
    )
