"""A share for each direction around an object, drawn as petals of a flower seen from above."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .style import INK, PALETTE, RULE, array


def compass(
    values: ArrayLike, azimuth: float | None = None, clockwise: bool = True, size: int = 224
) -> np.ndarray:
    """A picture (size, size, 3) in [0, 1] of N values, each in [0, 1], for N directions.

    values: petal k points to azimuth -360·k/N (or +, not clockwise); azimuth 0, where the object's
        front looks, is at the bottom, as on a map with the viewer below. A petal's length is its
        value, and the outer circle is 1.
    azimuth: draw a needle there, in degrees.
    Raises ValueError for values outside [0, 1].

    >>> compass([1.0, 0.0, 0.0, 0.0]).shape
    (224, 224, 3)
    """
    values = array(values).astype(float)
    if values.ndim != 1 or not len(values) or not (values >= 0).all() or not (values <= 1).all():
        raise ValueError("a compass shows a list of values between 0 and 1")
    line = (np.arange(2 * size) + 0.5) / size - 1  # twice as fine, for smooth edges
    x, y = np.meshgrid(line, -line)
    radius, angle = np.hypot(x, y) / 0.95, np.degrees(np.arctan2(x, -y))  # 0 below, 90 at right
    turn = -angle if clockwise else angle
    step = 360 / len(values)
    petal = np.round(turn / step).astype(int) % len(values)
    off = np.abs((turn / step - np.round(turn / step)) * step)  # degrees from the petal's middle
    picture = np.ones((2 * size, 2 * size, 3))
    hair = 1.5 / size
    for ring in (0.5, 1.0):
        picture[np.abs(radius - ring) < hair] = _rgb(RULE)
    picture[(radius < values[petal]) & (off < 0.42 * step)] = _rgb(PALETTE[0])
    if azimuth is not None:
        apart = np.abs((angle - azimuth + 180) % 360 - 180)
        across = radius * np.sin(np.radians(np.minimum(apart, 90)))
        needle = (across < 1.6 * hair) & (apart < 90) & (radius < 1)
        picture[needle] = _rgb(PALETTE[1])
    picture[radius < 0.035] = _rgb(INK)
    return picture.reshape(size, 2, size, 2, 3).mean((1, 3))


def _rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
