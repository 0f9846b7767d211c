"""Shapes with a formula, as meshes and as fields, and files of others, for the tests of fields."""

import math
from pathlib import Path

import numpy as np
import torch
from scipy.stats import special_ortho_group
from torch import Tensor

from fiveviews.data import renders
from fiveviews.data.sdf import write_frame, write_samples
from fiveviews.fields.frames import unit_sphere
from fiveviews.fields.sampling import sample_sdf
from fiveviews.meshes import Mesh, icosphere, save_mesh
from fiveviews.shapes import make

CORNERS = torch.tensor([[x, y, z] for x in (-1.0, 1) for y in (-1.0, 1) for z in (-1.0, 1)])
SIDES = [
    [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
    [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3],
]  # fmt: skip

CHAIRS = "03001627"  # ShapeNet's number of the category


def box(half: tuple[float, float, float] = (0.5, 0.3, 0.4)) -> Mesh:
    """A closed box about the origin that faces outward."""
    return Mesh(CORNERS * torch.tensor(half), SIDES)


def box_field(half: tuple[float, float, float] = (0.5, 0.3, 0.4)):
    def field(points: Tensor) -> Tensor:
        q = points.abs() - points.new_tensor(half)
        return q.clamp(min=0).norm(dim=-1) + q.amax(-1).clamp(max=0)

    return field


def ball_field(radius: float = 0.5):
    return lambda points: points.norm(dim=-1) - radius


def torus_field(large: float = 0.5, small: float = 0.2):
    def field(points: Tensor) -> Tensor:
        ring = points[..., [0, 2]].norm(dim=-1) - large
        return (ring.square() + points[..., 1].square()).sqrt() - small

    return field


def torus(large: float = 0.5, small: float = 0.2, n: int = 64) -> Mesh:
    """A torus of n × n quads, each two triangles, that faces outward."""
    angle = torch.arange(n) * (2 * math.pi / n)
    u, v = torch.meshgrid(angle, angle, indexing="ij")
    ring = large + small * v.cos()
    points = torch.stack([ring * u.cos(), small * v.sin(), ring * u.sin()], -1).reshape(-1, 3)
    i, j = torch.meshgrid(torch.arange(n), torch.arange(n), indexing="ij")
    a, b = i * n + j, (i + 1) % n * n + j
    c, d = (i + 1) % n * n + (j + 1) % n, i * n + (j + 1) % n
    return Mesh(points, torch.stack([a, d, c, a, c, b], -1).reshape(-1, 3))


def flipped(mesh: Mesh) -> Mesh:
    return Mesh(mesh.vertices, mesh.faces.flip(1))


def joined(*meshes: Mesh) -> Mesh:
    """Several meshes in one, not merged: they may overlap and nest."""
    starts = torch.tensor([0, *(len(m.vertices) for m in meshes)]).cumsum(0)
    faces = [m.faces + s for m, s in zip(meshes, starts, strict=False)]
    return Mesh(torch.cat([m.vertices for m in meshes]), torch.cat(faces))


def moved(mesh: Mesh, shift=(0.0, 0.0, 0.0), scale: float = 1.0) -> Mesh:
    return Mesh(mesh.vertices * scale + torch.tensor(shift), mesh.faces)


def soup(n: int, seed: int) -> Mesh:
    """n triangles that have nothing to do with each other."""
    generator = torch.Generator().manual_seed(seed)
    middles = torch.rand(n, 1, 3, generator=generator) - 0.5
    corners = middles + 0.2 * torch.randn(n, 3, 3, generator=generator)
    return Mesh(corners.reshape(-1, 3), torch.arange(3 * n).reshape(n, 3))


def pierced(keep: float, level: int = 2, seed: int = 0) -> Mesh:
    """A ball of which only a share of the faces is left."""
    ball = icosphere(level)
    generator = torch.Generator().manual_seed(seed)
    return Mesh(ball.vertices, ball.faces[torch.rand(len(ball.faces), generator=generator) < keep])


def places(n: int, seed: int = 0, reach: float = 1.0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return reach * (2 * torch.rand(n, 3, generator=generator) - 1)


def rotation(seed: int) -> Tensor:
    return torch.from_numpy(special_ortho_group.rvs(3, random_state=seed)).float()


def official_chair(root: Path, name: str, seed: int, views: int = 3) -> Path:
    """One chair in the layouts of DeepSDF, DISN and ShapeNetCore; its folder of pictures."""
    folder, mesh = root / "shapenet", make("chair", seed)
    frame, file = unit_sphere(mesh), Path("ShapeNetV2") / CHAIRS / f"{name}.npz"
    write_samples(folder / "SdfSamples" / file, sample_sdf(frame.mesh(mesh), 400, seed))
    write_frame(folder / "NormalizationParameters" / file, frame)
    place = folder / "ShapeNetCore.v2" / CHAIRS / name / "models"
    place.mkdir(parents=True)
    save_mesh(place / "model_normalized.obj", mesh)
    seen = np.zeros((views, 10))
    seen[:, 3:7] = 1, 35, 32, 1.75
    pictures = np.random.default_rng(seed).integers(0, 256, (views, 224, 224, 4), np.uint8)
    for level in renders.LEVELS:
        renders.write_renders(folder / "image" / CHAIRS / name / level, pictures, seen)
    return folder / "image" / CHAIRS / name
