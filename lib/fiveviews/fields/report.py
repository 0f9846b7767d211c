"""What a mesh is like where textbooks assume a closed, outward, simple surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fiveviews.fields import MeshField, has_area
from fiveviews.meshes import Mesh, merge_vertices

PROBES = 4096
VISIBLE = 0.0005  # shares below are not mentioned
UNCLEAR = 0.1  # a winding number this far from whole comes from a hole


@dataclass(frozen=True)
class MeshReport:
    """Counts of what may go wrong, and shares of the bounding box (of `PROBES` random points).

    faces, bodies: triangles with area, and groups of them that hang together by edges.
    degenerate: faces without area. repeated: faces that are there already.
    open_edges: with an odd number of faces: rims of holes and of sheets that bound nothing, and
        where such a sheet meets a body.
    crowded_edges: where three faces or more meet.
    flipped_edges: whose two faces disagree on which side is out.
    volume: signed, in cubed units of the mesh; negative where the surface faces inward.
    inside: share of the box with |w| > 1/2 for the winding number w.
    overlapping: share of the inside that lies in two bodies or more (|w| >= 3/2).
    inverted: share of the inside with w < -1/2, within bodies turned inside out.
    unclear: share of the box where w is not a whole number (by 0.1): the sign there is a judgement.
    """

    faces: int
    bodies: int
    degenerate: int
    repeated: int
    open_edges: int
    crowded_edges: int
    flipped_edges: int
    volume: float
    inside: float
    overlapping: float
    inverted: float
    unclear: float

    @property
    def closed(self) -> bool:
        """No edge is open: the surface separates inside from outside."""
        return self.open_edges == 0

    @property
    def simple(self) -> bool:
        """All that textbooks assume: closed, outward, one layer, nothing degenerate."""
        return not self.troubles

    @property
    def troubles(self) -> list[str]:
        """One phrase for each departure from a simple surface."""
        counts = [
            (self.open_edges, "open {edges} (holes or sheets)"),
            (self.crowded_edges, "{edges} where three or more faces meet"),
            (self.flipped_edges, "{edges} between faces that disagree on which side is out"),
            (self.degenerate, "{faces} without area"),
            (self.repeated, "repeated {faces}"),
        ]
        found = [
            f"{n:,} " + text.format(edges=_some(n, "edge"), faces=_some(n, "face"))
            for n, text in counts
            if n
        ]
        if self.inside == 0 and not self.closed:
            return [*found, "no inside that a sign could tell"]
        shares = [
            (self.overlapping, "of the inside in more than one body"),
            (self.inverted, "of the inside in bodies turned inside out"),
            (self.unclear, "of the space with an unclear sign"),
        ]
        return found + [f"{100 * share:.1f} % {text}" for share, text in shares if share >= VISIBLE]

    def __str__(self) -> str:
        size = f"{self.faces:,} {_some(self.faces, 'face')} in {self.bodies:,} "
        size += "body" if self.bodies == 1 else "bodies"
        if self.simple:
            return f"{size}: closed and facing outward."
        return f"{size}: {'; '.join(self.troubles)}."


def inspect(mesh: Mesh, seed: int = 0) -> MeshReport:
    """Measure what could spoil the signed distance to a mesh.

    Raises ValueError for a mesh without a surface.

    >>> from fiveviews.meshes import icosphere
    >>> print(inspect(icosphere(2)))
    320 faces in 1 body: closed and facing outward.
    >>> print(inspect(Mesh(icosphere(0).vertices, icosphere(0).faces[:-1])))
    19 faces in 1 body: 3 open edges (holes or sheets); 7.0 % of the space with an unclear sign.
    """
    mesh = merge_vertices(Mesh(mesh.vertices.detach().cpu(), mesh.faces.cpu()))
    field = MeshField(mesh)
    faces = mesh.faces[has_area(mesh.vertices[mesh.faces])].numpy()
    corners = field.corners.double()
    count, balance, bodies = _edges(faces)
    low, high = corners.amin((0, 1)), corners.amax((0, 1))
    generator = torch.Generator().manual_seed(seed)
    draw = torch.rand(PROBES, 3, dtype=torch.float64, generator=generator)
    winding = field.winding_number((low + (high - low) * draw).float())
    inside = winding.abs() > 0.5
    within = max(1, int(inside.sum()))
    return MeshReport(
        faces=len(faces),
        bodies=bodies,
        degenerate=len(mesh.faces) - len(faces),
        repeated=len(faces) - len(np.unique(np.sort(faces, axis=1), axis=0)),
        open_edges=int((count % 2 == 1).sum()),
        crowded_edges=int((count > 2).sum()),
        flipped_edges=int(((count == 2) & (balance != 0)).sum()),
        volume=float(torch.linalg.det(corners - low).sum() / 6),
        inside=inside.double().mean().item(),
        overlapping=int((winding.abs() >= 1.5).sum()) / within,
        inverted=int((winding < -0.5).sum()) / within,
        unclear=((winding - winding.round()).abs() > UNCLEAR).double().mean().item(),
    )


def _edges(faces: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Per edge: how many faces it has, and how many more run it one way than the other; and into
    how many groups edges join the faces."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    forward = np.where(ends[:, 0] < ends[:, 1], 1, -1)
    _, edge = np.unique(np.sort(ends, axis=1), axis=0, return_inverse=True)
    edge = edge.reshape(-1)
    count, balance = np.bincount(edge), np.bincount(edge, forward).round()
    face = np.tile(np.arange(len(faces)), 3)
    size = len(faces) + len(count)
    graph = coo_array((np.ones(len(edge)), (face, len(faces) + edge)), shape=(size, size))
    bodies, _ = connected_components(graph, directed=False)
    return count, balance, bodies


def _some(n: int, noun: str) -> str:
    return noun if n == 1 else f"{noun}s"
