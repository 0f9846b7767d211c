"""Shapes on a page that a reader turns, changes, cuts open or points at, without a kernel.

A figure is still pictures and, packed, the meshes; `static/shapes.js` draws them and
`static/shape-kinds.js` says what can be done with them. In JupyterLab the two come with the figure.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from types import MappingProxyType

import numpy as np
import torch
from matplotlib.colors import to_rgb
from numpy.typing import ArrayLike
from PIL import Image

from ..cameras import Camera
from ..meshes import Mesh
from .page_figure import PageFigure
from .painted import FOV, Painted, poster
from .style import OBJECT, QUIET, SMALL, TEXT, array, is_static, row_of_views
from .svg import png, png_uri, side_by_side

SCRIPTS = ("shape-kinds.js", "shapes.js")
CODES = 65535  # a coordinate is one of 2¹⁶ steps from -bound to bound

FIGURE = """<div class="fv-shapes" role="group" aria-label="{alt}" style="background:white;\
color:#222;font-size:{text}px"><div class="fv-views" style="{row}">{views}</div>
<div class="fv-controls" style="text-align:center;padding-top:6px"></div>
<div class="fv-hint" aria-live="polite" \
style="font-size:{small}px;color:{quiet};text-align:center"></div>
<script type="application/json" class="fv-data">{data}</script>
<script type="text/plain" class="fv-packed">{packed}</script>{more}</div>{scripts}"""
VIEW = """<div class="fv-view">
<div class="fv-title" style="text-align:center">{title}</div>
<div class="{kind}" style="position:relative;aspect-ratio:1"><img class="fv-poster" alt="{alt}" \
width="{size}" height="{size}" style="width:100%;height:auto;display:block" src="{picture}">{over}\
</div></div>"""


def figure(
    kind: str,
    shapes: Sequence[Painted],
    camera: Camera,
    titles: Sequence[str],
    alt: str,
    size: int,
    *,
    canonical: Sequence[ArrayLike] | None = None,
    shown: Sequence[int] | None = None,
    flat: Sequence[tuple[str, Image.Image]] = (),
    flat_first: bool = False,
    attached: Mapping[str, bytes] = MappingProxyType({}),
    more: str = "",
    **data: object,
) -> PageFigure:
    """Put shapes on a page.

    kind: one of those in `static/shape-kinds.js`, whose settings are in `data`.
    canonical: places (V, 3) in the template for each shape. shown: which of the shapes have a view;
        default: all.
    flat: titles and square pictures shown after them, or before, which a script may draw over.
    attached: name -> bytes for the script. more: markup at the end, such as a script of its own.
    Raises ValueError for meshes that are too large for a page.
    """
    views, pictures = [], []
    for index, title in zip(
        shown if shown is not None else range(len(shapes)), titles, strict=True
    ):
        pictures.append(poster(shapes[index], camera, round(1.5 * size)))
        views.append(_view("fv-stage", title, pictures[-1], size))
    for title, picture in flat:
        pictures.append(picture.resize((round(1.5 * size),) * 2))
        over = '<canvas class="fv-flat" hidden style="position:absolute;inset:0;width:100%;'
        views.append(_view("fv-plane", title, pictures[-1], size, over + 'height:100%"></canvas>'))
    if flat_first:
        views = views[-len(flat) :] + views[: -len(flat)]
        pictures = pictures[-len(flat) :] + pictures[: -len(flat)]
    scripts = "".join(
        f'<script type="text/plain" class="fv-{name}">{_packed(data_)}</script>'
        for name, data_ in attached.items()
    )
    packed, told = pack(shapes, canonical)
    rotation, eye = camera.rotation[0], camera.eye[0]
    target = eye - rotation[2] * (eye @ rotation[2])
    scene = {"kind": kind, "fov": FOV, "eye": eye.tolist(), "target": target.tolist()} | told | data
    html = FIGURE.format(
        alt=escape(alt),
        text=TEXT,
        small=SMALL,
        row=row_of_views(len(views), size),
        quiet=QUIET,
        views="".join(views),
        data=json.dumps(scene).replace("<", "\\u003c"),
        packed=packed,
        more=scripts + more,
        scripts="" if is_static() else scripts_of(*SCRIPTS),
    )
    return PageFigure(html, png(side_by_side(pictures)), alt)


def pack(
    shapes: Sequence[Painted], canonical: Sequence[ArrayLike] | None = None
) -> tuple[str, dict[str, object]]:
    """Meshes as base64 of deflated 16-bit differences, and what a page needs to unpack them.

    Each mesh in turn: places, colours and places in the template by axis, then faces by corner;
    neighbours in a list are neighbours in space, so their differences are small and pack well.

    Raises ValueError for a mesh of more than `CODES` vertices.
    """
    places = [shape.mesh.vertices.numpy() for shape in shapes]
    inner = [array(c) for c in canonical] if canonical is not None else [None] * len(shapes)
    reach = [np.abs(p).max(initial=1e-6) for p in (*places, *inner) if p is not None]
    bound, parts, meshes = float(max(reach)), [], []
    base = np.array(to_rgb(OBJECT))
    for shape, place, of in zip(shapes, places, inner, strict=True):
        if len(place) > CODES:
            raise ValueError(
                f"a page takes meshes of up to {CODES:,} vertices; got {len(place):,}: extract "
                "them at a lower resolution"
            )
        painted = not np.allclose(shape.colours, base, atol=1e-3)
        meshes.append({"vertices": len(place), "faces": len(shape.mesh.faces)})
        meshes[-1] |= {"painted": painted, "canonical": of is not None}
        parts.append(_steps(place / bound))
        if painted:
            parts.append(np.round(255 * np.clip(shape.colours, 0, 1)).astype(int))
        if of is not None:
            parts.append(_steps(of / bound))
        parts.append(shape.mesh.faces.numpy())
    numbers = [np.diff(part, axis=0, prepend=0).T.ravel() for part in parts]
    stream = np.concatenate(numbers).astype("<i8").astype("<u2")  # modulo 2¹⁶
    told = {"bound": bound, "meshes": meshes, "colour": base.tolist()}
    return _packed(stream.tobytes()), told


def mesh_of(drawn: Mesh | tuple[Mesh, ArrayLike]) -> tuple[Mesh, ArrayLike | str]:
    """A mesh and its colours, from what a function to be shown returned.

    Raises ValueError for anything else, None among it: a surface that could not be found.
    """
    mesh, colours = drawn if isinstance(drawn, tuple) else (drawn, OBJECT)
    if not hasattr(mesh, "vertices") or not len(mesh.vertices):
        raise ValueError(
            f"expected a mesh, or a mesh and its colours; got {type(mesh).__name__}"
            + (": no surface was found" if mesh is None else "")
        )
    if isinstance(colours, torch.Tensor) or not isinstance(colours, str):
        values = array(colours)
        return mesh, values / 255 if values.dtype == np.uint8 else values
    return mesh, colours


def _steps(unit: np.ndarray) -> np.ndarray:
    return np.round((np.clip(unit, -1, 1) + 1) * CODES / 2).astype(int)


def _packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, 9)).decode()


def _view(kind: str, title: str, picture: Image.Image, size: int, over: str = "") -> str:
    return VIEW.format(
        size=size,
        title=escape(title) or "&nbsp;",
        kind=kind,
        alt=escape(title or "a slice of the field"),
        picture=png_uri(picture),
        over=over,
    )


def scripts_of(*names: str) -> str:
    """Scripts of `static/` as they stand in a page."""
    folder = files("fiveviews.show").joinpath("static")
    return "".join(f"<script>{folder.joinpath(name).read_text('utf-8')}</script>" for name in names)
