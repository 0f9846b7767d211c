"""Which lines might be drawn, and which triangles might hide them, before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from fiveviews.cameras import Camera
from fiveviews.solids import Solid

from .tolerances import EDGE_ON, THIN


@dataclass(frozen=True, eq=False)
class Lines:
    """L candidate lines of all views in any order, and T front-facing triangles sorted by view.

    ends: (L, 2, 3) image x, image y and nearness (larger is nearer the viewer), in image units.
    view: (L,); curve: (L,) the curve that a line is part of: two sharp edges between the same two
        faces share it, and so do two pieces of an outline on the same face.
    own: (L, 2, 2) two ranges of the parameter in which a line's own faces hide it; empty ones run
        from 1 to 0.
    group: (L, 2) the surfaces a line lies on; normal: (L, 2, 3) their normals at its middle, 0 for
        one that turns away from the viewer there.
    corners: (T, 3, 3) as `ends`, counter-clockwise; tri_group: (T,); tri_normal: (T, 3).
    slack: (T,) how deep a triangle may stand before a line on its own round surface because it is
        flat and the surface is not.
    first: (B + 1,) where the triangles of each view begin.
    """

    ends: Tensor
    view: Tensor
    curve: Tensor
    own: Tensor
    group: Tensor
    normal: Tensor
    corners: Tensor
    tri_group: Tensor
    tri_normal: Tensor
    slack: Tensor
    first: Tensor


def candidate_lines(solid: Solid, camera: Camera) -> Lines:
    """All lines of a solid that B cameras might draw, and the triangles that might hide them."""
    seen = camera.project(solid.vertices)
    seen = torch.cat([seen[..., :2], -seen[..., 2:] / camera.scale], dim=-1)  # (B, V, 3)
    back = camera.rotation[:, 2]
    pairs = zip(_edges(solid, seen, back), _outlines(solid, seen, back), strict=True)
    triangles, view = _in_front(solid, seen, back, camera.scale)
    first = torch.searchsorted(view, torch.arange(len(camera) + 1, device=view.device))
    return Lines(*(torch.cat(pair) for pair in pairs), *triangles, first)


def _edges(solid: Solid, seen: Tensor, back: Tensor) -> tuple[Tensor, ...]:
    """ends, view, curve, own, group, normal of the edges, in every view.

    A smooth edge is a line where one of its faces turns towards the viewer and the other does not:
    above all where a rounding runs out into a face that is seen edge-on. There the picture of the
    solid ends, and yet no normal changes its sign within a triangle.
    """
    views, count = len(seen), len(solid.edges)
    towards = _towards(solid.edge_normals, back)  # (B, E, 2 ends, 2 sides)
    own = _own(towards, solid.convex)
    low, high = solid.beside.amin(1), solid.beside.amax(1)
    normal = normalize(solid.edge_normals.sum(1), dim=-1)
    view = torch.arange(views, device=seen.device)[:, None].expand(-1, count)
    shared = (low * len(solid.bend) + high, solid.beside)
    curve, group = (part.expand(views, *part.shape) for part in shared)
    normal = normal * (towards.sum(2) > -EDGE_ON)[..., None]
    front = towards.sum(2) > 0
    drawn = (~solid.smooth | (front[..., 0] != front[..., 1])).flatten()
    parts = seen[:, solid.edges], view, curve, own, group, normal
    return tuple(part.flatten(0, 1)[drawn] for part in parts)


def _towards(normals: Tensor, back: Tensor) -> Tensor:
    """Cosines (B, ...) between normals (..., 3) and the directions (B, 3) to the viewers."""
    cosine = (back @ normals.reshape(-1, 3).T).view(len(back), *normals.shape[:-1])
    return cosine.masked_fill_(cosine.abs() < EDGE_ON, 0.0)


def _own(towards: Tensor, convex: Tensor) -> Tensor:
    """Ranges (B, E, 2, 2) of an edge's parameter in which its two faces hide it themselves.

    At a convex edge both must turn away (towards < 0), at a concave one either will do. A face that
    is seen edge-on hides nothing: where that matters, its own outline is drawn at the same place.
    """
    a, b = towards.unbind(2)  # (B, E, 2 sides) at either end
    turn = (a / (a - b)).nan_to_num(0.0)
    low = torch.where(a < 0, 0.0, torch.where(b < 0, turn, 1.0))
    high = torch.where(b < 0, 1.0, torch.where(a < 0, turn, 0.0))
    both_low, both_high = low.amax(-1), high.amin(-1)
    low = torch.where(convex[:, None], torch.stack([both_low, both_low], -1), low)
    high = torch.where(convex[:, None], torch.stack([both_high, both_high], -1), high)
    return torch.stack([low, high], -1)


def _outlines(solid: Solid, seen: Tensor, back: Tensor) -> tuple[Tensor, ...]:
    """The same for outlines: where, within a triangle, the interpolated normal is edge-on."""
    curved = (solid.bend[solid.surface] > 0).nonzero()[:, 0]
    facing = _towards(solid.normals[curved], back)  # (B, F, 3 corners)
    front = facing >= 0
    view, face = (front.any(-1) != front.all(-1)).nonzero(as_tuple=True)
    front, facing, face = front[view, face], facing[view, face], curved[face]
    # The corner that differs from the other two comes first; the outline crosses its two sides.
    alone = torch.where(front.sum(-1) == 1, front.int().argmax(-1), front.int().argmin(-1))
    turn = (alone[:, None] + torch.arange(3, device=alone.device)) % 3
    facing = facing.gather(1, turn)
    corner = solid.faces[face].gather(1, turn)
    t = facing[:, :1] / (facing[:, :1] - facing[:, 1:])  # (N, 2)
    points = seen[view[:, None], corner]  # (N, 3, 3)
    ends = points[:, :1] + t[..., None] * (points[:, 1:] - points[:, :1])
    normals = solid.normals[face].gather(1, turn[..., None].expand(-1, -1, 3))
    normal = normals[:, :1] + t[..., None] * (normals[:, 1:] - normals[:, :1])
    concave = ~_bulges(points, facing)
    hidden = concave[:, None].expand_as(t).to(t)
    own = torch.stack([1 - hidden, hidden], -1)
    group = solid.surface[face]
    normal = normalize(normal.sum(1, keepdim=True), dim=-1).expand(-1, 2, -1)
    curve = group * len(solid.bend) + group
    group = group[:, None].expand(-1, 2)
    return ends, view, curve, own, group, normal


def _bulges(points: Tensor, facing: Tensor) -> Tensor:
    """Whether the face turns towards the viewer as one walks on it towards the viewer.

    points: (N, 3, 3) corners as seen; facing: (N, 3). `facing` is linear on the triangle, and so is
    nearness; their gradients agree in direction where the outline lies in front of the face.
    """
    u, v = points[:, 1] - points[:, 0], points[:, 2] - points[:, 0]
    a, b = facing[:, 1] - facing[:, 0], facing[:, 2] - facing[:, 0]
    uu, uv, vv = (u * u).sum(-1), (u * v).sum(-1), (v * v).sum(-1)
    # up to a positive factor: (a, b) G⁻¹ (u_z, v_z), with the metric G of the triangle
    return a * (vv * u[:, 2] - uv * v[:, 2]) + b * (uu * v[:, 2] - uv * u[:, 2]) > 0


def _in_front(
    solid: Solid, seen: Tensor, back: Tensor, scale: float
) -> tuple[tuple[Tensor, ...], Tensor]:
    """Triangles that face the viewer: (corners, tri_group, tri_normal, slack), and their views."""
    normals, height = solid.planes
    tilt = back @ normals.T  # (B, F)
    view, face = (tilt * height > THIN).nonzero(as_tuple=True)
    surface = solid.surface[face]
    slack = solid.bend[surface] / (tilt[view, face] * scale)
    return (seen[view[:, None], solid.faces[face]], surface, normals[face], slack), view
