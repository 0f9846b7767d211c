"""Triangle meshes: spheres, files, energies."""

from __future__ import annotations

import math
import re
import struct
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import trimesh
from torch import Tensor

from fiveviews.files import write_atomically

FORMATS = (".obj", ".ply", ".glb", ".off", ".stl")
PARSE_ERRORS = (  # what trimesh's readers raise on files that are cut off or not what they say
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    struct.error,
    TypeError,
    ValueError,
)
# For a binary PLY numpy parses Python, and two threads that do so at once can fail with "AST
# constructor recursion depth mismatch" (CPython issue 106905, in 3.11 up to 3.11.8).
_PARSING = threading.Lock()


@dataclass(frozen=True, eq=False)
class Mesh:
    """One triangle mesh: vertices (V, 3) float32, faces (F, 3) int64.

    Vertices of a face run counter-clockwise seen from outside.

    Raises ValueError on wrong shapes, non-finite vertices and indices out of range.

    >>> Mesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    Mesh(3 vertices, 1 faces)
    """

    vertices: Tensor
    faces: Tensor

    def __post_init__(self) -> None:
        vertices = torch.as_tensor(self.vertices).float()
        faces = torch.as_tensor(self.faces)
        if faces.numel() and faces.is_floating_point():
            raise ValueError(
                f"mesh faces are whole numbers, indices of vertices; got {faces.dtype}"
            )
        faces = faces.long()
        object.__setattr__(self, "vertices", vertices)
        object.__setattr__(self, "faces", faces)
        if vertices.ndim != 2 or vertices.shape[1] != 3 or faces.ndim != 2 or faces.shape[1] != 3:
            raise ValueError(
                f"a mesh needs vertices (V, 3) and faces (F, 3); got {tuple(vertices.shape)} and "
                f"{tuple(faces.shape)}"
            )
        if not torch.isfinite(vertices).all():
            bad = int((~torch.isfinite(vertices)).any(dim=1).sum())
            raise ValueError(f"{bad} of {len(vertices)} mesh vertices are NaN or infinite")
        if len(faces) and (faces.min() < 0 or faces.max() >= len(vertices)):
            raise ValueError(
                f"mesh faces name vertices {int(faces.min())} to {int(faces.max())}, but there are "
                f"{len(vertices)} vertices (0 to {len(vertices) - 1})"
            )

    def to(self, device: torch.device | str) -> Mesh:
        """The same mesh on another device."""
        return Mesh(self.vertices.to(device), self.faces.to(device))

    def __repr__(self) -> str:
        return f"Mesh({len(self.vertices)} vertices, {len(self.faces)} faces)"


def icosphere(level: int) -> Mesh:
    """Unit sphere by `level` subdivisions of an icosahedron; level 3 is the papers' template.

    Raises ValueError for a level that is not from 0 to 8.

    >>> icosphere(3)
    Mesh(642 vertices, 1280 faces)
    """
    if not 0 <= level <= 8:
        raise ValueError(f"icosphere takes a level from 0 (20 faces) to 8 (1,310,720); got {level}")
    sphere = trimesh.creation.icosphere(subdivisions=level)
    return Mesh(np.asarray(sphere.vertices), np.asarray(sphere.faces))


