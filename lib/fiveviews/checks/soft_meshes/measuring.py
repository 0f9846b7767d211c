"""Checks of the exercises that measure: the silhouette loss, the Laplacian energy, voxel IoU."""

from __future__ import annotations

import torch
from torch import Tensor

from fiveviews import metrics
from fiveviews.checks import Case, Exercise, uniform
from fiveviews.meshes import Smoothness, edges, icosphere

# 5. The loss --------------------------------------------------------------------------------------


def _loss(guess: Tensor, target: Tensor) -> Tensor:
    return (1 - metrics.soft_iou(guess, target)).mean()


def _ratio(guess: Tensor, target: Tensor, twice: float, counted: float) -> Tensor:
    overlap, both = (guess * target).sum((1, 2)), (guess + target).sum((1, 2))
    return (1 - twice * overlap / (both - counted * overlap + 1e-6)).mean()


def _pooled(guess: Tensor, target: Tensor) -> Tensor:
    overlap = (guess * target).sum()
    return 1 - overlap / ((guess + target).sum() - overlap + 1e-6)


def _silhouettes() -> list[Case]:
    guess, target = uniform(6, 3, 8, 8), (uniform(7, 3, 8, 8) > 0.5).double()
    target[1, 2:] = 0  # pictures of different size, so that an average of ratios differs
    return [
        Case("3 pictures of 8 × 8 pixels", (guess, target)),
        Case("2 pictures", (guess[:2].square(), target[:2])),
        Case(
            "an empty guess of an empty picture",
            (torch.zeros(1, 8, 8).double(), torch.zeros(1, 8, 8).double()),
            edge="Add 1e-6 to the union, so that 0/0 does not make NaN of a whole training run.",
        ),
    ]


silhouette_loss = Exercise(
    name="5 The silhouette loss",
    truth=_loss,
    cases=_silhouettes,
    mistakes={
        "That is the soft IoU itself, which grows as the guess improves. A loss falls: 1 - IoU.": (
            lambda p, t: 1 - _loss(p, t)
        ),
        "The overlap is counted twice in your union: subtract it once from the sum, p + t - p·t.": (
            lambda p, t: _ratio(p, t, twice=1.0, counted=0.0)
        ),
        "That is the Dice coefficient, 2·overlap / sum, a cousin of the IoU; the paper divides the "
        "overlap by the union.": lambda p, t: _ratio(p, t, twice=2.0, counted=0.0),
        "One ratio of the whole batch lets large silhouettes outvote small ones: a ratio per "
        "picture first, then the mean.": _pooled,
        "The losses of the pictures are summed; take their mean, or the learning rate would depend "
        "on the batch.": lambda p, t: _loss(p, t) * len(p),
        "That is the squared error. What is wrong with it is the question after this exercise.": (
            lambda p, t: (p - t).square().mean()
        ),
        "Rounded to 0 and 1 first: right as a score, but it has no gradient.": (
            lambda p, t: _loss((p > 0.5).double(), t)
        ),
    },
    praise="0 for a perfect match, 1 for none, and the same for small and large objects.",
)


# 6. The Laplacian energy --------------------------------------------------------------------------


def _laplacian(vertices: Tensor, faces: Tensor) -> Tensor:
    return Smoothness(faces, len(vertices)).laplacian(vertices[None])[0]


def _neighbour_sum(vertices: Tensor, pairs: Tensor) -> tuple[Tensor, Tensor]:
    ends = torch.cat([pairs, pairs.flip(1)])
    total = torch.zeros_like(vertices).index_add(0, ends[:, 0], vertices[ends[:, 1]])
    return total, torch.bincount(ends[:, 0], minlength=len(vertices))[:, None]


def _offsets(vertices: Tensor, faces: Tensor) -> Tensor:
    total, degree = _neighbour_sum(vertices, edges(faces))
    return vertices - total / degree


def _one_way(vertices: Tensor, faces: Tensor) -> Tensor:
    pairs = edges(faces)
    total = torch.zeros_like(vertices).index_add(0, pairs[:, 0], vertices[pairs[:, 1]])
    degree = torch.bincount(pairs[:, 0], minlength=len(vertices))[:, None]
    return (vertices - total / degree.clamp(min=1)).square().sum()


def _counting_itself(vertices: Tensor, faces: Tensor) -> Tensor:
    total, degree = _neighbour_sum(vertices, edges(faces))
    return (vertices - (total + vertices) / (degree + 1)).square().sum()


