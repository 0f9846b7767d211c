"""Hidden-line drawings: what an engineer draws of a solid, dashed where the solid hides it.

Three kinds of lines are drawn: sharp edges; edges where two faces of different primitives meet; and
outlines, where a round face turns away from the viewer. Each is a straight piece in space. Which
part of it is hidden is decided exactly, by solving for the parameters at which that changes:

- A line lies on two faces (an outline on one). If they both turn away, it is hidden by its own
  solid; along a round face the turning is that of the true surface and not of its facets.
- Every other triangle that faces the viewer hides the part of the line that lies behind it. Behind
  means four linear inequalities in the parameter: inside three edges, and farther away.

What no triangle hides is visible. There are two implementations behind one signature: `readable`
makes a table of all lines and all triangles in PyTorch, `kernel` walks over them without a table.
"""

from __future__ import annotations

import torch

from fiveviews.cameras import Camera
from fiveviews.launch import Backend, is_fast
from fiveviews.render.inputs import refuse_perspective
from fiveviews.solids import Solid

from . import kernel, readable
from .candidates import candidate_lines
from .drawing import Drawing
from .polylines import Polyline, polylines
from .raster import colours, rasterize, spare3d_style
from .svg import from_svg, to_svg

__all__ = [
    "Drawing",
    "Polyline",
    "colours",
    "draw",
    "from_svg",
    "polylines",
    "rasterize",
    "spare3d_style",
    "to_svg",
]


def draw(solid: Solid, camera: Camera, *, backend: Backend = "auto") -> Drawing:
    """The lines of a solid as B orthographic cameras see them, split where visibility changes.

    solid: from `fiveviews.solids`. camera: without perspective (fov=None), e.g. `spare3d_views()`.
    backend: `fast` (Warp, CPU and CUDA), `readable` (PyTorch), or `auto`: fast if it can.
    The work is done on the solid's device, in float64.

    Raises ValueError for a camera with perspective.

    >>> from fiveviews.cameras import spare3d_views
    >>> from fiveviews.solids import Primitive, Step, combine
    >>> cube = combine([Step("add", Primitive("box", (1.0, 1.0, 1.0)))])
    >>> isometric = draw(cube, spare3d_views(["2"]))
    >>> int(isometric.visible.sum()), int((~isometric.visible).sum())
    (9, 3)
    """
    refuse_perspective(camera)
    camera = camera.to(solid.vertices.device).to(torch.float64)
    if is_fast(backend, solid.vertices, dtype=torch.float64):
        return kernel.draw(solid, camera)
    lines = candidate_lines(solid, camera)
    return Drawing.from_hidden(lines, *readable.hidden(lines), len(camera))
