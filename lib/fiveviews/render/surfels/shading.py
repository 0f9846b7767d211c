"""Shading by Warp kernels: a thread adds up the lights of its pixels.

Normals are given, or found on the way from the depths around. The kernels are made for a number of
lights, so that the loop over them can be unrolled.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import torch
import warp as wp
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from fiveviews.cameras import Camera
from fiveviews.render.surfels.brightness import (
    Gloss,
    Pull,
    glint,
    gloss,
    meet,
    pull,
    pull_glint,
    response,
    viewer,
)
from fiveviews.render.surfels.normals import add_through_normals, gather, normal
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
    x_of,
)

if TYPE_CHECKING:
    from fiveviews.render.surfels import Lights


@wp.func
def load(array: wp.array(dtype=float), i: int, step: int) -> wp.vec3:
    return wp.vec3(at(array, i), at(array, i + step), at(array, i + 2 * step))


@cache
def kernels(count: int, glossy: bool, given: bool) -> tuple[wp.Kernel, wp.Kernel, wp.Kernel]:
    """Kernels for this many lights: forward, backward to surfels, backward to lights.

    glossy: with highlights. given: normals are read; otherwise found on the way, and written.
    """
    Rows = wp.types.matrix(shape=(count, 3), dtype=float)

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
        padded = (b * (g.height + 2) + r.row + 1) * (g.width + 2) + 1
        triple = 3 * b * plane + r.row * g.width
        light, colour = rows(lights, b), rows(colours, b)
        i = 3 * wp.min(b, ambient.shape[0] // 3 - 1)
        around = wp.vec3(ambient[i], ambient[i + 1], ambient[i + 2])
        c = int(r.start)
        while c < r.stop:
            z = at(depth, padded + c)
            there = filled(z)
            x = x_of(c, g)
            p = position(x, r.y, wp.where(there > 0.0, z, 0.0), g)
            if wp.static(given):
                n = load(normals, triple + c, plane)
            else:
                n = normal(gather(depth, padded + c, x, r.y, p, g))
                put(normals, triple + c, there * n[0])
                put(normals, triple + plane + c, there * n[1])
                put(normals, triple + 2 * plane + c, there * n[2])
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
        padded = (b * (g.height + 2) + r.row + 1) * (g.width + 2) + 1
        triple = 3 * b * plane + r.row * g.width
        light, colour = rows(lights, b), rows(colours, b)
        c = int(r.start)
        while c < r.stop:
            z = at(depth, padded + c)
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
            put(depth_grad, b * plane + r.row * g.width + c, wp.dot(dp, ray(x, r.y, g)))
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
        padded = (b * (g.height + 2) + r.row + 1) * (g.width + 2) + 1
        triple = 3 * b * plane + r.row * g.width
        light, colour = rows(lights, b), rows(colours, b)
        d_light, d_colour, d_ambient = Rows(), Rows(), wp.vec3()
        for c in range(r.start, r.stop):
            z = at(depth, padded + c)
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


class _Shade(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: FunctionCtx,
        depth: Tensor,
        normals: Tensor | None,
        positions: Tensor,
        colours: Tensor,
        ambient: Tensor,
        camera: Camera,
        k: Gloss,
        glossy: bool,
    ) -> Tensor:
        given = normals is not None
        ctx.camera, ctx.gloss, ctx.glossy, ctx.given = camera, k, glossy, given
        image, padded = empty_planes(depth, 3), pad(depth)
        normals = planes(normals) if given else empty_planes(depth, 3)
        positions, colours = positions.contiguous(), colours.contiguous()
        arguments = [padded, normals, positions, colours, ambient.contiguous(), image]
        draw = kernels(positions.shape[1], glossy, given)[0]
        launch_rows(draw, grid(depth, camera), arguments, k)
        ctx.save_for_backward(depth, padded, normals, positions, colours)
        ctx.ambients = len(ambient)
        return image.movedim(1, -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, upstream: Tensor) -> tuple[Tensor | None, ...]:
        depth, padded, normals, positions, colours = ctx.saved_tensors
        arguments = [padded, normals, positions, colours, planes(upstream)]
        _, to_surfels, to_lights = kernels(positions.shape[1], ctx.glossy, ctx.given)
        grads: list[Tensor | None] = [None] * 8
        if any(ctx.needs_input_grad[:2]):
            g = grid(depth, ctx.camera)
            d_depth, d_normals = torch.empty_like(depth), empty_planes(depth, 3)
            launch_rows(to_surfels, g, [*arguments, d_depth, d_normals], ctx.gloss)
            if not ctx.given:
                add_through_normals(padded, d_normals, d_depth, g)
            grads[:2] = d_depth, d_normals.movedim(1, -1) if ctx.given else None
        if any(ctx.needs_input_grad[2:5]):
            count = 3 * positions.shape[1]
            rows = depth.new_empty(*depth.shape[:2], 3 + 2 * count)
            g = grid(depth, ctx.camera, whole_rows=True)
            launch_rows(to_lights, g, [*arguments, rows], ctx.gloss)
            d_ambient, d_positions, d_colours = rows.sum(1).split([3, count, count], dim=1)
            grads[2] = _as(d_positions, len(positions)).view_as(positions)
            grads[3] = _as(d_colours, len(colours)).view_as(colours)
            grads[4] = _as(d_ambient, ctx.ambients)
        return tuple(grads)


def _as(grad: Tensor, sets: int) -> Tensor:
    """Gradients (B, N), added up where all images share one set."""
    return (grad if sets == len(grad) else grad.sum(0, keepdim=True)).contiguous()


def shade(
    depth: Tensor,
    normals: Tensor | None,
    positions: Tensor,
    colours: Tensor,
    ambient: Tensor,
    camera: Camera,
    lights: Lights,
    specular: tuple[float, float] | None,
) -> Tensor:
    """Brightness (B, H, W, 3), float32, of surfels at these depths (B, H, W).

    normals: (B, H, W, 3) in view coordinates, or None for those of equation 3.
    positions: (1 or B, L, 3), in view coordinates too. colours: (1 or B, L, 3).
    ambient: (1 or B, 3). lights: only for its attenuation.
    """
    k = gloss(lights.attenuation, specular)
    glossy = specular is not None
    return _Shade.apply(depth, normals, positions, colours, ambient, camera, k, glossy)
