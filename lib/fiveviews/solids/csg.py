"""Solids made of primitives by union, difference and intersection, ready to be drawn.

A drawing needs more than triangles: which edges are sharp, and where a round face turns away from
the viewer. So every triangle here knows the surface it belongs to, and every corner the normal of
the true surface, which a facet only approximates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from manifold3d import Manifold
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from fiveviews.meshes import Mesh

from .primitives import Facets, Primitive

Array = NDArray[np.float64]
OPERATIONS = ("add", "cut", "keep")
SHARP = 1.0  # degrees by which two faces must turn at an edge for a line to be drawn there
INWARD = 1e-3  # share of the way into a triangle at which its normal beside a smooth edge is taken
FLUSH = 1e-9  # by which two normals may differ where faces of one plane meet, which is no edge
SMALLEST = 1e-9  # a result with less volume than this is nothing


class EmptySolid(ValueError):
    """A boolean operation has left nothing."""


@dataclass(frozen=True)
class Step:
    """One operation: `add` joins a primitive to what is there, `cut` takes it away, and `keep`
    leaves only what lies within it."""

    operation: str
    primitive: Primitive

    def __post_init__(self) -> None:
        if self.operation not in OPERATIONS:
            raise ValueError(f"no operation {self.operation!r}; there are {', '.join(OPERATIONS)}")


@dataclass(frozen=True, eq=False)
class Solid:
    """A closed surface of F triangles over V vertices, and what a drawing must know of it.

    vertices: (V, 3) float64; faces: (F, 3) int64, counter-clockwise seen from outside.
    normals: (F, 3, 3) float64, outward unit normal of the true surface at the three corners.
    surface: (F,) int64, the surface that the triangle belongs to: one plane, one round face, or
        several of them that pass into each other without an edge.
    bend: (S,) float64, for each surface the most by which one of its facets may stand off from the
        plane of its neighbour; 0 for planes.
    edges: (E, 2) int64, the edges between faces as vertex pairs. beside: (E, 2) int64, the surface
        on the left and on the right of each; edge_normals: (E, 2, 2, 3), the normals of those two
        at the start and at the end of the edge. convex: (E,) bool, whether the solid bulges there.
    smooth: (E,) bool, the edges where two faces pass into each other: not sharp, and drawn only
        where one of the two faces the viewer and the other does not. Their normals are taken a
        hair's breadth inside the faces, since at the edge itself the two have one.
    steps: how it was made, in its own coordinates; empty for solids that came from a file.
    """

    vertices: Tensor
    faces: Tensor
    normals: Tensor
    surface: Tensor
    bend: Tensor
    edges: Tensor
    beside: Tensor
    edge_normals: Tensor
    convex: Tensor
    smooth: Tensor
    steps: tuple[Step, ...] = ()

    def __repr__(self) -> str:
        made = f", {len(self.steps)} steps" if self.steps else ""
        return f"Solid({len(self.faces)} faces, {int((~self.smooth).sum())} sharp edges{made})"

    @property
    def mesh(self) -> Mesh:
        """Its triangles alone."""
        return Mesh(self.vertices.float(), self.faces)

    @cached_property
    def planes(self) -> tuple[Tensor, Tensor]:
        """Unit normals (F, 3) of the flat triangles, and their smallest heights (F,)."""
        corners = self.vertices[self.faces]
        sides = corners.roll(-1, dims=1) - corners
        across = torch.linalg.cross(sides[:, 0], sides[:, 1])
        twice = across.norm(dim=-1)
        normal = across / twice.clamp(min=1e-300)[:, None]
        return normal, twice / sides.norm(dim=-1).amax(-1).clamp(min=1e-300)

    @cached_property
    def volume(self) -> float:
        """Enclosed volume, from the triangles."""
        a, b, c = self.vertices[self.faces].unbind(1)
        return float((a * torch.linalg.cross(b, c)).sum() / 6)

    def to(self, device: torch.device | str) -> Solid:
        """The same solid on another device."""
        names = [name for name, value in vars(self).items() if isinstance(value, Tensor)]
        return replace(self, **{name: getattr(self, name).to(device) for name in names})

    @classmethod
    def from_faces(
        cls,
        vertices: Array,
        faces: NDArray[np.int64],
        normals: Array,
        surface: NDArray[np.int64],
        steps: Sequence[Step] = (),
    ) -> Solid:
        """A solid from triangles and their surfaces; the edges are found here.

        surface: (F,) for each triangle the face of the solid that it belongs to.

        Raises ValueError where the triangles do not close: every edge needs exactly two.
        """
        edges, triangles = _pairs(faces)
        border = surface[triangles[:, 0]] != surface[triangles[:, 1]]
        edges, triangles = edges[border], triangles[border]
        at = np.stack([_at_ends(normals, faces, triangles[:, k], edges) for k in (0, 1)], axis=2)
        turn = (at[:, :, 0] * at[:, :, 1]).sum(-1).mean(1)
        smooth = turn >= np.cos(np.radians(SHARP))
        surface = _joined(surface, surface[triangles[smooth]])
        for k in (0, 1):
            inside = _at_third(normals, faces, triangles[:, k], edges)
            at[smooth, :, k] += INWARD * (inside[:, None] - at[:, :, k])[smooth]
        line = ~smooth | (np.abs(at[:, :, 0] - at[:, :, 1]).max((1, 2)) > FLUSH)
        edges, triangles, at, smooth = edges[line], triangles[line], at[line], smooth[line]
        convex = _convex(vertices, faces, edges, triangles)
        bend = _bend(vertices, faces, normals, surface)
        arrays = vertices, faces, normals, surface, bend, edges, surface[triangles], at
        arrays = (*arrays, convex, smooth)
        return cls(*(torch.from_numpy(np.array(a, order="C")) for a in arrays), tuple(steps))


def combine(steps: Sequence[Step]) -> Solid:
    """The solid that the steps make, one after the other; the first must add.

    Raises EmptySolid (a ValueError) where a step leaves nothing.

    >>> plate = Step("add", Primitive("box", (1.0, 0.2, 1.0)))
    >>> upright = ((1, 0, 0), (0, 0, -1), (0, 1, 0))
    >>> hole = Step("cut", Primitive("cylinder", (0.2, 1.0), rotation=upright))
    >>> combine([plate, hole])
    Solid(144 faces, 76 sharp edges, 2 steps)
    """
    return solid_of(assemble(steps), steps)


@dataclass(frozen=True, eq=False)
class Assembly:
    """A surface in the making, and the primitives by the number that the surface knows them by."""

    manifold: Manifold
    parts: dict[int, tuple[Primitive, Facets]]

    def after(self, step: Step) -> Assembly:
        """The assembly after one more step. Raises EmptySolid where that leaves nothing."""
        manifold, number, facets = step.primitive.manifold()
        parts = self.parts | {number: (step.primitive, facets)}
        if step.operation == "add":
            result = self.manifold + manifold
        elif step.operation == "cut":
            result = self.manifold - manifold
        else:
            result = self.manifold ^ manifold
        if result.is_empty() or result.volume() < SMALLEST:
            raise EmptySolid(
                f"nothing is left after '{step.operation}' of the {step.primitive.kind} of size "
                f"{step.primitive.size} at {step.primitive.centre}; take a smaller or another one"
            )
        return Assembly(result, parts)


def assemble(steps: Sequence[Step]) -> Assembly:
    """The steps' result as a surface, without the lines."""
    if not steps or steps[0].operation != "add":
        raise ValueError("a solid begins with a step 'add'; there is nothing to cut from yet")
    assembly = Assembly(Manifold(), {})
    for step in steps:
        assembly = assembly.after(step)
    return assembly


