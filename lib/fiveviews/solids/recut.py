"""Cuts of solids that came from a file: their surfaces take the place of primitives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from manifold3d import Error, Manifold, Mesh64
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .csg import Assembly, EmptySolid, Solid, _joined, _pairs
from .generator import _cut
from .primitives import Array, Facets

CHUNK = 256  # points whose triangle is looked for at a time
SAME = 1e-9  # distance within which two points are one


@dataclass(frozen=True, eq=False)
class Patch:
    """One surface of a solid, which tells an `Assembly` its normals as a `Primitive` does.

    corners, directions: (T, 3, 3), the corners of its triangles and the true normals there.
    """

    corners: Array
    directions: Array

    def normals(self, points: Array) -> Array:
        """Unit normals (..., 3) at points (..., 3) on it: interpolated over the triangle that each
        lies on, or that it is least far outside of."""
        flat = points.reshape(-1, 3)
        away, nearest = self._tree.query(flat)
        found = self.directions.reshape(-1, 3)[nearest]
        (new,) = np.nonzero(away > SAME)  # few: most corners are as they were
        for i in range(0, len(new), CHUNK):
            some = new[i : i + CHUNK]
            found[some] = self._within(flat[some])
        return found.reshape(points.shape)

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.corners.reshape(-1, 3))

    def _within(self, points: Array) -> Array:
        a, b, c = self.corners.swapaxes(0, 1)
        across = np.cross(b - a, c - a)
        square = np.maximum((across**2).sum(-1), 1e-300)
        from_a = points[:, None] - a  # (P, T, 3)
        beta = (np.cross(from_a, c - a) * across).sum(-1) / square
        gamma = (np.cross(b - a, from_a) * across).sum(-1) / square
        share = np.stack([1 - beta - gamma, beta, gamma], -1)
        beside = np.abs((from_a * across).sum(-1)) / np.sqrt(square)
        size = np.sqrt(np.sqrt(square))
        outside = np.maximum(-share.min(-1), 0) * size + beside
        best = outside.argmin(1)
        rows = np.arange(len(points))
        normal = np.einsum("pk,pki->pi", share[rows, best].clip(0), self.directions[best])
        return normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-300)


def assembly_of(solid: Solid) -> Assembly:
    """A solid from a file as a surface that can be cut, each of its faces known by a number.

    Raises ValueError where its triangles enclose no volume that can be cut.
    """
    part = _faces(solid)
    order = np.argsort(part, kind="stable")
    faces, part = solid.faces.numpy()[order], part[order]
    kinds, first = np.unique(part, return_index=True)
    bounds = np.append(first, len(faces))
    numbers = Manifold.reserve_ids(len(kinds)) + np.arange(len(kinds))
    facet = np.arange(len(faces)) - np.repeat(first, np.diff(bounds))
    mesh = Mesh64(
        solid.vertices.numpy(),
        faces.astype(np.uint64),
        run_index=(3 * bounds).astype(np.uint64),
        run_original_id=numbers.astype(np.uint32),
        face_id=facet.astype(np.uint64),
    )
    manifold = Manifold(mesh)
    if manifold.status() != Error.NoError or manifold.volume() <= 0:
        raise ValueError(f"{solid} cannot be cut: it is {manifold.status()}")
    corners, directions = solid.vertices.numpy()[faces], solid.normals.numpy()[order]
    parts = {}
    for number, low, high in zip(numbers, bounds[:-1], bounds[1:], strict=True):
        same = directions[low:high] == directions[low, 0]
        flat = int(same.all())  # 0 is the number of round surfaces
        facets = Facets(facet[low:high].astype(np.uint64), np.full(high - low, flat))
        parts[int(number)] = Patch(corners[low:high], directions[low:high]), facets
    return Assembly(manifold, parts)


def _faces(solid: Solid) -> NDArray[np.int64]:
    """For each triangle (F,) the face it is part of: all that no edge, sharp or smooth, divides."""
    edges, triangles = _pairs(solid.faces.numpy())
    size = len(solid.vertices)
    names = [np.sort(e, 1) @ (size, 1) for e in (edges, solid.edges.numpy())]
    return _joined(np.arange(len(solid.faces)), triangles[~np.isin(*names)])


def recut(solid: Solid, seeds: Iterable[int]) -> Iterator[Solid]:
    """`cut` of a solid from a file, for each of the seeds.

    Raises EmptySolid where the solid cannot be cut, or is not in one piece.
    """
    try:
        base = assembly_of(solid)
    except ValueError as error:
        raise EmptySolid(str(error)) from error
    if len(base.manifold.decompose()) != 1:
        raise EmptySolid(f"{solid} is in several pieces, and a cut must leave one")
    yield from (replace(_cut((), base, seed), steps=()) for seed in seeds)
