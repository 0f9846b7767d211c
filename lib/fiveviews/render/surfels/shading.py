"""Shading by Warp kernels: equation 1 and, by hand, its derivative.

With l the unit vector to a light at distance D, f the falloff's denominator and V the unit vector
to the viewer, a light of colour L adds r L to the surfel of normal n at P, where

    r = (a⁺ + S s⁺ᵉ) / f,    a = n · l,    s = 2 a (n · V) - l · V    (S and e: Phong's highlight)

and -S s⁺ᵉ only counts where a > 0. Backward, the gradient reaches n and P through a and s, and P
through D as well: dl/dP = -(1 - l lᵀ)/D, dD/dP = -l, dV/dP = -(1 - V Vᵀ)/‖P‖.

The kernels are made for a number of lights, so that the loop over them can be unrolled.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

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
    planes,
    position,
    put,
    ray,
    run,
    x_of,
)

if TYPE_CHECKING:
    from fiveviews.render.surfels import Lights

SMALLEST = wp.constant(1.0e-12)


@wp.struct
class Gloss:
    """Falloff (constant, linear, quadratic) and highlight (strength, exponent)."""

    constant: float
    linear: float
    quadratic: float
    strength: float
    exponent: float


@wp.struct
class Meeting:
    """A light seen from a surfel: direction, distance, cosine a, falloff f, and whether it counts
    at all. Then the highlight: n · V, s, and S s⁺ᵉ."""

    towards: wp.vec3
    distance: float
    cosine: float
    falloff: float
    counts: float
    facing: float
    glance: float
    highlight: float


@wp.struct
class Pull:
    """Gradients of a normal, of a surfel's position and of a light's."""

    normal: wp.vec3
    point: wp.vec3
    light: wp.vec3


@wp.func
def meet(light: wp.vec3, p: wp.vec3, n: wp.vec3, k: Gloss) -> Meeting:
    m = Meeting()
    d = light - p
    square = wp.dot(d, d)
    m.distance = wp.sqrt(wp.max(square, SMALLEST))
    m.towards = d / m.distance
    m.cosine = wp.dot(n, m.towards)
    m.falloff = k.constant + (k.linear + k.quadratic * m.distance) * m.distance
    m.counts = wp.where(square > SMALLEST, 1.0, 0.0)  # a light in the surfel itself shines nowhere
    return m


@wp.func
def glint(m: Meeting, n: wp.vec3, v: wp.vec3, k: Gloss) -> Meeting:
    m.facing = wp.dot(n, v)
    m.glance = wp.max(2.0 * m.cosine * m.facing - wp.dot(m.towards, v), 0.0)
    if m.cosine > 0.0:
        m.highlight = k.strength * wp.pow(m.glance, k.exponent)
    return m


@wp.func
def response(m: Meeting) -> float:
    return m.counts * (wp.max(m.cosine, 0.0) + m.highlight) / m.falloff


@wp.func
def pull(m: Meeting, weight: float, n: wp.vec3, k: Gloss) -> Pull:
    """Gradients of `weight` times the response, but for the highlight's part in l and n."""
    g = Pull()
    w = weight * m.counts / m.falloff
    lit = wp.where(m.cosine > 0.0, w, 0.0)
    g.normal = lit * m.towards
    along = -w * (wp.max(m.cosine, 0.0) + m.highlight) / m.falloff
    along *= k.linear + 2.0 * k.quadratic * m.distance
    g.light = (lit / m.distance) * (n - m.towards * m.cosine) + along * m.towards
    g.point = -g.light
    return g


@wp.func
def pull_glint(
    g: Pull, m: Meeting, weight: float, n: wp.vec3, v: wp.vec3, per_range: float, k: Gloss
) -> Pull:
    """Add the highlight's part; per_range: 1/‖P‖, or 0 where the viewer is infinitely far."""
    if m.cosine > 0.0 and m.glance > 0.0:
        t = weight * m.counts / m.falloff * k.exponent * m.highlight / m.glance
        g.normal += t * (2.0 * m.facing * m.towards + 2.0 * m.cosine * v)
        turn = t * (2.0 * m.facing * n - v)
        turn = (turn - m.towards * wp.dot(turn, m.towards)) / m.distance
        g.light += turn
        aside = t * (2.0 * m.cosine * n - m.towards)
        g.point -= turn + (aside - v * wp.dot(aside, v)) * per_range
    return g


@wp.func
def viewer(p: wp.vec3, g: Grid) -> wp.vec4:
    """The unit vector to the viewer, and 1/‖P‖, or 0 for an orthographic camera."""
    per_range = 1.0 / wp.sqrt(wp.max(wp.dot(p, p), SMALLEST))
    if g.slope == 0.0:
        return wp.vec4(0.0, 0.0, 1.0, 0.0)
    return wp.vec4(-p[0] * per_range, -p[1] * per_range, -p[2] * per_range, per_range)


