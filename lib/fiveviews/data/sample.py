"""A handful of objects in one small file, with the names of who made them.

What a page shows of real models must be there for readers who have none installed. Such a file
holds views and voxels, no meshes, and the credit of each object.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np

from fiveviews.data.storage import read_npz, write_npz
from fiveviews.data.views import Credit, ViewSet

ARRAYS = ("images", "voxels", "names", "categories", "credits")


def write_sample(path: Path, sets: Sequence[ViewSet]) -> None:
    """Write sets of credited objects to one npz; sets of one category become one.

    Raises ValueError for an object that has no credit.
    """
    uncredited = [
        n for views in sets for n, c in zip(views.names, views.credits, strict=True) if not c
    ]
    if uncredited:
        raise ValueError(f"only objects with a credit go into a sample; {uncredited[0]} has none")
    write_npz(
        path,
        images=np.concatenate([views.images for views in sets]),
        voxels=np.concatenate([views.voxels for views in sets]),
        names=np.array([name for views in sets for name in views.names]),
        categories=np.array([views.category for views in sets for _ in views.names]),
        credits=np.array([astuple(credit) for views in sets for credit in views.credits]),
    )


def read_sample(path: Path) -> dict[str, ViewSet]:
    """What `write_sample` wrote: category -> its objects, the categories in their order there.

    Raises FileNotFoundError, or ValueError where the file is damaged or holds something else.
    """
    images, voxels, names, categories, credits = read_npz(Path(path), ARRAYS)
    if not len(images) == len(voxels) == len(names) == len(categories) == len(credits):
        raise ValueError(f"{path} is not a whole sample: its arrays differ in length")
    sets = {}
    for category in dict.fromkeys(categories.tolist()):
        chosen = np.flatnonzero(categories == category)
        makers = tuple(Credit(*map(str, credits[i])) for i in chosen)
        titles = tuple(names[chosen].tolist())
        sets[category] = ViewSet(
            images[chosen], voxels[chosen], titles, category, "test", "models", makers
        )
    return sets
