"""Scalar fields on the image plane, with vectors and triangles drawn over them."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from .style import INK, PALETTE, QUIET, SMALL, TEXT, WIDTH, array, colours, value_range
from .svg import Svg

POINTS = 0.75  # a pixel in points: matplotlib's SVG has 72 points to the inch, screens 96 pixels


def field(
    values: ArrayLike | Sequence[ArrayLike],
    extent: tuple[float, float, float, float] = (-1.0, 1.0, -1.0, 1.0),
    vectors: ArrayLike | tuple[ArrayLike, ArrayLike] | None = None,
    triangles: ArrayLike | None = None,
    label: str = "",
    titles: Sequence[str] | None = None,
    levels: Sequence[float] = (),
    limits: tuple[float, float] | None = None,
) -> Svg:
    """One or several scalar fields as coloured pictures with a colour bar.

    values: (H, W), or a list or array (N, H, W) of fields to compare on one colour scale; row 0 is
        the top. Fields that change sign go from orange over white (zero) to blue.
    extent: x left, x right, y bottom, y top, in the units of the vectors and triangles.
    vectors: (H, W, 2) for arrows (dx, dy) on the pixels, thinned to at most 20 x 20, or a pair
        (positions (N, 2), vectors (N, 2)).
    triangles: outlines (F, 3, 2). label: of the colour bar, with unit. levels: contour lines.
    limits: the values at the two ends of the colour scale; default: the range of all fields.

    Raises ValueError for fields of another shape, none, or another number of titles.

    >>> field(np.eye(3), label="coverage").alt
    'Field of coverage, from 0 to 1'
    """
    stack = [array(v) for v in values] if isinstance(values, list | tuple) else array(values)
    fields = [stack] if isinstance(stack, np.ndarray) and stack.ndim == 2 else list(stack)
    if any(f.ndim != 2 for f in fields) or not fields:
        raise ValueError(
            f"a field is (H, W), or several (N, H, W); got {[f.shape for f in fields]}"
        )
    if titles is not None and len(titles) != len(fields):
        raise ValueError(f"{len(fields)} fields need as many titles; got {len(titles)}")
    low, high = limits or value_range(np.concatenate([f.ravel() for f in fields]))
    ramp = ListedColormap(colours(np.linspace(low, high, 256), (low, high)) / 255.0)
    look = {"cmap": ramp, "vmin": low, "vmax": high, "interpolation": "none", "extent": extent}
    style = {"font.size": TEXT * POINTS, "svg.fonttype": "path", "svg.hashsalt": "five views"}
    with rc_context(style | {"text.color": INK, "axes.edgecolor": QUIET, "axes.labelcolor": INK}):
        side = min(340, (WIDTH - 90) // len(fields))
        tall = side * (extent[3] - extent[2]) / (extent[1] - extent[0])
        inches = ((side * len(fields) + 90) / 96, (tall + 36) / 96)
        figure = Figure(figsize=inches, layout="constrained")
        axes = figure.subplots(1, len(fields), squeeze=False, sharex=True, sharey=True)[0]
        for axis, data, title in zip(axes, fields, titles or [""] * len(fields), strict=True):
            picture = axis.imshow(data, **look)
            if levels:
                lines = {"colors": INK, "linewidths": 0.8}
                axis.contour(data, levels, extent=extent, origin="upper", **lines)
            _draw_over(axis, vectors, triangles, extent)
            axis.set_title(title)
        bar = figure.colorbar(picture, ax=list(axes), label=label, fraction=0.05, pad=0.02)
        bar.ax.tick_params(labelsize=SMALL * POINTS)
        bar.outline.set_visible(False)
        markup = _svg(figure)
    return Svg(markup, f"Field of {label or 'values'}, from {low:.3g} to {high:.3g}")


def _draw_over(
    axis: Axes,
    vectors: ArrayLike | tuple[ArrayLike, ArrayLike] | None,
    triangles: ArrayLike | None,
    extent: tuple[float, float, float, float],
) -> None:
    for corners in array(triangles) if triangles is not None else ():
        axis.fill(*corners.T, fill=False, edgecolor=PALETTE[1], linewidth=1.4)
    if vectors is not None:
        halo = {"edgecolor": "white", "linewidth": 0.5}  # visible on dark and light alike
        axis.quiver(*_arrows(vectors, extent), color=INK, width=0.007, **halo)
    axis.set(xlim=extent[:2], ylim=extent[2:])
    axis.tick_params(labelsize=SMALL * POINTS, colors=QUIET)
    axis.xaxis.set_major_locator(MaxNLocator(4))
    axis.yaxis.set_major_locator(MaxNLocator(4))


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(buffer, format="svg", facecolor="white", metadata=nothing)
    markup = buffer.getvalue()
    return markup[markup.index("<svg") :]  # without the reference to a DTD on the web


def _arrows(
    vectors: ArrayLike | tuple[ArrayLike, ArrayLike], extent: tuple[float, float, float, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """x, y, dx, dy of the arrows to draw; those that are zero are left out."""
    if isinstance(vectors, tuple):
        places, arrows = array(vectors[0]), array(vectors[1])
    else:
        grid = array(vectors)
        if grid.ndim != 3 or grid.shape[-1] != 2:
            raise ValueError(f"vectors are (H, W, 2) or a pair of (N, 2); got {grid.shape}")
        height, width = grid.shape[:2]
        x = extent[0] + (np.arange(width) + 0.5) / width * (extent[1] - extent[0])
        y = extent[3] - (np.arange(height) + 0.5) / height * (extent[3] - extent[2])
        thin = np.s_[:: -(-height // 20), :: -(-width // 20)]
        places = np.stack(np.meshgrid(x, y), -1)[thin].reshape(-1, 2)
        arrows = grid[thin].reshape(-1, 2)
    length = np.linalg.norm(arrows, axis=1)
    kept = length > 0.03 * length.max(initial=0.0)
    return (*places[kept].T, *arrows[kept].T)
