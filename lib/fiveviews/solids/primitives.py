"""The bricks of constructive solid geometry: boxes, wedges, cylinders, cones, spheres and tori.

A primitive is centred on the origin of its own frame, its axis along the frame's z, and a frame
puts it into the world. Round ones are surfaces of revolution: flat four-sided facets, `segments`
around the axis, every facet remembering which smooth surface it approximates. The exact normal of
that surface is known at any point, which is what silhouettes are found with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from manifold3d import Manifold, Mesh64
from numpy.typing import NDArray

Array = NDArray[np.float64]
SIZES = {  # what the numbers in `Primitive.size` are
    "box": "length, width, height",
    "wedge": "length, width, height",
    "cylinder": "radius, height",
    "cone": "lower radius, upper radius, height",
    "sphere": "radius",
    "torus": "ring radius, tube radius",
}
CHORD = 1e-3  # how far a facet may lie inside the round surface: 0.12 pixels of a 200-pixel drawing


@dataclass(frozen=True)
class Primitive:
    """A brick: its kind (a key of `SIZES`), its size, and where it stands.

    rotation: columns are the primitive's x, y and z axes in the world. centre: its middle.
    A wedge is the half of a box below its diagonal: full length at the bottom, none at the top.

    Raises ValueError for an unknown kind, and for sizes that make no solid.
    """

    kind: str
    size: tuple[float, ...]
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rotation: tuple[tuple[float, float, float], ...] = ((1, 0, 0), (0, 1, 0), (0, 0, 1))

    def __post_init__(self) -> None:
        if self.kind not in SIZES:
            raise ValueError(f"no primitive {self.kind!r}; there are {', '.join(SIZES)}")
        names = SIZES[self.kind].split(", ")
        pointed = self.kind == "cone" and len(self.size) == 3 and max(self.size[:2]) > 0
        least = [0.0 if pointed and i < 2 else 1e-6 for i in range(len(self.size))]
        fits = len(self.size) == len(names) and all(
            math.isfinite(s) and s >= low for s, low in zip(self.size, least, strict=True)
        )
        if not fits or (self.kind == "torus" and self.size[1] >= self.size[0]):
            extra = ", the tube thinner than the ring" if self.kind == "torus" else ""
            raise ValueError(
                f"a {self.kind} takes positive numbers ({SIZES[self.kind]}){extra}; got {self.size}"
            )

    def moved(self, scale: float, shift: Array) -> Primitive:
        """The primitive after every point p of the world has gone to scale · p + shift."""
        centre = tuple((scale * np.asarray(self.centre) + shift).tolist())
        size = tuple(float(scale * s) for s in self.size)
        return Primitive(self.kind, size, centre, self.rotation)

    def manifold(self) -> tuple[Manifold, int, Facets]:
        """Its closed surface in the world, the number by which the triangles of that surface are
        known after boolean operations, and what its facets stand for."""
        corners, triangles, facets = _tessellate(self.kind, self.size)
        corners = corners @ np.asarray(self.rotation, dtype=float).T + np.asarray(self.centre)
        number = Manifold.reserve_ids(1)
        runs = np.array([0, triangles.size], np.uint64), np.array([number], np.uint32)
        mesh = Mesh64(
            corners, triangles, run_index=runs[0], run_original_id=runs[1], face_id=facets.facet
        )
        return Manifold(mesh), number, facets

    def normals(self, points: Array) -> Array:
        """Unit normals (..., 3) of its round surface at points (..., 3) on it or close by.

        Zero at the tip of a cone, which has none.
        """
        rotation = np.asarray(self.rotation, dtype=float)
        local = (points - np.asarray(self.centre)) @ rotation
        return _normals(self.kind, self.size, local) @ rotation.T


@dataclass(frozen=True, eq=False)
class Facets:
    """facet: (T,) the flat facet of each triangle; and for each facet (N,): surface, its number
    within the primitive; number 0 is the round one."""

    facet: NDArray[np.uint64]
    surface: NDArray[np.int64]


def segments(radius: float) -> int:
    """Facets around a circle, a multiple of 4, such that none lies deeper than `CHORD`.

    >>> segments(0.5), segments(0.05)
    (52, 16)
    """
    angle = 2 * math.acos(max(0.0, 1 - CHORD / max(radius, 4 * CHORD)))
    return max(12, 4 * math.ceil(2 * math.pi / angle / 4))


@lru_cache(maxsize=256)
def _tessellate(kind: str, size: tuple[float, ...]) -> tuple[Array, NDArray[np.uint64], Facets]:
    """Corners (V, 3), triangles (T, 3) that face outward, and their facets, in the own frame."""
    if kind in ("box", "wedge"):
        return _polyhedron(kind, size)
    around = segments(max(size[:2]) if kind == "cone" else size[0])
    if kind == "torus":
        around = segments(sum(size))
        turn = np.arange(tube := segments(size[1])) * 2 * np.pi / tube
        ring = np.stack([size[0] + size[1] * np.cos(turn), size[1] * np.sin(turn)], 1)
        profile, surface = np.concatenate([ring, ring[:1]]), np.zeros(tube, int)
    elif kind == "sphere":
        turn = np.linspace(-np.pi / 2, np.pi / 2, around // 2 + 1)
        profile = size[0] * np.stack([np.cos(turn), np.sin(turn)], 1)
        profile[[0, -1], 0] = 0
        surface = np.zeros(len(turn) - 1, int)
    else:
        low, high, h = (size[0], size[0], size[1]) if kind == "cylinder" else size
        profile = np.array([(0, -h / 2), (low, -h / 2), (high, h / 2), (0, h / 2)])
        keep = np.array([low > 0, True, high > 0])  # a cone's tip has no lid
        surface = np.array([1, 0, 2])[keep]
        profile = np.concatenate([profile[:-1][keep], profile[-1:]])
    return _revolve(profile, surface, around)


def _revolve(
    profile: Array, surface: NDArray[np.int64], around: int
) -> tuple[Array, NDArray[np.uint64], Facets]:
    """The surface of a profile (K + 1, 2) of (radius, height), listed upward on the outside.

    surface: (K,) the surface that each piece of the profile belongs to; 0 is the round one.
    """
    closed = bool((profile[0] == profile[-1]).all())
    points = profile[:-1] if closed else profile
    turn = np.arange(around) * 2 * np.pi / around
    circle = np.stack([np.cos(turn), np.sin(turn)], 1).round(15)
    corners = np.empty((len(points), around, 3))
    corners[..., :2] = points[:, :1, None] * circle
    corners[..., 2] = points[:, 1:]
    tips = points[:, 0] <= 0  # of a ring without a radius one corner is enough
    kept = ~tips[:, None] | (np.arange(around) == 0)
    rounded, flat = tuple((~tips).tolist()), tuple((surface != 0).tolist())
    triangles, facet = _strips(rounded, flat, around, closed)
    return corners[kept], triangles, Facets(facet, np.repeat(surface, around))


@lru_cache(maxsize=128)  # a size changes where corners are, and seldom how they are joined
def _strips(
    rounded: tuple[bool, ...], flat: tuple[bool, ...], around: int, closed: bool
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Triangles (T, 3) between rings of corners, and their facets (T,).

    rounded: whether each point of the profile makes a ring or a tip; flat: whether each piece of it
    makes one facet, a lid, or `around` of them.
    """
    rows, count = [], 0
    for ring in rounded:
        rows.append(np.arange(around) + count if ring else np.full(around, count))
        count += around if ring else 1
    triangles, facet = [], []
    for piece, (low, high) in enumerate(pairwise([*rows, rows[0]] if closed else rows)):
        number = piece * around + (0 if flat[piece] else np.arange(around))
        number = np.broadcast_to(number, around)
        low_next, high_next = np.roll(low, -1), np.roll(high, -1)
        for part in ((low, low_next, high_next), (low, high_next, high)):
            part = np.stack(part, 1)
            real = (part != np.roll(part, 1, axis=1)).all(1)
            triangles.append(part[real])
            facet.append(number[real])
    return np.concatenate(triangles).astype(np.uint64), np.concatenate(facet).astype(np.uint64)


