"""What lamps are put together from: hollow shades, feet and turned bodies; in metres."""

from __future__ import annotations

import numpy as np

from .dice import Dice
from .parts import (
    Array,
    Solid,
    around,
    ball,
    box,
    disc,
    lathe,
    loft,
    points,
    rect,
    rod,
    smooth,
    stack,
    union,
)

WALL = 0.035  # of the object's size: the thinnest shade or plate that a coarse grid still holds


def shade(dice: Dice, r: float, tall: float, size: float) -> Solid:
    """A shade open below, closed above at height 0, its rim of radius about r at -tall."""
    style = dice.pick("cone", "drum", "empire", "bell", "square", "dome", "pleated")
    narrow = {"drum": dice.between(0.9, 1.0), "empire": dice.between(0.5, 0.75)}
    top, t = narrow.get(style, dice.between(0.25, 0.6)), max(0.018, WALL * size * 0.7)
    if style == "square":
        low, high = 1.8 * r, 1.8 * r * top
        outer = stack([(-tall, low, low), (0.0, high, high)])
    else:
        curve = {
            "bell": [(1, -1), (0.72, -0.65), (0.58, -0.3), (top, 0)],
            "dome": [(1, -1), (0.93, -0.6), (0.7, -0.2), (0.3, 0)],
        }.get(style, [(1, -1), (top, 0)])
        profile = smooth(curve) if len(curve) > 2 else np.array(curve)
        outer = lathe(profile * (r, tall), dice.pick(6, 8, 10) if style == "pleated" else 24)
    inner = outer.scale((1 - t / r, 1 - t / tall, 1 - t / r))
    return outer - inner.translate((0, -t - 0.001, 0))


def foot(dice: Dice, r: float, size: float) -> Solid:
    """A base of radius r on the floor: plate, dome, square, cone or three legs."""
    t = WALL * size
    leg = rod((0, t * 0.5, r * 1.1), (0, r * 0.9, 0), t * 0.5)
    return dice.pick(
        disc(2 * r, 2 * r, (0, t)),
        lathe([(r, 0), (r, t / 2), (r * 0.7, t * 1.3), (t, t * 2)]),
        box(1.8 * r, (0, t), 1.8 * r),
        lathe([(r, 0), (t, r * dice.between(0.6, 1.4))]),
        around(leg, 3) + ball((0, r * 0.9, 0), t * 0.8, 10) + rod((0, 0.02, 0), (0, r, 0), t * 0.5),
    )


def turned(outline: Array, degrees: float) -> Array:
    """An outline (N, 2) turned about its origin."""
    a = np.radians(degrees)
    return outline @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])


def body(dice: Dice, r: float, h: float, plate: float) -> Solid:
    """What a table lamp stands on, of radius about r and height h; flat bases are `plate` thick."""
    style = dice.pick("urn", "vase", "gourd", "column", "cone", "stack", "block", "ring", "twist")
    curves = {
        "urn": ".8 0, .8 .06, .35 .1, .5 .3, 1 .65, .8 .85, .25 .97",
        "vase": ".6 0, .9 .25, 1 .45, .7 .75, .3 .9, .35 1",
        "gourd": ".6 0, 1 .2, .9 .42, .45 .55, .65 .75, .5 .92, .2 1",
        "column": "1 0, 1 .06, .4 .12, .35 .88, .6 .94, .6 1",
        "cone": "1.1 0, .6 .4, .3 1",
    }
    if style in curves:
        profile = points(curves[style]) * (r, h)
        return lathe(profile if style == "column" else smooth(profile, 3))
    if style == "stack":
        n = dice.count(2, 4)
        s = h / n
        balls = union(ball((0, (k + 0.5) * s, 0), (r, s * 0.56, r), 14) for k in range(n))
        return balls + disc(2 * r, 2 * r, (0, plate))
    if style == "block":
        return stack([(0.0, 2 * r, 2 * r), (h, dice.between(0.8, 2.4) * r, r)], 0.01)
    if style == "ring":
        ring = disc(3 * r, (0.02, h), 0.6 * r) - disc(3 * r - 0.06, (0.05, h - 0.03), 1)
        return ring.rotate((-90, 0, 0)) + box(2 * r, (0, 0.03), r)
    square = rect(1.6 * r, 1.6 * r)
    twisted = loft([(h * t, turned(square, 120 * t)) for t in np.linspace(0, 1, 13)], "y")
    return twisted + box(2.4 * r, (0, plate), 2.4 * r)
