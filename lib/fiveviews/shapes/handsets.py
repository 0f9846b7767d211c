"""What telephones share: keys, dials, hand-held cases and the handset; in metres."""

from __future__ import annotations

from .dice import Dice
from .parts import (
    Solid,
    around,
    box,
    ellipse,
    lathe,
    loft,
    mirrored,
    pair,
    points,
    rect,
    rod,
    smooth,
    spread,
    tube,
    union,
)


def keys(
    x: tuple[float, float], y: tuple[float, float], z: float, grid: tuple[int, int], rise: float
) -> Solid:
    """A grid (columns, rows) of keys, raised by `rise` from a front at depth z."""
    half_x, half_y = ((b - a) / n / 2 for (a, b), n in zip((x, y), grid, strict=True))
    key = box(1.44 * half_x, 1.36 * half_y, (z - rise, z + rise))
    return union(
        key.translate((u, v, 0))
        for u in spread(x[0] + half_x, x[1] - half_x, grid[0])
        for v in spread(y[0] + half_y, y[1] - half_y, grid[1])
    )


def dial(r: float, rotary: bool) -> Solid:
    """A dial or key block facing up at height 0, to be tilted onto a sloping front."""
    if not rotary:
        pad = keys((-0.8 * r, 0.8 * r), (-r, r), 0.0, (3, 4), 0.006).rotate((-90, 0, 0))
        return pad + box(1.9 * r, (-0.02, 0.002), 2.3 * r)
    plate = lathe([(r, -0.02), (r, 0.012)])
    holes = around(rod((0, 0.004, 0.72 * r), (0, 0.1, 0.72 * r), 0.14 * r, sides=8), 10)
    return plate - holes + lathe([(0.4 * r, 0), (0.4 * r, 0.018)], 14)


def case(dice: Dice, w: float, h: float, t: float) -> Solid:
    """A hand-held case from height 0 to h: squared, rounded, waisted, tapering or oval."""
    narrow = dice.between(0.8, 0.95)
    waist = smooth([(0.4, 0), (0.5, 0.12), (narrow / 2, 0.5), (0.5, 0.88), (0.37, 1)], 3)
    taper = smooth(points(".28 0, .4 .1, .5 .7, .42 1"), 3)
    outline = dice.pick(
        rect(w, (0, h), 0.12 * w),
        rect(w, (0, h), dice.between(0.2, 0.4) * w, 4),
        mirrored(waist * (w, h)),
        mirrored(taper * (w, h)),
        ellipse(w, (0, h), 28, 4.5),
    )
    middle, shrink = outline.mean(axis=0), 1 - 0.25 * t / w
    inner = (outline - middle) * shrink + middle
    return loft([(-t / 2, inner), (-t / 4, outline), (t / 4, outline), (t / 2, inner)], "z")


def handset(dice: Dice, long: float) -> Solid:
    """A handset along x, its underside at height 0: two cups and a grip between."""
    x, t = long / 2, 0.14 * long
    if dice.chance(0.4):
        cups = pair(box((x - 0.28 * long, x), (0, 1.2 * t), 0.26 * long, 0.02))
        return cups + box(0.9 * long, (0.5 * t, 1.35 * t), 0.2 * long, 0.015)
    cup = lathe([(0.15 * long, 0), (0.16 * long, t * 0.6), (0.1 * long, t * 1.1)], 16)
    a, arch = 0.35 * long, t * dice.between(1.3, 1.9)
    grip = smooth([(-a, t * 0.8, 0), (-x * 0.4, arch, 0), (x * 0.4, arch, 0), (a, t * 0.8, 0)])
    return pair(cup.translate((a, 0, 0))) + tube(grip, 0.085 * long, 10)
