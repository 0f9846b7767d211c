"""The soft rasterizer to read: plain PyTorch on pairs of a face and a pixel near it.

Most faces are far from most pixels, so the pairs that matter are few: those inside a face's
bounding box, widened by the distance at which its coverage fades. Gradients come from autograd.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

if TYPE_CHECKING:
    from fiveviews.render.soft import Softness

SMALLEST_AREA = 1e-10  # twice the area, image units: faces below are lines and cover nothing


@dataclass(frozen=True, eq=False)
class Pairs:
    """P pairs of a face and a pixel: the face's number (P,) in the batch, the pixel's (P,), the
    pixel's barycentric coordinates (P, 3), and the argument x (P,) of the coverage sigmoid."""

    face: Tensor
    pixel: Tensor
    weights: Tensor
    x: Tensor


def cover(projected: Tensor, faces: Tensor, height: int, width: int, s: Softness) -> Tensor:
    """Silhouettes (B, H, W) of projected vertices (B, V, 3) and faces (1 or B, F, 3)."""
    pairs = find_pairs(gather_corners(projected, faces), faces, height, width, s)
    pixels = projected.new_zeros(len(projected) * height * width)
    if s.alpha == "prod":  # a product of many (1 - D) is safest as a sum of logarithms
        image = 0 - torch.expm1(pixels.index_add(0, pairs.pixel, logsigmoid(-pairs.x)))
    elif s.alpha == "sum":
        count = (faces >= 0).all(-1).sum(1).clamp(min=1).expand(len(projected))
        total = pixels.index_add(0, pairs.pixel, pairs.x.sigmoid())
        image = total / count.repeat_interleave(height * width)
    else:  # sign's gradient is zero, which is what a step has almost everywhere
        image = pixels.index_add(0, pairs.pixel, pairs.x.sign().clamp(min=0)).clamp(max=1)
    return image.view(-1, height, width)


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
    corners = gather_corners(projected, faces)
    pairs = find_pairs(corners, faces, height, width, s, front_only=not s.two_sided)
    clipped = pairs.weights.clamp(0, 1)
    clipped = clipped / clipped.sum(-1, keepdim=True)
    depth, colour = interpolate(clipped, corners, colours, pairs.face, perspective)

    # exp(z / γ) would overflow; weights only matter to each other, so let the nearest have exp(0)
    nearest = projected.new_full((len(projected) * height * width,), s.beyond)
    nearest = nearest.scatter_reduce(0, pairs.pixel, depth.detach(), "amin")
    weight = pairs.x.sigmoid() * ((nearest[pairs.pixel] - depth) * s.per_depth).exp()
    behind = ((nearest - s.beyond) * s.per_depth).exp()
    total = behind.index_add(0, pairs.pixel, weight)
    beyond = behind[:, None] * torch.tensor(background, dtype=total.dtype, device=total.device)
    image = beyond.index_add(0, pairs.pixel, weight[:, None] * colour) / total[:, None]
    return image.view(-1, height, width, 3)


def shade_hard(
    projected: Tensor,
    faces: Tensor,
    colours: Tensor,
    background: tuple[float, float, float],
    height: int,
    width: int,
    s: Softness,
    perspective: bool,
) -> Tensor:
    """Colours (B, H, W, 3) of the nearest face at each pixel centre; colours (B, F, 3, 3)."""
    corners = gather_corners(projected, faces)
    hard = replace(s, dist="hard", dist_eps=0.49)
    pairs = find_pairs(corners, faces, height, width, hard, front_only=not s.two_sided)
    face, pixel = pairs.face, pairs.pixel
    depth, colour = interpolate(pairs.weights, corners, colours, face, perspective)
    nearest = projected.new_full((len(projected) * height * width,), torch.inf)
    nearest = nearest.scatter_reduce(0, pixel, depth.detach(), "amin")
    front = depth.detach() == nearest[pixel]
    first = torch.full_like(nearest, corners[..., 0, 0].numel(), dtype=torch.long)
    first = first.scatter_reduce(0, pixel[front], face[front], "amin")  # of equals, the first
    seen = face == first[pixel]
    image = torch.tensor(background, dtype=projected.dtype, device=projected.device)
    image = image.repeat(len(nearest), 1).index_put((pixel[seen],), colour[seen])
    return image.view(-1, height, width, 3)


