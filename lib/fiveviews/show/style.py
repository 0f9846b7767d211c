"""One look for every figure: colours, type sizes, and whether we draw for a page or a kernel.

The categorical colours are Okabe and Ito's (https://jfly.uni-koeln.de/color/), told apart by
readers with any common colour-vision deficiency; yellow is left out because it vanishes on white.
Figures are opaque white in light and dark themes alike, so that no ink is lost on a dark page.
"""

from __future__ import annotations

import os

import numpy as np
import plotly.graph_objects as go
import torch
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import ArrayLike

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
INK = "#222222"  # text and axes
QUIET = "#6b6b6b"  # secondary text; 5.3 : 1 against white
RULE = "#d9d9d9"  # grid lines and frames
OBJECT = "#8fb8d6"  # the default colour of a mesh: light enough for its shading to read
# Light to dark, so that lines drawn over a field stay visible. Positive values have the same blues
# whether or not there are negative ones, which are orange.
SEQUENTIAL = ("#ffffff", "#7cc4ee", "#0072B2", "#003a5e")
DIVERGING = ("#7d3600", "#D55E00", "#ffffff", "#0072B2", "#003a5e")

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif"
TEXT, SMALL = 13, 11  # the only two type sizes, in pixels
WIDTH = 680  # width of the text column that figures are made for, in pixels
GAP = 8  # between neighbours, in pixels
LEAST = 150  # side of one of several views in 3D, in pixels
MODEBAR = ("toImage", "sendChartToCloud", "zoom", "pan", "select", "lasso", "zoomin", "zoomout")
MODEBAR += ("autoscale", "resetscale")  # plotly's buttons, all left out: they cover the legend


def is_static() -> bool:
    """Whether to make figures that stand without a kernel (books, scripts, tests).

    The environment variable FIVEVIEWS_STATIC decides where it is set, "1" for static and "0" for
    live; otherwise only a Jupyter kernel is live.

    Raises ValueError for another value of it.
    """
    wish = os.environ.get("FIVEVIEWS_STATIC", "")
    if wish not in ("", "0", "1"):
        raise ValueError(f"FIVEVIEWS_STATIC must be 0 or 1; got {wish!r}")
    return not _in_kernel() if wish == "" else wish == "1"


def row_of_views(count: int, size: int, columns: int | None = None) -> str:
    """Inline style of a box of `count` square views of side `size` at most, all of them equal.

    columns: views per row at most. On narrow screens rows are shorter; the last is not stretched.
    """
    least = f"{min(size, LEAST)}px"
    if columns:  # so wide that one more does not fit, and as many do
        least = f"max({least}, {100 / (columns + 0.5):.0f}%)"
    room = (columns or count) * (size + GAP) - GAP
    return (
        f"position:relative;display:grid;grid-template-columns:repeat(auto-fit,minmax({least},1fr))"
        f";gap:{GAP}px;max-width:{room}px;margin:0 auto"
    )


def array(values: ArrayLike) -> np.ndarray:
    """`values` as a NumPy array, also when they are a tensor, on any device, with gradients."""
    tensor = isinstance(values, torch.Tensor)
    return values.detach().cpu().numpy() if tensor else np.asarray(values)


def colours(values: ArrayLike, limits: tuple[float, float] | None = None) -> np.ndarray:
    """Map scalars of any shape to 8-bit RGB (..., 3): white to dark blue, negative ones orange.

    limits: the values that get the map's two ends; default: the data's range, symmetric if signed.

    >>> colours([0.0, 0.0]).shape
    (2, 3)
    """
    values = array(values).astype(float)
    low, high = limits or value_range(values)
    stops = DIVERGING if low < 0 < high else SEQUENTIAL
    ramp = LinearSegmentedColormap.from_list("", stops, N=257)  # odd, for zero to be white
    unit = np.clip((np.nan_to_num(values, nan=low) - low) / max(high - low, 1e-12), 0, 1)
    return (ramp(unit)[..., :3] * 255).round().astype(np.uint8)


def value_range(values: ArrayLike) -> tuple[float, float]:
    """Smallest and largest finite value, made symmetric about zero where signs differ.

    >>> value_range([-1.0, 3.0])
    (-3.0, 3.0)
    """
    finite = array(values)[np.isfinite(array(values))]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (-max(-low, high), max(-low, high)) if low < 0 < high else (low, high)


def colour_scale(limits: tuple[float, float]) -> list[tuple[float, str]]:
    """The map that `colours` uses between `limits`, as a plotly colour scale of 17 stops."""
    stops = np.linspace(0, 1, 17)
    rgb = colours(limits[0] + stops * (limits[1] - limits[0]), limits)
    return [(float(s), f"rgb({r},{g},{b})") for s, (r, g, b) in zip(stops, rgb, strict=True)]


def plotly_figure(x: str = "", y: str = "", height: int = 340) -> go.Figure:
    """An empty plotly figure in the book's look, with axis labels x and y."""
    axis = {"gridcolor": RULE, "zerolinecolor": RULE, "linecolor": INK, "ticks": "outside"}
    axis |= {"showline": True, "automargin": True, "tickcolor": INK}
    # 10⁻⁶, where plotly would write 1μ; but 10,000 and not 10⁴
    axis |= {"exponentformat": "power", "minexponent": 4, "separatethousands": True}
    layout = go.Layout(
        template=go.layout.Template(layout={"colorway": PALETTE}),
        font={"family": FONT, "size": TEXT, "color": INK},
        paper_bgcolor="white",
        plot_bgcolor="white",
        height=height,
        margin={"l": 60, "r": 16, "t": 28, "b": 48},
        xaxis={"title": {"text": x, "font": {"size": TEXT}, "standoff": 8}, **axis},
        yaxis={"title": {"text": y, "font": {"size": TEXT}, "standoff": 8}, **axis},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "title": {"text": ""}},
        hoverlabel={"font": {"size": SMALL}},
        dragmode=False,  # a finger that lands on a figure goes on scrolling the page
        modebar={"remove": list(MODEBAR)},
    )
    return go.Figure(layout=layout)


def _in_kernel() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")
