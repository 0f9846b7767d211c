"""A drawing of the surfel renderer's geometry: ray, pixel, surfel, normal, and the way to the lamp.

Counterpart of figure 2 of Pix2Scene (Rajeswar et al. 2018).
"""

from __future__ import annotations

import numpy as np

from . import svg
from .style import INK, PALETTE, QUIET, SMALL, TEXT

BLUE, ORANGE, GREEN = PALETTE[:3]
SIZE = (590, 318)  # of the page, in pixels; all places below are on it
EYE, PLANE, PIXEL, COUNT = np.array([40.0, 172.0]), 160.0, 11.0, 7  # picture: a column of pixels
CHOSEN, HALF = 1, 13.0  # the pixel that is followed, and half a surfel's length
LAMP = np.array([394.0, 20.0])
HALO = {"stroke": "white", "stroke_width": "4", "paint_order": "stroke"}  # keeps words off lines


def surfel_diagram() -> svg.Svg:
    """One pixel's ray, the surfel that it meets, its normal N, and the way d to the lamp, from the
    side; every other pixel of a column has its own surfel.

    >>> surfel_diagram().alt[:8]
    'Diagram:'
    """
    rows = EYE[1] + PIXEL * (np.arange(COUNT) - (COUNT - 1) / 2)
    places = [_met((y - EYE[1]) / (PLANE - EYE[0])) for y in rows]
    p, normal = places[CHOSEN], _normal(places[CHOSEN][1])
    parts = [_HEADS]
    parts += [_line(EYE, place, "#c9dcea", 1) for place in places]
    parts += [_surfel(place, GREEN, 3) for place in places]
    for y in rows:
        fill = BLUE if y == rows[CHOSEN] else "white"
        frame = f'x="{PLANE - 5:g}" y="{y - PIXEL / 2:g}" width="10" height="{PIXEL:g}"'
        parts.append(f'<rect {frame} fill="{fill}" stroke="{INK}"/>')
    parts += [_line(EYE, p, BLUE, 2), _surfel(p, GREEN, 6)]
    parts.append(_line(p, p + 88 * normal, ORANGE, 2.2, "N"))
    towards = (LAMP - p) / np.linalg.norm(LAMP - p)
    parts.append(_line(p, LAMP - 17 * towards, INK, 1.6, "d"))
    parts += [_arc(p, normal, towards, 46), _lamp(LAMP), _camera(EYE)]
    below = SIZE[1] - 26
    parts.append(_line(np.array([EYE[0], below]), np.array([p[0], below]), QUIET, 1.2, "z", "z"))
    for x, top in ((EYE[0], EYE[1] + 14), (p[0], p[1] + 12)):
        dashes = 'stroke-dasharray="2 4"'
        parts.append(_line(np.array([x, top]), np.array([x, below]), QUIET, 1, more=dashes))
    middle = (normal + towards) / np.linalg.norm(normal + towards)
    words = [
        (EYE + [-2, -16], "camera", SMALL),
        ([PLANE, rows[-1] + 22], "picture", SMALL),
        ([PLANE, rows[0] - 12], "pixel", SMALL),
        ((EYE + p) / 2 + [0, -8], "ray", SMALL),
        (p + [16, 20], "surfel at P,", TEXT, "start"),
        (p + [16, 37], "of reflectance ρ", TEXT, "start"),
        (p + 102 * normal + [0, 5], "N", TEXT),
        ((p + LAMP) / 2 + [14, 4], "d", TEXT),
        (p + 62 * middle + [0, 5], "θ", TEXT),
        (LAMP + [22, 4], "lamp L", TEXT, "start"),
        ([(EYE[0] + p[0]) / 2, below - 7], "depth z", TEXT),
    ]
    parts += [svg.text(*place, *rest, **HALO) for place, *rest in words]
    alt = "Diagram: a ray from the camera through a pixel meets a surfel, lit by a lamp"
    return svg.page(*SIZE, parts, alt)


def _surface(y: np.ndarray | float) -> np.ndarray | float:
    """Where the surface is, across the page, at a height on it."""
    return 410 - 0.6 * (y - EYE[1]) + 12 * np.sin((y - EYE[1]) / 45)


def _met(slope: float) -> np.ndarray:
    """The first place where a ray of this slope from the eye meets the surface."""
    x = np.linspace(PLANE, SIZE[0], 2000)
    y = EYE[1] + slope * (x - EYE[0])
    first = (x >= _surface(y)).argmax()
    return np.array([x[first], y[first]])


def _normal(y: float) -> np.ndarray:
    """The surface's unit normal at this height, on the camera's side."""
    slope = (_surface(y + 1) - _surface(y - 1)) / 2
    return np.array([-1.0, slope]) / np.hypot(1, slope)


def _surfel(place: np.ndarray, colour: str, width: float) -> str:
    across, up = _normal(place[1])
    along = HALF * np.array([-up, across])
    return _line(place - along, place + along, colour, width)


def _line(
    a: np.ndarray, b: np.ndarray, colour: str, width: float, head: str = "", tail: str = "",
    more: str = "",
) -> str:  # fmt: skip
    ends = f'x1="{a[0]:.1f}" y1="{a[1]:.1f}" x2="{b[0]:.1f}" y2="{b[1]:.1f}"'
    marks = (f' marker-end="url(#{head})"' if head else "") + (
        f' marker-start="url(#{tail})"' if tail else ""
    )
    return f'<line {ends} stroke="{colour}" stroke-width="{width:g}"{marks} {more}/>'


def _arc(p: np.ndarray, a: np.ndarray, b: np.ndarray, radius: float) -> str:
    (x0, y0), (x1, y1) = p + radius * a, p + radius * b
    way = int(a[0] * b[1] - a[1] * b[0] > 0)
    path = f"M{x0:.1f} {y0:.1f} A{radius} {radius} 0 0 {way} {x1:.1f} {y1:.1f}"
    return f'<path d="{path}" fill="none" stroke="{INK}"/>'


def _lamp(place: np.ndarray) -> str:
    turns = np.radians(np.arange(0, 360, 45))
    rays = [np.array([np.cos(t), np.sin(t)]) for t in turns]
    beams = "".join(_line(place + 11 * r, place + 16 * r, INK, 1.5) for r in rays)
    disc = f'cx="{place[0]:g}" cy="{place[1]:g}" r="8" fill="{PALETTE[5]}" stroke="{INK}"'
    return f"<circle {disc}/>{beams}"


def _camera(place: np.ndarray) -> str:
    x, y = place
    body = f'<rect x="{x - 26:g}" y="{y - 9:g}" width="20" height="18" rx="3" fill="{INK}"/>'
    hood = f"M{x - 8:g} {y - 3:g} L{x:g} {y - 8:g} V{y + 8:g} L{x - 8:g} {y + 3:g} z"
    return f'{body}<path d="{hood}" fill="{INK}"/>'


_HEADS = "<defs>{}</defs>".format(
    "".join(
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="5" markerHeight="5" '
        f'orient="auto-start-reverse"><path d="M0 0.5 L8 4 L0 7.5 z" fill="{colour}"/></marker>'
        for name, colour in (("N", ORANGE), ("d", INK), ("z", QUIET))
    )
)
