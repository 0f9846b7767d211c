"""A finished drawing: straight pieces in the image, each visible or hidden; polylines; SVG."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .candidates import Lines

SPECK = 1e-7  # pieces shorter than this, in image units, are not drawn


@dataclass(frozen=True, eq=False)
class Drawing:
    """The pieces of B drawings, N in all, sorted by view.

    segments: (N, 2, 2) float64, start and end as (x, y) in image units: y from -1 (bottom) to 1.
    visible: (N,) bool. view: (N,) int64 in [0, B).
    curve: (N,) int64, equal for pieces of one edge or of one outline.
    views: B.
    """

    segments: Tensor
    visible: Tensor
    view: Tensor
    curve: Tensor
    views: int

    def __len__(self) -> int:
        return self.views

    def __repr__(self) -> str:
        seen = int(self.visible.sum())
        return f"Drawing({self.views} views, {seen} visible and {len(self.view) - seen} hidden)"

    def __getitem__(self, view: int) -> Drawing:
        """One of the B drawings."""
        if not -self.views <= view < self.views:
            raise IndexError(f"there is no drawing {view} among {self.views}")
        mine = self.view == view % self.views
        kept = self.segments[mine], self.visible[mine], 0 * self.view[mine], self.curve[mine]
        return Drawing(*kept, 1)

    def length(self, visible: bool | None = None) -> Tensor:
        """Total length (B,) of the lines, or of only the visible or hidden ones, image units."""
        each = (self.segments[:, 1] - self.segments[:, 0]).norm(dim=-1)
        if visible is not None:
            each = each * (self.visible == visible)
        return each.new_zeros(self.views).index_add(0, self.view, each)

    @classmethod
    def from_hidden(
        cls, lines: Lines, low: Tensor, high: Tensor, count: Tensor, views: int
    ) -> Drawing:
        """Cut every line where its visibility changes."""
        slot = torch.arange(low.shape[1], device=low.device)
        used = slot < count[:, None]
        low, high = torch.where(used, low, 1.0), torch.where(used, high, 1.0)
        zero, one = low.new_zeros(len(low), 1), low.new_ones(len(low), 1)
        # between the hidden ranges, before the first and after the last, a line is visible
        start = torch.cat([zero, high, low], dim=1)
        end = torch.cat([low, one, high], dim=1)
        visible = torch.arange(start.shape[1], device=low.device) <= low.shape[1]
        a, b = lines.ends[:, :1, :2], lines.ends[:, 1:, :2]
        long = (b - a).norm(dim=-1)
        row, column = ((end - start) * long > SPECK).nonzero(as_tuple=True)
        order = lines.view[row].argsort(stable=True)
        row, column = row[order], column[order]
        t = torch.stack([start[row, column], end[row, column]], dim=1)[..., None]
        pieces = a[row] * (1 - t) + b[row] * t
        return cls(pieces, visible[column], lines.view[row], lines.curve[row], views)
