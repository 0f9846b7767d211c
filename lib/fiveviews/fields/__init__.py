"""Signed distance fields: at every point of space, how far the surface is and on which side.

    s(p) = ± min over the surface of |p - q|,   - inside and + outside

A field is any function from points (N, 3) to values (N,) whose zero level is the surface: the
distance to a mesh (`MeshField`), a formula, a network. `isosurface` turns a field into a mesh,
`sampling` into numbers to learn from, `fiveviews.render.tracing` into a picture.

Which side is decided by the winding number w: inside means |w| > 1/2. Real models are rarely the
closed, outward, non-overlapping surfaces of textbooks, and this rule degrades gracefully: bodies
that overlap stay solid, one that is inside out is inside out as a whole and not at random, and a
hole blurs the sign only beside it. `report.inspect` says what a mesh is like.

There are two implementations behind one signature. `readable` is the one to read: each point with
each face, in any precision. `kernel` is the one that runs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor

from fiveviews.fields import dipoles, kernel, readable
from fiveviews.launch import Backend, is_fast
from fiveviews.meshes import Mesh

Field = Callable[[Tensor], Tensor]
SMALLEST = 1e-14  # area over squared size of the mesh; faces below are lines


class MeshField:
    """Signed distance to a mesh, called with points (N, 3) or (..., 3); its trees are built once.

    mesh: a `Mesh`, or a pair (vertices (V, 3), faces (F, 3)) of tensors of any floating type, whose
        gradient is then followed. Faces without area bound nothing and are left out.
    backend: `fast` (Warp, float32, CPU and CUDA), `readable` (PyTorch), or `auto`: fast if it can.

    Differentiable in points and vertices: the nearest point on the surface moves along it only to
    second order, so the gradient at a point is the unit vector away from there (|∇s| = 1), with
    the sign of the side. On the surface itself, where it has a kink in |s|, the gradient is 0.
    Once the vertices have moved, make a new field.

    Of a closed mesh it is 1-Lipschitz. In the mouth of a hole the sign changes where |w| = 1/2, far
    from any face, so the value jumps from -d to d there: `isosurface` closes the hole, and has
    to be told lipschitz=None, since no bound holds.

    Raises ValueError for a mesh without a surface and for points that are no points.

    >>> from fiveviews.meshes import icosphere
    >>> ball = MeshField(icosphere(3))
    >>> ball(torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.0, 3.0]])).round(decimals=2)
    tensor([-1.,  2.])
    """

    def __init__(self, mesh: Mesh | tuple[Tensor, Tensor], backend: Backend = "auto"):
        vertices, faces = (mesh.vertices, mesh.faces) if isinstance(mesh, Mesh) else mesh
        is_fast(backend, vertices)
        if not torch.isfinite(vertices).all():
            raise ValueError("some vertices are NaN or infinite; there is no distance to them")
        faces = faces.to(vertices.device)
        corners = vertices.detach()[faces]
        solid = has_area(corners)
        if not solid.any():
            raise ValueError(
                f"the mesh has {len(faces)} faces and none with an area, so there is no surface to "
                "measure a distance to"
            )
        self.corners = corners[solid]  # (F, 3, 3)
        self.vertices, self.faces = vertices, faces[solid]
        self.backend = backend

    def __call__(self, points: Tensor) -> Tensor:
        """Signed distance (...) of points (..., 3)."""
        flat = self._checked(points)
        order = self._order(flat)
        values = self._sign(flat, order) * self._distance(flat, order)
        return values.reshape(points.shape[:-1])

    def distance(self, points: Tensor) -> Tensor:
        """Distance to the surface without a sign (...), of points (..., 3)."""
        flat = self._checked(points)
        return self._distance(flat, self._order(flat)).reshape(points.shape[:-1])

    def winding_number(self, points: Tensor) -> Tensor:
        """How often the surface wraps around each point (...); see `readable.winding_number`."""
        flat = self._checked(points)
        return self._winding(flat, self._order(flat)).reshape(points.shape[:-1])

    def _order(self, points: Tensor) -> Tensor | None:
        """In which the kernels take the points; None where the readable code does the work."""
        fast = is_fast(self.backend, points, self.corners)
        return kernel.along_curve(points.detach()) if fast else None

    def _distance(self, points: Tensor, order: Tensor | None) -> Tensor:
        if order is not None:
            face, weights = kernel.nearest_face(points, self.corners, self._hierarchy, order)
            nearest = (weights[..., None] * self._corners_of(face)).sum(1)
        else:
            face = readable.nearest_face(points, self.corners.to(points.dtype))
            corners = self._corners_of(face).to(points.dtype)
            _, nearest = readable.point_to_triangle(points, corners)
        return torch.linalg.vector_norm(points - nearest, dim=-1)

    def _corners_of(self, face: Tensor) -> Tensor:
        """Corners (N, 3, 3) of faces (N,); gathered anew where a gradient is to pass, so that each
        call has a graph of its own."""
        if self.vertices.requires_grad and torch.is_grad_enabled():
            return self.vertices[self.faces[face]]
        return self.corners[face]

    def _winding(self, points: Tensor, order: Tensor | None) -> Tensor:
        if order is not None:
            if self._closed is not None:
                return kernel.winding_number(points, self._closed, order)
            return dipoles.winding_number(points, self._tree)
        return readable.winding_number(points, self.corners.to(points.dtype))

    def _sign(self, points: Tensor, order: Tensor | None) -> Tensor:
        with torch.no_grad():
            winding = self._winding(points, order)
            return torch.where(winding.abs() > 0.5, -1.0, 1.0).to(points.dtype)

    def _checked(self, points: Tensor) -> Tensor:
        if points.shape[-1:] != (3,) or not points.is_floating_point():
            raise ValueError(
                f"points must be floating-point numbers (..., 3); got {tuple(points.shape)} "
                f"{str(points.dtype).removeprefix('torch.')}"
            )
        if points.device != self.corners.device:
            raise ValueError(
                f"points are on {points.device} and the mesh on {self.corners.device}: move one"
            )
        if not torch.isfinite(points).all():
            bad = int((~torch.isfinite(points)).any(-1).sum())
            raise ValueError(f"{bad} points are NaN or infinite; there is no distance to them")
        return points.reshape(-1, 3)

    @cached_property
    def _hierarchy(self) -> kernel.wp.Mesh:
        return kernel.hierarchy(self.corners)

    @cached_property
    def _closed(self) -> kernel.Closed | None:
        return kernel.close(self.corners)

    @cached_property
    def _tree(self) -> dipoles.Tree:
        return dipoles.build_tree(self.corners)


def signed_distance(
    points: Tensor, mesh: Mesh | tuple[Tensor, Tensor], backend: Backend = "auto"
) -> Tensor:
    """Signed distance (...) of points (..., 3) to a mesh: `MeshField` for one use.

    Raises ValueError as that does.
    """
    return MeshField(mesh, backend)(points)


def has_area(corners: Tensor) -> Tensor:
    """Which faces (F, 3, 3) are triangles and not lines or points: bool (F,)."""
    a, b, c = corners.detach().double().unbind(1)
    if len(corners) == 0:
        return torch.zeros(0, dtype=torch.bool, device=corners.device)
    size = (corners.amax((0, 1)) - corners.amin((0, 1))).detach().double().norm()
    return torch.linalg.cross(b - a, c - a).norm(dim=-1) > SMALLEST * size.square()
