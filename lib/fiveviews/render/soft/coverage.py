"""Silhouettes by Warp kernels, one thread per (image, face).

A thread walks over the pixels of its face's bounding box. Forward, it adds the face's share into
the pixels; backward, it gathers from them and writes the gradient of the face's corners. Nothing
of the size pixels × faces exists, and everything a backward pass needs again is recomputed. The
image is A = 1 - exp(Σ log(1 - D)) with D = sigmoid(x), so dA/dx = (1 - A) D.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import warp as wp
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from fiveviews.launch import OPTIONS, launch
from fiveviews.render.soft.geometry import (
    ALPHA,
    Options,
    load,
    log_transparency,
    meet,
    options,
    pull,
    scatter,
    sigmoid,
)

if TYPE_CHECKING:
    from fiveviews.render.soft import Softness

wp.set_module_options(OPTIONS)


@wp.kernel
def add_coverage(
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
def add_coverage_backward(
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


class _Coverage(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, projected: Tensor, faces: Tensor, o: Options) -> Tensor:
        total = projected.new_zeros(len(projected), o.height, o.width)
        launch(add_coverage, len(projected), faces.shape[1], [projected, faces, total, o])
        if o.alpha == ALPHA["sum"]:
            total /= _face_count(faces)
        ctx.save_for_backward(projected, faces, total)
        ctx.options = o
        return 0 - torch.expm1(total) if o.alpha == ALPHA["prod"] else total

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
        launch(add_coverage_backward, len(projected), faces.shape[1], arguments)
        return grad, None, None


def cover(projected: Tensor, faces: Tensor, height: int, width: int, s: Softness) -> Tensor:
    """Silhouettes (B, H, W) of projected vertices (B, V, 3) and faces (1 or B, F, 3)."""
    faces = faces.to(torch.int32).contiguous()
    return _Coverage.apply(projected.contiguous(), faces, options(s, height, width))


def _face_count(faces: Tensor) -> Tensor:
    return (faces >= 0).all(-1).sum(1).clamp(min=1)[:, None, None]
