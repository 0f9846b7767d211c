"""Procedural shapes: any number of objects in the 13 ShapeNet categories, from a seed.

Every object is one closed surface that faces outward, stands upright (y up), faces +z, and fills
the cube [-0.5, 0.5]³ along its longest side. What varies is the style first (a chair may stand on
four legs, a star, runners or rockers) and then every proportion within it.
"""

from __future__ import annotations

import zlib

import numpy as np

from ..meshes import Mesh
from .benches import bench
from .cabinets import cabinet
from .cars import car
from .chairs import chair
from .dice import Dice
from .displays import display
from .lamps import lamp
from .parts import Solid
from .phones import phone
from .planes import plane
from .proportions import vary
from .rifles import rifle
from .sofas import sofa
from .speakers import speaker
from .tables import table
from .vessels import vessel

_BUILDERS = {
    builder.__name__: builder
    for builder in (
        plane,
        bench,
        cabinet,
        car,
        chair,
        display,
        lamp,
        speaker,
        rifle,
        sofa,
        table,
        phone,
        vessel,
    )
}
CATEGORIES: tuple[str, ...] = tuple(_BUILDERS)


def make(category: str, seed: int) -> Mesh:
    """The object number `seed` of a category: the same one every time, and any seed >= 0 will do.

    Raises ValueError on a category that is not one of `CATEGORIES` and on a negative seed.

    >>> first, again = make("chair", seed=3), make("chair", seed=3)
    >>> bool((first.vertices == again.vertices).all()), float(first.vertices.abs().max())
    (True, 0.5)
    """
    if category not in _BUILDERS:
        raise ValueError(f"no category {category!r}; choose one of {', '.join(CATEGORIES)}")
    if seed < 0:
        raise ValueError(f"a seed is a whole number from 0 up; got {seed}")
    solid = _BUILDERS[category](Dice(category, seed))
    chance = np.random.default_rng([1, zlib.crc32(category.encode()), seed])
    return _to_mesh(solid.warp_batch(lambda vertices: vary(vertices, chance)))


def _to_mesh(solid: Solid) -> Mesh:
    """Centred, longest side 1, without the slivers that rounding leaves at that size."""
    low, high = np.array(solid.bounding_box()).reshape(2, 3)
    size = (high - low).max()
    solid = solid.translate(tuple(-(low + high) / 2)).scale((1 / size,) * 3).simplify(2e-4)
    bodies = [body for body in solid.decompose() if abs(body.volume()) > 1e-8]
    mesh = Solid.compose(bodies).to_mesh64()
    vertices = mesh.vert_properties[:, :3]
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    vertices = (vertices - (low + high) / 2) / (high - low).max()
    return Mesh(vertices, mesh.tri_verts.astype(np.int64))
