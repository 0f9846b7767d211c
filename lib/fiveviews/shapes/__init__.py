"""Procedural shapes: any number of objects in the 13 ShapeNet categories, from a seed.

Every object is one closed surface that faces outward, stands upright (y up), faces +z, and fills the
cube [-0.5, 0.5]³ along its longest side. What varies is the style first (a chair may stand on four
legs, a star, runners or rockers) and then every proportion within it.
"""

from __future__ import annotations

import numpy as np

from ..meshes import Mesh
from .cabinets import cabinet
from .cars import car
from .chairs import chair
from .lamps import lamp
from .parts import Dice, Solid
from .phones import phone
from .planes import plane
from .rifles import rifle
from .screens import display
from .seats import bench, sofa
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

    >>> chair = make("chair", seed=3)
    >>> float(chair.vertices.abs().max()), (make("chair", seed=3).vertices == chair.vertices).all().item()
    (0.5, True)
    """
    if category not in _BUILDERS:
        raise ValueError(f"no category {category!r}; choose one of {', '.join(CATEGORIES)}")
    if seed < 0:
        raise ValueError(f"a seed is a whole number from 0 up; got {seed}")
    return _to_mesh(_BUILDERS[category](Dice(category, seed)))


def _to_mesh(solid: Solid) -> Mesh:
    """Centred, longest side 1, with triangles that are slivers at that size merged away."""
    low, high = np.array(solid.bounding_box()).reshape(2, 3)
    size = (high - low).max()
    solid = solid.translate(tuple(-(low + high) / 2)).scale((1 / size,) * 3).simplify(2e-4)
    mesh = solid.to_mesh64()
    vertices = mesh.vert_properties[:, :3]
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    vertices = (vertices - (low + high) / 2) / (high - low).max()
    return Mesh(vertices, mesh.tri_verts.astype(np.int64))
