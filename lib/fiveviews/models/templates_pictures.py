"""Pictures of meshes that may be missing, for the figures of the templates chapter."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from fiveviews.cameras import Camera, orbit
from fiveviews.meshes import Mesh
from fiveviews.render.depth import render_views

AZIMUTH, ELEVATION, DISTANCE, FOV = 35.0, 25.0, 5.2, 26.0  # all within radius 1 is seen


def viewer(azimuth: float = AZIMUTH, elevation: float = ELEVATION) -> Camera:
    """The camera of `portraits`: it sees the unit sphere whole."""
    return orbit(azimuth, elevation, distance=DISTANCE, fov=FOV)


def portraits(
    meshes: Sequence[Mesh | None],
    size: int = 128,
    azimuth: float = AZIMUTH,
    elevation: float = ELEVATION,
) -> list[Tensor]:
    """A picture uint8 (size, size, 4) of each mesh in the frame of the fields, seen alike.

    Where there is none, since no surface came out, the picture is empty.
    """
    camera, empty = viewer(azimuth, elevation), torch.zeros(size, size, 4, dtype=torch.uint8)
    drawn = (mesh is not None and len(mesh.faces) > 0 for mesh in meshes)
    return [
        render_views(mesh, camera, size)[0] if there else empty
        for mesh, there in zip(meshes, drawn, strict=True)
    ]


def enlarge(pictures: Tensor, times: int = 2) -> Tensor:
    """Pictures (N, S, S, 3) with each pixel `times` as wide, as large as portraits beside them."""
    return pictures.repeat_interleave(times, 1).repeat_interleave(times, 2)
