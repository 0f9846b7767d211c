"""Plots of numbers: training curves, and results with their uncertainty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ..metrics import t_interval
from .style import INK, PALETTE, QUIET, RULE, SMALL, array, plotly_figure
from .tables import words

# a training.History (anything with .curve(name) -> (steps, values)), values, or (steps, values)
Run = Any
DASHES = ("dash", "dot", "dashdot")  # of lines to compare with


def curves(
    runs: Mapping[str, Run | Sequence[Run]] | Run,
    name: str = "loss",
    x: str = "step",
    y: str | None = None,
    log: bool = False,
    log_x: bool = False,
    marks: Mapping[str, float] | None = None,
    dotted: Mapping[str, Run] | None = None,
    height: int = 340,
    dots: bool = False,
) -> go.Figure:
    """How a quantity went over training; several runs under one label become mean and 95 % band.

    runs: label -> a run, or a list of runs that differ in their seed. A run is a
        `training.History`, a sequence of values, or a pair of arrays (steps, values).
    name: which term or metric of a History. x, y: axis labels, with units; y is `name` by default.
    log, log_x: logarithmic y and x axis. marks: label -> value of dashed lines to compare with (a
        baseline). dotted: label of `runs` -> a run to compare that one with, in the same colour.
    dots: mark the points that were measured, where these are few.

    >>> figure = curves({"ours": [3.0, 2.0, 1.5]}, y="loss")
    >>> figure.layout.yaxis.title.text, len(figure.data)
    ('loss', 1)
    """
    figure = plotly_figure(x, y or words(name), height)
    groups = runs if isinstance(runs, Mapping) else {"": runs}
    banded = False
    for index, (label, group) in enumerate(groups.items()):
        steps, values = _shared([_points(run, name) for run in _runs(group)])
        colour = PALETTE[index % len(PALETTE)]
        if len(values) > 1:
            label = f"{label} ({len(values)} seeds)"
            _add_band(figure, steps, values, _tint(colour, 0.18), log, named=not banded)
            banded = True
        line = {"color": colour, "dash": ("solid", "dash", "dot")[index // len(PALETTE) % 3]}
        named = {"name": label, "showlegend": bool(label)}
        mode = "lines+markers" if dots else "lines"
        figure.add_scatter(x=steps, y=values.mean(0), mode=mode, line=line, **named)
        if dotted and label in dotted:
            xs, ys = _points(dotted[label], name)
            line = {"color": colour, "dash": "dot"}
            figure.add_scatter(x=xs, y=ys, mode=mode, line=line, showlegend=False)
    ends = [min(t.x[0] for t in figure.data), max(t.x[-1] for t in figure.data if not t.fill)]
    for index, (label, value) in enumerate((marks or {}).items()):
        line = {"color": QUIET, "dash": DASHES[index % len(DASHES)], "width": 1.5}
        figure.add_scatter(x=ends, y=[value] * 2, name=label, mode="lines", line=line)
    if log:
        every = [np.asarray(trace.y, float) for trace in figure.data]
        figure.update_yaxes(type="log", **_ticks(np.concatenate(every)))
    if log_x:
        figure.update_xaxes(type="log", dtick=1)
    return figure


def _ticks(values: np.ndarray) -> dict[str, Any]:
    """Ticks of a logarithmic axis as people read them: 1, 2, 5, 10, ...; powers where these crowd,
    and more of them where all values lie within one power of ten.

    >>> _ticks(np.array([0.3, 4.0]))["ticktext"]
    ['0.2', '0.5', '1', '2', '5']
    """
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values):
        return {}
    low, high = np.log10(values.min()), np.log10(values.max())
    if high - low > 4:
        return {"dtick": 1, "exponentformat": "power"}
    powers = range(int(np.floor(low)), int(np.ceil(high)) + 1)
    steps = (1, 2, 5) if high - low > 0.9 else (1, 1.5, 2, 3, 4, 5, 7)
    at = [step * 10.0**power for power in powers for step in steps]
    below = max((t for t in at if np.log10(t) <= low), default=at[0])
    above = min((t for t in at if np.log10(t) >= high), default=at[-1])
    at = [tick for tick in at if below <= tick <= above]
    return {"tickvals": at, "ticktext": [f"{tick:g}" for tick in at]}


def points(
    groups: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    x: str,
    y: str,
    names: Mapping[str, Sequence[str]] | None = None,
    height: int = 340,
) -> go.Figure:
    """One point per result, to see whether two quantities have to do with each other.

    groups: label -> (xs, ys). x, y: axis labels, with units. names: label -> what each point is,
        written beside it. Raises ValueError where a group has not as many ys as xs.

    >>> figure = points({"chairs": ([1, 2], [3, 4])}, "age in years", "height in m")
    >>> figure.data[0].mode, list(figure.data[0].y)
    ('markers', [3, 4])
    """
    figure = plotly_figure(x, y, height)
    symbols = ("circle", "diamond", "square", "cross", "x", "triangle-up", "star")
    for index, (label, (xs, ys)) in enumerate(groups.items()):
        if len(xs) != len(ys):
            raise ValueError(f"{label} has {len(xs)} xs and {len(ys)} ys; each point needs both")
        style = {"color": PALETTE[index % len(PALETTE)], "size": 9, "line": {"color": "white"}}
        style["symbol"] = symbols[index % len(symbols)]
        told = (names or {}).get(label)
        text = {"text": told, "textfont": {"size": SMALL}}
        text["textposition"] = _sides(xs, ys, told) if told else None
        figure.add_scatter(
            x=list(xs), y=list(ys), name=label, mode="markers+text" if told else "markers",
            marker=style, **(text if told else {}),
        )  # fmt: skip
    return figure.update_layout(showlegend=len(groups) > 1)


def _sides(xs: Sequence[float], ys: Sequence[float], names: Sequence[str]) -> list[str]:
    """On which side of each point its name covers least of other names and of other points.

    Reckoned in pixels of a plot on a phone; wider ones have room to spare.
    """
    at = np.array([xs, ys], float).T
    at = (at - at.min(0)) / np.maximum(np.ptp(at, axis=0), 1e-12) * (200, 220)
    taken = [(*point - 6, *point + 6) for point in at]  # left, low, right, high
    sides = []
    for index, ((x, y), name) in enumerate(zip(at, names, strict=True)):
        half = 3.5 * len(name)
        places = {
            "top center": (x - half, y + 6, x + half, y + 20),
            "bottom center": (x - half, y - 20, x + half, y - 6),
            "middle right": (x + 6, y - 7, x + 6 + 2 * half, y + 7),
            "middle left": (x - 6 - 2 * half, y - 7, x - 6, y + 7),
            "top right": (x + 2, y + 3, x + 2 + 2 * half, y + 17),
            "top left": (x - 2 - 2 * half, y + 3, x - 2, y + 17),
            "bottom right": (x + 2, y - 17, x + 2 + 2 * half, y - 3),
            "bottom left": (x - 2 - 2 * half, y - 17, x - 2, y - 3),
        }
        others = taken[:index] + taken[index + 1 :]
        covered = {s: sum(_overlap(place, o) for o in others) for s, place in places.items()}
        sides.append(min(covered, key=covered.__getitem__))  # the first of the least
        taken.append(places[sides[-1]])
    return sides


def _overlap(a: Sequence[float], b: Sequence[float]) -> float:
    """The area that two boxes (left, low, right, high) share."""
    wide, tall = (min(a[k + 2], b[k + 2]) - max(a[k], b[k]) for k in (0, 1))
    return max(wide, 0.0) * max(tall, 0.0)


def bars_with_intervals(
    rows: Sequence[Mapping[str, Any]],
    x: str,
    label: str | Sequence[str] = "row",
    baselines: Sequence[str] = (),
    zoom: bool = False,
    marks: Mapping[str, float] | None = None,
) -> go.Figure:
    """Results side by side: ours with its 95 % interval, each seed as a point, the paper's value.

    rows: as `training.ledger.table` gives them: `mean`, `low`, `high` and `paper` (None where there
        is none); `values`, where given, are the scores of the single seeds.
    x: label of the axis, with unit. label: the field, or fields, of a row that name it.
    baselines: names of rows that are drawn grey, for comparison.
    zoom: fit the axis to the results; without the zero, bars would lie, so only points are drawn,
        and the axis says that it has none.
    marks: label -> value of dashed lines to compare with, such as chance.
    Raises ValueError where there are no rows.

    >>> rows = [{"row": "ours", "mean": 0.6, "low": 0.55, "high": 0.65, "paper": 0.61}]
    >>> [trace.name for trace in bars_with_intervals(rows, "IoU").data]
    ['ours, mean and 95 % CI', 'paper']
    """
    if not rows:
        raise ValueError("there are no results to show: the list of rows is empty")
    fields = [label] if isinstance(label, str) else list(label)
    x = f"{x} (not from 0)" if zoom else x
    figure = plotly_figure(x, "", height=110 + 40 * len(rows))
    places = np.arange(len(rows))
    grey = [any(row[field] in baselines for field in fields) for row in rows]
    colours = [RULE if g else _tint(PALETTE[0], 1 if zoom else 0.35) for g in grey]
    several = any(_has(row, "low") for row in rows)
    name = "ours, mean and 95 % CI" if several else "ours"
    ours = {"x": [row["mean"] for row in rows], "y": places, "name": name}
    ours["error_x"] = _intervals(rows)
    if zoom:
        dots = {"color": colours, "size": 8, "line": {"color": INK, "width": 1}}
        figure.add_scatter(**ours, mode="markers", marker=dots)
    else:
        bars = {"color": colours, "line": {"color": INK, "width": 0.5}}
        figure.add_bar(**ours, orientation="h", marker=bars, width=0.6)
    seeds = [(v, at) for row, at in zip(rows, places, strict=True) for v in row.get("values") or ()]
    if seeds:
        values, at = np.array(seeds).T
        dots = {"color": INK, "size": 6, "symbol": "circle-open"}
        figure.add_scatter(x=values, y=at + 0.22, name="one seed", mode="markers", marker=dots)
    paper = [(row["paper"], at) for row, at in zip(rows, places, strict=True) if _has(row, "paper")]
    if paper:
        values, at = np.array(paper).T
        mark = {"color": PALETTE[1], "size": 11, "symbol": "diamond", "line": {"color": "white"}}
        figure.add_scatter(x=values, y=at, name="paper", mode="markers", marker=mark)
    ends = [len(rows) - 0.5, -0.5]
    for index, (name, value) in enumerate((marks or {}).items()):
        line = {"color": QUIET, "dash": DASHES[index % len(DASHES)], "width": 1.5}
        figure.add_scatter(x=[value] * 2, y=ends, name=name, mode="lines", line=line)
    names = [", ".join(words(row[field]) for field in fields) for row in rows]
    figure.update_yaxes(tickvals=places, ticktext=names, ticks="", showgrid=False, zeroline=False)
    figure.update_yaxes(range=ends)
    return figure.update_layout(showlegend=True, legend={"x": 1, "xanchor": "right"})


def _intervals(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """plotly's error bars from `low` to `high`, none where a row has no interval."""
    known = [_has(row, "low") and _has(row, "high") for row in rows]
    above = [r["high"] - r["mean"] if k else None for r, k in zip(rows, known, strict=True)]
    below = [r["mean"] - r["low"] if k else None for r, k in zip(rows, known, strict=True)]
    style = {"type": "data", "symmetric": False, "color": INK, "thickness": 1.5, "width": 0}
    return style | {"array": above, "arrayminus": below}


