"""The soft rasterizer that runs: Warp kernels, one thread per (image, face).

A thread walks over the pixels of its face's bounding box. Forward, it adds the face's share into
the pixels; backward, it gathers from them and writes the gradient of the face's corners. Nothing
of the size pixels × faces exists, and everything a backward pass needs again is recomputed.

The derivatives, by hand. Write g for gradients, p for the pixel, v for the corners of the face.
    distance      q the nearest point of the edge from v to w, q = (1-t) v + t w:
                  d(d²)/dv = -2 (1-t) (p - q) and d(d²)/dw = -2 t (p - q); t itself is stationary
    barycentric   p = Σ bₘ vₘ stays put as vₘ moves, so dbₖ/dvₘ = -bₘ ∇bₖ, with ∇bₖ = dbₖ/dp
    silhouette    A = 1 - exp(Σ log(1 - D)), so dA/dx = (1 - A) D
    colour        C = Σ wⱼ cⱼ / Σ wⱼ, so dC/dwⱼ = (cⱼ - C) / Σ w
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import warp as wp
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from fiveviews.render.launch import launch

if TYPE_CHECKING:
    from fiveviews.render.soft import Softness

DIST = {"euclidean": 0, "barycentric": 1, "hard": 2}
ALPHA = {"prod": 0, "sum": 1, "hard": 2}
CERTAIN = wp.constant(1.0e4)  # sigmoid argument of a pixel inside a face with hard edges

wp.set_module_options({"enable_backward": False})


@wp.struct
class Face:
    """A projected face: corners, depths, area (twice, signed), inverse area and squared lengths of
    the edges, how far below 0 the barycentric coordinates of a pixel in reach can be, and the box
    of pixels that may be in reach."""

    a: wp.vec2
    b: wp.vec2
    c: wp.vec2
    depth: wp.vec3
    area: float
    per_area: float
    per_length: wp.vec3
    slack: wp.vec3
    left: int
    right: int
    bottom: int
    top: int


@wp.struct
class Pair:
    """A pixel seen from a face: sigmoid argument x (kept only if `near`), and where it came from."""

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
    gamma: float
    near_plane: float
    far_plane: float
    two_sided: int
    height: int
    width: int


@wp.func
def cross(a: wp.vec2, b: wp.vec2) -> float:
    return a[0] * b[1] - a[1] * b[0]


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
    if o.dist == 0:  # distance to the line of an edge = coordinate · area / length
        lengths = wp.vec3(
            wp.length(face.c - face.b), wp.length(face.a - face.c), wp.length(face.b - face.a)
        )
        face.slack = 1.001 * reach * wp.abs(face.per_area) * lengths
    elif o.dist == 1:
        face.slack = 1.001 * wp.vec3(reach, reach, reach)
    low, high = wp.min(wp.min(face.a, face.b), face.c), wp.max(wp.max(face.a, face.b), face.c)
    if o.dist == 1:  # all coordinates above -reach: the face scaled about its centre
        centre = (face.a + face.b + face.c) / 3.0
        low = centre + (1.0 + 3.0 * reach) * (low - centre)
        high = centre + (1.0 + 3.0 * reach) * (high - centre)
    else:
        low -= wp.vec2(reach, reach)
        high += wp.vec2(reach, reach)
    h, w = float(o.height), float(o.width)
    face.left = wp.max(0, int(wp.ceil(wp.max((low[0] * h + w - 1.0) / 2.0, -1.0))))
    face.bottom = wp.max(0, int(wp.ceil(wp.max((low[1] * h + h - 1.0) / 2.0, -1.0))))
    face.right = wp.min(o.width - 1, int(wp.floor(wp.min((high[0] * h + w - 1.0) / 2.0, w))))
    face.top = wp.min(o.height - 1, int(wp.floor(wp.min((high[1] * h + h - 1.0) / 2.0, h))))
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
    if wp.min(pair.weights + face.slack) < 0.0:
        return pair
    inside = wp.min(pair.weights) > 0.0
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
        smallest = wp.min(pair.weights)
        square = smallest * smallest
        pair.near = inside or square < o.threshold
        pair.x = square * o.per_sigma
    else:
        pair.x = CERTAIN
    pair.x = wp.where(inside, pair.x, -pair.x)
    return pair


@wp.func
def log_transparency(x: float) -> float:
    """log(1 - sigmoid(x)) = -softplus(x), exact at both ends."""
    small = wp.exp(-wp.abs(x))
    rest = wp.log(1.0 + small)
    if small < 1.0e-4:
        rest = small * (1.0 - 0.5 * small)
    return -wp.max(x, 0.0) - rest


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
    scale = grad_x * o.per_sigma
    scale = wp.where(wp.min(pair.weights) > 0.0, scale, -scale)
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
        smallest = wp.min(pair.weights)
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


@wp.kernel
def cover(
    first: int,
    projected: wp.array3d(dtype=float),
    faces: wp.array3d(dtype=wp.int32),
    total: wp.array3d(dtype=float),
    o: Options,
):
    b, f = wp.tid()
    b += first
    n = wp.min(b, faces.shape[0] - 1)
    face = load(projected, b, faces[n, f, 0], faces[n, f, 1], faces[n, f, 2], o)
    for up in range(face.bottom, face.top + 1):
        row = o.height - 1 - up
        for column in range(face.left, face.right + 1):
            pair = meet(face, column, up, o)
            if pair.near:
                if o.alpha == 0:
                    wp.atomic_add(total, b, row, column, log_transparency(pair.x))
                elif o.alpha == 1:
                    wp.atomic_add(total, b, row, column, sigmoid(pair.x))
                elif pair.x > 0.0:
                    total[b, row, column] = 1.0


@wp.kernel
def cover_backward(
    first: int,
    projected: wp.array3d(dtype=float),
    faces: wp.array3d(dtype=wp.int32),
    weight: wp.array3d(dtype=float),
    grad: wp.array3d(dtype=float),
    o: Options,
):
    b, f = wp.tid()
    b += first
    n = wp.min(b, faces.shape[0] - 1)
    i, j, k = faces[n, f, 0], faces[n, f, 1], faces[n, f, 2]
    face = load(projected, b, i, j, k, o)
    x, y = wp.vec3(), wp.vec3()
    for up in range(face.bottom, face.top + 1):
        row = o.height - 1 - up
        for column in range(face.left, face.right + 1):
            g = weight[b, row, column]
            if g != 0.0:
                pair = meet(face, column, up, o)
                if pair.near:
                    share = sigmoid(pair.x)
                    if o.alpha == 1:
                        share *= 1.0 - share
                    levers, force = pull(face, pair, g * share, o)
                    x += force[0] * levers
                    y += force[1] * levers
    if face.top >= face.bottom and face.right >= face.left:
        scatter(x, y, wp.vec3(), grad, b, i, j, k)


@wp.func
def clip(weights: wp.vec3) -> wp.vec3:
    """Barycentric coordinates of the pixel moved into the face."""
    inner = wp.vec3(
        wp.clamp(weights[0], 0.0, 1.0),
        wp.clamp(weights[1], 0.0, 1.0),
        wp.clamp(weights[2], 0.0, 1.0),
    )
    return inner / (inner[0] + inner[1] + inner[2])


@wp.func
def depth_at(clipped: wp.vec3, depth: wp.vec3) -> float:
    return 1.0 / (clipped[0] / depth[0] + clipped[1] / depth[1] + clipped[2] / depth[2])


@wp.func
def logit_at(depth: float, o: Options) -> float:
    return (o.far_plane - depth) / (o.far_plane - o.near_plane) / o.gamma


@wp.func
def colour_at(colours: wp.array4d(dtype=float), image: int, f: int, weights: wp.vec3) -> wp.vec3:
    sum = wp.vec3()
    for c in range(3):
        sum += weights[c] * wp.vec3(
            colours[image, f, c, 0], colours[image, f, c, 1], colours[image, f, c, 2]
        )
    return sum


@wp.kernel
def find_nearest(
    first: int,
    projected: wp.array3d(dtype=float),
    faces: wp.array3d(dtype=wp.int32),
    largest: wp.array3d(dtype=float),
    o: Options,
):
    b, f = wp.tid()
    b += first
    n = wp.min(b, faces.shape[0] - 1)
    face = load(projected, b, faces[n, f, 0], faces[n, f, 1], faces[n, f, 2], o)
    if o.two_sided == 0 and face.area < 0.0:
        return
    for up in range(face.bottom, face.top + 1):
        for column in range(face.left, face.right + 1):
            pair = meet(face, column, up, o)
            if pair.near:
                logit = logit_at(depth_at(clip(pair.weights), face.depth), o)
                wp.atomic_max(largest, b, o.height - 1 - up, column, logit)


@wp.kernel
def add_colours(
    first: int,
    projected: wp.array3d(dtype=float),
    faces: wp.array3d(dtype=wp.int32),
    colours: wp.array4d(dtype=float),
    largest: wp.array3d(dtype=float),
    total: wp.array4d(dtype=float),
    o: Options,
):
    b, f = wp.tid()
    b += first
    n = wp.min(b, faces.shape[0] - 1)
    face = load(projected, b, faces[n, f, 0], faces[n, f, 1], faces[n, f, 2], o)
    if o.two_sided == 0 and face.area < 0.0:
        return
    for up in range(face.bottom, face.top + 1):
        row = o.height - 1 - up
        for column in range(face.left, face.right + 1):
            pair = meet(face, column, up, o)
            if pair.near:
                clipped = clip(pair.weights)
                depth = depth_at(clipped, face.depth)
                w = sigmoid(pair.x) * wp.exp(logit_at(depth, o) - largest[b, row, column])
                colour = colour_at(colours, b, f, depth * wp.cw_div(clipped, face.depth))
                for d in range(3):
                    wp.atomic_add(total, b, row, column, d, w * colour[d])
                wp.atomic_add(total, b, row, column, 3, w)


@wp.kernel
def add_colours_backward(
    first: int,
    projected: wp.array3d(dtype=float),
    faces: wp.array3d(dtype=wp.int32),
    colours: wp.array4d(dtype=float),
    largest: wp.array3d(dtype=float),
    image: wp.array4d(dtype=float),
    weight: wp.array4d(dtype=float),
    grad: wp.array3d(dtype=float),
    grad_colours: wp.array4d(dtype=float),
    o: Options,
):
    b, f = wp.tid()
    b += first
    n = wp.min(b, faces.shape[0] - 1)
    i, j, k = faces[n, f, 0], faces[n, f, 1], faces[n, f, 2]
    face = load(projected, b, i, j, k, o)
    if o.two_sided == 0 and face.area < 0.0:
        return
    if face.top < face.bottom or face.right < face.left:
        return
    slope0, slope1, slope2 = slopes(face)
    x, y, z = wp.vec3(), wp.vec3(), wp.vec3()
    sum_colours = wp.mat33()
    for up in range(face.bottom, face.top + 1):
        row = o.height - 1 - up
        for column in range(face.left, face.right + 1):
            pair = meet(face, column, up, o)
            if pair.near:
                clipped = clip(pair.weights)
                depth = depth_at(clipped, face.depth)
                share = sigmoid(pair.x)
                choice = wp.exp(logit_at(depth, o) - largest[b, row, column])
                blend = depth * wp.cw_div(clipped, face.depth)  # perspective weights of corners
                # g: gradient of the pixel's colour divided by the sum of all weights
                g = wp.vec3(
                    weight[b, row, column, 0], weight[b, row, column, 1], weight[b, row, column, 2]
                )
                shown = wp.vec3(
                    image[b, row, column, 0], image[b, row, column, 1], image[b, row, column, 2]
                )
                grad_w = wp.dot(g, colour_at(colours, b, f, blend) - shown)
                levers, force = pull(face, pair, grad_w * choice * share * (1.0 - share), o)
                sum_colours += share * choice * wp.outer(blend, g)

                grad_depth = -grad_w * share * choice / (o.far_plane - o.near_plane) / o.gamma
                grad_blend = wp.vec3()
                for c in range(3):
                    grad_blend[c] = (
                        share
                        * choice
                        * (
                            g[0] * colours[b, f, c, 0]
                            + g[1] * colours[b, f, c, 1]
                            + g[2] * colours[b, f, c, 2]
                        )
                    )
                # blend = depth · clipped / z and depth = 1 / Σ clipped / z
                inverse = wp.vec3(1.0 / face.depth[0], 1.0 / face.depth[1], 1.0 / face.depth[2])
                grad_depth += wp.dot(grad_blend, wp.cw_mul(clipped, inverse))
                grad_ratio = depth * grad_blend - depth * depth * grad_depth * wp.vec3(
                    1.0, 1.0, 1.0
                )
                grad_clipped = wp.cw_mul(grad_ratio, inverse)
                grad_z = -wp.cw_mul(grad_ratio, wp.cw_mul(clipped, wp.cw_mul(inverse, inverse)))
                # clipped = clamp(weights) / their sum
                size = float(0.0)
                for c in range(3):
                    size += wp.clamp(pair.weights[c], 0.0, 1.0)
                mean = wp.dot(grad_clipped, clipped)
                slope = wp.vec2()
                if pair.weights[0] > 0.0 and pair.weights[0] < 1.0:
                    slope += (grad_clipped[0] - mean) / size * slope0
                if pair.weights[1] > 0.0 and pair.weights[1] < 1.0:
                    slope += (grad_clipped[1] - mean) / size * slope1
                if pair.weights[2] > 0.0 and pair.weights[2] < 1.0:
                    slope += (grad_clipped[2] - mean) / size * slope2
                x += force[0] * levers - slope[0] * pair.weights
                y += force[1] * levers - slope[1] * pair.weights
                z += grad_z
    scatter(x, y, z, grad, b, i, j, k)
    for c in range(3):
        for d in range(3):
            grad_colours[b, f, c, d] = sum_colours[c, d]


def _options(s: Softness, height: int, width: int) -> Options:
    o = Options()
    o.dist, o.alpha, o.per_sigma, o.threshold = (
        DIST[s.dist],
        ALPHA[s.alpha],
        1 / s.sigma,
        s.threshold,
    )
    o.gamma, o.near_plane, o.far_plane, o.two_sided = s.gamma, s.near, s.far, int(s.two_sided)
    o.height, o.width = height, width
    return o


class _Coverage(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, projected: Tensor, faces: Tensor, o: Options) -> Tensor:
        total = projected.new_zeros(len(projected), o.height, o.width)
        launch(cover, len(projected), faces.shape[1], [projected, faces, total, o])
        if o.alpha == ALPHA["sum"]:
            total /= _face_count(faces)
        ctx.save_for_backward(projected, faces, total)
        ctx.options = o
        return -torch.expm1(total) if o.alpha == ALPHA["prod"] else total

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grad_image: Tensor) -> tuple[Tensor, None, None]:
        projected, faces, total = ctx.saved_tensors
        o, grad = ctx.options, torch.zeros_like(projected)
        if o.alpha == ALPHA["prod"]:
            weight = grad_image * total.exp()
        elif o.alpha == ALPHA["sum"]:
            weight = grad_image / _face_count(faces)
        else:
            return grad, None, None
        arguments = [projected, faces, weight.contiguous(), grad, o]
        launch(cover_backward, len(projected), faces.shape[1], arguments)
        return grad, None, None


class _Shade(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: FunctionCtx,
        projected: Tensor,
        faces: Tensor,
        colours: Tensor,
        background: Tensor,
        eps: float,
        o: Options,
    ) -> Tensor:
        shape = (len(projected), o.height, o.width)
        grid = len(projected), faces.shape[1]
        largest = projected.new_full(shape, eps / o.gamma)
        launch(find_nearest, *grid, [projected, faces, largest, o])
        behind = (eps / o.gamma - largest).exp()[..., None]
        total = torch.cat([behind * background, behind], dim=-1)
        launch(add_colours, *grid, [projected, faces, colours, largest, total, o])
        image = total[..., :3] / total[..., 3:]
        ctx.save_for_backward(projected, faces, colours, largest, image, total[..., 3:].clone())
        ctx.options = o
        return image

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grad_image: Tensor) -> tuple[Tensor | None, ...]:
        projected, faces, colours, largest, image, total = ctx.saved_tensors
        grad, grad_colours = torch.zeros_like(projected), torch.zeros_like(colours)
        weight = (grad_image / total).contiguous()
        arguments = [projected, faces, colours, largest, image, weight, grad, grad_colours]
        launch(add_colours_backward, len(projected), faces.shape[1], [*arguments, ctx.options])
        return grad, None, grad_colours, None, None, None


def coverage(projected: Tensor, faces: Tensor, height: int, width: int, s: Softness) -> Tensor:
    """Silhouettes (B, H, W) of projected vertices (B, V, 3) and faces (1 or B, F, 3)."""
    faces = faces.to(torch.int32).contiguous()
    return _Coverage.apply(projected.contiguous(), faces, _options(s, height, width))


def shade(
    projected: Tensor,
    faces: Tensor,
    colours: Tensor,
    background: tuple[float, float, float],
    height: int,
    width: int,
    s: Softness,
) -> Tensor:
    """Colours (B, H, W, 3): softmax over faces of coverage and depth; colours (B, F, 3, 3)."""
    return _Shade.apply(
        projected.contiguous(),
        faces.to(torch.int32).contiguous(),
        colours.contiguous(),
        torch.tensor(background, device=projected.device),
        s.eps,
        _options(s, height, width),
    )


def _face_count(faces: Tensor) -> Tensor:
    return (faces >= 0).all(-1).sum(1).clamp(min=1)[:, None, None]
