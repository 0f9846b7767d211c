"""Sphere tracing: pictures of any signed distance field, without a mesh (Hart, 1996).

At a point of a ray the field says how far the surface is at least, so the ray may step that far and
cannot pass through anything. Where steps become tiny there is surface. Plain PyTorch: the time goes
into the field, which is called with the points of those rays that are still on their way.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, normalize

from fiveviews.cameras import Camera
from fiveviews.fields import Field
from fiveviews.render.depth import Surface, lambert
from fiveviews.render.inputs import image_size


def sphere_trace(
    field: Field,
    camera: Camera,
    size: int | tuple[int, int],
    *,
    bound: float = 1.0,
    lipschitz: float = 1.0,
    steps: int = 128,
    eps: float = 1e-4,
) -> Surface:
    """What each pixel sees of the surface where a field is 0; `face` is 0 on it and -1 elsewhere.

    field: from points (M, 3), on the device of the camera, to values (M,) or (M, 1).
    size: side of a square image, or (height, width).
    bound: only what lies in [-bound, bound]³ is seen.
    lipschitz: steps are f / lipschitz; a field steeper than this may be stepped through.
    steps, eps: a ray ends as a hit where |step| < eps, and as a miss after so many steps, which
        happens to rays that graze the surface.

    Raises TypeError for a size that is no size, and ValueError for an image without pixels.
    """
    height, width = image_size(size)
    origins, rays = (x.reshape(-1, 3) for x in camera.rays(height, width))
    t, last = _through_cube(origins, rays, bound)
    hit = torch.zeros_like(t, dtype=torch.bool)
    moving = (t < last).nonzero()[:, 0]
    for _ in range(steps):
        if len(moving) == 0:
            break
        with torch.no_grad():
            points = origins[moving] + t[moving, None] * rays[moving]
            step = field(points).reshape(-1) / lipschitz
        hit[moving] = step < eps
        t[moving] += torch.where(step < eps, 0, step)
        moving = moving[(step >= eps) & (t[moving] < last[moving])]
    points = origins[hit] + t[hit, None] * rays[hit]
    normal = torch.zeros_like(origins)
    normal[hit] = gradient(field, points) if len(points) else points
    normal = normalize(
        torch.where((normal * rays).sum(1, keepdim=True) > 0, -normal, normal), dim=1
    )
    shape = (len(camera), height, width)
    ahead = -camera.rotation[:, 2].repeat_interleave(height * width, 0)
    depth = torch.where(hit, t * (rays * ahead).sum(1), torch.inf)
    face = torch.where(hit, 0, -1)
    return Surface(depth.reshape(shape), face.reshape(shape), normal.reshape(*shape, 3))


def render_field(field: Field, camera: Camera, size: int, samples: int = 2, **options) -> Tensor:
    """Shaded pictures of a field, (B, size, size, 4) uint8 RGBA: `depth.render_views` without mesh.

    options: of `sphere_trace`.

    >>> from fiveviews.cameras import orbit
    >>> render_field(lambda p: p.norm(dim=1) - 0.5, orbit(0.0), 32)[0, 16, 16, 3].item()
    255
    """
    surface = sphere_trace(field, camera, size * samples, **options)
    grey = 0.85 * lambert(surface, camera)  # the look of `render_views`
    fine = torch.stack([grey, grey, grey, (surface.face >= 0).float()], dim=1)
    return (avg_pool2d(fine, samples) * 255).round().byte().permute(0, 2, 3, 1).contiguous()


def gradient(field: Field, points: Tensor) -> Tensor:
    """∇f (M, 3) at points (M, 3): outward, and of length 1 where the field is a distance."""
    points = points.detach().requires_grad_()
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(field(points).sum(), points)
    return slope


def _through_cube(origins: Tensor, rays: Tensor, bound: float) -> tuple[Tensor, Tensor]:
    """Where rays enter and leave [-bound, bound]³; those that miss it leave before they enter."""
    safe = torch.where(rays.abs() < 1e-12, 1e-12, rays)
    sides = torch.stack([-bound - origins, bound - origins]) / safe
    enter, leave = sides.amin(0).amax(1), sides.amax(0).amin(1)
    return enter.clamp(min=0), leave