def load_mesh(path: str | Path) -> Mesh:
    """Triangle mesh from an OBJ, PLY, GLB, OFF or STL file; all parts of a scene in one mesh.

    Files repeat vertices along seams of textures and shading, and STL at every face; vertices at
    exactly one place become one, so that neighbours are neighbours.

    Raises FileNotFoundError, or ValueError that names the file where it cannot be read as a mesh
    or holds no faces.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no mesh file {path}")
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"{path}: expected one of {', '.join(FORMATS)}, found '{path.suffix}'")
    try:
        with _PARSING:
            loaded = trimesh.load_mesh(path, process=False, skip_materials=True)
        _check_text(path)
    except PARSE_ERRORS as error:
        raise ValueError(f"{path} cannot be read as a mesh ({error})") from error
    if not isinstance(loaded, trimesh.Trimesh) or len(loaded.faces) == 0:
        raise ValueError(f"{path} is empty or cut short: it holds no faces")
    try:
        mesh = Mesh(np.asarray(loaded.vertices), np.asarray(loaded.faces))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return merge_vertices(mesh)


def merge_vertices(mesh: Mesh) -> Mesh:
    """The mesh with one vertex for all that lie at exactly one place, in the order they came.

    >>> merge_vertices(Mesh([[0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 1, 0]], [[2, 1, 3]])).faces
    tensor([[0, 1, 2]])
    """
    places, device = mesh.vertices.detach().cpu().numpy(), mesh.vertices.device
    _, first, inverse = np.unique(places, axis=0, return_index=True, return_inverse=True)
    order = first.argsort()
    number = torch.from_numpy(order.argsort()[inverse.reshape(-1)]).to(device)
    return Mesh(mesh.vertices[torch.from_numpy(first[order]).to(device)], number[mesh.faces])


def _check_text(path: Path) -> None:
    """Refuse in text files what trimesh lets pass: less than the header promises, a vertex 0."""
    if path.suffix.lower() not in (".obj", ".off", ".ply"):
        return
    text = path.read_bytes().decode(errors="replace")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if path.suffix.lower() == ".obj":
        if re.search(r"^f\s(.*\s)?0(/|\s|$)", text, re.MULTILINE):
            raise ValueError("a face names vertex 0, but OBJ files count from 1")
        return
    if path.suffix.lower() == ".off":
        start = 1 if len(lines[0].split()) > 1 else 2
        promised = sum(int(count) for count in lines[start - 1].split()[-3:-1])
    elif "format ascii 1.0" in lines:
        start = lines.index("end_header") + 1
        promised = sum(int(ln.split()[2]) for ln in lines[:start] if ln.startswith("element "))
    else:
        return
    if len(lines) - start < promised:
        raise ValueError(f"cut short: it promises {promised} lines and has {len(lines) - start}")


def save_mesh(path: str | Path, mesh: Mesh) -> Path:
    """Write a mesh as OBJ, PLY, GLB, OFF or STL, by the suffix of `path`; atomically.

    Raises ValueError for another suffix, and for a mesh without faces, which no reader would take.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise ValueError(f"{path}: expected one of {', '.join(FORMATS)}, found '{path.suffix}'")
    if len(mesh.faces) == 0:
        raise ValueError(f"{path} is not written: the mesh has no faces")
    surface = trimesh.Trimesh(
        mesh.vertices.detach().cpu().numpy(), mesh.faces.cpu().numpy(), process=False
    )
    data = surface.export(file_type=kind[1:])
    write_atomically(path, data)
    return path


def normalise(mesh: Mesh) -> Mesh:
    """The mesh centred on the origin with the longest side of its bounding box 1.

    Raises ValueError for a mesh without vertices or of a single point.

    >>> normalise(icosphere(0)).vertices.abs().max().item()
    0.5
    """
    if len(mesh.vertices) == 0:
        raise ValueError("the mesh has no vertices, so it has no size to normalise")
    low, high = mesh.vertices.amin(0), mesh.vertices.amax(0)
    side = (high - low).max()
    if not side > 0:
        raise ValueError("the mesh is a single point, so it has no size to normalise")
    return Mesh((mesh.vertices - (low + high) / 2) / side, mesh.faces)


def edges(faces: Tensor) -> Tensor:
    """Unique undirected edges (E, 2) of faces (F, 3), sorted.

    >>> len(edges(icosphere(3).faces))
    1920
    """
    pairs = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    pairs = pairs.sort(dim=1).values.unique(dim=0)
    return pairs[pairs[:, 0] != pairs[:, 1]]  # a face may name one vertex twice


def wings(faces: Tensor) -> Tensor:
    """Edges that two faces share, with the vertices opposite: (E, 4) as (edge a, b, wing c, d).

    Edges with one face, or with three and more, have no single dihedral angle and are left out, and
    so are faces that name one vertex twice.
    """
    a, b, c = faces.unbind(1)
    faces = faces[(a != b) & (b != c) & (c != a)]
    corners = torch.cat([faces, faces[:, [1, 2, 0]], faces[:, [2, 0, 1]]])
    ends = corners[:, :2].sort(dim=1).values
    unique, inverse, count = ends.unique(dim=0, return_inverse=True, return_counts=True)
    order = inverse.argsort(stable=True)
    opposite = corners[order, 2]
    first = torch.cumsum(count, 0) - count
    two = count == 2
    return torch.cat(
        [unique[two], opposite[first[two]][:, None], opposite[first[two] + 1][:, None]], dim=1
    )


