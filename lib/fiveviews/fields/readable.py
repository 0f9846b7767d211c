"""Distance and winding number to read: plain PyTorch, every point with every face.

Any floating type and device. The number of pairs is points × faces, so they are taken in pieces;
`kernel` visits only the faces that matter.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

PAIRS = 2**17  # of a point and a face, taken together; more no longer fit the cache


def nearest_face(points: Tensor, corners: Tensor) -> Tensor:
    """Which of the faces, corners (F, 3, 3), is nearest to each of the points (N, 3): (N,)."""
    with torch.no_grad():
        pieces = points.split(max(1, PAIRS // len(corners)))
        return torch.cat(
            [point_to_triangle(p[:, None], corners[None])[0][..., 0].argmin(1) for p in pieces]
        )


def point_to_triangle(points: Tensor, corners: Tensor) -> tuple[Tensor, Tensor]:
    """Squared distance (..., 1) and nearest point (..., 3) of triangles (..., 3 corners, 3).

    Above the triangle the nearest point is the foot of the perpendicular; elsewhere it lies on one
    of the three edges. Leading axes broadcast.
    """
    a, b, c = corners.unbind(-2)
    normal = torch.linalg.cross(b - a, c - a)
    above = torch.ones_like(points[..., :1] + a[..., :1], dtype=torch.bool)
    candidates = []
    for start, end in ((a, b), (b, c), (c, a)):
        along, offset = end - start, points - start
        t = dot(offset, along) / dot(along, along).clamp(min=torch.finfo(points.dtype).tiny)
        candidates.append(start + t.clamp(0, 1) * along)
        above = above & (dot(torch.linalg.cross(normal, along), offset) > 0)
    square = dot(normal, normal).clamp(min=torch.finfo(points.dtype).tiny)
    foot = points - dot(points - a, normal) / square * normal
    stacked = torch.stack(torch.broadcast_tensors(*candidates), -2)
    squares = (points[..., None, :] - stacked).square().sum(-1)
    choice = squares.argmin(-1)[..., None, None].expand(*squares.shape[:-1], 1, 3)
    nearest = torch.where(above, foot, stacked.gather(-2, choice).squeeze(-2))
    return (points - nearest).square().sum(-1, keepdim=True), nearest


def winding_number(points: Tensor, corners: Tensor) -> Tensor:
    """How often the surface of faces (F, 3, 3) wraps around each of the points (N, 3): (N,).

    The sum of the faces' solid angles over 4π: 1 inside a closed surface that faces outward, 0
    outside, 2 where two bodies overlap, -1 inside one turned inside out, and something between
    near a hole. The solid angle Ω of a triangle (van Oosterom and Strackee, 1983) seen from the
    origin is tan(Ω/2) = a·(b×c) / (|a||b||c| + a·b |c| + b·c |a| + c·a |b|).
    """
    pieces = points.split(max(1, PAIRS // len(corners)))
    return torch.cat([_solid_angles(p[:, None, None], corners[None]) for p in pieces])


def _solid_angles(points: Tensor, corners: Tensor) -> Tensor:
    a, b, c = (corners - points).unbind(-2)
    la, lb, lc = a.norm(dim=-1), b.norm(dim=-1), c.norm(dim=-1)
    volume = (a * torch.linalg.cross(b, c)).sum(-1)
    below = la * lb * lc + (a * b).sum(-1) * lc + (b * c).sum(-1) * la + (c * a).sum(-1) * lb
    return torch.atan2(volume, below).sum(-1) / (2 * math.pi)


def dot(a: Tensor, b: Tensor) -> Tensor:
    """Scalar product over the last axis, which stays with length 1."""
    return (a * b).sum(-1, keepdim=True)
