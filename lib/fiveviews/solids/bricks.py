"""LDraw parts as solids to be drawn: their lines as given, hidden by their triangles.

Such a part is no closed surface: a knob stands on a plate that runs on below it, and corners lie in
the middle of other triangles' sides. So no edge is looked for, as with other solids. The lines are
the file's own: those of type 2 are sharp edges, and those of type 5 smooth ones, drawn where one
of their two faces turns towards the viewer and the other does not. What hides them are the
triangles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from .csg import Solid
from .ldraw import UPRIGHT, Array, Library, Pieces

NEAR = 2e-4  # distance, of the longest side, within which a line lies on a triangle
LEEWAY = 3e-4  # depth that triangles beside a line may stand before it: coordinates are rounded
SAME = 1e-4  # and within which two lines are one, in LDraw's units
ONE_FACE = 0.9999  # cosine between normals from which on two triangles are one face
CELLS = 1 << 20  # pairs of a line and a triangle that are looked at in one go


@dataclass(frozen=True, eq=False)
class Brick:
    """A part and where others fit on it.

    solid: to be drawn, its longest side 1. studs: (S, 3), the feet of its knobs, in the solid's
    coordinates. unit: the length of one LDraw unit there.
    """

    solid: Solid
    studs: Array
    unit: float


def read_brick(library: Library, name: str) -> Brick:
    """A part of the library, e.g. `3001.dat`. Raises as `Library.pieces`, and ValueError for a
    part without a triangle that has an area."""
    pieces = library.pieces(name)
    if not len(pieces.triangles):
        raise ValueError(f"{name} has no triangles")
    points = np.concatenate([pieces.triangles.reshape(-1, 3), pieces.lines.reshape(-1, 3)])
    low, high = points.min(0), points.max(0)
    unit = 1 / max((high - low).max(), SAME)

    def placed(points: Array) -> Array:
        return (points - (low + high) / 2) * unit * UPRIGHT

    triangles, normals = _faces(placed(pieces.triangles), pieces)
    if not len(triangles):
        raise ValueError(f"{name} has no triangle with an area")
    sharp = placed(_distinct(pieces.lines))
    smooth, bent, convex = _outlines(placed(_distinct(pieces.conditional)), triangles, normals)
    sides = np.concatenate([_beside(sharp, triangles, normals), bent])
    corners, ends = triangles.reshape(-1, 3), np.concatenate([sharp, smooth]).reshape(-1, 3)
    count = len(corners)
    arrays = {
        "vertices": np.concatenate([corners, ends]),
        "faces": np.arange(count).reshape(-1, 3),
        "normals": np.repeat(normals[:, None], 3, axis=1),
        "surface": np.zeros(len(triangles), np.int64),
        "bend": np.array([LEEWAY]),
        "edges": np.arange(count, count + len(ends)).reshape(-1, 2),
        "beside": np.zeros((len(sides), 2), np.int64),
        "edge_normals": np.repeat(sides[:, None], 2, axis=1),
        "convex": np.concatenate([np.ones(len(sharp), bool), convex]),
        "smooth": np.arange(len(sides)) >= len(sharp),
    }
    solid = Solid(**{name: torch.from_numpy(array) for name, array in arrays.items()})
    return Brick(solid, placed(pieces.studs), unit)


def attached(brick: Brick, other: Brick, studs: Sequence[int]) -> list[Solid]:
    """For each of some of a brick's knobs, both as one solid: the other brick, as large as it is
    beside the first, stands on that knob, its middle above it. All are moved and scaled alike, so
    that together they fill the unit cube."""
    top = other.solid.vertices * (brick.unit / other.unit)
    top[:, 1] -= top[:, 1].amin()
    feet = torch.from_numpy(brick.studs[list(studs)])
    made = [_merged(brick.solid, replace(other.solid, vertices=top + foot)) for foot in feet]
    corners = torch.cat([solid.vertices for solid in made])
    low, high = corners.amin(0), corners.amax(0)
    middle, longest = (low + high) / 2, (high - low).amax()
    return [replace(s, vertices=(s.vertices - middle) / longest) for s in made]


def _merged(one: Solid, two: Solid) -> Solid:
    shifted = replace(two, faces=two.faces + len(one.vertices), edges=two.edges + len(one.vertices))
    names = ("vertices", "faces", "normals", "surface")
    names += ("edges", "beside", "edge_normals", "convex", "smooth")
    both = {name: torch.cat([getattr(s, name) for s in (one, shifted)]) for name in names}
    return replace(one, **both)


def _distinct(lines: Array) -> Array:
    """Lines (N, K, 3), each once, in whichever direction its two ends were given."""
    ends = np.rint(lines[:, :2] / SAME).astype(np.int64)
    differ = (ends[:, 0] != ends[:, 1]).argmax(-1)
    rows = np.arange(len(ends))
    turned = ends[rows, 0, differ] > ends[rows, 1, differ]
    ends[turned] = ends[turned, ::-1]
    _, first = np.unique(ends.reshape(-1, 6), axis=0, return_index=True)
    kept = lines[np.sort(first)]
    return kept[np.linalg.norm(kept[:, 0] - kept[:, 1], axis=-1) > SAME]


def _faces(triangles: Array, pieces: Pieces) -> tuple[Array, Array]:
    """Triangles (T, 3, 3) and unit normals (T, 3); one whose outside is unknown stands twice, since
    only what faces the viewer hides anything."""
    unknown = triangles[~pieces.certified]
    triangles = np.concatenate([triangles, unknown[:, ::-1]])
    across = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    area = np.linalg.norm(across, axis=-1)
    kept = area > 1e-10
    return np.ascontiguousarray(triangles[kept]), across[kept] / area[kept, None]


def _on(
    lines: Array, triangles: Array, normals: Array
) -> Iterator[tuple[slice, NDArray[np.bool_]]]:
    """For some lines after the others of (L, 2, 3): which, and whether each lies in the plane of
    each triangle, its middle within it."""
    corners = triangles.swapaxes(0, 1)
    height = (normals * corners[0]).sum(-1)
    inward = np.cross(normals, corners[[1, 2, 0]] - corners)  # (3, T, 3), off the three sides
    inward /= np.maximum(np.linalg.norm(inward, axis=-1, keepdims=True), 1e-12)
    border = (inward * corners).sum(-1)
    step = max(1, CELLS // max(1, len(triangles)))
    for i in range(0, len(lines), step):
        some = slice(i, i + step)
        a, b = lines[some].swapaxes(0, 1)
        found = (np.abs(a @ normals.T - height) < NEAR) & (np.abs(b @ normals.T - height) < NEAR)
        for k in range(3):
            found &= (a + b) / 2 @ inward[k].T - border[k] > -NEAR
        yield some, found


def _beside(lines: Array, triangles: Array, normals: Array) -> Array:
    """Normals (L, 2, 3) of two triangles that each line lies on, the most different ones; 0 where
    there is none."""
    sides = np.zeros((len(lines), 2, 3))
    for some, on in _on(lines, triangles, normals):
        rows, first = np.arange(len(on)), on.argmax(1)
        alike = np.where(on, normals[first] @ normals.T, 2.0)
        second = alike.argmin(1)
        found = np.stack([normals[first], normals[second]], 1)
        found[~on.any(1)] = 0
        found[alike[rows, second] > ONE_FACE, 1] = 0
        sides[some] = found
    return sides


def _outlines(conditional: Array, triangles: Array, normals: Array) -> tuple[Array, Array, Array]:
    """Of conditional lines (C, 4, 3): ends, the normals (C, 2, 3) of their two faces, and whether
    the part bulges there.

    The faces are two triangles that the line lies on, the first as the control points have it and
    the second the most different that looks the same way. Where there is one alone, they are the
    two that the control points span with the line. These are the second choice because a primitive
    that ends at the line does not know its neighbour and makes up a point: seen along an axis, that
    one often lies on the line itself, and says nothing.
    """
    a, b, c, d = conditional.swapaxes(0, 1)
    planes = np.stack([np.cross(b - a, c - a), np.cross(b - a, a - d)], 1)
    size = np.linalg.norm(planes, axis=-1, keepdims=True)
    real = (size[..., 0] > 1e-10).all(1)
    conditional, sides = conditional[real], (planes / np.maximum(size, 1e-12))[real]
    convex = np.ones(len(sides), bool)
    for some, on in _on(conditional[:, :2], triangles, normals):
        rows, agree = np.arange(len(on)), np.where(on, sides[some, 0] @ normals.T, 0.0)
        first = np.abs(agree).argmax(1)
        sides[some] *= np.where(agree[rows, first] < 0, -1.0, 1.0)[:, None, None]
        alike = np.where(on, normals[first] @ normals.T, 2.0)
        second = np.where(alike > 0, alike, 2.0).argmin(1)
        two = on.any(1) & (alike[rows, second] < ONE_FACE)
        found = np.stack([normals[first], normals[second]], 1)
        sides[some] = np.where(two[:, None, None], found, sides[some])
        away = np.where(two[:, None], triangles[second].mean(1), conditional[some, 3])
        convex[some] = (sides[some, 0] * (away - conditional[some, 0])).sum(-1) <= 0
    return conditional[:, :2], sides, convex
