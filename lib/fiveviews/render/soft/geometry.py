"""What a face does to a pixel, for the kernels: distances, coverage, and their derivatives.

By hand, with p for the pixel and v, w for corners of the face:
    distance      q the nearest point of the edge from v to w, q = (1-t) v + t w:
                  d(d²)/dv = -2 (1-t) (p - q) and d(d²)/dw = -2 t (p - q); t itself is stationary
    barycentric   p = Σ bₘ vₘ stays put as vₘ moves, so dbₖ/dvₘ = -bₘ ∇bₖ, with ∇bₖ = dbₖ/dp
Both say: the gradient with respect to corner m is a lever, a number per corner, times a force.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import warp as wp

if TYPE_CHECKING:
    from fiveviews.render.soft import Softness

DIST = {"euclidean": 0, "barycentric": 1, "hard": 2}
ALPHA = {"prod": 0, "sum": 1, "hard": 2}
CERTAIN = wp.constant(1.0e4)  # sigmoid argument of a pixel inside a face with hard edges


@wp.struct
class Face:
    """A projected face: corners, depths, area (twice, signed), inverse area and squared lengths of
    the edges, and the box of pixels that may be in reach."""

    a: wp.vec2
    b: wp.vec2
    c: wp.vec2
    depth: wp.vec3
    area: float
    per_area: float
    per_length: wp.vec3
    left: int
    right: int
    bottom: int
    top: int


@wp.struct
class Pair:
    """A pixel seen from a face: if `near`, the argument x of the sigmoid and what it comes from."""

    near: bool
    x: float
    weights: wp.vec3
    edge: int
    t: float
    offset: wp.vec2


@wp.struct
class Options:
    """`Softness` in numbers."""

    dist: int
    alpha: int
    per_sigma: float
    threshold: float
    per_depth: float
    near_plane: float
    far_plane: float
    two_sided: int
    perspective: int
    height: int
    width: int


@wp.func
def cross(a: wp.vec2, b: wp.vec2) -> float:
    return a[0] * b[1] - a[1] * b[0]


@wp.func
def least(v: wp.vec3) -> float:
    """The smallest of three; Warp's own looks for NaN as well and takes twice as long."""
    return wp.min(v[0], wp.min(v[1], v[2]))


@wp.func
def corner(projected: wp.array3d(dtype=float), image: int, vertex: int) -> wp.vec3:
    return wp.vec3(
        projected[image, vertex, 0], projected[image, vertex, 1], projected[image, vertex, 2]
    )


@wp.func
def load(
    projected: wp.array3d(dtype=float), image: int, i: int, j: int, k: int, o: Options
) -> Face:
    """The face with vertices i, j, k; its box is empty if nothing of it is to be drawn."""
    face = Face()
    face.right = -1
    face.top = -1
    if wp.min(i, wp.min(j, k)) < 0:
        return face
    p, q, r = corner(projected, image, i), corner(projected, image, j), corner(projected, image, k)
    face.a = wp.vec2(p[0], p[1])
    face.b = wp.vec2(q[0], q[1])
    face.c = wp.vec2(r[0], r[1])
    face.depth = wp.vec3(p[2], q[2], r[2])
    face.area = cross(face.b - face.a, face.c - face.a)
    if not (wp.abs(face.area) > 1.0e-10):
        return face
    if not (wp.min(face.depth) >= o.near_plane and wp.max(face.depth) <= o.far_plane):
        return face
    face.per_area = 1.0 / face.area
    face.per_length = wp.vec3(
        1.0 / wp.length_sq(face.b - face.a),
        1.0 / wp.length_sq(face.c - face.b),
        1.0 / wp.length_sq(face.a - face.c),
    )
    reach = wp.sqrt(o.threshold)
    low, high = wp.min(wp.min(face.a, face.b), face.c), wp.max(wp.max(face.a, face.b), face.c)
    if o.dist == 1:  # all coordinates above -reach: the face scaled about its centre
        centre = (face.a + face.b + face.c) / 3.0
        low = centre + (1.0 + 3.0 * reach) * (low - centre)
        high = centre + (1.0 + 3.0 * reach) * (high - centre)
    else:
        low -= wp.vec2(reach, reach)
        high += wp.vec2(reach, reach)
    h, w = float(o.height), float(o.width)
    face.left = int(wp.ceil(wp.clamp((low[0] * h + w - 1.0) / 2.0, 0.0, w)))
    face.bottom = int(wp.ceil(wp.clamp((low[1] * h + h - 1.0) / 2.0, 0.0, h)))
    face.right = int(wp.floor(wp.clamp((high[0] * h + w - 1.0) / 2.0, -1.0, w - 1.0)))
    face.top = int(wp.floor(wp.clamp((high[1] * h + h - 1.0) / 2.0, -1.0, h - 1.0)))
    return face


@wp.func
def along_edge(offset: wp.vec2, edge: wp.vec2, per_length: float) -> float:
    """Position in [0, 1] on an edge of the point nearest to its start plus offset."""
    return wp.clamp(wp.dot(offset, edge) * per_length, 0.0, 1.0)


