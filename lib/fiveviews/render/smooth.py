"""Depth and smooth normals of meshes, for making data: see `fiveviews.render.depth`."""

from __future__ import annotations

import math

import torch
import warp as wp
from torch import Tensor

from fiveviews.cameras import Camera
from fiveviews.launch import launch
from fiveviews.render.depth import visible
from fiveviews.render.inputs import batched

wp.set_module_options({"enable_backward": False})


@wp.func
def vector(array: wp.array3d(dtype=float), b: int, i: int) -> wp.vec3:
    return wp.vec3(array[b, i, 0], array[b, i, 1], array[b, i, 2])


@wp.kernel
def _interpolate(
    first: int,
    face: wp.array3d(dtype=wp.int64),
    vertices: wp.array3d(dtype=float),
    faces: wp.array3d(dtype=wp.int32),
    corners: wp.array3d(dtype=float),
    frame: wp.array3d(dtype=float),
    tangent: float,
    scale: float,
    normals: wp.array4d(dtype=float),
):
    """frame: the camera's right, up, back and eye. tangent: of half the field of view, or 0."""
    b, pixel = wp.tid()
    b += first
    height, width = face.shape[1], face.shape[2]
    row, column = pixel // width, pixel % width
    f = int(face[b, row, column])
    if f < 0:
        return
    right, up, back = vector(frame, b, 0), vector(frame, b, 1), vector(frame, b, 2)
    x = float(2 * column + 1 - width) / float(height)
    y = float(height - 1 - 2 * row) / float(height)
    origin, ray = vector(frame, b, 3), tangent * (x * right + y * up) - back
    if tangent == 0.0:
        origin += scale * (x * right + y * up)
    i = wp.min(b, faces.shape[0] - 1)
    v = wp.min(b, vertices.shape[0] - 1)
    p0 = vector(vertices, v, faces[i, f, 0]) - origin
    p1 = vector(vertices, v, faces[i, f, 1]) - origin
    p2 = vector(vertices, v, faces[i, f, 2]) - origin
    # barycentric coordinates are in proportion to volumes, and clamped for a pixel on an edge
    u = wp.vec3(
        wp.dot(ray, wp.cross(p1, p2)), wp.dot(ray, wp.cross(p2, p0)), wp.dot(ray, wp.cross(p0, p1))
    )
    whole = u[0] + u[1] + u[2]
    w = wp.vec3(wp.max(u[0] / whole, 0.0), wp.max(u[1] / whole, 0.0), wp.max(u[2] / whole, 0.0))
    j = wp.min(b, corners.shape[0] - 1)
    n = w[0] * vector(corners, j, 3 * f)
    n += w[1] * vector(corners, j, 3 * f + 1) + w[2] * vector(corners, j, 3 * f + 2)
    n = wp.vec3(wp.dot(n, right), wp.dot(n, up), wp.dot(n, back))
    flat = wp.cross(p1 - p0, p2 - p0)
    if wp.dot(flat, ray) > 0.0:  # the face's back is seen
        n = -n
    away = wp.vec3(wp.dot(ray, right), wp.dot(ray, up), wp.dot(ray, back))
    over = wp.dot(n, away) / wp.dot(away, away)
    if over > 0.0:  # near a silhouette the mean may look away where the surface does not
        n -= over * away
    n = wp.normalize(n)
    normals[b, row, column, 0] = n[0]
    normals[b, row, column, 1] = n[1]
    normals[b, row, column, 2] = n[2]


def smooth_surface(
    vertices: Tensor, faces: Tensor, corners: Tensor, camera: Camera, size: int | tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """What each pixel sees: depth (B, H, W), infinite in the background, and the unit normal
    (B, H, W, 3) in view coordinates, 0 there.

    vertices, faces, camera and size as `rasterize` takes them. corners: normals at the faces'
    corners (1 or B, F, 3, 3) in world coordinates, which are interpolated over each face and
    turned to the viewer.

    Raises ValueError for normals that do not fit the faces, and as `rasterize` does.
    """
    depth, face = visible(vertices, faces, camera, size)
    vertices, faces = batched(vertices.detach().float(), faces)
    corners = corners.to(vertices.device)
    corners = corners if corners.ndim == 4 else corners[None]
    if corners.shape[1:] != (faces.shape[1], 3, 3):
        raise ValueError(
            f"{faces.shape[1]} faces need normals (B, {faces.shape[1]}, 3, 3) at their corners; "
            f"got {tuple(corners.shape)}"
        )
    camera = camera.to(vertices.device).to(torch.float32)
    frame = torch.cat([camera.rotation, camera.eye[:, None]], 1).expand(len(depth), -1, -1)
    normals = torch.zeros(*depth.shape, 3, device=depth.device)
    arguments = [face, vertices.contiguous(), faces.int().contiguous()]
    arguments += [corners.float().flatten(1, 2).contiguous(), frame.contiguous()]
    tangent = 0.0 if camera.fov is None else math.tan(math.radians(camera.fov / 2))
    pixels = depth.shape[1] * depth.shape[2]
    launch(_interpolate, len(depth), pixels, [*arguments, tangent, camera.scale, normals])
    return depth, normals