@wp.func
def load(array: wp.array(dtype=float), i: int, step: int) -> wp.vec3:
    return wp.vec3(at(array, i), at(array, i + step), at(array, i + 2 * step))


@cache
def kernels(count: int, glossy: bool) -> tuple[wp.Kernel, wp.Kernel, wp.Kernel]:
    """Kernels for this many lights: forward, backward to surfels, backward to lights."""
    Rows = wp.types.matrix(shape=(max(count, 1), 3), dtype=float)

    @wp.func
    def rows(array: wp.array(dtype=float), b: int) -> Rows:
        """The vectors of image b, or of all images where there is one set."""
        sets = array.shape[0] // (3 * count)
        m = Rows()
        for j in range(count):
            for k in range(3):
                m[j, k] = array[(wp.min(b, sets - 1) * count + j) * 3 + k]
        return m

    @wp.kernel(module="unique")
    def forward(
        first: int,
        depth: wp.array(dtype=float),
        normals: wp.array(dtype=float),
        lights: wp.array(dtype=float),
        colours: wp.array(dtype=float),
        ambient: wp.array(dtype=float),
        image: wp.array(dtype=float),
        k: Gloss,
        g: Grid,
    ):
        b, thread = wp.tid()
        b += first
        r = run(thread, g)
        plane = g.height * g.width
        pixel = b * plane + r.row * g.width
        triple = pixel + 2 * b * plane
        light, colour = rows(lights, b), rows(colours, b)
        i = 3 * wp.min(b, ambient.shape[0] // 3 - 1)
        around = wp.vec3(ambient[i], ambient[i + 1], ambient[i + 2])
        c = int(r.start)
        while c < r.stop:
            z = at(depth, pixel + c)
            there = filled(z)
            p = position(x_of(c, g), r.y, wp.where(there > 0.0, z, 0.0), g)
            n = load(normals, triple + c, plane)
            sum = around
            for j in range(count):
                m = meet(light[j], p, n, k)
                if wp.static(glossy):
                    v = viewer(p, g)
                    m = glint(m, n, wp.vec3(v[0], v[1], v[2]), k)
                sum += response(m) * colour[j]
            put(image, triple + c, there * sum[0])
            put(image, triple + plane + c, there * sum[1])
            put(image, triple + 2 * plane + c, there * sum[2])
            c += 1

    @wp.kernel(module="unique")
    def to_surfels(
        first: int,
        depth: wp.array(dtype=float),
        normals: wp.array(dtype=float),
        lights: wp.array(dtype=float),
        colours: wp.array(dtype=float),
        upstream: wp.array(dtype=float),
        depth_grad: wp.array(dtype=float),
        normals_grad: wp.array(dtype=float),
        k: Gloss,
        g: Grid,
    ):
        b, thread = wp.tid()
        b += first
        r = run(thread, g)
        plane = g.height * g.width
        pixel = b * plane + r.row * g.width
        triple = pixel + 2 * b * plane
        light, colour = rows(lights, b), rows(colours, b)
        c = int(r.start)
        while c < r.stop:
            z = at(depth, pixel + c)
            there = filled(z)
            x = x_of(c, g)
            p = position(x, r.y, wp.where(there > 0.0, z, 0.0), g)
            n = load(normals, triple + c, plane)
            up = there * load(upstream, triple + c, plane)
            dn, dp = wp.vec3(), wp.vec3()
            for j in range(count):
                m = meet(light[j], p, n, k)
                weight = wp.dot(up, colour[j])
                if wp.static(glossy):
                    v = viewer(p, g)
                    towards = wp.vec3(v[0], v[1], v[2])
                    m = glint(m, n, towards, k)
                    force = pull_glint(pull(m, weight, n, k), m, weight, n, towards, v[3], k)
                    dn += force.normal
                    dp += force.point
                else:
                    force = pull(m, weight, n, k)
                    dn += force.normal
                    dp += force.point
            put(depth_grad, pixel + c, wp.dot(dp, ray(x, r.y, g)))
            put(normals_grad, triple + c, dn[0])
            put(normals_grad, triple + plane + c, dn[1])
            put(normals_grad, triple + 2 * plane + c, dn[2])
            c += 1

    @wp.kernel(module="unique")
    def to_lights(
        first: int,
        depth: wp.array(dtype=float),
        normals: wp.array(dtype=float),
        lights: wp.array(dtype=float),
        colours: wp.array(dtype=float),
        upstream: wp.array(dtype=float),
        grad: wp.array(dtype=float),
        k: Gloss,
        g: Grid,
    ):
        b, thread = wp.tid()
        b += first
        r = run(thread, g)
        plane = g.height * g.width
        pixel = b * plane + r.row * g.width
        triple = pixel + 2 * b * plane
        light, colour = rows(lights, b), rows(colours, b)
        d_light, d_colour, d_ambient = Rows(), Rows(), wp.vec3()
        for c in range(r.start, r.stop):
            z = at(depth, pixel + c)
            there = filled(z)
            p = position(x_of(c, g), r.y, wp.where(there > 0.0, z, 0.0), g)
            n = load(normals, triple + c, plane)
            up = there * load(upstream, triple + c, plane)
            d_ambient += up
            for j in range(count):
                m = meet(light[j], p, n, k)
                weight = wp.dot(up, colour[j])
                force = Pull()
                if wp.static(glossy):
                    v = viewer(p, g)
                    towards = wp.vec3(v[0], v[1], v[2])
                    m = glint(m, n, towards, k)
                    force = pull_glint(pull(m, weight, n, k), m, weight, n, towards, v[3], k)
                else:
                    force = pull(m, weight, n, k)
                for q in range(3):
                    d_light[j, q] += force.light[q]
                    d_colour[j, q] += response(m) * up[q]
        out = (b * g.height + r.row) * (6 * count + 3)
        for q in range(3):
            grad[out + q] = d_ambient[q]
        for j in range(count):
            for q in range(3):
                grad[out + 3 + 3 * j + q] = d_light[j, q]
                grad[out + 3 + 3 * count + 3 * j + q] = d_colour[j, q]

    for kernel in (forward, to_surfels, to_lights):
        kernel.module.options.update(VECTORS)
    return forward, to_surfels, to_lights


@cache
def gloss(attenuation: tuple[float, float, float], specular: tuple[float, float] | None) -> Gloss:
    k = Gloss()
    k.constant, k.linear, k.quadratic = attenuation
    k.strength, k.exponent = specular or (0.0, 1.0)
    return k


class _Shade(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: FunctionCtx,
        depth: Tensor,
        normals: Tensor,
        positions: Tensor,
        colours: Tensor,
        ambient: Tensor,
        camera: Camera,
        k: Gloss,
        glossy: bool,
    ) -> Tensor:
        ctx.camera, ctx.gloss, ctx.glossy = camera, k, glossy
        depth, normals = depth.contiguous(), planes(normals)
        positions, colours = positions.contiguous(), colours.contiguous()
        image, g = empty_planes(depth, 3), grid(depth, camera)
        draw = kernels(positions.shape[1], glossy)[0]
        launch_rows(draw, g, [depth, normals, positions, colours, ambient.contiguous(), image], k)
        ctx.save_for_backward(depth, normals, positions, colours)
        ctx.ambients = len(ambient)
        return image.movedim(1, -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, upstream: Tensor) -> tuple[Tensor | None, ...]:
        depth, normals, positions, colours = ctx.saved_tensors
        arguments = [depth, normals, positions, colours, planes(upstream)]
        _, to_surfels, to_lights = kernels(positions.shape[1], ctx.glossy)
        grads: list[Tensor | None] = [None] * 5
        if any(ctx.needs_input_grad[:2]):
            d_depth, d_normals = torch.empty_like(depth), empty_planes(depth, 3)
            g = grid(depth, ctx.camera)
            launch_rows(to_surfels, g, [*arguments, d_depth, d_normals], ctx.gloss)
            grads[:2] = d_depth, d_normals.movedim(1, -1)
        if any(ctx.needs_input_grad[2:5]):
            count = 3 * positions.shape[1]
            rows = depth.new_empty(*depth.shape[:2], 3 + 2 * count)
            g = grid(depth, ctx.camera, whole_rows=True)
            launch_rows(to_lights, g, [*arguments, rows], ctx.gloss)
            d_ambient, d_positions, d_colours = rows.sum(1).split([3, count, count], dim=1)
            grads[2] = _as(d_positions, len(positions)).view_as(positions)
            grads[3] = _as(d_colours, len(colours)).view_as(colours)
            grads[4] = _as(d_ambient, ctx.ambients)
        return (*grads, None, None, None)


def _as(grad: Tensor, sets: int) -> Tensor:
    """Gradients (B, N), added up where all images share one set."""
    return (grad if sets == len(grad) else grad.sum(0, keepdim=True)).contiguous()


def shade(
    depth: Tensor,
    normals: Tensor,
    positions: Tensor,
    colours: Tensor,
    ambient: Tensor,
    camera: Camera,
    lights: Lights,
    specular: tuple[float, float] | None,
) -> Tensor:
    """Brightness (B, H, W, 3), float32, of surfels at these depths (B, H, W).

    normals: (B, H, W, 3). positions: (1 or B, L, 3), like the normals in view coordinates.
    colours: (1 or B, L, 3). ambient: (1 or B, 3). lights: only for its attenuation.
    """
    k = gloss(lights.attenuation, specular)
    glossy = specular is not None
    return _Shade.apply(depth, normals, positions, colours, ambient, camera, k, glossy)
