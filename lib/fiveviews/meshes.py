"""Triangle meshes: spheres, files, energies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import trimesh
from torch import Tensor

FORMATS = (".obj", ".ply", ".glb", ".off", ".stl")


@dataclass(frozen=True)
class Mesh:
    """One triangle mesh: vertices (V, 3) float32, faces (F, 3) int64, counter-clockwise from outside.

    Raises ValueError on wrong shapes, non-finite vertices and indices out of range.

    >>> Mesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    Mesh(3 vertices, 1 faces)
    """

    vertices: Tensor
    faces: Tensor

    def __post_init__(self) -> None:
        vertices = torch.as_tensor(self.vertices).float()
        faces = torch.as_tensor(self.faces).long()
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

    def __repr__(self) -> str:
        return f"Mesh({len(self.vertices)} vertices, {len(self.faces)} faces)"


def icosphere(level: int) -> Mesh:
    """Unit sphere by `level` subdivisions of an icosahedron; level 3 is the papers' template.

    >>> icosphere(3)
    Mesh(642 vertices, 1280 faces)
    """
    sphere = trimesh.creation.icosphere(subdivisions=level)
    return Mesh(np.asarray(sphere.vertices), np.asarray(sphere.faces))
