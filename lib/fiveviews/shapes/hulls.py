"""What vessels share: hulls, decks, masts; bow to +z, a unit is about the length of the hull."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .dice import Dice
from .parts import Solid, box, ellipse, loft, mirrored, prism, rod, smooth, tube

STATIONS = (0.0, 0.08, 0.2, 0.35, 0.5, 0.62, 0.72, 0.82, 0.9, 0.96, 1.0)


@dataclass(frozen=True)
class Form:
    """A hull's measures: half its beam, its depth, and how its ends are shaped."""

    half: float  # half the beam
    depth: float  # keel to deck amidships
    rake: float = 0.06  # how far the stem leans forward of the keel
    sheer: float = 0.3  # rise of the deck at the bow, as a fraction of depth
    full: float = 0.7  # where the hull begins to narrow to the bow, as a fraction of its length
    stern: float = 0.8  # width of the transom, as a fraction of the beam
    vee: float = 0.4  # 0 for a flat bottom, 1 for a sharp one

    def beam(self, t: float) -> float:
        """Half-breadth at t, from the stern (0) to the stem (1)."""
        bow = max(0.0, (t - self.full) / (1 - self.full))
        aft = max(0.0, (0.35 - t) / 0.35)
        return self.half * (1 - (1 - self.stern) * aft**2) * (1 - bow**2.2) + 0.006

    def deck(self, t: float) -> float:
        """Height of the deck at t; amidships it is 0."""
        rise = max(0.0, (t - 0.35) / 0.65) ** 2 + 0.25 * max(0.0, 0.35 - t)
        return self.depth * self.sheer * rise

    def solid(self, inset: float = 0.0, lift: float = 0.0) -> Solid:
        """The hull from z = -0.5 to 0.5; or one smaller by `inset`, its keel raised by `lift`."""
        rings = []
        for t in STATIONS:
            b, y = max(0.003, self.beam(t) - inset), self.deck(t)
            low = -self.depth * (1 - 1.7 * max(0.0, 0.15 - t)) + lift
            under, thin = low + 0.55 * self.vee * self.depth, self.rake * max(0.0, t - self.full)
            chine = b * 0.85 * (1 - 2 * thin / (1 - self.full))
            foot = b * (0.75 - 0.7 * self.vee) * (1 - 3 * thin / (1 - self.full))
            side = [(0.004, low), (foot, low + 0.1 * self.depth), (chine, under)]
            side += [(0.5 * (b + chine), (y + under) / 2), (b, y)]
            rings.append((t - 0.5, mirrored(side)))
        return loft(rings, "z") - self.stem()

    def stem(self) -> Solid:
        """What the sloping bow cuts away."""
        low, foot = -self.depth - 1, 0.5 - self.rake
        slope = [(foot, -self.depth), (0.51, self.deck(1.0)), (2, self.deck(1.0))]
        return prism([*slope, (2, low), (foot, low)], "x", 9)

    def hollow(self, wall: float = 0.034) -> Solid:
        """The hull as an open boat, its sides `wall` thick."""
        inner = self.solid(wall, wall + 0.3 * self.vee * self.depth).scale((1, 1, 0.92))
        return self.solid() - inner - inner.translate((0, 0.06, 0))


def tiers(
    dice: Dice, z: tuple[float, float], half: float, floors: int, tall: float, step: float
) -> Solid:
    """A superstructure from height 0, each storey set back from the one below."""
    (rear, front), whole = z, Solid()
    for k in range(floors):
        low, high = k * tall, (k + 1) * tall
        whole += box(2 * half, (low - 0.03, high), (rear, front))
        whole += box(2 * half + 0.012, (high - 0.012, high + 0.003), (rear - 0.006, front + 0.012))
        rear += step * dice.between(0, 1)
        front -= step * dice.between(0.3, 1.2)
        half *= dice.between(0.82, 0.97)
        if front - rear < 0.04:
            break
    return whole


def funnel(z: float, y: float, r: float, tall: float, rake: float = 0.02) -> Solid:
    """A chimney from height y, oval and leaning aft."""
    low, high = (
        ellipse(1.6 * r * s, (at - r * s, at + r * s), 12) for s, at in ((1, z), (0.85, z - rake))
    )
    return loft([(y - 0.02, low), (y + tall, high)], "y")


def mast(z: float, y: float, tall: float, r: float = 0.013) -> Solid:
    """An upright spar standing at height y."""
    return rod((0, y - 0.03, z), (0, y + tall, z), r, 0.8 * r, 8)


def arch(x: float, y: float, z: float, tall: float, r: float) -> Solid:
    """A bow of tube over the deck, leaning aft."""
    path = [(-x, y - 0.02, z), (-0.8 * x, y + 0.8 * tall, z - 0.06), (0, y + tall, z - 0.07)]
    return tube(smooth([*path, *(np.array(path[1::-1]) * (-1, 1, 1))]), r, 6)


def sail(outline: ArrayLike) -> Solid:
    """A sail in side view (z, y)."""
    return prism(outline, "x", 0.028)