def corner_normals(mesh: Mesh, crease: float = 40.0) -> Tensor:
    """Unit normals at the corners of the faces, (F, 3, 3): smooth, but for edges that are meant.

    The normal at a corner is the mean over the faces that meet there and whose own normals lie
    within `crease` degrees of this face's, weighted by their angles at the vertex.

    >>> ball = icosphere(3)
    >>> bool(((corner_normals(ball) * ball.vertices[ball.faces]).sum(-1) > 0.999).all())
    True
    """
    corners = mesh.vertices[mesh.faces].double()
    normalize = torch.nn.functional.normalize
    ahead, back = corners.roll(-1, 1) - corners, corners.roll(1, 1) - corners
    normal = normalize(torch.linalg.cross(ahead[:, 0], back[:, 0]), dim=-1, eps=1e-300)
    cosine = (normalize(ahead, dim=-1) * normalize(back, dim=-1)).sum(-1).clamp(-1, 1)
    weighted = (normal[:, None] * cosine.acos()[..., None]).flatten(0, 1)

    vertex, order = mesh.faces.flatten().sort(stable=True)
    count = torch.bincount(vertex, minlength=len(mesh.vertices))
    group, start = count[vertex], (count.cumsum(0) - count)[vertex]
    one = torch.repeat_interleave(group)  # every pair of corners at one vertex, in sorted order
    rank = torch.arange(len(one), device=one.device) - (group.cumsum(0) - group)[one]
    one, other = order[one], order[start[one] + rank]
    close = (normal[one // 3] * normal[other // 3]).sum(-1) > math.cos(math.radians(crease))
    total = torch.zeros_like(weighted).index_add(0, one[close], weighted[other[close]])
    return normalize(total, dim=-1, eps=1e-300).view(-1, 3, 3).float()


class Smoothness(torch.nn.Module):
    """Laplacian and flatten energies of meshes that share their faces (F, 3).

    Called with vertices (B, V, 3); returns two tensors (B,).

    Laplacian (SoftRas, section 4): Σᵢ ‖vᵢ - mean of its neighbours‖², which keeps vertices evenly
    spread. Flatten: Σ over inner edges of (cos θ + 1)², where θ is the angle between the two
    faces as seen along their edge, π where they are coplanar, so it penalises folds.
    """

    def __init__(self, faces: Tensor, n_vertices: int):
        super().__init__()
        pairs = edges(faces)
        both = torch.cat([pairs, pairs.flip(1)])
        degree = torch.bincount(both[:, 0], minlength=n_vertices)
        self.register_buffer("pairs", both, persistent=False)
        self.register_buffer("weight", 1.0 / degree[both[:, 0]].double(), persistent=False)
        self.register_buffer("linked", (degree > 0)[:, None], persistent=False)
        self.register_buffer("wings", wings(faces), persistent=False)

    def forward(self, vertices: Tensor) -> tuple[Tensor, Tensor]:
        return self.laplacian(vertices), self.flatten(vertices)

    def laplacian(self, vertices: Tensor) -> Tensor:
        """Laplacian energy (B,) of vertices (B, V, 3)."""
        neighbours = vertices[:, self.pairs[:, 1]] * self.weight[:, None].to(vertices.dtype)
        mean = torch.zeros_like(vertices).index_add(1, self.pairs[:, 0], neighbours)
        return (vertices * self.linked - mean).square().sum(dim=(1, 2))

    def flatten(self, vertices: Tensor, eps: float = 1e-6) -> Tensor:
        """Flatten energy (B,) of vertices (B, V, 3)."""
        a, b, c, d = vertices[:, self.wings.T].unbind(1)
        along = torch.nn.functional.normalize(b - a, dim=-1, eps=eps)
        first, second = c - a, d - a
        first = first - (first * along).sum(-1, keepdim=True) * along
        second = second - (second * along).sum(-1, keepdim=True) * along
        product = (first.square().sum(-1) + eps).sqrt() * (second.square().sum(-1) + eps).sqrt()
        cosine = (first * second).sum(-1) / product
        return (cosine + 1).square().sum(1)