@wp.func
def meet(face: Face, column: int, up: int, o: Options) -> Pair:
    """What the pixel in this column and row (counted from the bottom) sees of the face."""
    pair = Pair()
    h = float(o.height)
    p = wp.vec2(float(2 * column + 1 - o.width) / h, float(2 * up + 1 - o.height) / h)
    pa, pb, pc = p - face.a, p - face.b, p - face.c
    ab, bc, ca = face.b - face.a, face.c - face.b, face.a - face.c
    second = cross(ca, pa) * face.per_area
    third = cross(ab, pa) * face.per_area
    pair.weights = wp.vec3(1.0 - second - third, second, third)
    inside = least(pair.weights) >= 0.0
    pair.near = inside
    if o.dist == 0:
        t0 = along_edge(pa, ab, face.per_length[0])
        t1 = along_edge(pb, bc, face.per_length[1])
        t2 = along_edge(pc, ca, face.per_length[2])
        o0, o1, o2 = pa - t0 * ab, pb - t1 * bc, pc - t2 * ca
        s0, s1, s2 = wp.dot(o0, o0), wp.dot(o1, o1), wp.dot(o2, o2)
        square = s0
        pair.t = t0
        pair.offset = o0
        if s1 < square:
            square = s1
            pair.edge = 1
            pair.t = t1
            pair.offset = o1
        if s2 < square:
            square = s2
            pair.edge = 2
            pair.t = t2
            pair.offset = o2
        pair.near = inside or square < o.threshold
        pair.x = square * o.per_sigma
    elif o.dist == 1:
        smallest = least(pair.weights)
        square = smallest * smallest
        pair.near = inside or square < o.threshold
        pair.x = square * o.per_sigma
    else:
        pair.x = CERTAIN
    pair.x = wp.where(inside, pair.x, -pair.x)
    return pair


@wp.func
def log_transparency(x: float) -> float:
    """log(1 - sigmoid(x)) = -softplus(x), exact at both ends.

    log(1 + s) = 2 artanh(z) with z = s / (2 + s), at most 1/3: seven digits in six terms.
    """
    small = wp.exp(-wp.abs(x))
    z = small / (2.0 + small)
    s = z * z
    series = 1.0 / 5.0 + s * (1.0 / 7.0 + s * (1.0 / 9.0 + s / 11.0))
    return -wp.max(x, 0.0) - 2.0 * z * (1.0 + s * (1.0 / 3.0 + s * series))


@wp.func
def sigmoid(x: float) -> float:
    small = wp.exp(-wp.abs(x))
    larger = 1.0 / (1.0 + small)
    return wp.where(x >= 0.0, larger, small * larger)


@wp.func
def slopes(face: Face):
    """Gradients of the three barycentric coordinates with respect to the point."""
    e1, e2 = face.b - face.a, face.c - face.a
    second = wp.vec2(e2[1], -e2[0]) * face.per_area
    third = wp.vec2(-e1[1], e1[0]) * face.per_area
    return -second - third, second, third


@wp.func
def pull(face: Face, pair: Pair, grad_x: float, o: Options):
    """Gradient of x with respect to corner m is levers[m] · force, times the gradient of x."""
    scale = wp.where(pair.x >= 0.0, grad_x, -grad_x) * o.per_sigma
    levers = pair.weights
    force = wp.vec2()
    if o.dist == 0:
        force = -2.0 * scale * pair.offset
        levers = wp.vec3(1.0 - pair.t, pair.t, 0.0)
        if pair.edge == 1:
            levers = wp.vec3(0.0, 1.0 - pair.t, pair.t)
        elif pair.edge == 2:
            levers = wp.vec3(pair.t, 0.0, 1.0 - pair.t)
    elif o.dist == 1:
        first, second, third = slopes(face)
        smallest = least(pair.weights)
        slope = first
        if pair.weights[1] == smallest:
            slope = second
        elif pair.weights[2] == smallest:
            slope = third
        force = -2.0 * scale * smallest * slope
    return levers, force


@wp.func
def scatter(
    x: wp.vec3,
    y: wp.vec3,
    z: wp.vec3,
    target: wp.array3d(dtype=float),
    b: int,
    i: int,
    j: int,
    k: int,
):
    """Add the gradient of the three corners of a face to its vertices."""
    wp.atomic_add(target, b, i, 0, x[0])
    wp.atomic_add(target, b, i, 1, y[0])
    wp.atomic_add(target, b, i, 2, z[0])
    wp.atomic_add(target, b, j, 0, x[1])
    wp.atomic_add(target, b, j, 1, y[1])
    wp.atomic_add(target, b, j, 2, z[1])
    wp.atomic_add(target, b, k, 0, x[2])
    wp.atomic_add(target, b, k, 1, y[2])
    wp.atomic_add(target, b, k, 2, z[2])


def options(s: Softness, height: int, width: int, perspective: bool = True) -> Options:
    """The numbers of a `Softness` and an image size; perspective: of interest to colours only."""
    o = Options()
    o.dist, o.alpha, o.per_sigma, o.threshold = (
        DIST[s.dist],
        ALPHA[s.alpha],
        1 / s.sigma,
        s.threshold,
    )
    o.near_plane, o.far_plane, o.per_depth = s.near, s.far, s.per_depth
    o.height, o.width = height, width
    o.two_sided, o.perspective = int(s.two_sided), int(perspective)
    return o
