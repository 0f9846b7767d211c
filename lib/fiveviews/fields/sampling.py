"""Points to learn a field from, drawn as DeepSDF draws them: most of them near the surface."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from fiveviews.fields import MeshField
from fiveviews.meshes import Mesh

SAMPLES = 500_000
VARIANCES = (0.005, 0.0005)  # σ = 0.071 and 0.022, in a frame where the object has radius 1 / 1.03
# paper: DeepSDF documents 45 of 50 near the surface for these variances; its code draws 47 of 50
NEAR = 47 / 50


@dataclass(frozen=True, eq=False)
class SdfSamples:
    """Points (N, 3) and the signed distance (N,) at each, float32, in the frame of `unit_sphere`.

    Raises ValueError on shapes that do not fit and on numbers that are none.
    """

    points: Tensor
    distances: Tensor

    def __post_init__(self) -> None:
        n = len(self.points)
        if self.points.shape != (n, 3) or self.distances.shape != (n,):
            raise ValueError(
                f"SDF samples are points (N, 3) and distances (N,); got {tuple(self.points.shape)} "
                f"and {tuple(self.distances.shape)}"
            )
        whole = torch.isfinite(self.points).all(1) & torch.isfinite(self.distances)
        if not whole.all():
            raise ValueError(
                f"{int((~whole).sum())} of {n} SDF samples hold NaN or infinity; make the file "
                "again, or drop these rows if you know where they come from"
            )

    def __len__(self) -> int:
        return len(self.points)

    @property
    def outside(self) -> Tensor:
        """Rows x, y, z, s with s > 0: (P, 4), what DeepSDF calls `pos`."""
        return self._rows()[self.distances > 0]

    @property
    def inside(self) -> Tensor:
        """Rows x, y, z, s with s <= 0: (Q, 4), what DeepSDF calls `neg`."""
        return self._rows()[~(self.distances > 0)]

    def _rows(self) -> Tensor:
        return torch.cat([self.points, self.distances[:, None]], dim=1)


def sample_surface(mesh: Mesh, n: int, generator: torch.Generator | None = None) -> Tensor:
    """n points (n, 3) spread evenly over the surface: as many per unit of area everywhere.

    Raises ValueError for a mesh without area.
    """
    a, b, c = mesh.vertices[mesh.faces].unbind(1)
    area = torch.linalg.cross((b - a).double(), (c - a).double()).norm(dim=1)
    total = area.cumsum(0)
    if len(total) == 0 or not total[-1] > 0:
        raise ValueError(f"{mesh} has no area, so no points can be drawn from its surface")
    draw = torch.rand(n, 3, dtype=torch.float64, generator=generator).to(total.device)
    # right=True: a number that falls on a border belongs to the next face that has an area
    face = torch.searchsorted(total, draw[:, 0] * total[-1], right=True).clamp(max=len(total) - 1)
    root, t = draw[:, 1].sqrt().float(), draw[:, 2].float()
    weights = torch.stack([1 - root, root * (1 - t), root * t], dim=1)[..., None]
    return weights[:, 0] * a[face] + weights[:, 1] * b[face] + weights[:, 2] * c[face]


def sample_sdf(
    mesh: Mesh,
    n: int = SAMPLES,
    seed: int = 0,
    variances: tuple[float, float] = VARIANCES,
    near: float = NEAR,
    field: MeshField | None = None,
) -> SdfSamples:
    """n samples of the signed distance to a mesh that is in the frame of `frames.unit_sphere`.

    A share `near` of them are points of the surface, each moved twice by Gaussian noise, once of
    each of the two variances; the others are uniform in [-1, 1]³.
    field: what is sampled, if not the distance to the mesh by `MeshField(mesh)`.

    paper: DeepSDF guesses the sign from 100 depth images and drops the points that they disagree
    on, and measures the distance to the points that these images see. Here both are exact.

    Raises ValueError for a mesh that leaves the cube.
    """
    reach = mesh.vertices[mesh.faces].abs().max().item() if len(mesh.faces) else 0.0
    if reach > 1 + 1e-4:
        raise ValueError(
            f"SDF samples are drawn in [-1, 1]³, but the mesh reaches {reach:.3f}; put it there by "
            "`frames.unit_sphere(mesh).mesh(mesh)`"
        )
    generator = torch.Generator().manual_seed(seed)
    pairs = round(n * near / 2)
    surface = sample_surface(mesh, pairs, generator)
    noise = [v**0.5 * torch.randn(pairs, 3, generator=generator) for v in variances]
    uniform = 2 * torch.rand(n - 2 * pairs, 3, generator=generator) - 1
    points = torch.cat([*(surface + part.to(surface) for part in noise), uniform.to(surface)])
    distances = (field or MeshField(mesh))(points)
    return SdfSamples(points, distances.detach())
