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
    Meeting,
    Pull,
    glint,
    gloss,
    meet,
    pull,
    pull_glint,
    response,
)
from fiveviews.render.surfels.normals import (
    Sums,
    gather,
    load,
    normal,
    normal_backward,
    store,
    store_sums,
    to_depth,
)
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

if TYPE_CHECKING:
    from fiveviews.render.surfels import Lights


@wp.struct
class Surfel:
    """A surfel on its way through a kernel: whether it is there, position, normal, and the sums
    from which that was found."""

    there: float
    p: wp.vec3
    n: wp.vec3
    sums: Sums


@cache
def kernels(count: int, glossy: bool, given: bool) -> tuple[wp.Kernel, wp.Kernel, wp.Kernel]:
    """Kernels for this many lights: forward, backward to surfels, backward to lights.

    glossy: with highlights. given: normals are read; otherwise they are found from the depths.
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

    @wp.func
    def surfel(
        depth: wp.array(dtype=float),
        i: int,
        normals: wp.array(dtype=float),
        j: int,
        x: float,
        y: float,
        g: Grid,
    ) -> Surfel:
        """The surfel at (x, y): pixel i of the padded depths, j of the normals."""
        s = Surfel()
        z = at(depth, i)
        s.there = filled(z)
        s.p = position(x, y, wp.where(s.there > 0.0, z, 0.0), g)
        if wp.static(given):
            s.n = load(normals, j, g.height * g.width)
        else:
            s.sums = gather(depth, i, x, y, s.p, g)
            s.n = normal(s.sums)
        return s

    @wp.func
    def shine(light: wp.vec3, s: Surfel, k: Gloss, g: Grid) -> Meeting:
        m = meet(light, s.p, s.n, k)
        if wp.static(glossy):
            m = glint(m, s.p, s.n, k, g)
        return m

    @wp.func
    def attract(m: Meeting, weight: float, s: Surfel, k: Gloss) -> Pull:
        f = pull(m, weight, s.n, k)
        if wp.static(glossy):
            f = pull_glint(f, m, weight, s.n, k)
        return f

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
        everywhere = wp.vec3(ambient[i], ambient[i + 1], ambient[i + 2])
        c = int(r.start)
        while c < r.stop:
            s = surfel(depth, padded + c, normals, triple + c, x_of(c, g), r.y, g)
            sum = everywhere
            for j in range(count):
                sum += response(shine(light[j], s, k, g)) * colour[j]
            store(image, triple + c, plane, s.there * sum)
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
        more_grad: wp.array(dtype=float),
        k: Gloss,
        g: Grid,
    ):
        """more_grad: of the given normals, or of the sums from which they were found."""
        b, thread = wp.tid()
        b += first
        r = run(thread, g)
        plane, spread = g.height * g.width, (g.height + 2) * (g.width + 2)
        padded = (b * (g.height + 2) + r.row + 1) * (g.width + 2) + 1
        triple = 3 * b * plane + r.row * g.width
        light, colour = rows(lights, b), rows(colours, b)
        c = int(r.start)
        while c < r.stop:
            x = x_of(c, g)
            s = surfel(depth, padded + c, normals, triple + c, x, r.y, g)
            up = s.there * load(upstream, triple + c, plane)
            dn, dp = wp.vec3(), wp.vec3()
            for j in range(count):
                force = attract(shine(light[j], s, k, g), wp.dot(up, colour[j]), s, k)
                dn += force.normal
                dp += force.point
            put(depth_grad, b * plane + r.row * g.width + c, wp.dot(dp, ray(x, r.y, g)))
            if wp.static(given):
                store(more_grad, triple + c, plane, dn)
            else:
                sums = normal_backward(s.sums, dn)
                store_sums(more_grad, padded + 4 * b * spread + c, spread, sums)
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
        """grad: a row of each image's: of the ambient light, the positions and the colours."""
        b, thread = wp.tid()
        b += first
        r = run(thread, g)
        plane = g.height * g.width
        padded = (b * (g.height + 2) + r.row + 1) * (g.width + 2) + 1
        triple = 3 * b * plane + r.row * g.width
        light, colour = rows(lights, b), rows(colours, b)
        d_light, d_colour, d_ambient = Rows(), Rows(), wp.vec3()
        for c in range(r.start, r.stop):
            s = surfel(depth, padded + c, normals, triple + c, x_of(c, g), r.y, g)
            up = s.there * load(upstream, triple + c, plane)
            d_ambient += up
            for j in range(count):
                m = shine(light[j], s, k, g)
                force = attract(m, wp.dot(up, colour[j]), s, k)
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
        normals = planes(normals) if given else padded  # which the kernels then do not read
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
            d_depth = depth.new_empty(depth.shape)
            more = empty_planes(depth, 3) if ctx.given else scratch_planes(padded, 5)
            launch_rows(to_surfels, g, [*arguments, d_depth, more], ctx.gloss)
            if not ctx.given:
                launch_rows(to_depth, g, [padded, more, d_depth])
            grads[:2] = d_depth, more.movedim(1, -1) if ctx.given else None
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
