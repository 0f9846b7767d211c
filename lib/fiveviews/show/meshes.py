"""Interactive 3D: one entry point, which knows whether it draws for a kernel or for a page.

With a live kernel a k3d widget appears. A book has no kernel, so there the figure carries a still
picture and k3d's own snapshot of the scene; `static/fiveviews.js` replaces the picture by the scene
when a reader comes near it. Without JavaScript or WebGL the picture stays.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape

import comm
import ipywidgets
import k3d
import numpy as np
from numpy.typing import ArrayLike

from ..cameras import Camera
from ..meshes import Mesh
from .page_figure import PageFigure
from .painted import FOV, Colour, Painted, fit_camera, paint, poster
from .style import GAP, LEAST, OBJECT, TEXT, WIDTH, is_static, row_of_views
from .svg import png, side_by_side

LARGEST = 400  # side of a view, in pixels

# The inline styles are what a page without static/fiveviews.css needs, such as JupyterLab's.
FIGURE = """<div class="fv-mesh" role="group" aria-label="{alt}" style="background:white;\
color:#222"><div class="fv-views" style="{row}">{views}</div></div>"""
VIEW = """<div class="fv-view">
<div class="fv-title" style="text-align:center;font-size:{text}px">{title}</div>
<div class="fv-stage" style="position:relative;aspect-ratio:1">\
<img class="fv-poster" alt="{alt}" width="{size}" height="{size}" style="width:100%;height:auto" \
src="data:image/png;base64,{picture}"></div>
<script type="text/plain" class="fv-snapshot">{snapshot}</script>
</div>"""


def mesh(
    meshes: Mesh | ArrayLike | Sequence[Mesh | ArrayLike],
    colors: Colour | Sequence[Colour] | None = None,
    titles: str | Sequence[str] | None = None,
    view: tuple[float, float] = (30.0, 25.0),
    size: int | None = None,
    columns: int | None = None,
) -> PageFigure | ipywidgets.Widget:
    """Meshes side by side, at one scale; turning one with the mouse turns all.

    meshes: a mesh (anything with .vertices and .faces) or voxels (R, R, R), bool, indexed
        [x, y, z]; or a list of them.
    colors: a colour name, numbers per vertex (V,), or RGB in [0, 1] per vertex (V, 3) or per face
        (F, 3); one for all, or a list with one for each.
    view: azimuth and elevation of the first view, in degrees; azimuth 0 looks at the front.
    size: side of each view, in pixels; default: what fits the text column.
    columns: views per row at most; default: all in one, as far as they fit.
    Returns an ipywidget where a kernel can serve it, otherwise a figure for a page without one.
    Raises ValueError where a shape, a colour or the number of titles does not fit.

    >>> from fiveviews.meshes import icosphere
    >>> mesh([icosphere(0), icosphere(1)], titles=["coarse", "fine"]).alt
    '3D view: coarse (20 faces), fine (80 faces)'
    """
    shapes = list(meshes) if isinstance(meshes, list | tuple) else [meshes]
    names = [titles] if isinstance(titles, str) else list(titles or [""] * len(shapes))
    paints = list(colors) if isinstance(colors, list | tuple) else [colors] * len(shapes)
    if not shapes:
        raise ValueError("there is no mesh to show: the list is empty")
    for what, given in (("titles", names), ("colors", paints)):
        if len(given) != len(shapes):
            raise ValueError(f"{len(shapes)} meshes need as many {what}; got {len(given)}")
    painted = [paint(s, OBJECT if p is None else p) for s, p in zip(shapes, paints, strict=True)]
    camera = fit_camera(painted, *view)
    size = size or min(LARGEST, max(LEAST, (WIDTH + GAP) // (columns or len(shapes)) - GAP))
    return (_page if is_static() else _widget)(painted, names, camera, size, columns)


def _page(
    shapes: list[Painted], titles: list[str], camera: Camera, size: int, columns: int | None
) -> PageFigure:
    """Still pictures and k3d's snapshots, for `static/fiveviews.js` to bring to life."""
    views, pictures, words = [], [], []
    for shape, title in zip(shapes, titles, strict=True):
        picture = poster(shape, camera, round(1.5 * size))
        with _unannounced():
            snapshot = scene(shape, camera, size).get_binary_snapshot()
        words.append(f"{title or 'mesh'} ({len(shape.mesh.faces):,} faces)")
        pictures.append(picture)
        views.append(
            VIEW.format(
                size=size,
                text=TEXT,
                title=escape(title),
                alt=escape(f"3D view of {words[-1]}"),
                picture=base64.b64encode(png(picture)).decode(),
                snapshot=base64.b64encode(snapshot).decode(),
            )
        )
    alt = f"3D view: {', '.join(words)}"
    row = row_of_views(len(shapes), size, columns)
    html = FIGURE.format(alt=escape(alt), row=row, views="".join(views))
    return PageFigure(html, png(side_by_side(pictures)), alt)


def _widget(
    shapes: list[Painted], titles: list[str], camera: Camera, size: int, columns: int | None
) -> ipywidgets.Widget:
    """k3d plots in a row, their cameras linked in the browser."""
    plots = [scene(shape, camera, size) for shape in shapes]
    for plot in plots[1:]:
        ipywidgets.jslink((plots[0], "camera"), (plot, "camera"))
    width = ipywidgets.Layout(width=f"{size}px")
    views = []
    for plot, title in zip(plots, titles, strict=True):
        plot.layout.width = f"{size}px"
        words = ipywidgets.HTML(f'<div style="text-align:center">{escape(title)}</div>')
        views.append(ipywidgets.VBox([words, plot] if title else [plot], layout=width))
    room = f"{columns * (size + GAP)}px" if columns else None
    return ipywidgets.HBox(views, layout=ipywidgets.Layout(flex_flow="row wrap", max_width=room))


def scene(shape: Painted, camera: Camera, size: int) -> k3d.Plot:
    """A k3d plot of one mesh on white; y points up, and nothing but the mesh is drawn."""
    plot = k3d.plot(
        height=size,
        camera_auto_fit=False,
        camera_fov=FOV,
        camera_mode="orbit",
        camera_up_axis="y",
        grid_visible=False,
        menu_visibility=False,
        axes_helper=0,
        background_color=0xFFFFFF,
        lighting=1.95,
    )
    red, green, blue = (np.clip(shape.colours, 0, 1) * 255).round().astype(np.uint32).T
    plot += k3d.mesh(
        shape.mesh.vertices.numpy(),
        shape.mesh.faces.numpy().astype(np.uint32),
        colors=red << 16 | green << 8 | blue,
        side="double",
        flat_shading=True,
        roughness=0.9,
    )
    eye, rotation = camera.eye[0], camera.rotation[0]
    target = eye - rotation[2] * (eye @ rotation[2])
    plot.camera = [*eye.tolist(), *target.tolist(), 0.0, 1.0, 0.0]
    return plot


@contextmanager
def _unannounced() -> Iterator[None]:
    """Make widgets that no front end hears of, or executed notebooks would store their state."""
    create = comm.create_comm
    comm.create_comm = comm.DummyComm
    try:
        yield
    finally:
        comm.create_comm = create
