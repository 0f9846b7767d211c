"""Views of objects: the one kind of data set that the reconstruction chapters train on.

>>> chairs = load_views("chair", "test", n=2)
>>> chairs
ViewSet(2 of chair, test, procedural)
>>> chairs.images.shape, chairs.voxels.shape
((2, 24, 64, 64, 4), (2, 32, 32, 32))
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from fiveviews.data.rendering import RESOLUTION, SIZE, VIEWS

SPLITS = ("train", "val", "test")
SOURCES = ("procedural", "official", "models")


@dataclass(frozen=True)
class Credit:
    """Who made an object, under which licence it is shared, and where it comes from."""

    title: str
    author: str
    licence: str
    origin: str = ""

    def __str__(self) -> str:
        origin = f", from {self.origin}" if self.origin else ""
        return f"{self.title} by {self.author} ({self.licence}{origin})"


@dataclass(frozen=True, eq=False)
class ViewSet:
    """N objects, each seen from 24 sides, with their solid voxels.

    images: uint8 (N, 24, 64, 64, 4), RGBA with colours multiplied by alpha (background 0 in every
        channel). View k is `cameras.shapenet_views()[k]`: azimuth -15·k, elevation 30.
    voxels: bool (N, 32, 32, 32), indexed [x, y, z] in world axes.
    names: one per object, unique within the source.
    category, split, source: what `load_views` was asked for.
    credits: author and licence per object, None where the book made the object itself.

    Raises ValueError where shapes, types or lengths do not agree.
    """

    images: np.ndarray
    voxels: np.ndarray
    names: tuple[str, ...]
    category: str
    split: str
    source: str
    credits: tuple[Credit | None, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.names)
        object.__setattr__(self, "credits", tuple(self.credits) or (None,) * n)
        wanted = {
            "images": ((n, VIEWS, SIZE, SIZE, 4), np.uint8),
            "voxels": ((n, RESOLUTION, RESOLUTION, RESOLUTION), np.bool_),
        }
        for name, (shape, dtype) in wanted.items():
            array = getattr(self, name)
            if array.shape != shape or array.dtype != dtype:
                raise ValueError(
                    f"{name} of {n} objects must be {np.dtype(dtype)} {shape}; "
                    f"got {array.dtype} {array.shape}"
                )
        if len(self.credits) != n:
            raise ValueError(f"there are {len(self.credits)} credits for {n} objects")

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"ViewSet({len(self)} of {self.category}, {self.split}, {self.source})"

    def __getitem__(self, index: slice | Sequence[int] | np.ndarray) -> ViewSet:
        """Some of the objects, as a set of the same kind."""
        chosen = np.arange(len(self))[index]
        if chosen.ndim != 1:
            raise TypeError(f"choose objects by a slice or a list, not by {index!r}")
        return replace(
            self,
            images=self.images[index],
            voxels=self.voxels[index],
            names=tuple(self.names[i] for i in chosen),
            credits=tuple(self.credits[i] for i in chosen),
        )

    @property
    def masks(self) -> np.ndarray:
        """Silhouettes, float32 (N, 24, 64, 64): the share of each pixel that the object covers."""
        return self.images[..., 3].astype(np.float32) / 255

    @cached_property
    def sha256(self) -> str:
        """Digest of names, pictures and voxels: two sets with one digest hold the same data."""
        digest = hashlib.sha256("\n".join(self.names).encode())
        digest.update(np.ascontiguousarray(self.images))
        digest.update(np.ascontiguousarray(self.voxels))
        return digest.hexdigest()


def load_views(
    category: str,
    split: str,
    source: str = "procedural",
    n: int | None = None,
    root: str | Path | None = None,
) -> ViewSet:
    """The first n objects of a category in one split of one source; no object is in two splits.

    source: `procedural` (generated here on first use and cached; needs nothing), `official` (the
        papers' npz files, see data_scripts/import_shapenet.py) or `models` (real meshes, see
        data_scripts/fetch_open_models.py and import_models.py).
    n: None means all there are; of the endless procedural objects, 400 for train, 50 for val
        and 100 for test.
    root: folder of the data; default `data_root()`.

    Raises ValueError on a name that does not exist, on damaged files and where there are fewer than
    n objects; FileNotFoundError, with the command to run, where the data are not there.
    """
    from fiveviews.data import models, official, procedural  # they build on this module

    if split not in SPLITS:
        raise ValueError(f"no split {split!r}; choose one of {', '.join(SPLITS)}")
    if n is not None and n < 1:
        raise ValueError(f"n counts objects, so it is 1 or more; got {n}")
    match source:
        case "procedural":
            return procedural.load(category, split, n, root)
        case "official":
            return official.load(category, split, n, root)
        case "models":
            return models.load(category, split, n, root)
    raise ValueError(f"no source {source!r}; choose one of {', '.join(SOURCES)}")
