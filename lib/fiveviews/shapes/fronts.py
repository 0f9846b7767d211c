"""What the front of a cabinet shows: doors, drawers, open shelves; in metres.

Each function takes a body, a region of its front face, x and y intervals at depth z, and gives the
body with grooves cut and handles added.
"""

from __future__ import annotations

from itertools import pairwise

from .dice import Dice
from .parts import Solid, ball, box, spread, union

Interval = tuple[float, float]
GROOVE = 0.018  # from the edge of a door or drawer to the edge of its cell


def inset(interval: Interval, by: float) -> Interval:
    """The interval, shorter by `by` at either end."""
    return interval[0] + by, interval[1] - by


def cells(interval: Interval, n: int) -> list[Interval]:
    """The interval in n equal parts."""
    return list(pairwise(spread(*interval, n + 1)))


def doors(dice: Dice, body: Solid, x: Interval, y: Interval, z: float, n: int) -> Solid:
    """n doors side by side: flat, framed or with a raised panel."""
    style = dice.pick("flat", "framed", "panelled")
    mid, grips = sum(y) / 2, []
    for k, side in enumerate(cells(x, n)):
        edge = min(0.09, (side[1] - side[0]) / 5, (y[1] - y[0]) / 5)
        leaf = box(inset(side, GROOVE), inset(y, GROOVE), (z - 2, z + 2))
        body -= box(side, y, (z - 0.03, z + 1)) - leaf
        if style != "flat":
            body -= box(inset(side, edge), inset(y, edge), (z - 0.03, z + 1))
        if style == "panelled":
            grips.append(box(inset(side, 1.7 * edge), inset(y, 1.7 * edge), (z - 0.06, z)))
        hinge_left = k % 2 == 0 and n > 1
        at = side[1] - edge / 2 if hinge_left else side[0] + edge / 2
        grips.append(box((at - 0.015, at + 0.015), (mid - 0.07, mid + 0.07), (z - 0.04, z + 0.035)))
    return body + union(grips)


def drawers(dice: Dice, body: Solid, x: Interval, y: Interval, z: float, n: int) -> Solid:
    """n drawers one above another, with bars, knobs, cups or slots to pull."""
    style = dice.pick("bar", "knobs", "slot", "cup")
    mid, wide, grips = sum(x) / 2, x[1] - x[0], []
    for side in cells(y, n):
        front = box(inset(x, GROOVE), inset(side, GROOVE), (z - 2, z + 2))
        body -= box(x, side, (z - 0.03, z + 1)) - front
        at = sum(side) / 2
        if style == "knobs":
            spots = (-0.28 * wide, 0.28 * wide) if wide > 0.5 else (0.0,)
            grips += [ball((mid + s, at, z + 0.005), 0.028, 8) for s in spots]
        elif style == "slot":
            slot = (mid - 0.2 * wide, mid + 0.2 * wide)
            body -= box(slot, (side[1] - 0.08, side[1] - 0.03), (z - 0.04, z + 1))
        else:
            half = wide * (0.25 if style == "bar" else 0.1)
            grip = (at - 0.016, at + 0.016)
            grips.append(box((mid - half, mid + half), grip, (z - 0.02, z + 0.035)))
    return body + union(grips)


def shelves(
    body: Solid, x: Interval, y: Interval, z: float, grid: tuple[int, int], t: float, deep: float
) -> Solid:
    """A grid (columns, rows) of open compartments, boards t thick, `deep` from front to rear."""
    return body - union(
        box(inset(across, t / 2), inset(up, t / 2), (z - deep, z + 1))
        for across in cells(x, grid[0])
        for up in cells(y, grid[1])
    )


def bay(dice: Dice, body: Solid, x: Interval, y: Interval, z: float, deep: float) -> Solid:
    """Doors, drawers or open shelves, as many as fit; the body is `deep` from front to rear."""
    wide, tall = x[1] - x[0], y[1] - y[0]
    kind = dice.pick("doors", "drawers", "shelves") if tall > 0.25 else "drawers"
    if kind == "doors":
        return doors(dice, body, x, y, z, max(1, round(wide / dice.between(0.35, 0.6))))
    if kind == "drawers":
        return drawers(dice, body, x, y, z, max(1, round(tall / dice.between(0.15, 0.28))))
    columns = max(1, round(wide / dice.between(0.4, 0.9)))
    rows = max(1, round(tall / dice.between(0.25, 0.45)))
    return shelves(body, x, y, z, (columns, rows), dice.between(0.03, 0.045), deep - 0.035)
