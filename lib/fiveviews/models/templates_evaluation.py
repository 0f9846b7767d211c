"""Scoring fields made from pictures, and the baselines that they have to beat.

A score is the Chamfer distance of 30,000 points, squared, in ShapeNet's frame (`unit_diagonal`)
and in the unit sphere; an object of which no surface came out is a failure, NaN, and is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from fiveviews.chamfer import FRAMES, SAMPLES, chamfer_distance
from fiveviews.meshes import Mesh
from fiveviews.models.templates import ImplicitTemplates
from fiveviews.models.templates_data import Objects, to_network
from fiveviews.models.templates_encoder import Encoder, Trunk
from fiveviews.models.templates_meshes import extract_mesh, fit_code
from fiveviews.models.templates_training import Reconstructor
from fiveviews.progress import progress
from fiveviews.training.session import evaluating

VIEWS = ("fix", "rnd")
FIXED = 30  # of the easy pictures; paper: element 30 of an unsorted list of files
LEDGER_FRAMES = {"shapenet": "unit_diagonal", "unit_sphere": "unit_sphere"}


@dataclass(frozen=True, eq=False)
class Scores:
    """Chamfer distances (N,) of test objects in both frames, NaN for failures."""

    shapenet: np.ndarray
    unit_sphere: np.ndarray

    @property
    def failures(self) -> int:
        return int(np.isnan(self.shapenet).sum())


def chosen_views(n: int, view: str, count: int = 50, seed: int = 0) -> Tensor:
    """Which of `count` pictures stands for each of n objects: int64 (n,).

    view: `fix`, always the same one, or `rnd`, drawn for each object from the seed.

    Raises ValueError for another view.

    >>> chosen_views(3, "fix").tolist(), chosen_views(3, "rnd", seed=1).tolist()
    ([30, 30, 30], [45, 39, 24])
    """
    if view not in VIEWS:
        raise ValueError(f"view must be one of {', '.join(VIEWS)}; got {view!r}")
    if view == "fix":
        return torch.full((n,), FIXED if count > FIXED else 0)
    return torch.randint(count, (n,), generator=torch.Generator().manual_seed(seed))


def asked(test: Objects, view: str, seed: int = 0) -> Tensor:
    """The easy picture that stands for each of the test objects: uint8 (N, S, S, 3)."""
    pictures = test.easy.pictures
    views = chosen_views(len(test), view, pictures.shape[1], seed)
    return pictures[torch.arange(len(test)), views]


@torch.no_grad()
def encode(encoder: Encoder | Trunk, pictures: Tensor, batch: int = 256) -> Tensor:
    """Codes or features (N, C), on the CPU, of stored pictures (N, S, S, 3) uint8."""
    device = next(encoder.parameters()).device
    with evaluating(encoder):
        return torch.cat(
            [encoder(to_network(part.to(device))).cpu() for part in pictures.split(batch)]
        )


def reconstruct(model: Reconstructor, pictures: Tensor, resolution: int = 0) -> list[Mesh | None]:
    """A mesh from each of the stored pictures (N, S, S, 3) uint8, None where there is no surface.

    resolution: of the grid; 0: what the recipe says.
    """
    device = next(model.parameters()).device
    resolution = resolution or model.recipe.resolution
    codes = encode(model.encoder, pictures).to(device)
    return [extract_mesh(model.fields.field(code), resolution, device) for code in codes]


def score(
    meshes: Iterable[Mesh | None], test: Objects, label: str = "", n: int = SAMPLES
) -> Scores:
    """Chamfer distances of predicted meshes, one for each test object, in the fields' frame.

    The points are drawn once: from one frame to the other, squared distances change by the square
    of the scale, which differs from object to object.
    """
    found = []
    for i, mesh in enumerate(progress(meshes, label, total=len(test), unit="object")):
        truth = test.fields.mesh(i)
        distance = chamfer_distance(mesh, truth, "unit_diagonal", n)
        scales = [FRAMES[frame](truth).scale for frame in ("unit_diagonal", "unit_sphere")]
        found.append((distance, distance * (scales[1] / scales[0]) ** 2))
    both = np.array(found, float).reshape(-1, 2)
    return Scores(both[:, 0], both[:, 1])


def evaluate(model: Reconstructor, test: Objects, view: str, seed: int = 0) -> Scores:
    """Scores of a reconstruction from one easy picture of each test object."""
    meshes = (reconstruct(model, p[None])[0] for p in asked(test, view, seed))
    return score(meshes, test, view, model.recipe.surface)


def template_mesh(model: ImplicitTemplates, resolution: int = 0) -> Mesh | None:
    """The template itself."""
    device = next(model.parameters()).device
    return extract_mesh(model.template_field(), resolution or model.recipe.resolution, device)


def mean_template(model: ImplicitTemplates, test: Objects) -> Scores:
    """A baseline: the template for every object, whatever its picture shows."""
    return score([template_mesh(model)] * len(test), test, "template", model.recipe.surface)


def nearest_picture(train: Objects, pictures: Tensor) -> Tensor:
    """The training objects (N,) of which some easy picture is nearest, pixel by pixel, to each
    given."""
    easy = train.easy.pictures
    known = easy.flatten(0, 1).flatten(1).float() / 255
    distance = known.square().sum(1) - 2 * (pictures.flatten(1).float() / 255) @ known.T
    return distance.argmin(1) // easy.shape[1]


def nearest_neighbour(
    train: Objects, test: Objects, view: str, seed: int = 0, n: int = SAMPLES
) -> Scores:
    """A baseline: the training object whose picture is most alike, as it is."""
    found = nearest_picture(train, asked(test, view, seed))
    return score((train.fields.mesh(int(k)) for k in found), test, "retrieval", n)


def fitted(model: ImplicitTemplates, test: Objects, seed: int = 0) -> Scores:
    """The upper bound: each code fitted to the true field of its object."""
    device = next(model.parameters()).device

    def meshes() -> Iterator[Mesh | None]:
        for i in range(len(test)):
            code = fit_code(model, test.fields.samples(i), seed=seed)
            yield extract_mesh(model.field(code), model.recipe.resolution, device)

    return score(meshes(), test, "fitted", model.recipe.surface)


def retrieval_at_1(features: Tensor) -> float:
    """Share of pictures whose nearest one from the opposite side shows the same object.

    features: (N, V, F), V pictures of each of N objects, in one turn all around (easy ones, or hard
    ones: both together are two turns). The gallery of view v is view v + V/2 of all objects, so
    neighbouring views, which are nearly the same picture, do not count. Similarity is the cosine.
    Guessing scores 1/N.

    >>> retrieval_at_1(torch.eye(3)[:, None].expand(3, 4, 3))
    1.0
    """
    unit = normalize(features, dim=-1)
    opposite = unit.roll(-(features.shape[1] // 2), dims=1)
    similarity = torch.einsum("nvf,mvf->vnm", unit, opposite)
    return (similarity.argmax(-1) == torch.arange(len(features))).double().mean().item()
