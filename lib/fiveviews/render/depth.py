"""The hard rasterizer: depth, normals and shaded pictures of meshes, for making data.

A z-buffer has no useful gradient (that is the reason for `fiveviews.render.soft`), so here the
kernel is all there is; `cast` answers the same question ray by ray, in a few lines, as a check.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import warp as wp
from torch import Tensor
from torch.nn.functional import avg_pool2d, normalize

from fiveviews.cameras import Camera
from fiveviews.meshes import Mesh
from fiveviews.render.launch import launch

BACKGROUND = 2**63 - 1  # larger than any packed (depth, face)


@dataclass(frozen=True)
class Surface:
    """What each pixel sees: depth (B, H, W), infinite in the background; face (B, H, W) int64, -1
    there; and the unit normal (B, H, W, 3) in world coordinates, turned to the viewer, 0 there."""

    depth: Tensor
    face: Tensor
    normal: Tensor


@wp.kernel(enable_backward=False)
def _zbuffer(
    first: int,
    projected: wp.array3d(dtype=float),
    faces: wp.array3d(dtype=wp.int32),
    width: int,
    height: int,
    nearest: wp.array3d(dtype=wp.int64),
):
    b, f = wp.tid()
    b += first
    fb = wp.min(b, faces.shape[0] - 1)
    i, j, k = faces[fb, f, 0], faces[fb, f, 1], faces[fb, f, 2]
    if wp.min(i, wp.min(j, k)) < 0:
        return
    z = wp.vec3(projected[b, i, 2], projected[b, j, 2], projected[b, k, 2])
    if wp.min(z) <= 1.0e-6:  # (part of) the face is behind the camera
        return
    # pixel coordinates: x right, y down, pixel centres at whole numbers
    h, w = float(height), float(width)
    p0 = wp.vec2((projected[b, i, 0] * h + w - 1.0) / 2.0, (h - 1.0 - projected[b, i, 1] * h) / 2.0)
    p1 = wp.vec2((projected[b, j, 0] * h + w - 1.0) / 2.0, (h - 1.0 - projected[b, j, 1] * h) / 2.0)
    p2 = wp.vec2((projected[b, k, 0] * h + w - 1.0) / 2.0, (h - 1.0 - projected[b, k, 1] * h) / 2.0)
    e1, e2 = p1 - p0, p2 - p0
    area = e1[0] * e2[1] - e1[1] * e2[0]
    if area == 0.0:
        return
    left = wp.max(0, int(wp.ceil(wp.min(p0[0], wp.min(p1[0], p2[0])))))
    right = wp.min(width - 1, int(wp.floor(wp.max(p0[0], wp.max(p1[0], p2[0])))))
    top = wp.max(0, int(wp.ceil(wp.min(p0[1], wp.min(p1[1], p2[1])))))
    bottom = wp.min(height - 1, int(wp.floor(wp.max(p0[1], wp.max(p1[1], p2[1])))))
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            d = wp.vec2(float(column), float(row)) - p0
            s = (d[0] * e2[1] - d[1] * e2[0]) / area
            t = (e1[0] * d[1] - e1[1] * d[0]) / area
            if s >= 0.0 and t >= 0.0 and s + t <= 1.0:
                depth = 1.0 / ((1.0 - s - t) / z[0] + s / z[1] + t / z[2])
                # positive floats sort like their bits: one atomic keeps depth and face together
                key = (wp.int64(wp.cast(depth, wp.int32)) << wp.int64(32)) | wp.int64(f)
                wp.atomic_min(nearest, b, row, column, key)


def rasterize(
    vertices: Tensor, faces: Tensor, camera: Camera, size: int | tuple[int, int]
) -> Surface:
    """Nearest surface seen by every pixel centre.

    vertices: (V, 3) seen by all B cameras, or (B, V, 3); world units.
    faces: (F, 3), or (B, F, 3) where they differ; a face with a negative index is left out.
    size: side of a square image, or (height, width).
    Faces that reach behind the camera are left out whole.
    """
    height, width = (size, size) if isinstance(size, int) else size
    vertices = vertices.detach().float()
    vertices = vertices.expand(len(camera), -1, -1) if vertices.ndim == 2 else vertices
    faces = faces if faces.ndim == 3 else faces[None]
    projected = camera.to(vertices.device).project(vertices)
    if camera.fov is None:  # depth only orders; perspective interpolation must not bend it
        raise ValueError("the hard rasterizer draws perspective cameras; this one is orthographic")
    nearest = torch.full(
        (len(camera), height, width), BACKGROUND, dtype=torch.int64, device=vertices.device
    )
    launch(
        _zbuffer,
        len(camera),
        faces.shape[1],
        [projected.contiguous(), faces.int().contiguous(), width, height, nearest],
    )
    hit = nearest < BACKGROUND
    face = torch.where(hit, nearest & 0xFFFFFFFF, -1)
    depth = (nearest >> 32).int().view(torch.float32)
    depth = torch.where(hit, depth, torch.inf)
    normals = face_normals(vertices, faces)
    image = torch.arange(len(camera), device=face.device)[:, None, None]
    normal = normals[image, face.clamp(min=0)]
    _, rays = camera.to(vertices.device).rays(height, width)
    away = (normal * rays).sum(-1, keepdim=True) > 0
    normal = torch.where(away, -normal, normal) * hit[..., None]
    return Surface(depth, face, normal)


def face_normals(vertices: Tensor, faces: Tensor) -> Tensor:
    """Unit normals (B, F, 3) of vertices (B, V, 3) and faces (1 or B, F, 3); 0 for empty faces."""
    image = torch.arange(len(vertices), device=vertices.device)[:, None]
    a, b, c = (vertices[image, faces[..., k].clamp(min=0)] for k in range(3))
    return normalize(torch.linalg.cross(b - a, c - a), dim=-1, eps=1e-20)


def lambert(
    surface: Surface,
    camera: Camera,
    light: tuple[float, float, float] = (-0.35, 0.6, 0.72),
    ambient: float = 0.35,
) -> Tensor:
    """Brightness (B, H, W) in [0, 1] of a white Lambertian surface, 0 in the background.

    light: direction towards the light in view coordinates (right, up, towards the viewer): it
    moves with the camera, so that a picture gives away the shape and not the viewpoint.
    """
    direction = normalize(torch.tensor(light, device=surface.normal.device), dim=0)
    world = direction @ camera.rotation.to(surface.normal.device)
    diffuse = (surface.normal * world[:, None, None]).sum(-1).clamp(min=0)
    return (ambient + (1 - ambient) * diffuse) * (surface.face >= 0)


def render_views(mesh: Mesh, camera: Camera, size: int = 64, samples: int = 2) -> Tensor:
    """Shaded pictures of a mesh, both sides visible: (V, size, size, 4) uint8 RGBA.

    samples: pixels are averages of samples² rays. Colours are multiplied by alpha, so the
    background is 0 in every channel and a picture over white is `rgb + (1 - alpha)`.

    >>> from fiveviews.cameras import orbit
    >>> from fiveviews.meshes import icosphere, normalise
    >>> picture = render_views(normalise(icosphere(2)), orbit(0.0))
    >>> picture.shape, picture[0, 32, 32, 3].item(), picture[0, 0, 0].tolist()
    (torch.Size([1, 64, 64, 4]), 255, [0, 0, 0, 0])
    """
    surface = rasterize(mesh.vertices, mesh.faces, camera, size * samples)
    grey = 0.85 * lambert(surface, camera)
    fine = torch.stack([grey, grey, grey, (surface.face >= 0).float()], dim=1)
    return (avg_pool2d(fine, samples) * 255).round().byte().permute(0, 2, 3, 1).contiguous()
