"""Distance and winding number that run: Warp kernels over bounding volumes of the faces.

Distance. `warp.Mesh` finds the nearest face without looking at most of them, in float32; the faces
as near as that one are measured again in float64.

Winding number. Where a surface is closed, it is the number of times that a ray from the point
leaves the surface minus the times it enters, so only the faces that the ray meets count, and the
answer is a whole number without rounding. A surface with holes is closed by *lids*, a triangle from
every edge that has no partner to one common apex; what they add is known, since their solid angles
Ω are, and is taken off again:

    w = crossings of faces + Σ over lids (crossing - Ω / 4π)

This is exact too, and cheap while lids are few. For surfaces of which hardly two faces meet it is
not, and `dipoles` serves.

Points are taken in the order of a curve that fills space (Morton's), for neighbours visit the same
faces: of points drawn at random, that makes both passes a fourth faster.
"""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
import warp as wp
from torch import Tensor

from fiveviews.launch import OPTIONS, launch

wp.set_module_options(OPTIONS)

MANY = 400  # lids from which on the tree of `dipoles` is faster: both take about 15 µs per point
EVERYWHERE = wp.constant(1.0e12)  # larger than any distance; its square is still a float32
INVERSE_2PI = wp.constant(0.5 / math.pi)
# The ray runs upward, but not straight up: points on a grid under edges along the axes are common,
# and whether a ray passes left or right of an edge that it meets exactly is not a fair question.
LEAN_X, LEAN_Z = wp.constant(0.0712360984), wp.constant(0.0431967271)


@dataclass(frozen=True, eq=False)
class Closed:
    """Faces and the lids that close them, corners (F, 9) and (L, 9), and the faces' boxes."""

    faces: Tensor
    lids: Tensor
    boxes: wp.Bvh


@wp.func
def corner(corners: wp.array2d(dtype=float), f: int, k: int, point: wp.vec3) -> wp.vec3d:
    """A corner of a face seen from the point; the difference of two float32 is exact in float64."""
    return wp.vec3d(
        wp.float64(corners[f, k]) - wp.float64(point[0]),
        wp.float64(corners[f, k + 1]) - wp.float64(point[1]),
        wp.float64(corners[f, k + 2]) - wp.float64(point[2]),
    )


@wp.func
def weights_nearest(corners: wp.array2d(dtype=float), f: int, point: wp.vec3) -> wp.vec3d:
    """Barycentric weights of the point of a face that is nearest to a point: which lies beyond a
    corner, beyond an edge, or above the face (Ericson, Real-Time Collision Detection, 5.1.5)."""
    a, b, c = (
        corner(corners, f, 0, point),
        corner(corners, f, 3, point),
        corner(corners, f, 6, point),
    )
    zero, one = wp.float64(0.0), wp.float64(1.0)
    ab, ac = b - a, c - a
    a1, a2 = -wp.dot(ab, a), -wp.dot(ac, a)
    if a1 <= zero and a2 <= zero:
        return wp.vec3d(one, zero, zero)
    b1, b2 = -wp.dot(ab, b), -wp.dot(ac, b)
    if b1 >= zero and b2 <= b1:
        return wp.vec3d(zero, one, zero)
    c1, c2 = -wp.dot(ab, c), -wp.dot(ac, c)
    if c2 >= zero and c1 <= c2:
        return wp.vec3d(zero, zero, one)
    u, v, w = b1 * c2 - c1 * b2, c1 * a2 - a1 * c2, a1 * b2 - b1 * a2
    if w <= zero and a1 >= zero and b1 <= zero:
        t = a1 / (a1 - b1)
        return wp.vec3d(one - t, t, zero)
    if v <= zero and a2 >= zero and c2 <= zero:
        t = a2 / (a2 - c2)
        return wp.vec3d(one - t, zero, t)
    if u <= zero and b2 >= b1 and c1 >= c2:
        t = (b2 - b1) / ((b2 - b1) + (c1 - c2))
        return wp.vec3d(zero, one - t, t)
    return wp.vec3d(u, v, w) / (u + v + w)


@wp.func
def square_distance(
    corners: wp.array2d(dtype=float), f: int, w: wp.vec3d, point: wp.vec3
) -> wp.float64:
    a, b, c = (
        corner(corners, f, 0, point),
        corner(corners, f, 3, point),
        corner(corners, f, 6, point),
    )
    return wp.length_sq(w[0] * a + w[1] * b + w[2] * c)


