"""Surfels, shown: as pictures of their shading, depth and normals, and as squares in space."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import ipywidgets
import numpy as np
import plotly.graph_objects as go
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from ..cameras import Camera, pixel_centres
from ..meshes import Mesh
from ..render.surfels import surfel_normals, surfel_positions
from . import svg
from .images import strip
from .live import live
from .meshes import mesh
from .page_figure import PageFigure
from .style import array

Seen = tuple[ArrayLike, ArrayLike, ArrayLike]  # shading, depth and normals of one view
COVER = 0.92  # side of a surfel's square, as a share of its pixel's footprint


def depth_map(depth: ArrayLike, limits: tuple[float, float] | None = None) -> np.ndarray:
    """Depths (..., H, W) as grey RGB in [0, 1], (..., H, W, 3): near is dark, as in the paper.

    limits: depths that are drawn darkest and lightest; default: the data's. Empty surfels are
    white.

    >>> depth_map([[1.0, 3.0], [2.0, 0.0]])[..., 0].round(2).tolist()
    [[0.1, 0.95], [0.52, 1.0]]
    """
    values = array(depth).astype(float)
    there = np.isfinite(values) & (values > 0)
    low, high = limits or (
        (values[there].min(), values[there].max()) if there.any() else (0.0, 1.0)
    )
    unit = np.clip((np.where(there, values, low) - low) / max(high - low, 1e-12), 0, 1)
    return np.repeat(np.where(there, 0.1 + 0.85 * unit, 1.0)[..., None], 3, axis=-1)


def normal_map(normals: ArrayLike) -> np.ndarray:
    """Unit normals (..., 3) as RGB in [0, 1]: red for x, green for y, blue for z; none is white.

    >>> normal_map([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]).tolist()
    [[0.5, 0.5, 1.0], [1.0, 1.0, 1.0]]
    """
    n = array(normals).astype(float)
    return np.where((n == 0).all(-1, keepdims=True), 1.0, np.clip((n + 1) / 2, 0, 1))


def surfel_views(
    rows: Mapping[str, tuple[ArrayLike, ArrayLike, ArrayLike]],
    titles: Sequence[str] | None = None,
    scale: float | None = None,
) -> svg.Svg:
    """Shading, depth and normals under one another, for each entry: input and reconstruction, say.

    rows: label -> (images (N, H, W, 3), depths (N, H, W), normals (N, H, W, 3)); columns are the N.
        Depths of all entries are drawn on one scale. Brightness above 1 is clipped.
    """
    depths = {label: array(depth).astype(float) for label, (_, depth, _) in rows.items()}
    seen = np.concatenate([d[np.isfinite(d) & (d > 0)] for d in depths.values()])
    limits = (seen.min(), seen.max()) if len(seen) else (0.0, 1.0)
    drawn: dict[str, np.ndarray] = {}
    for label, (images, _, normals) in rows.items():
        name = f"{label} " if label else ""
        drawn[f"{name}shading"] = np.clip(array(images), 0, 1)
        drawn[f"{name}depth"] = depth_map(depths[label], limits)
        drawn[f"{name}normals"] = normal_map(normals)
    return strip(drawn, titles, scale)


def surfel_walk(
    look: Callable[[float], Seen | Sequence[Seen]], degrees: Sequence[float]
) -> ipywidgets.Widget | go.Figure:
    """Shading, depth and normals as one walks round a scene: a slider, with a kernel or without.

    look: angle -> (image (H, W, 3), depth (H, W), normals (H, W, 3)) of the scene seen from there,
        true or reconstructed; or a list of several, which stand under one another, for them to be
        compared at every angle. degrees: the angles to choose from.
    """
    found = {angle: look(angle) for angle in degrees}
    seen = {angle: f if isinstance(f, list) else [f] for angle, f in found.items()}
    depths = np.concatenate([array(d).ravel() for views in seen.values() for _, d, _ in views])
    depths = depths[np.isfinite(depths) & (depths > 0)]
    limits = (depths.min(), depths.max()) if len(depths) else (0.0, 1.0)

    def draw(degrees: float) -> dict[str, np.ndarray]:
        images, depths, normals = zip(*seen[degrees], strict=True)
        return {
            "shading": _stacked([np.clip(array(image), 0, 1) for image in images]),
            "depth": _stacked([depth_map(depth, limits) for depth in depths]),
            "normals": _stacked([normal_map(n) for n in normals]),
        }

    return live(draw, degrees=list(degrees))


def _stacked(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Pictures (H, W, 3) under one another, with a white line between."""
    line = np.ones((max(1, len(pictures[0]) // 32), *pictures[0].shape[1:]))
    parts = [part for picture in pictures for part in (line, picture)]
    return np.concatenate(parts[1:])


def surfel_squares(
    depth: Tensor, camera: Camera, colours: ArrayLike | None = None, stride: int = 1
) -> tuple[Mesh, np.ndarray]:
    """Surfels of one view as squares in the world: a mesh, and RGB of its faces (F, 3).

    depth: (H, W). camera: one camera. colours: (H, W, 3); default: those of the normals.
    stride: every how many-th pixel of a row and column gets a square, as large as those it
    stands for. Empty surfels get none.

    Raises ValueError for several views at once.
    """
    if depth.ndim != 2 or len(camera) != 1:
        raise ValueError(
            f"surfels are drawn one view at a time: depth (H, W) and 1 camera; got "
            f"{tuple(depth.shape)} and {len(camera)}"
        )
    depth = depth.detach()[None]
    normals, positions = surfel_normals(depth, camera)[0], surfel_positions(depth, camera)[0]
    paint = normal_map(normals) if colours is None else np.clip(array(colours), 0, 1)
    pick = (slice(stride // 2, None, stride),) * 2
    n, p, paint = normals[pick], positions[pick], paint[pick]
    there = p[..., 2] < 0
    # the corners of the pixel, moved along their rays onto the surfel's plane
    origins, rays = _corner_rays(depth, camera, pick, stride)
    t = ((p[..., None, :] - origins) * n[..., None, :]).sum(-1) / (rays * n[..., None, :]).sum(-1)
    distance = -p[..., 2:]
    t = t.where(
        (t / distance - 1).abs() < 0.1, distance
    )  # unless that is far off, for slanted ones
    corners = (origins + t[..., None] * rays)[there] @ camera.rotation[0] + camera.eye[0]
    first = 4 * torch.arange(len(corners))[:, None, None]
    faces = (first + torch.tensor([[0, 1, 2], [0, 2, 3]])).view(-1, 3)
    return Mesh(corners.reshape(-1, 3), faces), np.repeat(paint[there.numpy()], 2, axis=0)


def _corner_rays(
    depth: Tensor, camera: Camera, pick: tuple[slice, slice], stride: int
) -> tuple[Tensor, Tensor]:
    """Rays (h, w, 4 corners, 3) in view coordinates, 1 deep, round every chosen pixel."""
    height, width = depth.shape[1:]
    x, y = pixel_centres(height, width, depth.dtype, depth.device)
    y, x = torch.meshgrid(y[pick[0]], x[pick[1]], indexing="ij")
    around = COVER * stride / height * torch.tensor([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
    flat = torch.stack([x, y], -1)[..., None, :] + around
    ahead = torch.full_like(flat[..., :1], -1.0)
    if camera.fov is None:
        origins = torch.cat([flat * camera.scale, 0 * ahead], -1)
        return origins, torch.cat([0 * flat, ahead], -1)
    rays = torch.cat([flat * math.tan(math.radians(camera.fov / 2)), ahead], -1)
    return 0 * rays, rays


def surfel_cloud(
    depths: Sequence[Tensor] | Tensor,
    camera: Camera,
    colours: Sequence[ArrayLike] | ArrayLike | None = None,
    titles: Sequence[str] | str | None = None,
    stride: int = 1,
    view: tuple[float, float] = (40.0, 30.0),
) -> PageFigure | ipywidgets.Widget:
    """Surfels of one or more views in space, side by side, to be turned.

    depths: (H, W), or a list. colours: (H, W, 3), or a list; default: those of the normals.
    camera: one camera, or one for each. Everything else as in `surfel_squares` and `show.mesh`.
    """
    depths = [depths] if isinstance(depths, Tensor) and depths.ndim == 2 else list(depths)
    paints = [None] * len(depths) if colours is None else colours
    paints = [paints] if not isinstance(paints, list) and array(paints).ndim == 3 else list(paints)
    cameras = [camera[k if len(camera) > 1 else 0] for k in range(len(depths))]
    squares = [
        surfel_squares(depth, one, paint, stride)
        for depth, one, paint in zip(depths, cameras, paints, strict=True)
    ]
    return mesh([s[0] for s in squares], [s[1] for s in squares], titles, view)