def solid_of(assembly: Assembly, steps: Sequence[Step]) -> Solid:
    """The solid within an assembly: its triangles, their surfaces, their normals, its edges."""
    mesh = assembly.manifold.to_mesh64()
    vertices = np.ascontiguousarray(mesh.vert_properties[:, :3])
    faces = mesh.tri_verts.astype(np.int64)
    facet = np.asarray(mesh.face_id).astype(np.int64)
    bounds = np.asarray(mesh.run_index) // 3
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-300)
    normals = np.repeat(normals[:, None], 3, axis=1)
    surface = np.zeros(len(faces), np.int64)
    surfaces = 0
    for number, first, last in zip(mesh.run_original_id, bounds[:-1], bounds[1:], strict=True):
        primitive, facets = assembly.parts[int(number)]
        run = slice(first, last)
        kind = facets.surface[facet[run]]
        surface[run] = surfaces + kind
        surfaces += int(facets.surface.max()) + 1
        round_ = np.flatnonzero(kind == 0) + first
        true = primitive.normals(corners[round_])
        # a cut turns a primitive's surface inside out
        turned = (true.sum(1) * normals[round_, 0]).sum(-1, keepdims=True) < 0
        normals[round_] = np.where(turned[..., None], -true, true)
    return Solid.from_faces(vertices, faces, normals, surface, steps)


