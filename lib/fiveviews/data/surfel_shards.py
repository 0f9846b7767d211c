"""Scenes of `fiveviews.data.surfel_scenes` as files, for other programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from fiveviews.data.storage import write_npz
from fiveviews.data.surfel_scenes import SIZE, make_views
from fiveviews.progress import progress

SHARD = 256  # scenes in a file


def write_shards(
    folder: Path, kind: str, count: int, seed: int = 0, size: int = SIZE
) -> list[Path]:
    """Write scenes seed … seed + count - 1 as npz files of up to `SHARD` scenes; returns them.

    Files that are there already are kept: a shard is written whole or not at all. Its arrays:
    images uint8 (clipped at 1) and normals int8 (times 127), (N, H, W, 3); depth (N, H, W), eye
    (N, 3) and rotation (N, 3, 3) of the cameras, light_positions and light_colours (N, L, 3), all
    float32; names, of the things, joined by commas.
    """
    paths = []
    bounds = range(0, count, SHARD)
    for first in progress(bounds, kind, total=len(bounds), unit="shard"):
        n = min(SHARD, count - first)
        path = folder / f"{seed + first:08d}_{n:04d}.npz"
        if not path.exists():
            views = make_views(kind, n, seed + first, size)
            write_npz(
                path,
                images=(views.images.clamp(0, 1) * 255).round().byte().numpy(),
                depth=views.depth.numpy(),
                normals=(views.normals * 127).round().to(torch.int8).numpy(),
                eye=views.camera.eye.numpy(),
                rotation=views.camera.rotation.numpy(),
                light_positions=views.lights.positions.numpy(),
                light_colours=views.lights.colours.numpy(),
                names=np.array([",".join(scene.names) for scene in views.scenes]),
            )
        paths.append(path)
    return paths
