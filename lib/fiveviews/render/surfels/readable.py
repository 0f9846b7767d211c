"""The surfel renderer to read: plain PyTorch. Gradients come from autograd."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from fiveviews.cameras import Camera, pixel_centres

if TYPE_CHECKING:
    from fiveviews.render.surfels import Lights

NEIGHBOURS = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]
SMALLEST = 1e-12  # squared distance, world units: below, a direction is undefined


def filled(depth: Tensor) -> Tensor:
    """Which surfels there are: those whose depth is a positive finite number. Bool (B, H, W)."""
    return (depth > 0) & (depth < torch.inf)


def back_project(depth: Tensor, camera: Camera) -> Tensor:
    """Positions (B, H, W, 3) in view coordinates of depths (B, H, W); 0 where there is none."""
    x, y = pixel_centres(*depth.shape[1:], depth.dtype, depth.device)
    y, x = torch.meshgrid(y, x, indexing="ij")
    z = torch.where(filled(depth), depth, 0)
    if camera.fov is None:
        return torch.stack([x.expand_as(z), y.expand_as(z), -z], -1) * torch.tensor(
            [camera.scale, camera.scale, 1], dtype=z.dtype, device=z.device
        )
    tangent = math.tan(math.radians(camera.fov / 2))
    return torch.stack([x * tangent * z, y * tangent * z, -z], -1)


def normals(points: Tensor, valid: Tensor) -> Tensor:
    """Normals (B, H, W, 3) of points (B, H, W, 3), by equation 3; 0 where `valid` is false.

    With n_z = 1, the plane through the neighbours minimises Σ w (n_x e_x + n_y e_y + e_z)², where e
    leads to a neighbour and w = 1/‖e‖²; its two unknowns solve a 2 × 2 system.
    """
    height, width = valid.shape[1:]
    around = torch.nn.functional.pad(points, (0, 0, 1, 1, 1, 1))
    there = torch.nn.functional.pad(valid, (1, 1, 1, 1))
    sums = 0.0
    for down, right in NEIGHBOURS:
        rows, columns = slice(1 + down, 1 + down + height), slice(1 + right, 1 + right + width)
        e = around[:, rows, columns] - points
        counts = valid & there[:, rows, columns]
        square = torch.where(counts, e.square().sum(-1), 1)
        x, y, z = torch.where(counts[..., None], e, 0).unbind(-1)
        products = torch.stack([x * x, x * y, y * y, x * z, y * z])
        sums = sums + products / square.clamp(min=SMALLEST)
    xx, xy, yy, xz, yz = sums
    ridge = 10 * torch.finfo(points.dtype).eps  # decides where neighbours lie on one line, or none
    xx, yy = xx + ridge, yy + ridge
    determinant = xx * yy - xy * xy
    n = torch.stack([xy * yz - yy * xz, xy * xz - xx * yz, determinant], -1)
    n = n / n.square().sum(-1, keepdim=True).sqrt()
    return n * valid[..., None]


def shade(
    points: Tensor,
    normal: Tensor,
    valid: Tensor,
    positions: Tensor,
    lights: Lights,
    specular: tuple[float, float] | None = None,
) -> Tensor:
    """Brightness (B, H, W, 3) of white surfels, by equation 1.

    points, normal: (B, H, W, 3); positions: (B, L, 3) of the lights; all in view coordinates.
    """
    constant, linear, quadratic = lights.attenuation
    d = positions[:, None, None] - points[..., None, :]  # (B, H, W, L, 3)
    square = d.square().sum(-1).clamp(min=SMALLEST)
    distance = square.sqrt()
    cosine = (normal[..., None, :] * d).sum(-1) / distance
    response = cosine.clamp(min=0)
    if specular is not None:
        strength, exponent = specular
        to_eye = -torch.nn.functional.normalize(points, dim=-1)[..., None, :]
        mirrored = 2 * cosine[..., None] * normal[..., None, :] - d / distance[..., None]
        glance = (mirrored * to_eye).sum(-1).clamp(min=0)
        response = response + strength * torch.where(cosine > 0, glance, 0).pow(exponent)
    response = response / (constant + linear * distance + quadratic * square)
    colours = lights.colours if lights.colours.ndim == 3 else lights.colours[None]
    ambient = lights.ambient if lights.ambient.ndim == 2 else lights.ambient[None]
    image = ambient[:, None, None] + (response[..., None] * colours[:, None, None]).sum(-2)
    return image * valid[..., None]
