"""From a mesh to what the models of the book train on: 24 pictures and a solid voxel grid."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from fiveviews.cameras import shapenet_views
from fiveviews.meshes import Mesh
from fiveviews.render.depth import render_views
from fiveviews.voxels import voxelise

VIEWS, SIZE, RESOLUTION = 24, 64, 32
SOURCES = ("shapes/*.py", "cameras.py", "voxels.py", "render/depth.py", "data/rendering.py")


def observe(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (24, 64, 64, 4) uint8, RGBA, view k at azimuth -15·k, and voxels (32, 32, 32) bool.

    mesh: inside the cube [-0.5, 0.5]³; both sides of its faces are seen.
    """
    return render_views(mesh, shapenet_views(), SIZE).numpy(), voxelise(mesh, RESOLUTION)


def observe_all(meshes: Iterable[Mesh], total: int, label: str) -> tuple[np.ndarray, np.ndarray]:
    """`observe` for `total` meshes, stacked, with a progress bar in a terminal or a notebook."""
    images = np.zeros((total, VIEWS, SIZE, SIZE, 4), np.uint8)
    voxels = np.zeros((total, RESOLUTION, RESOLUTION, RESOLUTION), bool)
    bar = tqdm(meshes, label, total, unit="object", mininterval=1, leave=False, disable=None)
    for i, mesh in enumerate(bar):
        images[i], voxels[i] = observe(mesh)
    return images, voxels


@cache
def generator_key() -> str:
    """Short hash of the code that makes the data: other code, other cache."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for pattern in SOURCES:
        for path in sorted(package.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