@wp.kernel
def _nearest(
    first: int,
    mesh: wp.uint64,
    order: wp.array(dtype=wp.int64),
    points: wp.array2d(dtype=float),
    faces: wp.array2d(dtype=float),
    face: wp.array(dtype=wp.int32),
    weights: wp.array2d(dtype=float),
):
    k, _ = wp.tid()
    i = int(order[first + k])
    point = wp.vec3(points[i, 0], points[i, 1], points[i, 2])
    f = wp.mesh_query_point_no_sign(mesh, point, EVERYWHERE).face
    w = weights_nearest(faces, f, point)
    nearest = square_distance(faces, f, w, point)
    # Warp measures slivers in float32 and is off by up to a ten-thousandth of their length: what
    # it found is a bound, within which every face is measured again.
    reach = float(wp.sqrt(nearest)) * wp.vec3(1.0, 1.0, 1.0)
    other = wp.int32(0)
    query = wp.mesh_query_aabb(mesh, point - reach, point + reach)
    while wp.mesh_query_aabb_next(query, other):
        v = weights_nearest(faces, other, point)
        square = square_distance(faces, other, v, point)
        if square < nearest:
            f, w, nearest = other, v, square
    face[i] = f
    for j in range(3):
        weights[i, j] = float(w[j])


@wp.func
def turn(a: wp.vec3d, b: wp.vec3d) -> wp.float64:
    """On which side of the ray the edge from a to b passes, seen along the ray."""
    x, z = wp.float64(LEAN_X), wp.float64(LEAN_Z)
    return (a[2] - z * a[1]) * (b[0] - x * b[1]) - (a[0] - x * a[1]) * (b[2] - z * b[1])


@wp.func
def crossing(a: wp.vec3d, b: wp.vec3d, c: wp.vec3d, volume: wp.float64) -> float:
    """1 where the ray leaves through this face, -1 where it enters, 0 where it misses."""
    u, v, w = turn(b, c), turn(c, a), turn(a, b)
    zero = wp.float64(0.0)
    if u > zero and v > zero and w > zero and volume > zero:
        return 1.0
    if u < zero and v < zero and w < zero and volume < zero:
        return -1.0
    return 0.0


@wp.func
def turns_of_lid(a: wp.vec3d, b: wp.vec3d, c: wp.vec3d, volume: wp.float64) -> float:
    """The solid angle of a face over 4π, by the formula of `readable.winding_number`."""
    la, lb, lc = wp.length(a), wp.length(b), wp.length(c)
    below = la * lb * lc + wp.dot(a, b) * lc + wp.dot(b, c) * la + wp.dot(c, a) * lb
    return wp.atan2(float(volume), float(below)) * INVERSE_2PI


@wp.kernel
def _wind(
    first: int,
    boxes: wp.uint64,
    order: wp.array(dtype=wp.int64),
    points: wp.array2d(dtype=float),
    faces: wp.array2d(dtype=float),
    lids: wp.array2d(dtype=float),
    winding: wp.array(dtype=float),
):
    k, _ = wp.tid()
    i = int(order[first + k])
    point = wp.vec3(points[i, 0], points[i, 1], points[i, 2])
    total = wp.float32(0.0)
    f = wp.int32(0)
    query = wp.bvh_query_ray(boxes, point, wp.vec3(LEAN_X, 1.0, LEAN_Z))
    while wp.bvh_query_next(query, f):
        a, b, c = corner(faces, f, 0, point), corner(faces, f, 3, point), corner(faces, f, 6, point)
        total += crossing(a, b, c, wp.dot(a, wp.cross(b, c)))
    for n in range(lids.shape[0]):
        a, b, c = corner(lids, n, 0, point), corner(lids, n, 3, point), corner(lids, n, 6, point)
        # one volume for both terms: they jump together where the point passes through the lid
        volume = wp.dot(a, wp.cross(b, c))
        total += crossing(a, b, c, volume) - turns_of_lid(a, b, c, volume)
    winding[i] = total


def hierarchy(corners: Tensor) -> wp.Mesh:
    """Warp's bounding volume hierarchy of faces (F, 3, 3), float32, on their device."""
    points = wp.from_torch(corners.reshape(-1, 3).contiguous(), dtype=wp.vec3)
    indices = torch.arange(3 * len(corners), dtype=torch.int32, device=corners.device)
    with _on_torchs_stream(corners):
        return wp.Mesh(points, wp.from_torch(indices))