def _has(row: Mapping[str, Any], name: str) -> bool:
    return row.get(name) is not None


def _runs(group: Run | Sequence[Run]) -> list[Run]:
    """The runs of one label; a list or tuple is several runs if its elements are runs."""
    several = isinstance(group, list | tuple) and len(group) > 0
    if several and all(hasattr(run, "curve") or np.ndim(run) > 0 for run in group):
        pair = isinstance(group, tuple) and len(group) == 2 and not hasattr(group[0], "curve")
        return [group] if pair else list(group)
    return [group]


def _shared(found: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Steps that all runs cover, and the runs' values (N, S) there, interpolated where needed."""
    steps = np.unique(np.concatenate([xs for xs, _ in found]))
    first, last = max(xs[0] for xs, _ in found), min(xs[-1] for xs, _ in found)
    steps = steps[(steps >= first) & (steps <= last)]
    if not len(steps):
        raise ValueError("the runs of one label share no step, so they have no mean")
    return steps, np.array([np.interp(steps, xs, ys) for xs, ys in found])


def _add_band(
    figure: go.Figure,
    steps: np.ndarray,
    values: np.ndarray,
    colour: str,
    positive: bool,
    named: bool,
) -> None:
    """Student's 95 % interval of the mean at each step, as an area."""
    low, high = np.array([t_interval(column)[1:3] for column in values.T]).T
    if positive:  # a logarithmic axis has no place for what is not
        low = np.maximum(low, values[values > 0].min(initial=1.0) / 10)
    area = {"x": [*steps, *steps[::-1]], "y": [*high, *low[::-1]], "fill": "toself"}
    line = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}  # no dots on its corners
    entry = {"name": "95 % CI of the mean", "showlegend": named, "legendrank": 2000}
    figure.add_scatter(**area, **line, **entry, fillcolor=colour)


def _points(run: Run, name: str) -> tuple[np.ndarray, np.ndarray]:
    if hasattr(run, "curve"):
        steps, values = run.curve(name)
    elif isinstance(run, tuple) and len(run) == 2:
        steps, values = run
    else:
        steps, values = range(len(run)), run
    steps, values = np.asarray(array(steps), float), np.asarray(array(values), float)
    if steps.shape != values.shape or steps.ndim != 1 or not len(steps):
        raise ValueError(
            "a curve needs as many steps as values, at least one; got "
            f"{steps.shape} and {values.shape}"
        )
    return steps, values


def _tint(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
