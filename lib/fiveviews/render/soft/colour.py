"""Colours by Warp kernels, one thread per (image, face), as in `coverage`.

With C = Σ wⱼ cⱼ / Σ wⱼ, the gradient with respect to a weight is dC/dwⱼ = (cⱼ - C) / Σ w. A first
pass finds each pixel's nearest depth, from which the exponents are counted: so they stay finite,
and exact to the last digits of depth, at any γ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import warp as wp
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from fiveviews.launch import OPTIONS, launch
from fiveviews.render.soft.geometry import (
    Options,
    load,
    meet,
    options,
    pull,
    scatter,
    sigmoid,
    slopes,
)

if TYPE_CHECKING:
    from fiveviews.render.soft import Softness

wp.set_module_options(OPTIONS)


@wp.func
def inner(weights: wp.vec3) -> wp.vec3:
    return wp.vec3(
        wp.clamp(weights[0], 0.0, 1.0),
        wp.clamp(weights[1], 0.0, 1.0),
        wp.clamp(weights[2], 0.0, 1.0),
    )


@wp.func
def spread(weights: wp.vec3) -> float:
    clamped = inner(weights)
    return clamped[0] + clamped[1] + clamped[2]


@wp.func
def clip(weights: wp.vec3) -> wp.vec3:
    """Barycentric coordinates of the pixel moved into the face."""
    return inner(weights) / spread(weights)


@wp.func
def depth_at(clipped: wp.vec3, depth: wp.vec3, o: Options) -> float:
    if o.perspective == 0:
        return wp.dot(clipped, depth)
    return 1.0 / (clipped[0] / depth[0] + clipped[1] / depth[1] + clipped[2] / depth[2])


@wp.func
def blend_at(clipped: wp.vec3, depth: wp.vec3, there: float, o: Options) -> wp.vec3:
    """Shares of the corners in the surface point seen, which lies at the depth `there`."""
    if o.perspective == 0:
        return clipped
    return there * wp.cw_div(clipped, depth)


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
    nearest: wp.array3d(dtype=float),
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
                depth = depth_at(clip(pair.weights), face.depth, o)
                wp.atomic_min(nearest, b, o.height - 1 - up, column, depth)


@wp.kernel
def add_colours(
    first: int,
    projected: wp.array3d(dtype=float),
    faces: wp.array3d(dtype=wp.int32),
    colours: wp.array4d(dtype=float),
    nearest: wp.array3d(dtype=float),
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
                depth = depth_at(clipped, face.depth, o)
                choice = wp.exp((nearest[b, row, column] - depth) * o.per_depth)
                w = sigmoid(pair.x) * choice
                colour = colour_at(colours, b, f, blend_at(clipped, face.depth, depth, o))
                for d in range(3):
                    wp.atomic_add(total, b, row, column, d, w * colour[d])
                wp.atomic_add(total, b, row, column, 3, w)


@wp.kernel
def add_colours_backward(
    first: int,
    projected: wp.array3d(dtype=float),
    faces: wp.array3d(dtype=wp.int32),
    colours: wp.array4d(dtype=float),
    nearest: wp.array3d(dtype=float),
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
                depth = depth_at(clipped, face.depth, o)
                share = sigmoid(pair.x)
                choice = wp.exp((nearest[b, row, column] - depth) * o.per_depth)
                blend = blend_at(clipped, face.depth, depth, o)
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

                grad_depth = -grad_w * share * choice * o.per_depth
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
                # orthographic: blend = clipped and depth = Σ clipped z
                grad_clipped = grad_blend + grad_depth * face.depth
                grad_z = grad_depth * clipped
                if o.perspective != 0:  # blend = depth · clipped / z and depth = 1 / Σ clipped / z
                    inverse = wp.cw_div(wp.vec3(1.0, 1.0, 1.0), face.depth)
                    grad_depth += wp.dot(grad_blend, wp.cw_mul(clipped, inverse))
                    grad_ratio = depth * grad_blend - depth * depth * grad_depth * wp.vec3(
                        1.0, 1.0, 1.0
                    )
                    grad_clipped = wp.cw_mul(grad_ratio, inverse)
                    grad_z = -wp.cw_mul(grad_clipped, wp.cw_mul(clipped, inverse))
                # clipped = clamp(weights) / their sum
                size = spread(pair.weights)
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


class _Shade(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: FunctionCtx,
        projected: Tensor,
        faces: Tensor,
        colours: Tensor,
        background: Tensor,
        beyond: float,
        o: Options,
    ) -> Tensor:
        shape = (len(projected), o.height, o.width)
        grid = len(projected), faces.shape[1]
        nearest = projected.new_full(shape, beyond)
        launch(find_nearest, *grid, [projected, faces, nearest, o])
        behind = ((nearest - beyond) * o.per_depth).exp()[..., None]
        total = torch.cat([behind * background, behind], dim=-1)
        launch(add_colours, *grid, [projected, faces, colours, nearest, total, o])
        image = total[..., :3] / total[..., 3:]
        ctx.save_for_backward(projected, faces, colours, nearest, image, total[..., 3:].clone())
        ctx.options = o
        return image

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grad_image: Tensor) -> tuple[Tensor | None, ...]:
        projected, faces, colours, nearest, image, total = ctx.saved_tensors
        grad, grad_colours = torch.zeros_like(projected), torch.zeros_like(colours)
        weight = (grad_image / total).contiguous()
        arguments = [projected, faces, colours, nearest, image, weight, grad, grad_colours]
        launch(add_colours_backward, len(projected), faces.shape[1], [*arguments, ctx.options])
        return grad, None, grad_colours, None, None, None


def shade(
    projected: Tensor,
    faces: Tensor,
    colours: Tensor,
    background: tuple[float, float, float],
    height: int,
    width: int,
    s: Softness,
    perspective: bool,
) -> Tensor:
    """Colours (B, H, W, 3): softmax over faces of coverage and depth; colours (B, F, 3, 3)."""
    return _Shade.apply(
        projected.contiguous(),
        faces.to(torch.int32).contiguous(),
        colours.contiguous(),
        torch.tensor(background, device=projected.device),
        s.beyond,
        options(s, height, width, perspective),
    )
