"""How good a depth is: the metrics of tables 1 and 2, and depths that need no learning."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from fiveviews.cameras import Camera, pixel_centres
from fiveviews.data.surfel_scenes import SceneViews, compose, photograph
from fiveviews.files import write_atomically
from fiveviews.metrics import hausdorff
from fiveviews.models.surfels import Pix2Scene, draw
from fiveviews.render.surfels import Lights, surfel_normals, surfel_positions
from fiveviews.training.parallel import rank
from fiveviews.training.session import evaluating

COLUMNS = 8  # pictures on a sheet of samples


@torch.no_grad()
def reconstruct(
    model: Pix2Scene,
    views: SceneViews,
    camera: Camera | None = None,
    batch: int = 64,
    classes: Tensor | None = None,
) -> Tensor:
    """Depths (N, S, S) that the network believes these pictures show, on the CPU.

    camera: N others to see the believed scenes from; default: those that took the pictures.
    classes: int64 (N,), what the pictures show, for a network that is told.
    """
    device = next(model.parameters()).device
    found = []
    with evaluating(model):
        for first in range(0, len(views), batch):
            part = slice(first, first + batch)
            seen = views.camera[part].to(device)
            target = seen if camera is None else camera[part].to(device)
            codes = model.encode(pictures(views)[part].to(device), seen)
            of = None if classes is None else classes[part].to(device)
            found.append(model.decode(codes, target, of).cpu())
    return torch.cat(found)


def pictures(views: SceneViews) -> Tensor:
    """Pictures as networks take them: (N, 3, S, S)."""
    return views.images.permute(0, 3, 1, 2)


def scores(depth: Tensor, truth: SceneViews) -> dict[str, float]:
    """Means over pictures of the tables' metrics, in sides of the room.

    hausdorff_f, hausdorff_r: between the surfels' positions; F from the reconstruction to the
        truth, R the other way round (the paper does not say which is which). mse_depth: along the
        viewing axis.
    """
    positions = [surfel_positions(d, truth.camera).flatten(1, 2) for d in (depth, truth.depth)]
    pairs = np.array([hausdorff(a, b) for a, b in zip(*positions, strict=True)])
    return {
        "hausdorff_f": float(pairs[:, 0].mean()),
        "hausdorff_r": float(pairs[:, 1].mean()),
        "mse_depth": float((depth - truth.depth).square().mean()),
    }


@torch.no_grad()
def validate(
    model: Pix2Scene, views: SceneViews, classes: Tensor | None = None
) -> dict[str, float]:
    """What is looked at during training: error of depth and picture, and how normals agree."""
    depth = reconstruct(model, views, classes=classes)
    drawn = draw(depth, views.camera, views.lights)
    normals = [surfel_normals(d, views.camera) for d in (depth, views.depth)]
    agree = (normals[0] * normals[1]).sum(-1)
    return {
        "mse depth": float((depth - views.depth).square().mean()),
        "mse picture": float((drawn - pictures(views)).square().mean()),
        "normals": float(agree.mean()),
    }


def watch(
    folder: Path, images: Tensor, camera: Camera, lights: Lights, classes: Tensor | None = None
) -> Callable[[Pix2Scene, int], None]:
    """For `surfels.train` to call: leaves a sheet of what the networks make at that moment.

    Files samples-000150.png, with the step, in the folder; for their rows see `samples`.
    images: (N, 3, S, S), the first 8 of which are shown; the others as in `samples`.
    """
    shown = slice(min(COLUMNS, len(images)))
    if len(camera) > 1:
        camera, lights = camera[shown], lights[shown]
    of = None if classes is None else classes[shown]

    def look(model: Pix2Scene, step: int) -> None:
        buffer = io.BytesIO()
        Image.fromarray(samples(model, images[shown], camera, lights, of)).save(buffer, "png")
        if not rank():
            folder.mkdir(parents=True, exist_ok=True)
            write_atomically(folder / f"samples-{step:06d}.png", buffer.getvalue())

    return look


@torch.no_grad()
def samples(
    model: Pix2Scene, images: Tensor, camera: Camera, lights: Lights, classes: Tensor | None = None
) -> np.ndarray:
    """Five rows of pictures side by side, uint8 (5 S, N S, 3): input, reconstruction, its depth, a
    scene from random codes, and its depth (near is dark).

    images: (N, 3, S, S), on the CPU, as are the others. camera, lights: N, or 1 for all. classes:
    int64 (N,), for networks that are told.
    """
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(len(images), model.sizes.code, generator=generator).to(device)
    of, here = None if classes is None else classes.to(device), camera.to(device)
    with evaluating(model):
        rebuilt = model.decode(model.encode(images.to(device), here), here, of).cpu()
        invented = model.decode(noise, here, of).cpu()
    rows = [images.permute(0, 2, 3, 1)]
    for depth in (rebuilt, invented):
        rows.append(draw(depth, camera, lights).permute(0, 2, 3, 1))
        share = (depth - model.sizes.near) / (model.sizes.far - model.sizes.near)
        rows.append(share[..., None].expand(-1, -1, -1, 3))
    sheet = torch.cat([torch.cat(list(row), 1) for row in rows])
    return (sheet.clamp(0, 1) * 255).round().byte().numpy()


# Depths without learning. Each takes the training views and the views to answer for.


def constant_depth(train: SceneViews, views: SceneViews) -> Tensor:
    """One number for all pixels: the mean depth in training."""
    return train.depth.mean().expand_as(views.depth).clone()


def plane_depth(train: SceneViews, views: SceneViews) -> Tensor:
    """The one plane before the camera that fits the training depths best, in 1 / depth.

    There a plane is a·x + b·y + c in image coordinates.
    """
    x, y = pixel_centres(*train.depth.shape[1:])
    y, x = torch.meshgrid(y, x, indexing="ij")
    basis = torch.stack([x, y, torch.ones_like(x)], -1).view(-1, 3)
    mean = (1 / train.depth).mean(0).view(-1, 1)
    fitted = 1 / (basis @ torch.linalg.lstsq(basis, mean).solution).view(x.shape)
    return fitted.expand_as(views.depth).clone()


def mean_depth(train: SceneViews, views: SceneViews) -> Tensor:
    """The mean over training, pixel by pixel: it knows the room, but not the camera."""
    return train.depth.mean(0).expand_as(views.depth).clone()


def empty_room(train: SceneViews, views: SceneViews) -> Tensor:
    """The room without anything in it, from the picture's own camera, which is given to all."""
    room = photograph([compose([])], views.camera, views.lights, views.depth.shape[1])
    return room.depth


def nearest_neighbour(train: SceneViews, views: SceneViews) -> Tensor:
    """The depth of the training picture that is most like it."""
    ours, theirs = views.images.flatten(1), train.images.flatten(1)
    return train.depth[torch.cdist(ours, theirs).argmin(1)]


BASELINES = {
    "constant_depth": constant_depth,
    "plane_depth": plane_depth,
    "mean_depth": mean_depth,
    "empty_room": empty_room,
    "nearest_neighbour": nearest_neighbour,
}


def baselines(
    train: SceneViews, test: SceneViews, names: Iterable[str] | None = None
) -> dict[str, dict[str, float]]:
    """The scores of baselines (None: of all) on the test pictures. Those that look at training
    depths know more than Pix2Scene, which sees pictures alone."""
    chosen = BASELINES if names is None else {name: BASELINES[name] for name in names}
    return {name: scores(depth(train, test), test) for name, depth in chosen.items()}
