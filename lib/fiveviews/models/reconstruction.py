"""Scoring networks that turn one picture into a mesh, and the baselines to beat."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from fiveviews.cameras import shapenet_views
from fiveviews.data.storage import read_npz, write_npz
from fiveviews.data.views import ViewSet
from fiveviews.meshes import Mesh
from fiveviews.metrics import voxel_iou
from fiveviews.training.session import evaluating
from fiveviews.voxels import voxelise

EXAMPLE_VIEW = 2  # from -30°: two sides of an object and its top


def to_network(images: Tensor) -> Tensor:
    """Stored pictures (..., H, W, 4) uint8 as the network wants them, (..., 4, H, W) in [0, 1]."""
    return images.movedim(-1, -3).float() / 255


@torch.no_grad()
def reconstruct(model: nn.Module, images: Tensor, batch: int = 256) -> Tensor:
    """Vertices (N, V, 3) from stored pictures (N, H, W, 4) uint8."""
    device = next(model.parameters()).device
    with evaluating(model):
        return torch.cat([model(to_network(part.to(device))).cpu() for part in images.split(batch)])


def write_examples(path: Path, model: nn.Module, views: ViewSet, count: int = 24) -> None:
    """Keep what a network makes of the first `count` objects, each from view 2.

    One array `examples` (count, V, 3) in half precision, a thirtieth of the network in size.
    """
    pictures = torch.from_numpy(views.images[:count, EXAMPLE_VIEW])
    write_npz(path, examples=reconstruct(model, pictures).half().numpy())


def read_examples(path: Path) -> Tensor:
    """Vertices (count, V, 3) that `write_examples` kept. Raises as `read_npz` does."""
    return torch.from_numpy(read_npz(path, ("examples",))[0]).float()


def evaluate_iou(model: nn.Module, views: ViewSet, every: int = 1) -> Tensor:
    """Voxel IoU (N, 24 / every) of the reconstruction from each view of each object, at 32³.

    The papers' number is the mean of all of them; `every` leaves out views, to look in between.
    """
    images = torch.from_numpy(views.images[:, ::every])
    vertices = reconstruct(model, images.flatten(0, 1))
    faces = model.faces.cpu()
    grids = torch.stack([torch.from_numpy(voxelise((v, faces))) for v in vertices])
    target = torch.from_numpy(views.voxels)[:, None]
    return voxel_iou(grids.view(len(views), -1, *grids.shape[1:]), target)


def mean_shape_iou(train: ViewSet, test: ViewSet) -> tuple[Tensor, Mesh | None, float]:
    """The best guess without looking: one average shape for all. IoU (N,) on the test objects,
    and the share of training shapes that must fill a cell, chosen on the training objects."""
    share = torch.from_numpy(train.voxels).float().mean(0)
    levels = torch.arange(0.05, 0.95, 0.05)
    shapes = share > levels[:, None, None, None]
    score = voxel_iou(shapes[:, None], torch.from_numpy(train.voxels)).mean(1)
    best = int(score.argmax())
    return voxel_iou(shapes[best], torch.from_numpy(test.voxels)), shapes[best], float(levels[best])


def nearest_neighbour_iou(train: ViewSet, test: ViewSet) -> tuple[Tensor, Tensor]:
    """Retrieval: the shape of the training picture that is most like the test picture.

    Pictures are compared by squared difference of all four channels at 32×32, over all training
    objects and views. Returns IoU (N, 24) and the indices (N, 24) of the objects chosen.
    """
    known, asked = (_thumbnails(v) for v in (train, test))
    chosen = torch.cat([torch.cdist(part, known).argmin(1) for part in asked.split(512)])
    chosen = (chosen // train.images.shape[1]).view(len(test), -1)
    grids = torch.from_numpy(train.voxels)[chosen]
    return voxel_iou(grids, torch.from_numpy(test.voxels)[:, None]), chosen


def visual_hull(views: ViewSet) -> Tensor:
    """What carving makes of all silhouettes at once (Laurentini 1994): bool (N, 32, 32, 32).

    A cell stays if its centre lies inside the silhouette of every view (more than a tenth covered,
    for a voxel counts as full where the surface only touches it).
    """
    side = views.voxels.shape[1]
    line = (torch.arange(side) + 0.5) / side - 0.5
    centres = shapenet_views().project(torch.cartesian_prod(line, line, line))
    place = centres[:, None, :, :2] * torch.tensor([1.0, -1.0])  # row 0 of a picture is on top
    hulls = []
    for masks in torch.from_numpy(views.masks):
        seen = nn.functional.grid_sample(masks[:, None], place, align_corners=False)
        hulls.append((seen[:, 0, 0] > 0.1).all(0).view(side, side, side))
    return torch.stack(hulls)


def _thumbnails(views: ViewSet) -> Tensor:
    pictures = to_network(torch.from_numpy(views.images).flatten(0, 1))
    return nn.functional.avg_pool2d(pictures, 2).flatten(1)


def meshes_of(model: nn.Module, vertices: Tensor) -> Iterator[Mesh]:
    """Reconstructed vertices (N, V, 3) as meshes, ready to show or save."""
    return (Mesh(v, model.faces.cpu()) for v in vertices)
