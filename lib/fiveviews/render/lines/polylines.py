"""From pieces to polylines: what a pen would draw, every line once and in one stroke."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from .drawing import Drawing
from .readable import union

SAME = 2e-4  # image units within which two lines are drawn on top of one another
SNAP = 1e6  # points that agree to 1 / SNAP image units are one


@dataclass(frozen=True, eq=False)
class Polyline:
    """One stroke: points (K, 2) in image units, visible or hidden; closed if the ends meet."""

    points: Tensor
    visible: bool


def polylines(drawing: Drawing) -> list[Polyline]:
    """The strokes of a drawing of one view, hidden ones first.

    A hidden line that runs under a visible one, and any line that runs along another, is left out:
    the dashes of two such lines would fill each other's gaps.

    Raises ValueError for more than one view.
    """
    if len(drawing) != 1:
        raise ValueError(
            f"polylines are made of one view at a time; got a drawing of {len(drawing)} views, so "
            f"take one of them: drawing[0]"
        )
    drawing = without_doubles(drawing)
    strokes: dict[tuple[bool, int], list[list[list[float]]]] = {}
    for piece, visible, curve in zip(
        drawing.segments.tolist(), drawing.visible.tolist(), drawing.curve.tolist(), strict=True
    ):
        strokes.setdefault((visible, curve), []).append(piece)
    found = [
        Polyline(torch.tensor(_straightened(points), dtype=torch.float64), visible)
        for (visible, _), pieces in strokes.items()
        for points in _chains(pieces)
    ]
    return sorted(found, key=lambda line: line.visible)


def without_doubles(drawing: Drawing) -> Drawing:
    """The drawing of one view without what lies under another of its lines."""
    order = (~drawing.visible).int().argsort(stable=True)  # visible lines go before hidden ones
    pieces, visible, curve = drawing.segments[order], drawing.visible[order], drawing.curve[order]
    start, along = pieces[:, 0], pieces[:, 1] - pieces[:, 0]
    length = along.norm(dim=-1, keepdim=True)
    along = along / length
    offset = pieces[None] - start[:, None, None]  # (N, N, 2 ends, 2), of line j seen from line i
    t = (offset * along[:, None, None]).sum(-1) / length[..., None]
    across = offset[..., 0] * along[:, None, None, 1] - offset[..., 1] * along[:, None, None, 0]
    beside = (across.abs() < SAME).all(-1)
    first = torch.ones(len(pieces), len(pieces), dtype=torch.bool, device=t.device).tril(-1)
    covers = beside & first
    low = torch.where(covers, t.amin(-1).clamp(0, 1), 1.0)
    high = torch.where(covers, t.amax(-1).clamp(0, 1), 0.0)
    row, ends = gaps(*union(low, high))
    long = (ends[:, 1] - ends[:, 0]) * length[row, 0] > SAME
    row, ends = row[long], ends[long]
    kept = start[row, None] + ends[..., None] * (along * length)[row, None]
    view = torch.zeros_like(row)
    return Drawing(kept, visible[row], view, curve[row], 1)


def gaps(low: Tensor, high: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
    """What sorted disjoint ranges leave of [0, 1]: the row and the ends (N, 2) of each gap."""
    used = torch.arange(low.shape[1], device=low.device) < count[:, None]
    start = torch.cat([low.new_zeros(len(low), 1), torch.where(used, high, 1.0)], dim=1)
    end = torch.cat([torch.where(used, low, 1.0), low.new_ones(len(low), 1)], dim=1)
    row, column = (end > start).nonzero(as_tuple=True)
    return row, torch.stack([start[row, column], end[row, column]], dim=1)


def _chains(pieces: list[list[list[float]]]) -> list[list[list[float]]]:
    """Pieces joined end to end into lists of points."""

    def name(point: list[float]) -> tuple[int, int]:
        return round(point[0] * SNAP), round(point[1] * SNAP)

    at: dict[tuple[int, int], list[int]] = {}
    for i, piece in enumerate(pieces):
        for point in piece:
            at.setdefault(name(point), []).append(i)
    left = set(range(len(pieces)))
    # Begin where a stroke must begin; what then is left are closed curves.
    begins = [i for there in at.values() if len(there) != 2 for i in there]
    chains = []
    for i in [*begins, *range(len(pieces))]:
        if i not in left:
            continue
        left.discard(i)
        a, b = pieces[i]
        chain = [b, a] if len(at[name(a)]) == 2 and len(at[name(b)]) != 2 else [a, b]
        while len(there := at[name(chain[-1])]) == 2 and (after := left.intersection(there)):
            after = after.pop()
            left.discard(after)
            a, b = pieces[after]
            chain.append(b if name(a) == name(chain[-1]) else a)
        chains.append(chain)
    return chains


def _straightened(points: list[list[float]]) -> list[list[float]]:
    """The points without those that lie straight between their neighbours."""
    kept = points[:1]
    for before, point in pairwise(points[1:]):
        (x0, y0), (x1, y1), (x2, y2) = kept[-1], before, point
        if abs((x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0)) > 1e-7:
            kept.append(before)
    return [*kept, points[-1]]
