"""Figures of learned fields: cut by a plane, changed by a code, point for point on one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets
import k3d
import numpy as np
import torch
from numpy.typing import ArrayLike
from PIL import Image

from ..fields import Field
from ..fields.isosurface import isosurface
from ..meshes import Mesh
from .live import controls_of, middle_of
from .meshes import scene
from .page_figure import PageFigure
from .painted import fit_camera, paint
from .style import GAP, WIDTH, array, colours, is_static
from .turnable import figure, mesh_of

LARGEST = 330  # side of a view, in pixels
LIMIT = 0.2  # distance at which the colours of a cut end
SIDE = 64  # samples along a side of the cube of a field that can be cut
BATCH = 2**16


def cut(
    field: Field,
    mesh: Mesh | None = None,
    title: str = "",
    view: tuple[float, float] = (35.0, 25.0),
    limit: float = LIMIT,
    side: int = SIDE,
    bound: float = 1.0,
) -> PageFigure:
    """A field in a plane that the reader moves through its shape.

    field: from points (M, 3) to values (M,); orange where negative. Asked for side³ points of
        [-bound, bound]³, between which the page interpolates.
    mesh: its surface; default: extracted here. limit: the value at which colours end.

    >>> from fiveviews.meshes import icosphere
    >>> cut(lambda p: p.norm(dim=1) - 1, icosphere(2), side=8).alt
    'A shape of 320 faces cut by a plane, and the field in the plane, from -0.2 to 0.2'
    """
    mesh = isosurface(field, 64, bound=bound, lipschitz=None) if mesh is None else mesh
    axis = torch.linspace(-bound, bound, side)
    with torch.no_grad():
        places = torch.cartesian_prod(axis, axis, axis)
        values = torch.cat([field(part).reshape(-1) for part in places.split(BATCH)])
    codes = ((values / limit).clamp(-1, 1) * 127.5 + 127.5).round().byte().numpy()
    middle = values.view(side, side, side)[side // 2].flip(0, 1).clamp(-limit, limit)
    camera = fit_camera([paint(mesh, "white")], *view)
    size = min(LARGEST, (WIDTH - GAP) // 2)
    alt = f"A shape of {len(mesh.faces):,} faces cut by a plane, and the field in the plane, "
    return figure(
        "cut",
        [paint(mesh, mesh_of(mesh)[1])],
        camera,
        [title],
        alt + f"from {-limit:g} to {limit:g}",
        size,
        flat=[("", Image.fromarray(colours(middle.numpy(), (-limit, limit))))],
        attached={"volume": codes.tobytes()},
        side=side,
        limit=limit,
        reach=bound,
        ramp=colours(np.linspace(-1, 1, 256), (-1, 1)).ravel().tolist(),
    )


def correspondence(
    meshes: Sequence[Mesh],
    canonical: Sequence[ArrayLike],
    titles: Sequence[str] | None = None,
    paints: Sequence[ArrayLike] | None = None,
    view: tuple[float, float] = (35.0, 25.0),
) -> PageFigure:
    """Shapes side by side: point at one, and see where the others have this point.

    canonical: for each mesh, where its vertices (V, 3) lie in the template.
    paints: colours (V, 3) in [0, 1] or uint8; default: by place in the template, so that what
        corresponds has one colour.

    The point shown on another shape is its vertex nearest in the template; how far it is there, in
    its units, is written below: a large distance means that there is no such point.

    Raises ValueError for fewer than two meshes, another number of titles or places, and places
    that are not one finite (V, 3) for each vertex.
    """
    places = [array(c).astype(float) for c in canonical]
    names = list(titles or [""] * len(meshes))
    if len(names) != len(meshes) or len(places) != len(meshes) or len(meshes) < 2:
        raise ValueError(
            f"two meshes or more, and as many titles and places; got {len(meshes)} meshes, "
            f"{len(names)} titles and {len(places)} places"
        )
    for mesh, place in zip(meshes, places, strict=True):
        if place.shape != (len(mesh.vertices), 3) or not np.isfinite(place).all():
            raise ValueError(
                f"each of the {len(mesh.vertices)} vertices has a place (V, 3) in the template; "
                f"got {place.shape}"
            )
    paints = paints if paints is not None else _by_place(places)
    shapes = [paint(*mesh_of(pair)) for pair in zip(meshes, paints, strict=True)]
    camera = fit_camera(shapes, *view)
    size = min(LARGEST, (WIDTH + GAP) // min(3, len(meshes)) - GAP)
    words = ", ".join(filter(None, names)) or f"{len(meshes)} shapes"
    alt = f"3D views whose points correspond: {words}"
    return figure("point", shapes, camera, names, alt, size, canonical=places, names=names)


def morph(
    function: Callable[..., Mesh | tuple[Mesh, ArrayLike]],
    label: str = "",
    view: tuple[float, float] = (35.0, 25.0),
    size: int = 400,
    **controls: Sequence[object],
) -> PageFigure | ipywidgets.Widget:
    """A shape that `function(**controls)` makes, with a slider for each control.

    function: takes each control by name; returns a mesh, or a mesh and its colours.
    Without a kernel the page gets a slider over the first control, its shapes made now, with the
    other controls at their middle values. label: of that slider; default: the control's name.

    >>> from fiveviews.meshes import icosphere
    >>> morph(icosphere, level=[0, 1]).alt
    'A shape that changes with level, from 0 to 1'
    """
    middle = middle_of(controls)
    if not is_static():
        return _live(function, view, size, controls)
    first, *_ = controls
    values = [f"{v:.3g}" if isinstance(v, float) else str(v) for v in controls[first]]
    drawn = [mesh_of(function(**(middle | {first: value}))) for value in controls[first]]
    shapes = [paint(*pair) for pair in drawn]
    alt = f"A shape that changes with {label or first}, from {values[0]} to {values[-1]}"
    camera, start = fit_camera(shapes, *view), len(values) // 2
    told = {"label": label or first, "values": values, "start": start}
    return figure("morph", shapes, camera, [""], alt, size, shown=[start], **told)


def _live(
    function: Callable[..., Mesh | tuple[Mesh, ArrayLike]],
    view: tuple[float, float],
    size: int,
    controls: dict[str, Sequence[object]],
) -> ipywidgets.Widget:
    """A k3d plot and sliders: the shape is made anew as they move."""
    first = paint(*mesh_of(function(**middle_of(controls))))
    plot = scene(first, fit_camera([first], *view), size)
    words = ipywidgets.HTML()

    def draw(**chosen: object) -> None:
        try:
            shape = paint(*mesh_of(function(**chosen)))
        except ValueError as error:
            words.value = str(error)
            return
        words.value = ""
        solid: k3d.objects.Mesh = plot.objects[0]
        with plot.hold_sync():
            solid.vertices = shape.mesh.vertices.numpy()
            solid.indices = shape.mesh.faces.numpy().astype(np.uint32)
            red, green, blue = (np.clip(shape.colours, 0, 1) * 255).round().astype(np.uint32).T
            solid.colors = red << 16 | green << 8 | blue

    sliders = controls_of(controls)
    output = ipywidgets.interactive_output(draw, sliders)
    return ipywidgets.VBox([plot, *sliders.values(), words, output])


def _by_place(places: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Colours (V, 3), one for each place in the template: x, y, z as red, green, blue."""
    low = np.min([p.min(0) for p in places], axis=0)
    high = np.max([p.max(0) for p in places], axis=0)
    return [0.25 + 0.7 * (p - low) / np.maximum(high - low, 1e-9) for p in places]
