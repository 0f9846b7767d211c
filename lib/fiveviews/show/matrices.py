"""Tables of numbers as coloured squares: who is taken for whom, who looks at whom."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from numpy.typing import ArrayLike

from .style import QUIET, TEXT, array, colour_scale, plotly_figure, value_range

PHONE = 200  # pixels that a matrix is wide on a phone


def matrix(
    values: ArrayLike,
    x: str = "",
    y: str = "",
    label: str = "",
    columns: Sequence[object] | None = None,
    rows: Sequence[object] | None = None,
    limits: tuple[float, float] | None = None,
) -> go.Figure:
    """A matrix of numbers, one coloured square each; row 0 is on top.

    values: (R, C). x, y: what columns and rows stand for. label: of the colours, with unit.
    columns, rows: their names, in order; default: their numbers.
    limits: the values at the two ends of the colour scale; default: the range of the values.
    Raises ValueError where values are no matrix or names do not match it.

    >>> matrix([[0.9, 0.1], [0.2, 0.8]], x="guessed", y="true").data[0].z.shape
    (2, 2)
    """
    values = array(values)
    if values.ndim != 2 or not values.size:
        raise ValueError(f"a matrix has rows and columns; got an array of shape {values.shape}")
    names = []
    for given, count, axis in ((columns, values.shape[1], "columns"), (rows, len(values), "rows")):
        names.append([str(name) for name in (range(count) if given is None else given)])
        if len(names[-1]) != count:
            raise ValueError(f"{count} {axis} need as many names; got {len(names[-1])}")
    low, high = limits or value_range(values)
    figure = plotly_figure(x, y, height=460)
    name = {"text": label, "side": "top", "font": {"size": TEXT}}
    bar = {"title": name, "thickness": 12, "outlinecolor": QUIET}
    figure.add_heatmap(
        z=values,
        zmin=low,
        zmax=high,
        colorscale=colour_scale((low, high)),
        colorbar=bar | {"tickfont": {"size": TEXT}},
        hovertemplate=f"{y} %{{y}}, {x} %{{x}}: %{{z:.3g}}<extra></extra>",
        x=names[0],
        y=names[1],
    )
    axis = {"type": "category", "showgrid": False, "constrain": "domain"}
    across, down = _every(names[0], PHONE), _every(names[1])
    slant = 0 if across > 1 else None  # few names are all shown, slanting where they must
    ends = [-0.5, len(names[0]) - 0.5]
    figure.update_xaxes(**axis, tickangle=slant, dtick=across, range=ends)
    figure.update_yaxes(**axis, dtick=down, range=[len(names[1]) - 0.5, -0.5], scaleanchor="x")
    return figure


def _every(names: Sequence[str], width: float = float("inf")) -> int:
    """1 to write every name, k to write every k-th, so that at most 8 share `width` pixels."""
    if len(names) <= 8:
        return 1
    fitting = min(8, width // (7 * max(map(len, names)) + 8))  # 7 pixels a letter, and a gap
    return -(-len(names) // max(1, int(fitting)))
