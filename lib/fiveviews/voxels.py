"""Solid voxels of meshes, by the rule of the papers' evaluation."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from torch import Tensor

from fiveviews.meshes import Mesh


def voxelise(mesh: Mesh | tuple[Tensor, Tensor], resolution: int = 32) -> np.ndarray:
    """Which cells of the cube [-0.5, 0.5]³ the solid fills: bool (R, R, R), indexed [x, y, z].

    The rule of SoftRas's evaluation (its `voxelization` kernel), from which all IoUs of the first
    two papers come: the mesh is shrunk by (R - 1)/R; along each of the three axes a ray through
    every grid corner marks, where it meets a triangle, the four cells around it at that depth; the
    cell of every vertex is marked; and whatever the outside cannot reach through unmarked cells,
    face to face, is solid. So open surfaces stay thin shells. A leg or plate is kept whole where a
    grid line meets it, which is certain from a thickness of 1 / (R - 1) on; one that slips between
    the lines is kept only where it has vertices. Take a finer grid for thin things.

    Raises ValueError where the mesh leaves the cube, which would be cut off silently, and where
    vertices and faces make no mesh.
    """
    if resolution < 1:
        raise ValueError(f"voxels need a resolution of at least 1; got {resolution}")
    mesh = mesh if isinstance(mesh, Mesh) else Mesh(*mesh)
    points = mesh.vertices[mesh.faces].detach().cpu().double().numpy()  # of each face's corners
    if points.size and np.abs(points).max() > 0.5 + 1e-3:
        raise ValueError(
            f"voxels cover the cube from -0.5 to 0.5, but the mesh reaches "
            f"{np.abs(points).max():.3f}; call `normalise` on it first"
        )
    corners = (np.clip(points, -0.5, 0.5) * (resolution - 1) / resolution + 0.5) * resolution
    marked = np.zeros((resolution,) * 3, bool)
    cell = np.clip(np.floor(corners).astype(int), 0, resolution - 1)
    marked[tuple(cell.reshape(-1, 3).T)] = True
    for axis in range(3):
        order = [*(other for other in range(3) if other != axis), axis]
        _mark_along(marked.transpose(order), corners[..., order])
    return fill(marked)


def fill(marked: np.ndarray) -> np.ndarray:
    """Marked cells and all that the outside cannot reach from face to face: bool, same shape."""
    padded = np.pad(~marked, 1, constant_values=True)
    regions, _ = ndimage.label(padded)
    return (regions != regions[0, 0, 0])[1:-1, 1:-1, 1:-1]


def _mark_along(marked: np.ndarray, corners: np.ndarray) -> None:
    """Mark what rays along the last axis of `marked` meet; corners are (F, 3, 3), rays along z."""
    resolution = marked.shape[0]
    flat = corners[..., :2]
    low = np.ceil(flat.min(axis=1)).astype(int)
    span = np.maximum(np.floor(flat.max(axis=1)).astype(int) - low + 1, 0)
    count = span[:, 0] * span[:, 1]
    face = np.repeat(np.arange(len(corners)), count)
    rank = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    column = low[face] + np.stack([rank // span[face, 1], rank % span[face, 1]], axis=1)
    a, b, c = (corners[face, k] for k in range(3))
    first, second, offset = (b - a)[:, :2], (c - a)[:, :2], column - a[:, :2]
    area = _cross(first, second)
    area[area == 0] = np.nan  # faces seen edge-on hit nothing: comparisons with NaN are false
    s, t = _cross(offset, second) / area, _cross(first, offset) / area
    hit = (s >= 0) & (t >= 0) & (s + t <= 1)
    s, t, a, b, c = s[hit], t[hit], a[hit, 2], b[hit, 2], c[hit, 2]
    depth = np.floor((1 - s - t) * a + s * b + t * c).astype(int).clip(0, resolution - 1)
    column = column[hit]
    for shift in ((0, 0), (0, 1), (1, 0), (1, 1)):
        x, y = (column - shift).T
        inside = (x >= 0) & (x < resolution) & (y >= 0) & (y < resolution)
        marked[x[inside], y[inside], depth[inside]] = True


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
