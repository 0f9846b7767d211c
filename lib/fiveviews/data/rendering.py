"""From a mesh to what the models of the book train on: 24 pictures and a solid voxel grid."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import torch

from fiveviews.cameras import shapenet_views
from fiveviews.data.storage import source_key
from fiveviews.meshes import Mesh
from fiveviews.progress import progress
from fiveviews.render.depth import render_views
from fiveviews.voxels import voxelise

VIEWS, SIZE, RESOLUTION = 24, 64, 32
WORKERS = 2
SOURCES = (  # whatever has a say in the pictures and voxels of a mesh, and nothing else
    "cameras.py",
    "data/rendering.py",
    "launch.py",
    "meshes.py",
    "render/depth.py",
    "render/inputs.py",
    "voxels.py",
)
PACKAGES = ("numpy", "warp-lang")


def observe(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (24, 64, 64, 4) uint8, RGBA, view k at azimuth -15·k, and voxels (32, 32, 32) bool.

    mesh: inside the cube [-0.5, 0.5]³; both sides of its faces are seen.
    """
    return render_views(mesh, shapenet_views(), SIZE).numpy(), voxelise(mesh, RESOLUTION)


def observe_all(
    mesh: Callable[[int], Mesh], count: int, label: str
) -> tuple[np.ndarray, np.ndarray]:
    """`observe` for mesh(0) … mesh(count - 1), stacked, with a progress bar where one can be seen.

    Objects are shared out to two threads, each of which keeps PyTorch to itself: at 64 × 64 pixels
    its own threads wait for one another longer than they work.
    """
    images = np.zeros((count, VIEWS, SIZE, SIZE, 4), np.uint8)
    voxels = np.zeros((count, RESOLUTION, RESOLUTION, RESOLUTION), bool)

    def fill(i: int) -> None:
        images[i], voxels[i] = observe(mesh(i))

    threads = torch.get_num_threads()
    pool = ThreadPoolExecutor(WORKERS, "fiveviews-data")
    try:
        torch.set_num_threads(1)
        fill(0)  # alone, since it compiles the kernels
        rest = pool.map(fill, range(1, count))
        for _ in progress(rest, label, total=count, initial=1, unit="object"):
            pass
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)
    return images, voxels


@cache
def generator_key() -> str:
    """Short hash of the code that renders a mesh: other code, other cache."""
    return source_key(SOURCES, PACKAGES)
