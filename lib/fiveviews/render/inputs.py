"""What the renderers are given: checked once, in one way, and brought into one form."""

from __future__ import annotations

import operator

import torch
from torch import Tensor

from fiveviews.cameras import Camera


def image_size(size: int | tuple[int, int]) -> tuple[int, int]:
    """(height, width) of an image, given so or as the side of a square.

    Raises TypeError for what is no whole number, and ValueError for an image without pixels.

    >>> image_size(8), image_size((4, 6))
    ((8, 8), (4, 6))
    """
    sides = size if isinstance(size, tuple | list) else (size, size)
    try:
        height, width = map(operator.index, sides)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"size is one whole number, or two, (height, width); got {size!r}"
        ) from error
    if height < 1 or width < 1:
        raise ValueError(f"an image needs at least one pixel; got size {height} × {width}")
    return height, width


def refuse_perspective(camera: Camera) -> None:
    """Raises ValueError for a camera that line drawings cannot be made for."""
    if camera.fov is not None:
        raise ValueError(
            f"line drawings are made without perspective, but this camera has a field of view of "
            f"{camera.fov} degrees; use spare3d_views() or a camera with fov=None"
        )


def batched(vertices: Tensor, faces: Tensor) -> tuple[Tensor, Tensor]:
    """Vertices (B, V, 3) and faces (1 or B, F, 3) on their device, given with or without a batch.

    Raises ValueError for other shapes, vertices that are whole numbers and faces that are not.
    """
    if vertices.ndim not in (2, 3) or vertices.shape[-1] != 3 or not vertices.is_floating_point():
        raise ValueError(
            f"vertices must be floating-point numbers (V, 3) or (B, V, 3); got "
            f"{tuple(vertices.shape)} {str(vertices.dtype).removeprefix('torch.')}"
        )
    if faces.ndim not in (2, 3) or faces.shape[-1] != 3 or faces.is_floating_point():
        raise ValueError(
            f"faces must be whole numbers (F, 3) or (B, F, 3); got {tuple(faces.shape)} "
            f"{str(faces.dtype).removeprefix('torch.')}"
        )
    faces = faces.to(vertices.device)
    return (
        vertices if vertices.ndim == 3 else vertices[None],
        faces if faces.ndim == 3 else faces[None],
    )


def project(
    vertices: Tensor, faces: Tensor, camera: Camera, check: bool = True
) -> tuple[Tensor, Tensor]:
    """Vertices in image units and depth, (B, V, 3), and faces (1 or B, F, 3), for B images.

    check: look at the values too, for which a GPU has to be waited for.

    Raises ValueError as `batched` does, and for batches that do not fit each other, vertices that
    are NaN or infinite and indices out of range.
    """
    vertices, faces = batched(vertices, faces)
    batch = {n for n in (len(vertices), len(faces), len(camera)) if n != 1}
    if len(batch) > 1:
        raise ValueError(
            f"batch sizes disagree: {len(vertices)} vertex sets, {len(faces)} face sets, "
            f"{len(camera)} cameras; each must be one number or 1"
        )
    images = batch.pop() if batch else 1
    if check:
        _check_values(vertices, faces)
    # Half precision cannot place a vertex within a pixel: networks may use it, pictures do not.
    vertices = vertices if vertices.dtype == torch.float64 else vertices.float()
    with torch.autocast(vertices.device.type, enabled=False):
        projected = camera.to(vertices.device).to(vertices.dtype).project(vertices)
    return projected.expand(images, -1, -1), faces


def _check_values(vertices: Tensor, faces: Tensor) -> None:
    if not torch.isfinite(vertices).all():
        bad = int((~torch.isfinite(vertices)).any(-1).sum())
        raise ValueError(
            f"{bad} of {vertices.shape[0] * vertices.shape[1]} vertices are NaN or infinite; "
            f"nothing can be drawn of them"
        )
    if faces.numel() and faces.max() >= vertices.shape[1]:
        raise ValueError(
            f"faces name vertex {int(faces.max())}, but there are only {vertices.shape[1]}"
        )
