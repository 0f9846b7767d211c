"""Normals by Warp kernels: equation 3 and, by hand, its derivative.

Around each surfel, products of the steps e to its neighbours are summed, weighted by w = 1/‖e‖²:

    xx = Σ w eₓ²,  xy = Σ w eₓ e_y,  yy = Σ w e_y²,  xz = Σ w eₓ e_z,  yz = Σ w e_y e_z

and (m_x, m_y, m_z) = (xy yz - yy xz, xy xz - xx yz, xx yy - xy²) has the normal's direction.
Backward, a first kernel takes the gradient from the normals to those five sums. A pair of
neighbours adds the same to the sums of both, since e and -e have the same products; so a second
kernel gathers, for each surfel, from its pairs, and no two threads write to one place.
"""

from __future__ import annotations

import torch
import warp as wp
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from fiveviews.cameras import Camera
from fiveviews.render.surfels.rows import (
    VECTORS,
    Grid,
    at,
    empty_planes,
    filled,
    grid,
    launch_rows,
    pad,
    planes,
    position,
    put,
    ray,
    run,
    scratch_planes,
    x_of,
)

wp.set_module_options(VECTORS)

SMALLEST = wp.constant(1.0e-12)
RIDGE = wp.constant(0.1 * torch.finfo(torch.float32).eps ** 0.5)
Sums = wp.types.vector(length=5, dtype=float)  # xx, xy, yy, xz, yz


@wp.func
def share(z: float, x: float, y: float, p: wp.vec3, g: Grid) -> Sums:
    """What the neighbour of depth z at (x, y) adds to the sums of the surfel at p."""
    there = filled(z)
    e = position(x, y, wp.where(there > 0.0, z, 0.0), g) - p
    w = there / wp.max(wp.dot(e, e), SMALLEST)
    return w * Sums(e[0] * e[0], e[0] * e[1], e[1] * e[1], e[0] * e[2], e[1] * e[2])


@wp.func
def gather(depth: wp.array(dtype=float), i: int, x: float, y: float, p: wp.vec3, g: Grid) -> Sums:
    """The sums over the 8 neighbours of pixel i of the padded depths."""
    u, row = g.unit, g.width + 2
    s = share(at(depth, i - row - 1), x - u, y + u, p, g)
    s += share(at(depth, i - row), x, y + u, p, g)
    s += share(at(depth, i - row + 1), x + u, y + u, p, g)
    s += share(at(depth, i - 1), x - u, y, p, g)
    s += share(at(depth, i + 1), x + u, y, p, g)
    s += share(at(depth, i + row - 1), x - u, y - u, p, g)
    s += share(at(depth, i + row), x, y - u, p, g)
    s += share(at(depth, i + row + 1), x + u, y - u, p, g)
    return s + Sums(RIDGE, 0.0, RIDGE, 0.0, 0.0)


@wp.func
def direction(s: Sums) -> wp.vec3:
    return wp.vec3(s[1] * s[4] - s[2] * s[3], s[1] * s[3] - s[0] * s[4], s[0] * s[2] - s[1] * s[1])


@wp.func
def normal(s: Sums) -> wp.vec3:
    m = direction(s)
    return m * (1.0 / wp.sqrt(wp.dot(m, m)))


@wp.func
def normal_backward(s: Sums, upstream: wp.vec3) -> Sums:
    """Gradient of the sums from that of the normal."""
    m = direction(s)
    per_length = 1.0 / wp.sqrt(wp.dot(m, m))
    n = m * per_length
    d = (upstream - n * wp.dot(n, upstream)) * per_length
    return Sums(
        d[2] * s[2] - d[1] * s[4],
        d[0] * s[4] + d[1] * s[3] - 2.0 * d[2] * s[1],
        d[2] * s[0] - d[0] * s[3],
        d[1] * s[1] - d[0] * s[2],
        d[0] * s[1] - d[1] * s[0],
    )


@wp.func
def load(array: wp.array(dtype=float), i: int, step: int) -> wp.vec3:
    return wp.vec3(at(array, i), at(array, i + step), at(array, i + 2 * step))


@wp.func
def store(array: wp.array(dtype=float), i: int, step: int, v: wp.vec3):
    put(array, i, v[0])
    put(array, i + step, v[1])
    put(array, i + 2 * step, v[2])


@wp.func
def load_sums(sums: wp.array(dtype=float), i: int, step: int) -> Sums:
    a = load(sums, i, step)
    return Sums(a[0], a[1], a[2], at(sums, i + 3 * step), at(sums, i + 4 * step))


@wp.func
def store_sums(sums: wp.array(dtype=float), i: int, step: int, s: Sums):
    store(sums, i, step, wp.vec3(s[0], s[1], s[2]))
    put(sums, i + 3 * step, s[3])
    put(sums, i + 4 * step, s[4])