def interpolate(
    weights: Tensor, corners: Tensor, colours: Tensor, face: Tensor, perspective: bool
) -> tuple[Tensor, Tensor]:
    """Depth (P,) and colour (P, 3) where the coordinates (P, 3) in the image are `weights`.

    Along a ray of a picture in perspective not the depth but its inverse is affine in the image.
    """
    depths = corners.flatten(0, 1)[face][..., 2]
    if perspective:
        depth = 1 / (weights / depths).sum(-1)
        weights = weights / depths * depth[:, None]
    else:
        depth = (weights * depths).sum(-1)
    return depth, (weights[..., None] * colours.flatten(0, 1)[face]).sum(1)


def find_pairs(
    corners: Tensor,
    faces: Tensor,
    height: int,
    width: int,
    s: Softness,
    front_only: bool = False,
) -> Pairs:
    """Pairs of a face and a pixel that it may cover; corners (B, F, 3, 3) of faces (·, F, 3)."""
    count = corners.shape[1]
    flat, depth = corners.detach().flatten(0, 1)[..., :2], corners.detach().flatten(0, 1)[..., 2]
    area = cross(flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0])
    drawn = (faces >= 0).all(-1).expand(len(corners), -1).flatten() & (area.abs() > SMALLEST_AREA)
    drawn &= (depth >= s.near).all(-1) & (depth <= s.far).all(-1)
    if front_only:
        drawn &= area > 0

    reach = s.threshold**0.5
    if s.dist == "barycentric":  # all coordinates above -reach: the face scaled about its centre
        centre = flat.mean(1, keepdim=True)
        low, high = (centre + (1 + 3 * reach) * (flat - centre)).aminmax(dim=1)
    else:
        low, high = flat.amin(1) - reach, flat.amax(1) + reach
    size = torch.tensor([width, height], device=flat.device)
    zero = torch.zeros_like(size)
    first = ((low * height + size - 1) / 2).clamp(zero, size).ceil().long()
    last = ((high * height + size - 1) / 2).clamp(zero - 1, size - 1).floor().long()
    box = (last - first + 1).clamp(min=0) * drawn[:, None]

    face = torch.repeat_interleave(box.prod(1))
    rank = torch.arange(len(face), device=face.device)
    rank = rank - (box.prod(1).cumsum(0) - box.prod(1))[face]
    column = first[face, 0] + rank % box[face, 0]
    up = first[face, 1] + rank // box[face, 0]  # rows counted from the bottom
    point = torch.stack([2 * column + 1 - width, 2 * up + 1 - height], -1).to(corners.dtype)
    point = point / height

    triangle = corners.flatten(0, 1)[face][..., :2]
    weights = barycentric(point, triangle)
    inside = (weights >= 0).all(-1)
    if s.dist == "euclidean":
        square = distance_to_edges(point, triangle)
    elif s.dist == "barycentric":
        square = weights.amin(-1).square()
    else:
        square = torch.where(inside, 1e4 * s.sigma + 0 * weights[:, 0], torch.inf)
    keep = inside | (square < s.threshold)
    x = torch.where(inside, square, -square) / s.sigma
    pixel = (face // count * height + (height - 1 - up)) * width + column
    return Pairs(face[keep], pixel[keep], weights[keep], x[keep])


def gather_corners(projected: Tensor, faces: Tensor) -> Tensor:
    """Corners (B, F, 3, 3) of faces (1 or B, F, 3) from vertices (B, V, 3)."""
    image = torch.arange(len(projected), device=projected.device)[:, None, None]
    return projected[image, faces.long().clamp(min=0)]


def barycentric(point: Tensor, triangle: Tensor) -> Tensor:
    """Barycentric coordinates (P, 3) of points (P, 2) in triangles (P, 3, 2); they sum to 1."""
    a, b, c = triangle.unbind(-2)
    area = cross(b - a, c - a)
    second, third = cross(point - a, c - a) / area, cross(b - a, point - a) / area
    return torch.stack([1 - second - third, second, third], dim=-1)


def distance_to_edges(point: Tensor, triangle: Tensor) -> Tensor:
    """Squared distance (P,) from points (P, 2) to the nearest edge of triangles (P, 3, 2)."""
    start, along = triangle, triangle.roll(-1, dims=-2) - triangle
    offset = point[:, None] - start
    t = ((offset * along).sum(-1) / along.square().sum(-1)).clamp(0, 1)
    return (offset - t[..., None] * along).square().sum(-1).amin(-1)


def cross(a: Tensor, b: Tensor) -> Tensor:
    """z of the cross product of two vectors in the plane (..., 2)."""
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
