"""Line drawings: as an engineer lays them out on a sheet, and turning."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets
import numpy as np
import plotly.graph_objects as go
import torch

from fiveviews.cameras import orbit, spare3d_views
from fiveviews.render.lines import Drawing, draw, polylines, rasterize
from fiveviews.render.lines.svg import strokes
from fiveviews.solids import Solid

from . import svg
from .style import GAP, INK, QUIET, SMALL, TEXT, WIDTH, is_static, plotly_figure

HIDDEN = 0.6  # brightness of hidden lines in pictures made of pixels, which have no dashes
TURN_SCALE = 0.87  # half the diagonal of the unit cube: it stays in the picture however it turns
PIXELS = 320


def drawings(
    drawing: Drawing | Sequence[Drawing],
    titles: Sequence[str] | None = None,
    columns: int | None = None,
    width: float = 1.3,
    **options: object,
) -> svg.Svg:
    """Line drawings side by side as vector graphics, hidden lines dashed.

    drawing: its B views, or several drawings, whose views follow one another. titles: one for each.
    columns: per row; default: 4, or fewer. width: of visible lines, in pixels of the page.
    options: `hidden_width`, `hidden_colour`, `dashed`, as `fiveviews.render.lines.to_svg`.

    Raises ValueError for no drawing, or another number of titles.

    >>> from fiveviews.solids import make_solid
    >>> drawings(draw(make_solid(3), spare3d_views(["f", "2"]))).alt
    '2 line drawings'
    """
    given = [drawing] if isinstance(drawing, Drawing) else list(drawing)
    views = [one[view] for one in given for view in range(len(one))]
    if not views:
        raise ValueError("there is no drawing to show")
    if titles is not None and len(titles) != len(views):
        raise ValueError(f"{len(views)} drawings need as many titles; got {len(titles)}")
    columns = min(columns or 4, len(views))
    side = min(300.0, (WIDTH - GAP * (columns - 1)) / columns)
    head = TEXT + 7 if titles else 0
    parts = []
    for i, view in enumerate(views):
        x, y = (i % columns) * (side + GAP), (i // columns) * (side + head + GAP)
        parts.append(_cell(view, x, y + head, side, width, **options))
        if titles:
            parts.append(svg.text(x + side / 2, y + TEXT, titles[i], fill=QUIET))
    rows = -(-len(views) // columns)
    alt = f"{len(views)} line drawing{'s' * (len(views) != 1)}"
    size = columns * (side + GAP) - GAP, rows * (side + head + GAP) - GAP
    return svg.page(*size, parts, alt + (f": {', '.join(titles)}" if titles else ""))


def sheet(solid: Solid, isometric: str = "2", width: float = 1.4) -> svg.Svg:
    """The three views of a solid in third-angle projection, and one isometric view.

    The top view stands over the front view and the right view beside it, so that every point of the
    front view is straight below itself in the one and level with itself in the other.
    isometric: which SPARE3D pose stands in the free corner.
    """
    drawing = draw(solid, spare3d_views(["f", "r", "t", isometric]))
    side = (WIDTH - 100 - GAP) / 2
    places = {0: (0, 1, "front"), 1: (1, 1, "right"), 2: (0, 0, "top"), 3: (1, 0, "isometric")}
    parts = []
    for view, (column, row, name) in places.items():
        x, y = column * (side + GAP), row * (side + GAP)
        parts.append(_cell(drawing[view], x, y, side, width))
        parts.append(svg.text(x + 10, y + 20, name, anchor="start", fill=QUIET))
    total = 2 * side + GAP
    return svg.page(total, total, parts, "Front, right, top and isometric drawing of a solid")


def turn(solid: Solid, elevation: float = 25.0, frames: int = 36) -> ipywidgets.Widget | go.Figure:
    """A solid to turn, redrawn as lines: as you drag with a kernel, from frames without one.

    elevation: degrees from which it is seen (at first). frames: on a page, how many drawings there
    are of the full turn. Hidden lines are dashed there, and grey where every drag makes a picture.
    """
    if is_static():
        return _turning(solid, elevation, frames)

    def redraw(_: object = None) -> None:
        angles = torch.tensor([[around.value], [above.value]], dtype=torch.float32)
        image.value = svg.png(picture(solid, *angles)[0])

    label = {"continuous_update": True, "step": 1}
    around = ipywidgets.IntSlider(40, -180, 180, description="azimuth", **label)
    above = ipywidgets.IntSlider(int(elevation), -89, 89, description="elevation", **label)
    image = ipywidgets.Image(format="png", width=PIXELS, height=PIXELS)
    for control in (around, above):
        control.observe(redraw, "value")
    redraw()
    return ipywidgets.VBox([image, around, above])


def _turning(solid: Solid, elevation: float, frames: int) -> go.Figure:
    """All drawings of a turn, as lines, with a slider that chooses one."""
    azimuth = torch.arange(frames) * (360 / frames)
    camera = orbit(azimuth, torch.full((frames,), elevation), fov=None, scale=TURN_SCALE)
    drawing = draw(solid, camera)
    paths = [[_path(drawing[view], kind) for kind in (True, False)] for view in range(frames)]
    first = frames // 9
    figure = plotly_figure(height=490)
    looks = ({"width": 1.6}, {"width": 1.1, "dash": "4px,3px"})
    for (x, y), look in zip(paths[first], looks, strict=True):
        line = {"color": "black", **look}
        figure.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False)
    steps = [
        {
            "label": f"{angle:g}°",
            "method": "restyle",
            "args": [{"x": [x for x, _ in both], "y": [y for _, y in both]}, [0, 1]],
        }
        for angle, both in zip(azimuth.tolist(), paths, strict=True)
    ]
    bare = {"visible": False, "range": [-1, 1], "fixedrange": True}
    control = {
        "active": first,
        "steps": steps,
        "currentvalue": {"prefix": "azimuth = ", "font": {"size": TEXT, "color": INK}},
        "pad": {"t": 10, "b": 6, "l": 14, "r": 22},
        "font": {"size": SMALL, "color": QUIET},
    }
    return figure.update_layout(
        sliders=[control],
        margin={"l": 4, "r": 4, "t": 4, "b": 10},
        xaxis=bare,
        yaxis={**bare, "scaleanchor": "x"},
    )


def _path(drawing: Drawing, visible: bool) -> tuple[list[float | None], list[float | None]]:
    """The visible or the hidden strokes of a drawing as one line of x and y, with breaks."""
    x: list[float | None] = []
    y: list[float | None] = []
    for line in polylines(drawing):
        if line.visible == visible:
            for values, points in ((x, line.points[:, 0]), (y, line.points[:, 1])):
                values += [*(round(value, 3) for value in points.tolist()), None]
    return x, y


def picture(solid: Solid, azimuth: torch.Tensor, elevation: torch.Tensor) -> np.ndarray:
    """Drawings as 8-bit pictures (N, H, W, 3), hidden lines grey."""
    camera = orbit(azimuth, elevation, fov=None, scale=TURN_SCALE)
    visible, hidden = rasterize(draw(solid, camera), PIXELS, 1.6).unbind(-1)
    grey = (1 - visible) * (1 - (1 - HIDDEN) * hidden)
    return (grey * 255).round().byte()[..., None].expand(-1, -1, -1, 3).cpu().numpy()


def _cell(
    drawing: Drawing, x: float, y: float, side: float, width: float, **options: object
) -> str:
    frame = f'<rect width="{side:g}" height="{side:g}" fill="none" stroke="#e4e4e4"/>'
    body = "\n".join([frame, *strokes(drawing, side, width, **options)])
    return f'<g transform="translate({x:g},{y:g})">\n{body}\n</g>'
