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
    z = torch.where(filled(depth), depth, 0)
    half = camera.scale  # of the picture's height, in world units, at that depth
    if camera.fov is not None:
        half = math.tan(math.radians(camera.fov / 2)) * z
    # in memory, all x come before all y: what follows works on them one by one
    return torch.stack([x * half + 0 * z, y[:, None] * half + 0 * z, -z], 1).movedim(1, -1)


def find_normals(depth: Tensor, camera: Camera) -> Tensor:
    """Unit normals (B, H, W, 3) of depths (B, H, W), by equation 3; 0 where there is no surfel.

    With n_z = 1, the plane through the neighbours minimises Σ w (n_x e_x + n_y e_y + e_z)², where e
    leads to a neighbour and w = 1/‖e‖²; its two unknowns solve a 2 × 2 system.
    """
    points, valid = back_project(depth, camera).movedim(-1, 1), filled(depth)
    height, width = depth.shape[1:]
    around = torch.nn.functional.pad(points, (1, 1, 1, 1))
    there = torch.nn.functional.pad(valid, (1, 1, 1, 1))
    sums = 0
    for down, right in NEIGHBOURS:
        rows, columns = slice(1 + down, 1 + down + height), slice(1 + right, 1 + right + width)
        e = around[:, :, rows, columns] - points
        weight = there[:, rows, columns] / e.square().sum(1).clamp(min=SMALLEST)
        x, y, z = e.unbind(1)
        wx, wy = weight * x, weight * y
        sums = sums + torch.stack([wx * x, wx * y, wy * y, wx * z, wy * z])
    xx, xy, yy, xz, yz = sums
    # decides where the neighbours lie on a line, or nowhere
    ridge = 0.1 * torch.finfo(depth.dtype).eps ** 0.5
    xx, yy = xx + ridge, yy + ridge
    m = torch.stack([xy * yz - yy * xz, xy * xz - xx * yz, xx * yy - xy * xy], 1)
    m = m * (valid / m.square().sum(1).sqrt())[:, None]
    return m.movedim(1, -1)


def shade(
    depth: Tensor,
    normals: Tensor | None,
    positions: Tensor,
    colours: Tensor,
    ambient: Tensor,
    camera: Camera,
    lights: Lights,
    specular: tuple[float, float] | None = None,
) -> Tensor:
    """Brightness (B, H, W, 3) of surfels at these depths (B, H, W), by equation 1.

    normals: (B, H, W, 3) in view coordinates, or None for those of equation 3.
    positions: (1 or B, L, 3), in view coordinates too. colours: (1 or B, L, 3).
    ambient: (1 or B, 3). lights: only for its attenuation.
    """
    points = back_project(depth, camera)
    if normals is None:
        normals = find_normals(depth, camera)
    image = ambient[:, None, None] + torch.zeros_like(points)
    for position, colour in zip(positions.unbind(1), colours.unbind(1), strict=True):
        brightness = lit(points, normals, position[:, None, None], camera, lights, specular)
        image = image + brightness[..., None] * colour[:, None, None]
    return image * filled(depth)[..., None]


def lit(
    points: Tensor,
    normals: Tensor,
    position: Tensor,
    camera: Camera,
    lights: Lights,
    specular: tuple[float, float] | None,
) -> Tensor:
    """What one white light of intensity 1 at `position` (broadcast) adds to each surfel."""
    constant, linear, quadratic = lights.attenuation
    d = position - points
    square = d.square().sum(-1)
    distance = square.clamp(min=SMALLEST).sqrt()
    cosine = (normals * d).sum(-1) / distance
    response = cosine.clamp(min=0)
    if specular is not None:
        strength, exponent = specular
        viewer = torch.tensor([0.0, 0.0, 1.0]).to(points)  # for an orthographic camera
        if camera.fov is not None:
            viewer = torch.nn.functional.normalize(-points, dim=-1, eps=1e-6)
        mirrored = 2 * cosine * (normals * viewer).sum(-1) - (d * viewer).sum(-1) / distance
        highlight = strength * mirrored.clamp(min=0).pow(exponent)
        response = response + torch.where(cosine > 0, highlight, 0)
    # a light in the surfel itself has no direction: it shines nowhere
    falloff = constant + linear * distance + quadratic * distance**2
    return torch.where(square > SMALLEST, response / falloff, 0)
