"""Triangles, cameras and options that the tests of the soft rasterizer share."""

import itertools

import torch
from torch import Tensor

from fiveviews.cameras import Camera, orbit
from fiveviews.meshes import icosphere
from fiveviews.render.soft import soft_render

DISTS, ALPHAS, RGBS = (
    ("euclidean", "barycentric", "hard"),
    ("prod", "sum", "hard"),
    ("softmax", "hard"),
)
MODES = list(itertools.product(DISTS, ALPHAS, RGBS))
VIEWS = orbit(torch.tensor([0.0, 50.0, 200.0]), torch.tensor([30.0, -20.0, 5.0]))
BALL = icosphere(2)


def soup(
    n: int, seed: int, batch: int = 3, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """n large random triangles that cross, with their own vertices in each item."""
    generator = torch.Generator().manual_seed(seed)
    centre = (torch.rand(batch, n, 1, 3, generator=generator) - 0.5) * 0.8
    vertices = centre + 0.2 * torch.randn(batch, n, 3, 3, generator=generator)
    return vertices.reshape(batch, 3 * n, 3).to(dtype), torch.arange(3 * n).reshape(n, 3)


def colours_of(n: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.rand(n, 3, generator=torch.Generator().manual_seed(seed)).to(dtype)


def draw(vertices: Tensor, faces: Tensor, camera: Camera, size, backend: str, **options) -> Tensor:
    """RGBA, with per-vertex colours unless others are given."""
    if "face_colours" not in options and "vertex_colours" not in options:
        options["vertex_colours"] = colours_of(vertices.shape[-2], 1, vertices.dtype)
    return soft_render(vertices, faces, camera, size, backend=backend, **options)