def _pairs(faces: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Edges (E, 2), each in the direction in which its left triangle goes, and (E, 2) triangles."""
    start, end = faces.reshape(-1), np.roll(faces, -1, axis=1).reshape(-1)
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.lexsort([start > end, high, low])
    one, two = order[0::2], order[1::2]
    closed = (
        len(order) % 2 == 0 and (start[one] == end[two]).all() and (end[one] == start[two]).all()
    )
    if not closed:
        raise ValueError("the triangles do not close: every edge must belong to exactly two")
    return np.stack([start[one], end[one]], 1), np.stack([one // 3, two // 3], 1)


def _at_ends(
    normals: Array, faces: NDArray[np.int64], triangle: NDArray[np.int64], edges: NDArray[np.int64]
) -> Array:
    """Normals (E, 2, 3) that one triangle has at the two ends of each edge."""
    place = (faces[triangle][:, None] == edges[:, :, None]).argmax(-1)
    return normals[triangle[:, None], place]


def _at_third(
    normals: Array, faces: NDArray[np.int64], triangle: NDArray[np.int64], edges: NDArray[np.int64]
) -> Array:
    """Normals (E, 3) that one triangle has at the corner that is not on each edge."""
    corners = faces[triangle]
    place = ((corners != edges[:, :1]) & (corners != edges[:, 1:])).argmax(-1)
    return normals[triangle, place]


def _joined(surface: NDArray[np.int64], pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Surfaces numbered anew, those that a chain of pairs connects as one."""
    if not len(pairs):
        return surface
    count = surface.max(initial=-1) + 1
    links = coo_matrix((np.ones(len(pairs)), tuple(pairs.T)), shape=(count, count))
    return connected_components(links, directed=False)[1].astype(np.int64)[surface]


def _convex(
    vertices: Array, faces: NDArray[np.int64], edges: NDArray[np.int64], beside: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether the right triangle falls away from the plane of the left one."""
    a, b, c = vertices[faces[beside[:, 0]]].swapaxes(0, 1)
    right = faces[beside[:, 1]]
    opposite = right[(right != edges[:, :1]) & (right != edges[:, 1:])]
    return (np.cross(b - a, c - a) * (vertices[opposite] - a)).sum(-1) < 0


def _bend(
    vertices: Array, faces: NDArray[np.int64], normals: Array, surface: NDArray[np.int64]
) -> Array:
    """Length of a side times the angle that the normal turns along it, the most on each surface."""
    bend = np.zeros(surface.max(initial=-1) + 1)
    round_ = (normals[:, 0] != normals[:, 1]).any(-1) | (normals[:, 0] != normals[:, 2]).any(-1)
    corners, normals = vertices[faces[round_]], normals[round_]
    length = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=-1)
    after = np.roll(normals, -1, axis=1)
    angle = np.linalg.norm(normals - after, axis=-1)
    angle[(normals == 0).all(-1) | (after == 0).all(-1)] = 0  # the tip of a cone has no normal
    np.maximum.at(bend, surface[round_], 1.5 * (length * angle).max(1))
    return bend
