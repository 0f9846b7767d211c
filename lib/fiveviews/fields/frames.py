"""The frames that objects are compared in: a shift and a scale, there and back."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from fiveviews.meshes import Mesh

BUFFER = 1.03  # DeepSDF's: the farthest vertex lies at 1 / 1.03 from the middle


@dataclass(frozen=True)
class Frame:
    """x_frame = (x + offset) · scale, the two numbers of DeepSDF's NormalizationParameters.

    Chamfer distances depend on the frame (squared ones on its square), so a table says which.

    >>> frame = Frame((1.0, 0.0, 0.0), 2.0)
    >>> frame(torch.zeros(1, 3)), frame.back(torch.tensor([[2.0, 0.0, 0.0]]))
    (tensor([[2., 0., 0.]]), tensor([[0., 0., 0.]]))
    """

    offset: tuple[float, float, float]
    scale: float

    def __call__(self, points: Tensor) -> Tensor:
        """Points (..., 3) in this frame."""
        return (points + points.new_tensor(self.offset)) * self.scale

    def back(self, points: Tensor) -> Tensor:
        """Points (..., 3) of this frame where they came from; distances shrink by `scale`."""
        return points / self.scale - points.new_tensor(self.offset)

    def mesh(self, mesh: Mesh) -> Mesh:
        """A mesh in this frame."""
        return Mesh(self(mesh.vertices), mesh.faces)


def unit_sphere(mesh: Mesh, buffer: float = BUFFER) -> Frame:
    """DeepSDF's frame: the middle of the bounding box at the origin, all within radius 1 / buffer.

    buffer: 1 for the unit sphere itself, in which Chamfer distances are often given.
    """
    low, high, used = _box(mesh)
    middle = (low + high) / 2
    radius = (used - middle).norm(dim=1).max().item()
    return Frame(tuple((-middle).tolist()), 1 / (buffer * radius))


def unit_diagonal(mesh: Mesh) -> Frame:
    """ShapeNetCore's frame: the middle of the bounding box at the origin, its diagonal 1."""
    low, high, _ = _box(mesh)
    return Frame(tuple((-(low + high) / 2).tolist()), 1 / (high - low).norm().item())


def _box(mesh: Mesh) -> tuple[Tensor, Tensor, Tensor]:
    """Lowest and highest corner of the vertices that faces use, and those vertices, float64."""
    used = mesh.vertices[mesh.faces.unique()].double()
    if len(used) == 0 or torch.equal(used.amin(0), used.amax(0)):
        raise ValueError(f"{mesh} has no extent, so there is no frame to put it in")
    return used.amin(0), used.amax(0), used