@wp.kernel
def find_normals(first: int, depth: wp.array(dtype=float), normals: wp.array(dtype=float), g: Grid):
    b, thread = wp.tid()
    b += first
    r = run(thread, g)
    padded = (b * (g.height + 2) + r.row + 1) * (g.width + 2) + 1
    plane = g.height * g.width
    out = 3 * b * plane + r.row * g.width
    c = int(r.start)
    while c < r.stop:
        z = at(depth, padded + c)
        there = filled(z)
        x = x_of(c, g)
        p = position(x, r.y, wp.where(there > 0.0, z, 0.0), g)
        n = there * normal(gather(depth, padded + c, x, r.y, p, g))
        store(normals, out + c, plane, n)
        c += 1


@wp.kernel
def to_sums(
    first: int,
    depth: wp.array(dtype=float),
    upstream: wp.array(dtype=float),
    sums: wp.array(dtype=float),
    g: Grid,
):
    b, thread = wp.tid()
    b += first
    r = run(thread, g)
    padded = (b * (g.height + 2) + r.row + 1) * (g.width + 2) + 1
    plane, spread = g.height * g.width, (g.height + 2) * (g.width + 2)
    given = 3 * b * plane + r.row * g.width
    c = int(r.start)
    while c < r.stop:
        z = at(depth, padded + c)
        there = filled(z)
        x = x_of(c, g)
        p = position(x, r.y, wp.where(there > 0.0, z, 0.0), g)
        s = gather(depth, padded + c, x, r.y, p, g)
        d = normal_backward(s, there * load(upstream, given + c, plane))
        store_sums(sums, padded + 4 * b * spread + c, spread, d)
        c += 1


@wp.func
def pull(
    depth: wp.array(dtype=float),
    sums: wp.array(dtype=float),
    i: int,
    j: int,
    spread: int,
    own: Sums,
    x: float,
    y: float,
    p: wp.vec3,
    g: Grid,
) -> wp.vec3:
    """Gradient of p from its pair with the neighbour at (x, y), pixel i of depths, j of sums."""
    z = at(depth, i)
    there = filled(z)
    e = position(x, y, wp.where(there > 0.0, z, 0.0), g) - p
    d = own + load_sums(sums, j, spread)
    w = there / wp.max(wp.dot(e, e), SMALLEST)
    slope = wp.vec3(
        2.0 * d[0] * e[0] + d[1] * e[1] + d[3] * e[2],
        d[1] * e[0] + 2.0 * d[2] * e[1] + d[4] * e[2],
        d[3] * e[0] + d[4] * e[1],
    )
    # The sums are quadratic in e, so e · slope is twice what w multiplies, and dw/de = -2 w² e.
    return w * (w * wp.dot(e, slope) * e - slope)


@wp.kernel
def to_depth(
    first: int,
    depth: wp.array(dtype=float),
    sums: wp.array(dtype=float),
    grad: wp.array(dtype=float),
    g: Grid,
):
    b, thread = wp.tid()
    b += first
    r = run(thread, g)
    row, spread = g.width + 2, (g.height + 2) * (g.width + 2)
    padded = (b * (g.height + 2) + r.row + 1) * row + 1
    first_sum = padded + 4 * b * spread
    out = (b * g.height + r.row) * g.width
    u, y = g.unit, r.y
    c = int(r.start)
    while c < r.stop:
        z = at(depth, padded + c)
        there = filled(z)
        x = x_of(c, g)
        p = position(x, y, wp.where(there > 0.0, z, 0.0), g)
        i, j = padded + c, first_sum + c
        o = load_sums(sums, j, spread)
        f = pull(depth, sums, i - row - 1, j - row - 1, spread, o, x - u, y + u, p, g)
        f += pull(depth, sums, i - row, j - row, spread, o, x, y + u, p, g)
        f += pull(depth, sums, i - row + 1, j - row + 1, spread, o, x + u, y + u, p, g)
        f += pull(depth, sums, i - 1, j - 1, spread, o, x - u, y, p, g)
        f += pull(depth, sums, i + 1, j + 1, spread, o, x + u, y, p, g)
        f += pull(depth, sums, i + row - 1, j + row - 1, spread, o, x - u, y - u, p, g)
        f += pull(depth, sums, i + row, j + row, spread, o, x, y - u, p, g)
        f += pull(depth, sums, i + row + 1, j + row + 1, spread, o, x + u, y - u, p, g)
        put(grad, out + c, at(grad, out + c) + there * wp.dot(f, ray(x, y, g)))
        c += 1


class _Normals(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, depth: Tensor, camera: Camera) -> Tensor:
        padded, g, found = pad(depth), grid(depth, camera), empty_planes(depth, 3)
        launch_rows(find_normals, g, [padded, found])
        ctx.save_for_backward(padded)
        ctx.grid = g
        return found.movedim(1, -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, upstream: Tensor) -> tuple[Tensor, None]:
        (padded,), g = ctx.saved_tensors, ctx.grid
        grad, sums = padded.new_zeros(len(padded), g.height, g.width), scratch_planes(padded, 5)
        launch_rows(to_sums, g, [padded, planes(upstream), sums])
        launch_rows(to_depth, g, [padded, sums, grad])
        return grad, None


def normals(depth: Tensor, camera: Camera) -> Tensor:
    """Unit normals (B, H, W, 3), float32, of depths (B, H, W)."""
    return _Normals.apply(depth, camera)
