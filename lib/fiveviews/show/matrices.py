"""Tables of numbers as coloured squares: who is taken for whom, who looks at whom."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from numpy.typing import ArrayLike

from .style import QUIET, TEXT, array, colour_scale, plotly_figure, value_range


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
    bar = {"title": {"text": label, "side": "top"}, "thickness": 12, "outlinecolor": QUIET}
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
    every = [-(-count // 8) for count in values.shape]  # eight names fit without overlap
    figure.update_xaxes(**axis, dtick=every[1], tickangle=0)
    return figure.update_yaxes(**axis, dtick=every[0], scaleanchor="x", autorange="reversed")
