"""What a 3D figure shows: a mesh with a colour at each vertex, and its still picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.colors import to_rgb as parse_colour
from numpy.typing import ArrayLike
from PIL import Image

from ..cameras import Camera, look_at, orbit
from ..meshes import Mesh
from ..render.depth import lambert, rasterize
from .style import array, colours

FOV = 30.0
Colour = str | ArrayLike


@dataclass(frozen=True, eq=False)
class Painted:
    """A mesh and the colours of its vertices, (V, 3) in [0, 1]."""

    mesh: Mesh
    colours: np.ndarray


def paint(shape: Mesh | ArrayLike, colour: Colour) -> Painted:
    """Colour a mesh, or the surface of voxels.

    shape: anything with .vertices and .faces, or voxels (R, R, R), bool, indexed [x, y, z].
    colour: a name, or numbers per vertex (V,), or RGB in [0, 1] per vertex (V, 3) or face (F, 3).
    Raises ValueError for anything else.

    >>> paint(np.ones((1, 1, 1), dtype=bool), "red").mesh
    Mesh(8 vertices, 12 faces)
    """
    mesh = _as_mesh(shape)
    vertices, faces = len(mesh.vertices), len(mesh.faces)
    if isinstance(colour, str):
        return Painted(mesh, np.tile(parse_colour(colour), (vertices, 1)))
    values = array(colour)
    if values.shape == (vertices,):
        return Painted(mesh, colours(values) / 255.0)
    if values.shape == (vertices, 3):
        return Painted(mesh, values.astype(float))
    if values.shape == (
        faces,
        3,
    ):  # each face gets vertices of its own, for colours sit on vertices
        corners = mesh.vertices[mesh.faces].reshape(-1, 3)
        alone = Mesh(corners, torch.arange(len(corners)).reshape(-1, 3))
        return Painted(alone, np.repeat(values.astype(float), 3, axis=0))
    raise ValueError(
        f"colours are a name, numbers (V,), or RGB as (V, 3) or (F, 3), where this mesh has "
        f"V={vertices} and F={faces}; got shape {values.shape}"
    )


def fit_camera(shapes: Sequence[Painted], azimuth: float, elevation: float) -> Camera:
    """The camera at these angles (degrees) that sees every shape whole, however it is turned."""
    points = torch.cat([shape.mesh.vertices for shape in shapes])
    if not len(points):
        return orbit(azimuth, elevation, fov=FOV)
    centre = (points.amin(0) + points.amax(0)) / 2
    radius = max(float((points - centre).norm(dim=1).max()), 1e-6)
    distance = 1.02 * radius / math.sin(math.radians(FOV / 2))
    eye = orbit(azimuth, elevation, distance=distance).eye[0] + centre
    return look_at(eye, at=tuple(centre.tolist()), fov=FOV)


def poster(shape: Painted, camera: Camera, size: int, samples: int = 2) -> Image.Image:
    """Shaded picture (size, size) on white, averaged over samples² points per pixel."""
    surface = rasterize(shape.mesh.vertices, shape.mesh.faces, camera, size * samples)
    face_colours = shape.colours[shape.mesh.faces.numpy()].mean(axis=1)
    palette = np.vstack([face_colours, np.ones((1, 3))])  # face -1, the background, is the last row
    light = 1.15 * lambert(surface, camera, ambient=0.5)[0].numpy()[..., None]  # as bright as k3d's
    seen = surface.face[0].numpy()
    pixels = palette[seen] * np.where(seen[..., None] >= 0, light, 1.0)
    picture = Image.fromarray((np.clip(pixels, 0, 1) * 255).round().astype(np.uint8))
    return picture.reduce(samples).quantize(
        96
    )  # flat shading needs few colours, and a page is sent


def _as_mesh(shape: Mesh | ArrayLike) -> Mesh:
    if hasattr(shape, "vertices") and hasattr(shape, "faces"):
        return Mesh(array(shape.vertices), array(shape.faces))
    voxels = array(shape)
    if voxels.ndim == 3 and voxels.dtype == bool:
        return _voxel_surface(voxels)
    raise ValueError(
        "a 3D figure takes meshes with .vertices and .faces, or voxels as bool (R, R, R); got "
        f"{type(shape).__name__} of shape {voxels.shape} and type {voxels.dtype}"
    )


def _voxel_surface(voxels: np.ndarray) -> Mesh:
    """The squares between full and empty cells of the cube [-0.5, 0.5]³, facing outward."""
    squares, unit = [], np.eye(3, dtype=int)
    padded = np.pad(voxels, 1)
    for axis in range(3):
        u, v = unit[(axis + 1) % 3], unit[(axis + 2) % 3]
        for side in (0, 1):
            beyond = np.roll(padded, 1 - 2 * side, axis)[1:-1, 1:-1, 1:-1]
            base = np.argwhere(voxels & ~beyond) + side * unit[axis]
            turn = [0 * u, u, u + v, v] if side else [0 * u, v, u + v, u]
            squares.append(base[:, None] + np.array(turn))
    points, index = np.unique(np.concatenate(squares).reshape(-1, 3), axis=0, return_inverse=True)
    a, b, c, d = index.reshape(-1, 4).T
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    return Mesh(points / np.array(voxels.shape) - 0.5, triangles)
