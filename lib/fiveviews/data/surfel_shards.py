"""Scenes of `fiveviews.data.surfel_scenes` as files, for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from fiveviews.data.storage import write_npz
from fiveviews.data.surfel_scenes import make_views
from fiveviews.shapes.things import Thing

SHARD = 256  # scenes in a file


def bounds(count: int, seed: int = 0) -> list[tuple[int, int]]:
    """The files of scenes seed … seed + count - 1: the first scene of each, and how many.

    >>> bounds(300, seed=1000)
    [(1000, 256), (1256, 44)]
    """
    return [(seed + i, min(SHARD, count - i)) for i in range(0, count, SHARD)]


def write_shard(
    folder: Path, kind: str, size: int, things: Sequence[Thing], bound: tuple[int, int]
) -> Path:
    """Write one of the `bounds` as an npz file, whole or not at all, unless it is there.

    Its arrays: images uint8 (clipped at 1) and normals int8 (times 127), (N, H, W, 3); depth
    (N, H, W), eye (N, 3) and rotation (N, 3, 3) of the cameras, light_positions and light_colours
    (N, L, 3), all float32; names, of the things, joined by commas.
    """
    first, count = bound
    path = folder / f"{first:08d}_{count:04d}.npz"
    if path.exists():
        return path
    views = make_views(kind, count, first, size, things)
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
    return path
