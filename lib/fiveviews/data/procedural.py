"""Views of generated shapes: as many as you like, the same ones every time."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock

from fiveviews.cameras import orbit
from fiveviews.data import rendering
from fiveviews.data.rendering import SIZE, VIEWS, observe_all
from fiveviews.data.storage import data_root, read_npz, source_key, write_npz
from fiveviews.data.views import ViewSet
from fiveviews.render.depth import render_views
from fiveviews.shapes import CATEGORIES, make

FIRST_SEED = {"train": 0, "val": 10_000_000, "test": 20_000_000}
DEFAULT_SIZE = {"train": 400, "val": 50, "test": 100}
PIECE = 64  # objects per cache file: what an interruption can cost
SOURCES = (*rendering.SOURCES, "data/procedural.py", "shapes/*.py")
PACKAGES = (*rendering.PACKAGES, "manifold3d")


def load(category: str, split: str, n: int | None, root: str | Path | None = None) -> ViewSet:
    """Objects of seeds `FIRST_SEED[split]` + 0 … n - 1, from the cache as far as it reaches.

    The cache is a folder per version of the generator and a file per run of objects, named by its
    first; a longer set begins with the files of a shorter one. One process at a time extends it.

    Raises ValueError on a category that does not exist and for a damaged cache file.
    """
    if category not in CATEGORIES:
        raise ValueError(f"no category {category!r}; choose one of {', '.join(CATEGORIES)}")
    n = DEFAULT_SIZE[split] if n is None else n
    folder = data_root(root) / "procedural" / generator_key()
    folder.mkdir(parents=True, exist_ok=True)
    pieces: list[tuple[np.ndarray, np.ndarray]] = []
    done = 0
    with FileLock(folder / f".{category}_{split}.lock"):
        while done < n:
            path = folder / f"{category}_{split}_{done:06d}.npz"
            if not path.exists():
                _build(path, category, split, done, min(n - done, PIECE))
            images, voxels = read_npz(path, ("images", "voxels"))
            if not 0 < len(images) == len(voxels):
                raise ValueError(f"{path} is not of this cache; delete it and run this again")
            pieces.append((images, voxels))
            done += len(images)
    images, voxels = (np.concatenate(arrays)[:n] for arrays in zip(*pieces, strict=True))
    names = tuple(f"{category}-{FIRST_SEED[split] + i}" for i in range(n))
    return ViewSet(images, voxels, names, category, split, "procedural")


def between_views(views: ViewSet, seed: int = 0) -> ViewSet:
    """The same generated objects photographed from near the 24 viewpoints, not from them.

    Picture k is taken from an azimuth up to 7.5° off that of view k, and 20° to 40° above.
    Raises ValueError for objects that were not generated here.
    """
    if views.source != "procedural":
        raise ValueError(
            f"only procedural objects can be photographed anew; got source {views.source!r}"
        )
    random = np.random.default_rng(seed)
    offsets = torch.from_numpy(random.uniform((-7.5, -10), (7.5, 10), (len(views), VIEWS, 2)))
    images = np.empty_like(views.images)
    for image, name, offset in zip(images, views.names, offsets.float(), strict=True):
        azimuth, elevation = -15.0 * torch.arange(VIEWS) + offset[:, 0], 30 + offset[:, 1]
        mesh = make(views.category, int(name.rsplit("-", 1)[1]))
        image[:] = render_views(mesh, orbit(azimuth, elevation), SIZE).numpy()
    return replace(views, images=images)


def pieces(
    category: str, split: str, n: int | None, root: str | Path | None = None
) -> list[tuple[Path, int, int]]:
    """The cache files of n objects: path, first object, how many. Those that are there come as
    they are; from where they end, each new one holds `PIECE` objects, so that processes that make
    parts of them at the same time agree on where each begins."""
    folder = data_root(root) / "procedural" / generator_key()
    n = DEFAULT_SIZE[split] if n is None else n
    found, done = [], 0
    while done < n:
        path = folder / f"{category}_{split}_{done:06d}.npz"
        count = min(n - done, PIECE)
        if path.exists():
            count = len(read_npz(path, ("voxels",))[0])
        found.append((path, done, count))
        done += count
    return found


def make_piece(split: str, piece: tuple[str, Path, int, int]) -> Path:
    """Make one of the `pieces`, with its category before it, unless it is there."""
    category, path, first, count = piece
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.stem}.lock")):
        if not path.exists():
            _build(path, category, split, first, count)
    return path


@cache
def generator_key() -> str:
    """Short hash of the code that makes the shapes and their views: other code, other cache."""
    return source_key(SOURCES, PACKAGES)


def _build(path: Path, category: str, split: str, first: int, count: int) -> None:
    seed = FIRST_SEED[split] + first
    label = f"{category} {split}, from object {first}"
    images, voxels = observe_all(lambda i: make(category, seed + i), count, label)
    write_npz(path, images=images, voxels=voxels)
