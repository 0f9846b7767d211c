"""A scene of surfels whose lights can be moved: by sliders with a kernel, by hand without one.

Without a kernel the page stores each pixel's depth and normal, 5 bytes, in two pictures, and
`static/relight.js` computes equation 1 from them as a reader drags a light. Without JavaScript the
first picture stays.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from html import escape

import ipywidgets
import numpy as np
import torch
from torch import Tensor

from ..cameras import Camera
from ..render.surfels import Lights, surfel_normals, surfel_render
from .live import live
from .page_figure import PageFigure
from .style import QUIET, SMALL, is_static
from .svg import png, png_uri

FIGURE = """<div class="fv-relight" role="group" aria-label="{alt}" style="max-width:{size}px;\
margin:0 auto;background:white;color:#222"><div class="fv-stage" style="position:relative">\
<img class="fv-poster" alt="{alt}" width="{size}" height="{size}" style="width:100%;height:auto;\
display:block;image-rendering:auto" src="{poster}"></div>
<div class="fv-hint" style="font-size:{small}px;color:{quiet};text-align:center"></div>
<script type="application/json" class="fv-surfels">{data}</script></div>"""


def relight(
    depth: Tensor,
    camera: Camera,
    lights: Lights,
    reflectance: float = 0.8,
    normals: Tensor | None = None,
    size: int = 384,
) -> PageFigure | ipywidgets.Widget:
    """One view of surfels, lit as the reader likes.

    depth: (H, W). camera: one, in perspective. lights: a few, shared or of one image; the first is
        the one that sliders move, and any can be dragged on a page.
    normals: (H, W, 3) in view coordinates; default: those of the depths.
    size: width of the picture on the page, in pixels.
    Raises ValueError for more than one view and for an orthographic camera.

    >>> from fiveviews.cameras import orbit
    >>> lights = Lights(torch.tensor([[1.0, 1.0, 2.0]]), torch.ones(1, 3))
    >>> relight(torch.full((8, 8), 2.0), orbit(0.0), lights).alt
    'A scene of 64 surfels under 1 light that can be moved'
    """
    if depth.ndim != 2 or len(camera) != 1 or camera.fov is None:
        raise ValueError(
            f"relight shows one view of a camera in perspective: depth (H, W) and 1 camera; got "
            f"{tuple(depth.shape)} and {len(camera)}"
        )
    depth = depth.detach().float().cpu()[None]
    camera, lights = camera.to("cpu").to(torch.float32), lights.to("cpu").to(torch.float32)
    normals = surfel_normals(depth, camera) if normals is None else normals.detach().cpu()[None]
    scene = depth, camera, lights, reflectance, normals
    return _page(*scene, size) if is_static() else _widget(*scene)


def _widget(
    depth: Tensor, camera: Camera, lights: Lights, reflectance: float, normals: Tensor
) -> ipywidgets.Widget:
    places = lights.positions.reshape(-1, *lights.positions.shape[-2:])[0]
    distance = places[0].norm()

    def draw(azimuth: int, elevation: int, brightness: float) -> np.ndarray:
        a, e = math.radians(azimuth), math.radians(elevation)
        moved = places.clone()
        moved[0] = distance * torch.tensor(
            [math.cos(e) * math.sin(a), math.sin(e), math.cos(e) * math.cos(a)]
        )
        colours = lights.colours.clone()
        colours[..., 0, :] *= brightness
        lit = replace(lights, positions=moved, colours=colours)
        image = surfel_render(depth, camera, lit, reflectance, normals=normals)
        return image[0].clamp(0, 1).numpy()

    controls = {"azimuth": range(-90, 181, 5), "elevation": range(-10, 91, 5)}
    return live(draw, **controls, brightness=[0.0, 0.25, 0.5, 1.0, 1.5, 2.0])


def _page(
    depth: Tensor, camera: Camera, lights: Lights, reflectance: float, normals: Tensor, size: int
) -> PageFigure:
    image = surfel_render(depth, camera, lights, reflectance, normals=normals)[0]
    pixels = (image.clamp(0, 1) * 255).round().byte().numpy()
    there = (depth > 0) & (depth < torch.inf)
    far = float(depth[there].max()) if there.any() else 1.0
    code = torch.where(there, 1 + (depth / far * 65534).round(), 0)[0].int().numpy()
    packed = np.stack([code >> 8, code & 255, 0 * code], -1).astype(np.uint8)
    places = (lights.positions - camera.eye[:, None]) @ camera.rotation.mT
    data = {
        "depth": png_uri(packed),
        "normals": png_uri(((normals[0] + 1) * 127.5).round().byte().numpy()),
        "far": far,
        "tangent": math.tan(math.radians(camera.fov / 2)),
        "lights": places[0].tolist(),
        "colours": lights.colours.reshape(-1, *lights.colours.shape[-2:])[0].tolist(),
        "ambient": lights.ambient.reshape(-1, 3)[0].tolist(),
        "attenuation": list(lights.attenuation),
        "reflectance": reflectance,
    }
    count = len(data["lights"])
    alt = f"A scene of {depth.numel():,} surfels under {count} light{'s' * (count != 1)}"
    alt += " that can be moved"
    html = FIGURE.format(
        alt=escape(alt),
        size=size,
        small=SMALL,
        quiet=QUIET,
        poster=png_uri(pixels),
        data=json.dumps(data),
    )
    return PageFigure(html, png(pixels), alt)