def _meshes() -> list[Case]:
    ball, open_ball = icosphere(1), icosphere(0).faces[:12]
    vertices = ball.vertices.double() + 0.1 * uniform(8, 42, 3)
    return [
        Case("a bumpy ball of 42 vertices", (vertices, ball.faces)),
        Case("an open surface", (vertices[:12], open_ball)),
        Case(
            "a mesh with a vertex that no face uses",
            (torch.cat([vertices, uniform(9, 1, 3)]), ball.faces),
            edge="A vertex without neighbours has no mean to stray from: it counts 0, not NaN.",
        ),
    ]


laplacian = Exercise(
    name="6 The Laplacian energy",
    truth=_laplacian,
    cases=_meshes,
    mistakes={
        "Averaged over the vertices; the paper's weight 0.005 belongs to the sum.": (
            lambda v, f: _laplacian(v, f) / len(v)
        ),
        "Averaged over vertices and coordinates; the paper's weight 0.005 belongs to the sum.": (
            lambda v, f: _laplacian(v, f) / v.numel()
        ),
        "The square is missing: you add up lengths, and the energy adds up squared lengths.": (
            lambda v, f: _offsets(v, f).norm(dim=1).sum()
        ),
        "Each vertex is compared with the *sum* of its neighbours; divide by their number.": (
            lambda v, f: (v - _neighbour_sum(v, edges(f))[0]).square().sum()
        ),
        "Each edge is followed one way only: if j is a neighbour of i, i is one of j.": _one_way,
        "Squared edge lengths: that pulls each vertex to each neighbour. Average the neighbours "
        "first, then square.": (
            lambda v, f: (v[edges(f)[:, 0]] - v[edges(f)[:, 1]]).square().sum()
        ),
        "A vertex is not its own neighbour: leave it out of the mean.": _counting_itself,
        "Neighbours across an edge that two faces share are counted twice: go through "
        "edges(faces), which names each edge once.": lambda v, f: _twice_counted(v, f),
    },
    praise="Smooth and evenly spread costs little, bumps cost much, and moving it whole nothing.",
)


def _twice_counted(vertices: Tensor, faces: Tensor) -> Tensor:
    pairs = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    total, degree = _neighbour_sum(vertices, pairs)
    return (vertices - total / degree.clamp(min=1)).square().sum()


# 8. Voxel IoU -------------------------------------------------------------------------------------


def _grids() -> list[Case]:
    a, b = uniform(10, 8, 8, 8) < 0.3, uniform(11, 8, 8, 8) < 0.2
    empty = torch.zeros_like(a)
    return [
        Case("two random grids", (a, b)),
        Case("a grid and a part of it", (a, a & b)),
        Case("two grids that do not touch", (a, ~a), edge="They share nothing."),
        Case(
            "two empty grids",
            (empty, empty),
            edge="They agree in every cell: by convention that is 1, and never NaN.",
        ),
    ]


voxel_iou = Exercise(
    name="8 Voxel IoU",
    truth=metrics.voxel_iou,
    cases=_grids,
    mistakes={
        "The share of cells that agree: air agrees with air, so that an empty guess of a thin "
        "chair would score nearly 1. Count only cells that one of the two fills.": (
            lambda a, b: (a == b).double().mean()
        ),
        "The overlap is counted twice in your union: a cell is in it if one of the two fills it, "
        "a | b.": lambda a, b: (a & b).sum() / (a.sum() + b.sum()).double(),
        "That is the Dice coefficient; the papers divide the overlap by the union.": (
            lambda a, b: 2 * (a & b).sum() / (a.sum() + b.sum()).double()
        ),
        "Divided by the first shape alone: then a guess inside the target is never wrong.": (
            lambda a, b: (a & b).sum() / a.sum().double()
        ),
        "Divided by the second shape alone: then a guess that fills everything scores 1.": (
            lambda a, b: (a & b).sum() / b.sum().double()
        ),
        "Divided by all cells of the grid, filled or not; divide by the union.": (
            lambda a, b: (a & b).double().mean()
        ),
        "Upside down: you count where the two differ.": (
            lambda a, b: (a ^ b).sum() / (a | b).sum().double()
        ),
    },
    praise="The papers' measure, to the last cell.",
    differentiable=False,
)