def nearest_face(
    points: Tensor, corners: Tensor, mesh: wp.Mesh, order: Tensor
) -> tuple[Tensor, Tensor]:
    """Nearest face (N,) to each of the points (N, 3), and barycentric weights (N, 3) there.

    corners: (F, 3, 3) and mesh: their `hierarchy`. order: `along_curve(points)`.
    """
    points = points.detach().contiguous()
    face = torch.empty(len(points), dtype=torch.int32, device=points.device)
    weights = torch.empty(len(points), 3, device=points.device)
    corners = corners.detach().reshape(-1, 9).contiguous()
    launch(_nearest, len(points), 1, [mesh.id, order, points, corners, face, weights])
    return face.long(), weights


def along_curve(points: Tensor, bits: int = 6) -> Tensor:
    """An order (N,) of points (N, 3) in which most neighbours are neighbours in space.

    It follows Morton's curve through 2^bits cells along each axis: the bits of a cell's three
    numbers, interleaved, are its place on the curve.

    >>> along_curve(torch.tensor([[0.0, 0, 0], [9, 9, 9], [1, 0, 0], [9, 8, 9]]), bits=1).tolist()
    [0, 2, 1, 3]
    """
    if len(points) == 0:
        return torch.empty(0, dtype=torch.int64, device=points.device)
    low, high = points.amin(0), points.amax(0)
    width = (high - low).amax().clamp(min=torch.finfo(points.dtype).tiny)
    cells = ((points - low) / width * 2**bits).int().clamp_(max=2**bits - 1)
    place = torch.zeros(len(points), dtype=torch.int32, device=points.device)
    for bit in range(bits):
        for axis in range(3):
            place |= (cells[:, axis] >> bit & 1) << (3 * bit + axis)
    return place.argsort(stable=True)


def close(corners: Tensor) -> Closed | None:
    """Faces (F, 3, 3), float32, with lids on their holes; None where lids would be `MANY`."""
    lids = torch.from_numpy(lids_of(corners.cpu().numpy())).to(corners.device)
    if len(lids) > MANY:
        return None
    margin = 1e-5 * (corners.amax((0, 1)) - corners.amin((0, 1))).max()  # for rounding in a box
    low, high = corners.amin(1) - margin, corners.amax(1) + margin
    sides = [wp.from_torch(side.contiguous(), dtype=wp.vec3) for side in (low, high)]
    with _on_torchs_stream(corners):
        boxes = wp.Bvh(*sides)
    return Closed(corners.reshape(-1, 9).contiguous(), lids, boxes)


def lids_of(corners: np.ndarray) -> np.ndarray:
    """Triangles (L, 9) that close faces (F, 3, 3): the whole runs every edge as often each way."""
    places, index = np.unique(corners.reshape(-1, 3) + 0.0, axis=0, return_inverse=True)
    faces = index.reshape(-1, 3)
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    forward = np.where(ends[:, 0] < ends[:, 1], 1, -1)
    pairs, inverse = np.unique(np.sort(ends, axis=1), axis=0, return_inverse=True)
    excess = np.bincount(inverse.reshape(-1), forward, len(pairs)).round().astype(int)
    excess[pairs[:, 0] == pairs[:, 1]] = 0
    back = np.where((excess > 0)[:, None], pairs[:, ::-1], pairs).repeat(np.abs(excess), axis=0)
    edges = places[back]
    # An apex in no plane of the mesh, as far as anyone can say beforehand.
    low, high = places.min(axis=0), places.max(axis=0)
    apex = low + (high - low).max() * np.array([0.4142136, 0.5772157, 0.3678794])
    lids = np.concatenate([edges, np.broadcast_to(apex, (len(edges), 1, 3))], axis=1)
    return lids.reshape(-1, 9).astype(np.float32)


def _on_torchs_stream(tensor: Tensor) -> AbstractContextManager:
    """On a GPU, Warp must not read a tensor before PyTorch has written it."""
    if not tensor.is_cuda:
        return nullcontext()
    return wp.ScopedStream(wp.stream_from_torch(torch.cuda.current_stream(tensor.device)))


def winding_number(points: Tensor, closed: Closed, order: Tensor) -> Tensor:
    """Winding number (N,) of points (N, 3); see `readable.winding_number`.

    order: `along_curve(points)`.
    """
    points = points.detach().contiguous()
    winding = torch.empty(len(points), device=points.device)
    tensors = [order, points, closed.faces, closed.lids, winding]
    launch(_wind, len(points), 1, [closed.boxes.id, *tensors])
    return winding
