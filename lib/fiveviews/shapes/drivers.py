"""What loudspeakers have in common: cones let into a front, and enclosures; in metres."""

from __future__ import annotations

from .dice import Dice
from .parts import Solid, ball, box, lathe, mirrored, prism, smooth, stack, union

Driver = tuple[float, float, float]  # x, y and radius of a cone on a front


def fit(body: Solid, z: float, drivers: list[Driver], lean: float = 0.0) -> Solid:
    """The body with cones let into a front at depth z; it leans back by `lean` degrees about x."""
    holes, rings = [], []
    for x, y, r in drivers:
        hole = lathe([(r * 0.3, -r * 0.45), (r * 0.86, -0.001), (r * 0.86, 1)], 18)
        ring = lathe([(r, -0.01), (r, r * 0.12)], 18) - lathe([(r * 0.84, -1), (r * 0.84, 1)], 18)
        cap = ball((0, -r * 0.4, 0), (r * 0.36, r * 0.3, r * 0.36), 10)
        for made, parts in ((hole, holes), (ring + cap, rings)):
            parts.append(made.rotate((90, 0, 0)).translate((x, y, z)).rotate((-lean, 0, 0)))
    return body - union(holes) + union(rings)


def ladder(dice: Dice, low: float, high: float, r: float) -> list[Driver]:
    """Drivers one above another from low to high: woofers of radius r below, a tweeter on top."""
    sizes = dice.pick([1, 0.5], [1, 1, 0.45], [1, 0.7, 0.4], [1, 0.4, 1], [1], [1, 1])
    r = min(r, (high - low) / sum(2.3 * s for s in sizes))
    slack = (high - low - sum(2.3 * r * s for s in sizes)) / len(sizes)
    drivers, y = [], low
    for s in sizes:
        step = 2.3 * r * s + slack
        drivers.append((0.0, y + step / 2, r * s))
        y += step
    return drivers


def enclosure(dice: Dice, w: float, h: float, d: float) -> Solid:
    """A box from the floor to h: straight, rounded, tapering, leaning, bow-sided or egg-shaped."""
    x, z = w / 2, d / 2
    style = dice.pick("straight", "rounded", "taper", "lean", "bow", "egg")
    if style == "rounded":
        return box(w, (0, h), d, 0.12 * min(w, d))
    if style == "taper":
        return stack([(0.0, w, d), (h, w * dice.between(0.6, 0.9), (-0.75 * z, z))])
    if style == "lean":
        rear = dice.between(0.05, 0.25) * d - z
        return prism([(-z, 0), (z, 0), (z, h), (rear, h)], "x", w)
    if style == "bow":
        return prism(mirrored([(x * 0.7, -z), (x, 0), (x, z)]), "y", (0, h))
    if style == "egg":
        return prism(mirrored([*smooth([(0.01, -z), (x, -0.2 * z), (x, z)])]), "y", (0, h))
    return box(w, (0, h), d)
