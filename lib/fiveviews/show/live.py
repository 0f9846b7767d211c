"""A function of its controls, shown: computed as you drag with a kernel, beforehand without."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import ipywidgets
import numpy as np
import plotly.graph_objects as go
from IPython.display import display

from .images import images
from .sliders import Panels, slider
from .style import array, is_static


def live(
    function: Callable[..., Panels], ink: bool = True, **controls: Sequence[object]
) -> ipywidgets.Widget | go.Figure:
    """Show what `function(**controls)` draws, with a slider for each control.

    function: takes each control by name; returns one picture (H, W) or (H, W, C), or title ->
        picture for several side by side.
    controls: the values that each control can take, in order.
    Without a kernel the page gets a slider over the first control, its pictures made now, with the
    other controls at their middle values.

    >>> figure = live(lambda size: np.eye(size), size=[2, 2, 2])
    >>> type(figure).__name__
    'Figure'
    """
    middle = middle_of(controls)
    if is_static():
        first, *others = controls
        drawn = [_panels(function(**(middle | {first: value}))) for value in controls[first]]
        frames = {title: np.stack([panels[title] for panels in drawn]) for title in drawn[0]}
        label = "".join(f"{name} = {middle[name]}, " for name in others) + first
        return slider(frames, label, list(controls[first]), ink=ink)

    def draw(**chosen: object) -> None:
        panels = _panels(function(**chosen))
        titles = list(panels) if any(panels) else None
        display(images(list(panels.values()), titles=titles, ink=ink))

    return ipywidgets.interactive(draw, **controls_of(controls))


def middle_of(controls: Mapping[str, Sequence[object]]) -> dict[str, object]:
    """The middle value of each control. Raises ValueError where there is none."""
    if not controls or not all(len(values) for values in controls.values()):
        raise ValueError(
            "a live figure needs at least one control, each with its values: sigma=[0.1, 0.01]"
        )
    return {name: values[len(values) // 2] for name, values in controls.items()}


def controls_of(controls: Mapping[str, Sequence[object]]) -> dict[str, ipywidgets.SelectionSlider]:
    """A slider for each control, at its middle value."""
    return {
        name: ipywidgets.SelectionSlider(
            options=[(f"{v:.3g}" if isinstance(v, float) else str(v), v) for v in values],
            value=middle,
            description=name,
            continuous_update=False,
        )
        for (name, values), middle in zip(
            controls.items(), middle_of(controls).values(), strict=True
        )
    }


def _panels(drawn: Panels) -> dict[str, np.ndarray]:
    pictures = drawn if isinstance(drawn, Mapping) else {"": drawn}
    return {title: array(picture) for title, picture in pictures.items()}
