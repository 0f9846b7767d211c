"""The hard rasterizer: depth, normals and shaded pictures of meshes, for making data.

A z-buffer has no useful gradient (that is the reason for `fiveviews.render.soft`), so here the
kernel is all there is.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import warp as wp
from torch import Tensor
from torch.nn.functional import avg_pool2d, normalize, pad

from fiveviews.cameras import Camera
from fiveviews.launch import launch
from fiveviews.meshes import Mesh
from fiveviews.render.inputs import batched, image_size, project

wp.set_module_options({"enable_backward": False, "fuse_fp": False})

BACKGROUND = 2**63 - 1  # larger than any packed (depth, face)


@dataclass(frozen=True, eq=False)
class Surface:
    """What each pixel sees: depth (B, H, W), infinite in the background; face (B, H, W) int64, -1
    there; and the unit normal (B, H, W, 3) in world coordinates, turned to the viewer, 0 there."""

    depth: Tensor
    face: Tensor
    normal: Tensor


@wp.func
def cross(a: wp.vec2, b: wp.vec2) -> float:
    return a[0] * b[1] - a[1] * b[0]


@wp.func
def pixel(projected: wp.array3d(dtype=float), b: int, i: int, width: int, height: int) -> wp.vec2:
    """Pixel coordinates of a vertex: x right, y down, pixel centres at whole numbers."""
    h, w = float(height), float(width)
    return wp.vec2(
        (projected[b, i, 0] * h + w - 1.0) / 2.0, (h - 1.0 - projected[b, i, 1] * h) / 2.0
    )


@wp.kernel
def _zbuffer(
    first: int,
    projected: wp.array3d(dtype=float),
    faces: wp.array3d(dtype=wp.int32),
    width: int,
    height: int,
    perspective: int,
    nearest: wp.array3d(dtype=wp.int64),
):
    b, f = wp.tid()
    b += first
    fb = wp.min(b, faces.shape[0] - 1)
    i, j, k = faces[fb, f, 0], faces[fb, f, 1], faces[fb, f, 2]
    if wp.min(i, wp.min(j, k)) < 0:
        return
    z = wp.vec3(projected[b, i, 2], projected[b, j, 2], projected[b, k, 2])
    if not wp.min(z) > 1.0e-6:  # (part of) the face is behind the camera
        return
    p0 = pixel(projected, b, i, width, height)
    p1 = pixel(projected, b, j, width, height)
    p2 = pixel(projected, b, k, width, height)
    low, high = wp.min(wp.min(p0, p1), p2), wp.max(wp.max(p0, p1), p2)
    left = wp.max(0, int(wp.ceil(wp.max(low[0], -1.0))))
    right = wp.min(width - 1, int(wp.floor(wp.min(high[0], float(width)))))
    top = wp.max(0, int(wp.ceil(wp.max(low[1], -1.0))))
    bottom = wp.min(height - 1, int(wp.floor(wp.min(high[1], float(height)))))
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            p = wp.vec2(float(column), float(row))
            # Two faces compute a common edge from the same numbers with opposite sign (exactly:
            # see fuse_fp), so no pixel falls between them.
            u, v, w = cross(p1 - p, p2 - p), cross(p2 - p, p0 - p), cross(p0 - p, p1 - p)
            least, most = wp.min(u, wp.min(v, w)), wp.max(u, wp.max(v, w))
            area = u + v + w
            if (least >= 0.0 or most <= 0.0) and area != 0.0:
                depth = (u * z[0] + v * z[1] + w * z[2]) / area
                if perspective != 0:
                    depth = area / (u / z[0] + v / z[1] + w / z[2])
                # positive floats sort like their bits: one atomic keeps depth and face together
                key = (wp.int64(wp.cast(depth, wp.int32)) << wp.int64(32)) | wp.int64(f)
                wp.atomic_min(nearest, b, row, column, key)


def rasterize(
    vertices: Tensor, faces: Tensor, camera: Camera, size: int | tuple[int, int]
) -> Surface:
    """Nearest surface seen by every pixel centre.

    vertices: (V, 3) or (B, V, 3), world units. faces: (F, 3), or (B, F, 3) where they differ; a
    face with a negative index is left out. camera: B cameras, or 1 for all.
    size: side of a square image, or (height, width).
    Faces that reach behind the camera are left out whole.

    Raises ValueError for shapes that do not fit each other, vertices that are NaN or infinite,
    indices out of range and an image without pixels, and TypeError for a size that is no size.
    """
    depth, face = visible(vertices, faces, camera, size)
    vertices, faces = batched(vertices.detach().float(), faces)
    camera = camera.to(vertices.device).to(torch.float32)
    normals = pad(face_normals(vertices, faces), (0, 0, 0, 1))
    image = torch.arange(len(depth), device=face.device)[:, None, None]
    normal = normals.expand(len(depth), -1, -1)[
        image, face
    ]  # the background's -1 finds the padding
    _, rays = camera.rays(*depth.shape[1:])
    away = (normal * rays).sum(-1, keepdim=True) > 0
    return Surface(depth, face, torch.where(away, -normal, normal))


def visible(
    vertices: Tensor, faces: Tensor, camera: Camera, size: int | tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Depth and face of a `Surface`, without its normals."""
    height, width = image_size(size)
    vertices, faces = batched(vertices.detach(), faces)
    projected, faces = project(vertices.float(), faces, camera)
    images = len(projected)
    nearest = torch.full(
        (images, height, width), BACKGROUND, dtype=torch.int64, device=projected.device
    )
    perspective = int(camera.fov is not None)
    arguments = [projected.contiguous(), faces.int().contiguous(), width, height, perspective]
    launch(_zbuffer, images, faces.shape[1], [*arguments, nearest])
    hit = nearest < BACKGROUND
    depth = torch.where(hit, (nearest >> 32).int().view(torch.float32), torch.inf)
    return depth, torch.where(hit, nearest & 0xFFFFFFFF, -1)


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
    world = direction @ camera.rotation.to(surface.normal)
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
