"""Small plots of one kind side by side, on the same axes, so that what differs is what is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from .style import PALETTE, plotly_figure

Points = tuple[Sequence[float], Sequence[float]]
GAP, GAP_Y = 0.07, 0.16  # between panels, as shares of the figure's width and height


def panels(
    groups: Mapping[str, Mapping[str, Points]],
    x: str,
    y: str,
    columns: int = 2,
    height: int = 200,
    lines: bool = True,
) -> go.Figure:
    """A small plot for each title, all on the same axes, with one legend.

    groups: title -> label -> (xs, ys), each of which is marked by a dot; a label has one colour in
        all panels. x, y: axis labels, with units. height: of a row of panels, in pixels.
    lines: whether the dots of a label are joined.
    Raises ValueError where there is nothing to show.

    >>> figure = panels({"a": {"ours": ([1, 2], [3, 4])}, "b": {"ours": ([1, 2], [5, 4])}}, "", "")
    >>> [note.text for note in figure.layout.annotations], len(figure.data)
    (['a', 'b', '', ''], 2)
    """
    if not groups:
        raise ValueError("there is no panel to show: the mapping is empty")
    labels = list(dict.fromkeys(label for group in groups.values() for label in group))
    rows = -(-len(groups) // columns)
    wide, high = (1 - GAP * (columns - 1)) / columns, (1 - GAP_Y * (rows - 1)) / rows
    figure = plotly_figure(height=120 + height * rows)
    look = figure.layout.xaxis.to_plotly_json(), figure.layout.yaxis.to_plotly_json()
    for index, (title, group) in enumerate(groups.items()):
        row, column = divmod(index, columns)
        left, top = column * (wide + GAP), 1 - row * (high + GAP_Y)
        number = str(index + 1) if index else ""
        across = look[0] | {"domain": (left, left + wide), "anchor": f"y{number}"}
        upward = look[1] | {"domain": (max(top - high, 0), top), "anchor": f"x{number}"}
        across["title"], upward["title"] = {"text": ""}, {"text": ""}
        upward["showticklabels"] = not column  # those of the first column hold for all
        if index:
            across["matches"], upward["matches"] = "x", "y"
        figure.update_layout({f"xaxis{number}": across, f"yaxis{number}": upward})
        place = {"x": left, "y": top, "xanchor": "left", "yanchor": "bottom", "showarrow": False}
        figure.add_annotation(text=title, xref="paper", yref="paper", **place)
        for label, (xs, ys) in group.items():
            new = all(trace.name != label for trace in figure.data)
            figure.add_scatter(
                x=list(xs), y=list(ys), name=label, mode="lines+markers" if lines else "markers",
                line={"color": PALETTE[labels.index(label) % len(PALETTE)]}, legendgroup=label,
                showlegend=new, xaxis=f"x{number}", yaxis=f"y{number}",
            )  # fmt: skip
    middle = {"xref": "paper", "yref": "paper", "showarrow": False}
    figure.add_annotation(text=x, x=0.5, y=0, yanchor="top", yshift=-24, **middle)
    figure.add_annotation(text=y, x=0, y=0.5, xanchor="right", xshift=-42, textangle=-90, **middle)
    lift = 26 / (height * rows)  # the legend stands above the first titles
    margin = {"t": 64, "l": 70, "b": 52}
    return figure.update_layout(margin=margin, legend={"y": 1 + lift})
