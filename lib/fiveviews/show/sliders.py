"""Pictures that change with a slider, all made beforehand, so that no kernel is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike
from PIL import Image

from .images import to_rgb
from .style import INK, QUIET, SMALL, TEXT, WIDTH, array, colour_scale, plotly_figure, value_range
from .svg import png_uri

BUDGET = 300_000  # characters of picture in one figure
LOW, HIGH = 340, 480  # pixels that panels may be high: as wide as high, or higher than wide
GAP = 0.04  # between panels, as a share of the figure's width
Panels = ArrayLike | Mapping[str, ArrayLike]


def slider(
    frames: Panels,
    label: str,
    values: Sequence[object],
    start: int | None = None,
    ink: bool = True,
) -> go.Figure:
    """Pictures that change with a slider.

    frames: (S, H, W) or (S, H, W, C), one picture per value, or title -> such pictures for several
        side by side. Signed pictures are coloured on one scale for all values, with a colour bar.
    label: what the slider changes, with unit. values: the S values that the frames belong to.
    start: index of the frame shown first; default: the middle one.
    ink: as in `images`. Pictures are shrunk until together they weigh at most 300 kB.
    Raises ValueError where there is not one picture per value.

    >>> figure = slider(np.zeros((3, 8, 8)), "sigma", [0.1, 0.01, 0.001])
    >>> [step.label for step in figure.layout.sliders[0].steps]
    ['0.1', '0.01', '0.001']
    """
    panels = dict(frames) if isinstance(frames, Mapping) else {"": frames}
    stacks = {title: np.stack([array(picture) for picture in p]) for title, p in panels.items()}
    for title, stack in stacks.items():
        if len(stack) != len(values):
            raise ValueError(
                f"{len(values)} values need as many pictures; {title or 'the slider'} has "
                f"{len(stack)}"
            )
    limits = {title: value_range(s) if s.min() < 0 else None for title, s in stacks.items()}
    rgb = {title: [to_rgb(p, ink, limits[title]) for p in s] for title, s in stacks.items()}
    uris = _encode(rgb)
    first = len(values) // 2 if start is None else start
    width = (1 - GAP * (len(panels) - 1)) / len(panels)
    tall = max(1.0, *(p[0].shape[0] / p[0].shape[1] for p in rgb.values()))
    room = min(HIGH if tall > 1 else LOW, (WIDTH - 20) * width * tall)
    figure = plotly_figure(height=round(room) + 150)
    for index, title in enumerate(panels):
        left = index * (width + GAP)
        figure.add_trace(_picture(uris[title][first], index))
        _frame(figure, index, (left, left + width), title)
        if limits[title]:
            figure.add_trace(_colour_bar(limits[title], left + width / 2, width, index))
    pictures = [i for i, trace in enumerate(figure.data) if trace.type == "image"]
    steps = [
        {
            "label": f"{value:.3g}" if isinstance(value, float) else str(value),
            "method": "restyle",
            "args": [{"source": [uris[title][index] for title in panels]}, pictures],
        }
        for index, value in enumerate(values)
    ]
    control = {
        "active": first,
        "steps": steps,
        "currentvalue": {"prefix": f"{label} = ", "font": {"size": TEXT, "color": INK}},
        "pad": {"t": 46 if any(limits.values()) else 10, "b": 6, "l": 14, "r": 22},
        "font": {"size": SMALL, "color": QUIET},
    }
    margin = {"l": 4, "r": 4, "t": 30, "b": 10}
    figure.update_layout(sliders=[control], margin=margin, showlegend=False)
    return figure.update_layout(meta={"tall": tall})  # for a page that is narrower


def _encode(rgb: Mapping[str, list[np.ndarray]]) -> dict[str, list[str]]:
    """Pictures as data addresses, made smaller where a sample says that all would be too heavy."""
    count = sum(map(len, rgb.values()))
    sample = [p for pictures in rgb.values() for p in pictures[:: max(1, len(pictures) // 3)]]
    for largest in (320, 256, 192, 128, 96, 64):
        weight = sum(len(_shrunk(picture, largest)) for picture in sample) * count / len(sample)
        if weight <= BUDGET:
            break
    return {title: [_shrunk(p, largest) for p in pictures] for title, pictures in rgb.items()}


def _shrunk(pixels: np.ndarray, largest: int) -> str:
    picture = Image.fromarray(pixels)
    picture.thumbnail((largest, largest), Image.Resampling.BOX)
    return png_uri(picture.quantize(64))


def _picture(uri: str, index: int) -> go.Image:
    axis = "" if index == 0 else str(index + 1)
    return go.Image(source=uri, hoverinfo="skip", xaxis=f"x{axis}", yaxis=f"y{axis}")


def _frame(figure: go.Figure, index: int, domain: tuple[float, float], title: str) -> None:
    """Axes without ink that keep the pixels square, and the panel's title."""
    axis = "" if index == 0 else str(index + 1)
    bare = {"visible": False, "showgrid": False, "constrain": "domain", "fixedrange": True}
    across = {**bare, "domain": domain, "anchor": f"y{axis}"}
    down = {
        **bare,
        "constraintoward": "top",
        "anchor": f"x{axis}",
        "scaleanchor": f"x{axis}",
        "autorange": "reversed",
    }
    figure.update_layout({f"xaxis{axis}": across, f"yaxis{axis}": down})
    figure.add_annotation(
        text=title,
        x=sum(domain) / 2,
        y=1.0,
        xref="paper",
        yref="paper",
        yanchor="bottom",
        xanchor="center",
        showarrow=False,
    )


def _colour_bar(limits: tuple[float, float], centre: float, width: float, index: int) -> go.Scatter:
    """A trace of no points, there for its horizontal colour bar under the panel."""
    axis = "" if index == 0 else str(index + 1)
    bar = {"orientation": "h", "x": centre, "y": -0.01, "yanchor": "top", "len": 0.8 * width}
    ticks = [limits[0], 0.0, limits[1]]  # few, for a phone has little room
    bar |= {"tickvals": ticks, "ticktext": [f"{tick:.2g}" for tick in ticks], "tickangle": 0}
    bar |= {"thickness": 9, "outlinewidth": 0, "tickfont": {"size": SMALL}}
    marker = {"cmin": limits[0], "cmax": limits[1], "colorscale": colour_scale(limits)}
    marker |= {"showscale": True, "colorbar": bar, "color": [limits[0]]}
    return go.Scatter(
        x=[None], y=[None], mode="markers", marker=marker, xaxis=f"x{axis}", yaxis=f"y{axis}"
    )
