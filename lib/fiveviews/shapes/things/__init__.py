"""Things to put into a room: the scenes of Pix2Scene are made of them.

Unlike the objects of `fiveviews.shapes`, they come with smooth normals: curved where a thing is
meant to be curved, creased where it has an edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from fiveviews.meshes import Mesh, load_mesh, normalise

from ..dice import Dice
from ..parts import Solid
from .household import bag, bottle, bowl, can, cap, mug
from .normals import corner_normals
from .primitives import cone, cube, sphere, teapot, torus

_PRIMITIVES = {"box": cube, "sphere": sphere, "cone": cone, "torus": torus, "teapot": teapot}
_HOUSEHOLD = {builder.__name__: builder for builder in (bowl, bottle, mug, can, cap, bag)}
PRIMITIVES: tuple[str, ...] = tuple(_PRIMITIVES)
HOUSEHOLD: tuple[str, ...] = tuple(_HOUSEHOLD)


@dataclass(frozen=True, eq=False)
class Thing:
    """A mesh whose longest side is 1, centred, and unit normals at its faces' corners (F, 3, 3)."""

    name: str
    mesh: Mesh
    normals: Tensor


@lru_cache(maxsize=4096)
def make_thing(name: str, seed: int = 0) -> Thing:
    """One of `PRIMITIVES`, which do not vary, or number `seed` of one of `HOUSEHOLD`.

    Raises ValueError for any other name.

    >>> make_thing("mug", 3).mesh.vertices.abs().max().item()
    0.5
    """
    if name in _PRIMITIVES:
        solid = _PRIMITIVES[name]()
    elif name in _HOUSEHOLD:
        solid = _HOUSEHOLD[name](Dice(name, seed))
    else:
        raise ValueError(
            f"there is no thing {name!r}; choose one of {', '.join(PRIMITIVES + HOUSEHOLD)}"
        )
    return as_thing(name, _mesh(solid))


def load_thing(path: str | Path) -> Thing:
    """A thing from a mesh file; raises as `load_mesh` does."""
    return as_thing(Path(path).stem, load_mesh(path))


def as_thing(name: str, mesh: Mesh) -> Thing:
    """A mesh, normalised, with normals that are creased at edges sharper than 40°."""
    mesh = normalise(mesh)
    return Thing(name, mesh, corner_normals(mesh))


def _mesh(solid: Solid) -> Mesh:
    surface = solid.to_mesh64()
    vertices = torch.from_numpy(surface.vert_properties[:, :3].copy())
    return Mesh(vertices, torch.from_numpy(surface.tri_verts.astype(np.int64)))