def _polyhedron(kind: str, size: tuple[float, ...]) -> tuple[Array, NDArray[np.uint64], Facets]:
    x, y, z = np.asarray(size) / 2
    plan = [(-x, -z), (x, -z), (x, z), (-x, z)] if kind == "box" else [(-x, -z), (x, -z), (-x, z)]
    n = len(plan)
    corners = np.array([(a, side, b) for side in (-y, y) for a, b in plan])
    quads = [(i, i + n, (i + 1) % n + n, (i + 1) % n) for i in range(n)]
    triangles, facet = [], []
    for number, face in enumerate([tuple(range(n)), tuple(reversed(range(n, 2 * n))), *quads]):
        for k in range(1, len(face) - 1):
            triangles.append((face[0], face[k], face[k + 1]))
            facet.append(number)
    facets = Facets(np.array(facet, np.uint64), np.arange(n + 2) + 1)
    return corners, np.array(triangles, np.uint64), facets


def _normals(kind: str, size: tuple[float, ...], p: Array) -> Array:
    if kind == "sphere":
        return _unit(p)
    out = _unit(p * (1, 1, 0))  # straight away from the axis
    if kind == "cone":
        slope = (size[0] - size[1]) / size[2]
        tip = np.linalg.norm(p[..., :2], axis=-1, keepdims=True) < 1e-9
        return np.where(tip, 0.0, _unit(out + (0, 0, slope)))
    if kind == "torus":
        return _unit(p - size[0] * out)
    return out


def _unit(v: Array) -> Array:
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12)
