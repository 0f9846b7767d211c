"""Which lines might be drawn, and which triangles might hide them, before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from fiveviews.cameras import Camera
from fiveviews.solids import Solid

EDGE_ON = 1e-9  # a face turned away from the line of sight by less than this is seen edge-on
THIN = 1e-7  # a triangle whose picture is thinner than this hides nothing
POINT = 1e-7  # a line whose picture is shorter than this is a point


@dataclass(frozen=True)
class Lines:
    """L candidate lines and T front-facing triangles of all views, each sorted by view.

    ends: (L, 2, 3) image x, image y and nearness (larger is nearer the viewer), in image units.
    view: (L,); curve: (L,) the curve that a line is part of: two sharp edges between the same two
        faces share it, and so do two pieces of an outline on the same face.
    own: (L, 2, 2) two ranges of the parameter in which a line's own faces hide it; empty ones run
        from 1 to 0.
    group: (L, 2) the surfaces a line lies on; normal: (L, 2, 3) their normals at its middle.
    corners: (T, 3, 3) as `ends`, counter-clockwise; tri_group: (T,); tri_normal: (T, 3).
    slack: (T,) how deep a triangle may stand before a line on its own round surface because it is
        flat and the surface is not.
    first_line, first_triangle: (B + 1,) where each view's begin.
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
    first_line: Tensor
    first_triangle: Tensor


def candidate_lines(solid: Solid, camera: Camera) -> Lines:
    """All lines of a solid that its B cameras might draw, and the triangles that might hide them."""
    seen = camera.project(solid.vertices)
    seen = torch.cat([seen[..., :2], -seen[..., 2:] / camera.scale], dim=-1)  # (B, V, 3)
    facing = torch.einsum("bk,fck->bfc", camera.rotation[:, 2], solid.normals)
    facing = torch.where(facing.abs() < EDGE_ON, 0.0, facing)  # (B, F, 3 corners)
    sharp, outlines = _sharp(solid, seen, facing), _outlines(solid, seen, facing)
    parts = [torch.cat(pair) for pair in zip(sharp, outlines, strict=True)]
    long = (parts[0][:, 1, :2] - parts[0][:, 0, :2]).norm(dim=-1) > POINT
    order = parts[1][long].argsort(stable=True)
    ends, view, *rest = (part[long][order] for part in parts)
    corners, tri_view, face = _in_front(solid, seen)
    triangle = solid.vertices[solid.faces[face]]
    normal = torch.linalg.cross(triangle[:, 1] - triangle[:, 0], triangle[:, 2] - triangle[:, 0])
    normal = normalize(normal, dim=-1, eps=1e-30)
    tilt = (normal * camera.rotation[tri_view, 2]).sum(-1)
    return Lines(
        ends,
        view,
        *rest,
        corners,
        solid.surface[face],
        normal,
        solid.bend[solid.surface[face]] / (tilt * camera.scale),
        _firsts(view, len(camera)),
        _firsts(tri_view, len(camera)),
    )


def _sharp(solid: Solid, seen: Tensor, facing: Tensor) -> tuple[Tensor, ...]:
    """ends, view, curve, own, group, normal of the sharp edges, in every view."""
    views, edges, beside = len(seen), solid.edges, solid.beside
    ends = seen[:, edges]  # (B, E, 2, 3)
    place = (solid.faces[beside][:, None] == edges[:, :, None, None]).int().argmax(-1)
    towards = facing[:, beside[:, None], place]  # (B, E, 2 ends, 2 sides)
    own = _own(towards, solid.convex)
    group = solid.surface[beside]
    curve = group.amin(1) * len(solid.bend) + group.amax(1)
    normal = normalize(solid.normals[beside].sum(2), dim=-1)
    view = torch.arange(views, device=edges.device).repeat_interleave(len(edges))
    shared = (curve, group, normal)
    curve, group, normal = (s.repeat(views, *[1] * (s.ndim - 1)) for s in shared)
    return ends.flatten(0, 1), view, curve, own.flatten(0, 1), group, normal


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


def _outlines(solid: Solid, seen: Tensor, facing: Tensor) -> tuple[Tensor, ...]:
    """The same for outlines: where, within a triangle, the interpolated normal is edge-on."""
    front = facing >= 0  # (B, F, 3)
    mixed = front.any(-1) != front.all(-1)
    view, face = mixed.nonzero(as_tuple=True)
    front, facing = front[view, face], facing[view, face]
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


def _in_front(solid: Solid, seen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Triangles that face the viewer: corners (T, 3, 3), view (T,), face (T,)."""
    corners = seen[:, solid.faces]  # (B, F, 3, 3)
    sides = corners.roll(-1, dims=2)[..., :2] - corners[..., :2]
    area = sides[..., 0, 0] * sides[..., 1, 1] - sides[..., 0, 1] * sides[..., 1, 0]
    view, face = (area > THIN * sides.norm(dim=-1).amax(-1)).nonzero(as_tuple=True)
    return corners[view, face], view, face


def _firsts(view: Tensor, views: int) -> Tensor:
    return torch.searchsorted(view, torch.arange(views + 1, device=view.device))
