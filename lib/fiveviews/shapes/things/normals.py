"""Normals at the corners of faces by a kernel: `fiveviews.meshes.corner_normals`, but fast.

There every pair of corners that meet becomes a row of an array, some 50,000 rows for a mug; here
each corner goes through those beside it, in the same order and in float64, and keeps nothing.
"""

from __future__ import annotations

import math

import torch
import warp as wp
from torch import Tensor
from torch.nn.functional import normalize

from fiveviews.launch import launch
from fiveviews.meshes import Mesh

wp.set_module_options({"enable_backward": False, "fuse_fp": False})


@wp.kernel
def _gather(
    first: int,
    vertex: wp.array2d(dtype=wp.int64),
    start: wp.array2d(dtype=wp.int64),
    order: wp.array2d(dtype=wp.int64),
    normal: wp.array3d(dtype=wp.float64),
    angle: wp.array2d(dtype=wp.float64),
    least: wp.float64,
    total: wp.array3d(dtype=wp.float64),
):
    """order: corners, those at one vertex in a row, which ends where the next vertex's starts."""
    b, corner = wp.tid()
    b += first
    face, v = corner // 3, int(vertex[b, corner])
    x, y, z = normal[b, face, 0], normal[b, face, 1], normal[b, face, 2]
    sx, sy, sz = wp.float64(0.0), wp.float64(0.0), wp.float64(0.0)
    for i in range(int(start[b, v]), int(start[b, v + 1])):
        other = int(order[b, i])
        f = other // 3
        ox, oy, oz = normal[b, f, 0], normal[b, f, 1], normal[b, f, 2]
        if x * ox + y * oy + z * oz > least:
            sx += ox * angle[b, other]
            sy += oy * angle[b, other]
            sz += oz * angle[b, other]
    total[b, corner, 0] = sx
    total[b, corner, 1] = sy
    total[b, corner, 2] = sz


def corner_normals(mesh: Mesh, crease: float = 40.0) -> Tensor:
    """Unit normals at the corners of the faces, (F, 3, 3), as `fiveviews.meshes.corner_normals`.

    >>> from fiveviews.meshes import icosphere
    >>> corner_normals(icosphere(1)).shape
    torch.Size([80, 3, 3])
    """
    corners = mesh.vertices[mesh.faces].double()
    ahead, back = corners.roll(-1, 1) - corners, corners.roll(1, 1) - corners
    normal = normalize(torch.linalg.cross(ahead[:, 0], back[:, 0]), dim=-1, eps=1e-300)
    cosine = (normalize(ahead, dim=-1) * normalize(back, dim=-1)).sum(-1).clamp(-1, 1)
    vertex = mesh.faces.flatten()
    start = torch.zeros(1, len(mesh.vertices) + 1, dtype=torch.int64, device=vertex.device)
    torch.cumsum(torch.bincount(vertex, minlength=len(mesh.vertices)), 0, out=start[0, 1:])
    inputs = [vertex[None], start, vertex.argsort(stable=True)[None], normal[None]]
    total = torch.zeros(1, len(vertex), 3, dtype=torch.float64, device=vertex.device)
    least = math.cos(math.radians(crease))
    launch(_gather, 1, len(vertex), [*inputs, cosine.acos().view(1, -1), least, total])
    return normalize(total[0], dim=-1, eps=1e-300).view(-1, 3, 3).float()
