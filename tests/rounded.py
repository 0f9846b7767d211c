"""Extruded profiles whose corners are rounded: what a random solid never has."""

import math
from itertools import pairwise

import numpy as np
from manifold3d import triangulate

from fiveviews.solids import Solid

SQUARE = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]
STEP = [(-0.5, -0.5), (0.5, -0.5), (0.5, -0.1), (0.0, -0.1), (0.0, 0.5), (-0.5, 0.5)]


def prism(corners, radii, depth, steps=8, tilt=0.0):
    """A profile with right angles, its corners listed counter-clockwise and rounded each with its
    radius, extruded along z.

    tilt: radians by which the normals of the roundings miss those of the sides they run into.
    """
    points, sides = _profile(np.array(corners, float), radii, steps, tilt)
    n, face = len(points), max(sides[:, 4]) + 1
    low, high = (np.column_stack([points, np.full(n, z)]) for z in (-depth / 2, depth / 2))
    faces, normals, surface = [], [], []
    for i, (ax, ay, bx, by, kind) in enumerate(sides):
        j, a, b = (i + 1) % n, (ax, ay, 0.0), (bx, by, 0.0)
        faces += [(i, j, j + n), (i, j + n, i + n)]
        normals += [(a, b, b), (a, b, a)]
        surface += [kind, kind]
    for triangle in triangulate([points]):
        faces += [tuple(triangle + n), tuple(triangle[::-1])]
        normals += [((0, 0, 1),) * 3, ((0, 0, -1),) * 3]
        surface += [face, face + 1]
    arrays = np.array(faces, np.int64), np.array(normals, float), np.array(surface, np.int64)
    return Solid.from_faces(np.concatenate([low, high]), *arrays)


def _profile(corners, radii, steps, tilt):
    """Its points, and for each side the normals at both ends and the face that it belongs to."""
    arcs, points, sides = [], [], []
    for k, r in enumerate(radii):
        here = corners[k]
        u, v = (end - here for end in (corners[k - 1], corners[(k + 1) % len(corners)]))
        u, v = u / np.linalg.norm(u), v / np.linalg.norm(v)
        out = 1 if u[0] * v[1] < u[1] * v[0] else -1  # the profile bulges there, or caves in
        turn = np.linspace(0, math.pi / 2, steps + 1 if r else 1)[:, None]
        away = -np.cos(turn) * v - np.sin(turn) * u
        lean = np.linspace(tilt, math.pi / 2 - tilt, len(turn))[:, None]
        normal = out * (-np.cos(lean) * v - np.sin(lean) * u)
        arcs.append((here + r * (u + v) + r * away if r else here[None], normal))
    for k, (arc, normal) in enumerate(arcs):
        along = arcs[(k + 1) % len(arcs)][0][0] - arc[-1]
        flat = np.array([along[1], -along[0]]) / np.linalg.norm(along)
        rows = [(*a, *b, 2 * k) for a, b in pairwise(normal)]
        points.append(arc)
        sides += [*rows, (*flat, *flat, 2 * k + 1)]
    return np.concatenate(points), np.array(sides)
