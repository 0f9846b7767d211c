"""Vessels, bow to +z: a hull in many forms and what it carries; a unit is about the hull's length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .dice import Dice
from .parts import (
    Solid,
    ball,
    bar,
    box,
    ellipse,
    fillet,
    hull,
    loft,
    pair,
    prism,
    rect,
    rod,
    row,
    smooth,
    stack,
    tube,
    union,
)


def vessel(dice: Dice) -> Solid:
    """A boat or ship of any kind."""
    style = dice.pick(
        sloop,
        sloop,
        ketch,
        galleon,
        container,
        container,
        tanker,
        ferry,
        cruise,
        warship,
        warship,
        carrier,
        tug,
        trawler,
        speedboat,
        speedboat,
        yacht,
        rowing,
        catamaran,
        submarine,
        barge,
        canoe,
    )
    return style(dice)


@dataclass
class Form:
    """A hull's measures: half its beam, its depth, and how its ends are shaped."""

    half: float  # half the beam
    depth: float  # keel to deck amidships
    rake: float = 0.06  # how far the stem leans forward of the keel
    sheer: float = 0.3  # rise of the deck at the bow, as a fraction of depth
    full: float = (
        0.7  # where the hull begins to narrow towards the bow, as a fraction of its length
    )
    stern: float = 0.8  # width of the transom, as a fraction of the beam
    vee: float = 0.4  # 0 for a flat bottom, 1 for a sharp one

    def beam(self, t: float) -> float:
        """Half-breadth at t, from the stern (0) to the stem (1)."""
        bow = max(0.0, (t - self.full) / (1 - self.full))
        aft = max(0.0, (0.35 - t) / 0.35)
        return self.half * (1 - (1 - self.stern) * aft**2) * (1 - bow**2.2) + 0.006

    def deck(self, t: float) -> float:
        """Height of the deck at t; amidships it is 0."""
        return self.depth * self.sheer * max(
            0.0, (t - 0.35) / 0.65
        ) ** 2 + 0.25 * self.depth * self.sheer * max(0.0, 0.35 - t)

    def solid(self, inset: float = 0.0, lift: float = 0.0) -> Solid:
        """The hull from z = -0.5 to 0.5, deck at height 0; or smaller by `inset`, raised by `lift`."""
        stations = []
        for t in (0.0, 0.08, 0.2, 0.35, 0.5, 0.62, 0.72, 0.82, 0.9, 0.96, 1.0):
            b, y = max(0.003, self.beam(t) - inset), self.deck(t)
            low = -self.depth * (1 - 0.25 * max(0.0, 0.15 - t) / 0.15) + lift
            lean = self.rake * max(0.0, (t - self.full) / (1 - self.full))
            under = low + self.vee * 0.55 * self.depth
            ring = [
                (b, y),
                (b * (1 - 0.5 * lean), (y + under) / 2),
                (b * 0.85 * (1 - 2 * lean), under),
                (b * (0.75 - 0.7 * self.vee) * (1 - 3 * lean), low + 0.1 * self.depth),
                (0.004, low),
            ]
            ring += [(-x, v) for x, v in ring[::-1]]
            stations.append((t - 0.5, np.array(ring)))
        body = loft(stations, "z")
        keel = -self.depth - 1
        cut = [
            (0.5 - self.rake, -self.depth),
            (0.5 + 0.01, self.deck(1.0)),
            (2, self.deck(1.0)),
            (2, keel),
            (0.5 - self.rake, keel),
        ]
        return body - prism(cut, "x", 9) if self.rake > 0 else body


def tiers(
    dice: Dice, z: tuple[float, float], half: float, n: int, tall: float, step: float
) -> Solid:
    """A superstructure of n storeys on the deck, each set back from the one below."""
    parts = []
    a, b = z
    for k in range(n):
        parts.append(box(2 * half, (k * tall - 0.03, (k + 1) * tall), (a, b), 0.0))
        parts.append(
            box(
                2 * half + 0.012,
                ((k + 1) * tall - 0.012, (k + 1) * tall + 0.003),
                (a - 0.006, b + 0.012),
            )
        )
        a, b, half = (
            a + step * dice.between(0, 1),
            b - step * dice.between(0.3, 1.2),
            half * dice.between(0.82, 0.97),
        )
        if b - a < 0.04:
            break
    return union(parts)


def funnel(z: float, y: float, r: float, tall: float, rake: float = 0.02) -> Solid:
    """A chimney, oval and leaning aft."""
    oval = ellipse(1.6 * r, 2 * r, 12)
    return loft([(y - 0.02, oval + (0, z)), (y + tall, oval * 0.85 + (0, z - rake))], "y")


def mast(z: float, y: float, tall: float, r: float = 0.011) -> Solid:
    return rod((0, y - 0.03, z), (0, y + tall, z), r, 0.8 * r, 8)


def sail(points: list[tuple[float, float]], belly: float = 0.0) -> Solid:
    """A sail in side view (z, y), 0.026 thick, blown sideways by `belly`."""
    cloth = prism(points, "x", 0.026)
    return cloth.rotate((0, belly, 0)) if belly else cloth


def sloop(dice: Dice) -> Solid:
    """One mast, mainsail and jib, a fin keel."""
    f = Form(
        dice.between(0.11, 0.16),
        dice.between(0.08, 0.13),
        dice.between(0.06, 0.14),
        0.4,
        dice.between(0.45, 0.6),
        dice.between(0.5, 0.8),
        0.5,
    )
    tall, z = dice.between(0.9, 1.4), dice.between(0.02, 0.12)
    boom = 0.07
    main = [
        (z - 0.012, boom),
        (z - 0.012, tall * 0.96),
        (z - 0.06, tall * 0.9),
        (z - 0.3 * dice.between(0.8, 1.2), tall * 0.4),
        (-0.44, boom),
    ]
    parts = [
        f.solid(),
        mast(z, 0, tall),
        rod((0, boom, z), (0, boom, -0.46), 0.013, sides=8),
        sail(main),
    ]
    if dice.chance(0.8):
        parts.append(
            sail(
                [
                    (0.49, f.deck(1) + 0.01),
                    (0.46, f.deck(1) - 0.02),
                    (z + 0.04, 0.08),
                    (z - 0.002, tall * 0.8),
                    (z + 0.02, tall * 0.84),
                ]
            )
        )
    if dice.chance(0.6):
        parts.append(
            hull(
                box(1.1 * f.half, (-0.02, 0.0), (-0.2, z + 0.14)),
                box(0.8 * f.half, (0.03, 0.05), (-0.16, z + 0.08)),
            )
        )
    if dice.chance(0.7):
        deep = dice.between(0.1, 0.2)
        parts.append(
            prism(
                [
                    (z + 0.05, -f.depth * 0.6),
                    (z - 0.14, -f.depth * 0.6),
                    (z - 0.11, -f.depth - deep),
                    (z + 0.0, -f.depth - deep),
                ],
                "x",
                0.035,
            )
        )
        parts.append(
            prism(
                [
                    (-0.36, -f.depth * 0.5),
                    (-0.44, -f.depth * 0.5),
                    (-0.45, -f.depth - 0.06),
                    (-0.39, -f.depth - 0.06),
                ],
                "x",
                0.03,
            )
        )
    if dice.chance(0.3):
        return union(parts[:3] + parts[4:])
    return union(parts)


def ketch(dice: Dice) -> Solid:
    """Two or three masts, each with a fore-and-aft or junk sail, a bowsprit."""
    f = Form(dice.between(0.1, 0.14), dice.between(0.09, 0.13), 0.12, 0.5, 0.55, 0.5, 0.5)
    n, tall = dice.count(2, 3), dice.between(0.55, 0.85)
    parts = [f.solid(), rod((0, f.deck(0.95) - 0.01, 0.4), (0, f.deck(1) + 0.05, 0.66), 0.014)]
    places = np.linspace(-0.3, 0.22, n)
    gap, junk = (places[1] - places[0]) * 0.92, dice.chance(0.35)
    for k, z in enumerate(places):
        h = tall * (1 - 0.15 * abs(k - (n - 1) / 2 + 0.2))
        parts.append(mast(z, 0, h, 0.013))
        fore = z + (0.25 * gap if junk else 0.0)
        outline = [
            (fore, 0.06),
            (fore, h * 0.7),
            (z - 0.5 * gap, h * 0.98),
            (z - 0.85 * gap, h * (0.5 if junk else 0.2)),
            (z - 0.9 * gap, 0.07),
        ]
        parts.append(sail(outline))
    if dice.chance(0.7):
        z = places[-1]
        parts.append(
            sail(
                [
                    (0.64, f.deck(1) + 0.04),
                    (0.6, f.deck(1) + 0.03),
                    (z + 0.03, 0.1),
                    (z - 0.005, tall * 0.75),
                    (z + 0.02, tall * 0.78),
                ]
            )
        )
    return union(parts)


def galleon(dice: Dice) -> Solid:
    """Castles fore and aft, square sails on two or three masts."""
    f = Form(dice.between(0.11, 0.15), dice.between(0.14, 0.2), 0.08, 0.35, 0.6, 0.75, 0.3)
    aft, high = dice.between(0.2, 0.32), dice.between(0.08, 0.16)
    castle = prism(
        [
            (-0.5, -0.05),
            (-0.54, high),
            (-0.5 + aft * 0.5, high),
            (-0.5 + aft * 0.5, high * 0.55),
            (-0.5 + aft, high * 0.5),
            (-0.5 + aft, -0.05),
        ],
        "x",
        1.6 * f.half,
    )
    fore = box(1.0 * f.half, (-0.05, f.deck(0.85) + 0.05), (0.24, 0.4))
    parts = [
        f.solid(),
        castle,
        fore,
        rod((0, f.deck(1) - 0.03, 0.42), (0, f.deck(1) + 0.12, 0.68), 0.014),
    ]
    n, tall = dice.count(2, 3), dice.between(0.6, 0.85)
    for k, z in enumerate(np.linspace(-0.28, 0.3, n)):
        h = tall * (0.8 if k == 0 and n == 3 else 1.0)
        parts.append(mast(z, 0.0, h, 0.014))
        w, low = dice.between(0.38, 0.5), 0.14
        for j in range(2 if h > 0.62 else 1):
            top = low + 0.52 * (h - low) if h > 0.62 else h * 0.92
            blown = smooth([(z + 0.012, low), (z + 0.06, (low + top) / 2), (z + 0.012, top)], 4)
            cloth = np.concatenate([blown, blown[::-1] - (0.028, 0)])
            parts.append(prism(cloth, "x", w * (1 - 0.25 * j)))
            parts.append(
                rod(
                    (-w * 0.55 * (1 - 0.25 * j), top, z),
                    (w * 0.55 * (1 - 0.25 * j), top, z),
                    0.012,
                    sides=6,
                )
            )
            low, h = top + 0.02, h if j == 0 else h
            if j == 0 and h > 0.62:
                low = top + 0.02
        del low
    return union(parts)


def ship_form(dice: Dice, slim: float = 1.0) -> Form:
    """A merchantman's hull."""
    return Form(
        dice.between(0.065, 0.09) * slim,
        dice.between(0.07, 0.1),
        dice.between(0.03, 0.07),
        dice.between(0.2, 0.7),
        dice.between(0.74, 0.84),
        dice.between(0.75, 0.95),
        0.15,
    )


def bridge(dice: Dice, f: Form, z: float, tall: float) -> Solid:
    """Accommodation block with wings and a funnel behind."""
    long = dice.between(0.05, 0.09)
    block = box(1.7 * f.half, (-0.03, tall), (z, z + long)) + box(
        2 * f.half, (tall - 0.03, tall), (z + long - 0.035, z + long + 0.01)
    )
    return (
        block
        + funnel(z - 0.02, 0.0, 0.02, tall * dice.between(0.7, 1.0), 0.0)
        + mast(z + long / 2, tall, 0.05)
    )


def container(dice: Dice) -> Solid:
    """Stacks of containers of uneven height, the bridge aft or amidships."""
    f = ship_form(dice, 1.1)
    z = dice.pick(-0.42, -0.42, -0.15, 0.3)
    tall, bays = dice.between(0.14, 0.22), dice.count(5, 9)
    parts = [f.solid(), bridge(dice, f, z, tall)]
    step = 0.78 / bays
    for k in range(bays):
        a = -0.44 + k * step
        if a < z + 0.12 and a + step > z - 0.05:
            continue
        wide = min(f.beam(a + 0.5), f.beam(a + step + 0.5)) * 0.94
        level = dice.count(1, 4)
        parts.append(box(2 * wide, (-0.02, 0.032 * level + 0.01), (a, a + step * 0.86)))
        if dice.chance(0.4):
            parts.append(box((0, wide), (0, 0.032 * level + 0.042), (a, a + step * 0.86)))
    parts.append(
        prism(
            [(0.36, -0.02), (0.49, -0.02), (0.5, f.deck(1) + 0.03), (0.37, f.deck(0.9) + 0.02)],
            "x",
            0.05,
        )
    )
    return union(parts)


def tanker(dice: Dice) -> Solid:
    """A long low deck with pipes or hatches, domes or cranes, the bridge aft."""
    f = ship_form(dice)
    parts = [f.solid(), bridge(dice, f, -0.44, dice.between(0.12, 0.2))]
    kind = dice.pick("pipes", "domes", "hatches", "cranes")
    if kind == "pipes":
        parts += [
            box(0.035, (-0.01, 0.03), (-0.36, 0.4)),
            box(1.6 * f.half, (-0.01, 0.035), (-0.02, 0.03)),
            mast(0.36, 0.0, 0.12),
        ]
    elif kind == "domes":
        parts += [
            ball((0, 0.01, z), (f.half * 0.88, f.half * 0.95, f.half * 0.88), 14)
            for z in np.arange(-0.26, 0.33, 0.185)
        ]
    else:
        spots = np.linspace(-0.26, 0.3, 4)
        parts += [box(1.3 * f.half, (-0.02, 0.025), (z - 0.05, z + 0.05)) for z in spots]
        if kind == "cranes":
            for z in (spots[:-1] + spots[1:]) / 2:
                parts.append(
                    rod((0, -0.01, z), (0, 0.12, z), 0.02)
                    + bar((0, 0.11, z), (0, 0.15, z + 0.13), 0.022)
                )
    return union(parts)


def ferry(dice: Dice) -> Solid:
    """A slab-sided car ferry, or a paddle steamer."""
    f = Form(dice.between(0.1, 0.13), dice.between(0.08, 0.12), 0.04, 0.3, 0.75, 0.95, 0.1)
    n, tall = dice.count(2, 3), dice.between(0.05, 0.07)
    parts = [f.solid(), tiers(dice, (-0.47, dice.between(0.2, 0.34)), 0.96 * f.half, n, tall, 0.06)]
    r = dice.between(0.02, 0.03)
    parts.append(
        pair(funnel(-0.25, n * tall - 0.02, r, 0.12).translate((0.4 * f.half, 0, 0)))
        if dice.chance(0.5)
        else funnel(-0.15, n * tall - 0.02, 1.3 * r, 0.12)
    )
    if dice.chance(0.35):
        parts.append(
            pair(rod((0.8 * f.half, 0.0, -0.05), (1.35 * f.half, 0.0, -0.05), 0.12, sides=16))
            if dice.chance(0.5)
            else rod((-0.8 * f.half, 0.02, -0.53), (0.8 * f.half, 0.02, -0.53), 0.1, sides=14)
            + box(0.1, 0.04, (-0.55, -0.45))
        )
    return union(parts)


def cruise(dice: Dice) -> Solid:
    """A liner: many decks, raked funnels."""
    f = ship_form(dice, dice.between(0.9, 1.15))
    n, tall = dice.count(3, 5), 0.036
    parts = [
        f.solid(),
        tiers(dice, (-0.46, dice.between(0.24, 0.34)), 0.96 * f.half, n, tall, 0.045),
    ]
    count, top = dice.count(1, 4), (n - 1) * tall
    for z in np.linspace(-0.2, 0.1, count) if count > 1 else [-0.15]:
        parts.append(funnel(float(z), top - 0.03, 0.028, dice.between(0.1, 0.13) + 0.03, 0.03))
    boats = row(lambda z: ball((f.half, 0.03, z), (0.014, 0.014, 0.03), 8), -0.3, 0.15, 6)
    return union([*parts, pair(boats), mast(0.26, 0.0, 0.2)])


def turret(z: float, y: float, size: float, guns: int, aft: bool = False) -> Solid:
    """A gun house with its barrels."""
    house = hull(
        box(1.6 * size, (-0.02, 0.7 * size), (-size, 0.9 * size)),
        box(1.2 * size, (0, size), (-0.9 * size, 0.3 * size)),
    )
    spots = np.linspace(-0.45, 0.45, guns) * size if guns > 1 else [0.0]
    barrels = union(
        rod((x, 0.5 * size, 0), (x, 0.75 * size, 3.2 * size), max(0.009, 0.2 * size), sides=6)
        for x in map(float, spots)
    )
    whole = (house + barrels).rotate((0, 180 if aft else 0, 0)).translate((0, y, z))
    return whole + rod((0, -0.03, z), (0, y, z), 0.7 * size, sides=12)


def warship(dice: Dice) -> Solid:
    """Turrets fore and aft, a stepped superstructure, lattice or tower masts."""
    f = Form(
        dice.between(0.055, 0.075),
        dice.between(0.06, 0.08),
        dice.between(0.06, 0.1),
        dice.between(0.4, 0.9),
        dice.between(0.5, 0.65),
        0.7,
        0.3,
    )
    modern, s = dice.chance(0.45), dice.between(0.028, 0.04)
    n = dice.count(2, 3)
    parts = [
        f.solid(),
        tiers(
            dice,
            (dice.between(-0.28, -0.18), dice.between(0.1, 0.18)),
            0.78 * f.half,
            n,
            0.05,
            0.06,
        ),
    ]
    if modern:
        parts += [
            hull(
                box(f.half, (-0.02, 0.1), (-0.02, 0.12)),
                box(0.5 * f.half, (0.17, 0.19), (0.02, 0.07)),
            ),
            turret(0.27, 0.03, 0.75 * s, 1),
        ]
        parts += [
            box(0.9 * f.half, (0, 0.13), (-0.2, -0.12)),
            rod((0, 0.15, 0.05), (0, 0.32, 0.04), 0.014),
            box(0.1, (0.24, 0.265), (0.03, 0.05)),
        ]
    else:
        guns = dice.count(2, 3)
        parts += [
            turret(0.3, 0.03, s, guns),
            turret(-0.36, 0.02, s, guns, aft=True),
            turret(0.2, 0.06, s, guns),
        ]
        top = 0.05 * n
        parts += [
            rod((0, 0, 0.08), (0, top + 0.16, 0.08), 0.02, 0.015),
            box(0.05, (top + 0.1, top + 0.14), (0.05, 0.11)),
        ]
        parts += [
            funnel(float(z), 0.04, 0.026, top + 0.06)
            for z in np.linspace(-0.14, -0.02, dice.count(1, 2))
        ]
    return union(parts)


def carrier(dice: Dice) -> Solid:
    """A flight deck, an island to starboard, aircraft parked."""
    f = Form(dice.between(0.07, 0.09), dice.between(0.08, 0.1), 0.04, 0.1, 0.65, 0.9, 0.3)
    w = f.half * dice.between(1.2, 1.4)
    deck = [
        (-0.9 * w, -0.52),
        (0.9 * w, -0.52),
        (w, -0.3),
        (w, 0.3),
        (0.5 * w, 0.51),
        (-0.5 * w, 0.51),
        (-w, 0.2),
        (-1.25 * w, 0.05),
        (-1.25 * w, -0.35),
    ]
    z = dice.between(-0.15, 0.1)
    island = tiers(dice, (z - 0.08, z + 0.07), 0.022, 3, 0.04, 0.03).translate(
        (0.75 * w, 0.04, 0)
    ) + rod((0.75 * w, 0.1, z), (0.75 * w, 0.26, z), 0.012)
    ramp = (
        prism([(0.3, 0.02), (0.52, 0.02), (0.53, 0.075), (0.42, 0.04)], "x", w)
        if dice.chance(0.35)
        else Solid()
    )
    planes = union(
        box((-0.9 * w, -0.6 * w), (0.03, 0.06), (s, s + 0.05))
        for s in np.linspace(-0.4, 0.1, dice.count(2, 5))
    )
    return f.solid() + prism(deck, "y", (-0.01, 0.035)) + island + ramp + planes


def tug(dice: Dice) -> Solid:
    """Short and stout: high bow, wheelhouse, one big funnel, fenders."""
    f = Form(dice.between(0.18, 0.23), dice.between(0.15, 0.2), 0.08, 0.6, 0.55, 0.8, 0.3)
    house = tiers(dice, (-0.12, 0.22), 0.6 * f.half, 2, dice.between(0.11, 0.14), 0.06)
    cabin = stack([(0.2, 0.9 * f.half, (0.02, 0.16)), (0.36, f.half, (0.0, 0.2))]) + box(
        1.2 * f.half, (0.35, 0.385), (-0.02, 0.23)
    )
    rail = f.solid().trim_by_plane((0, 1, 0), -0.06) - f.solid(0.04).translate(
        (0, 0.002, 0)
    ).trim_by_plane((0, 1, 0), -0.2)
    parts = [
        f.solid(),
        house,
        cabin,
        rail.translate((0, 0.045, 0)),
        funnel(-0.1, 0.1, 0.06, dice.between(0.2, 0.3)),
        mast(0.08, 0.36, 0.18, 0.016),
    ]
    if dice.chance(0.6):
        parts.append(
            row(
                lambda z: pair(rod((f.half, -0.06, z), (f.half + 0.035, -0.06, z), 0.05, sides=10)),
                -0.3,
                0.1,
                3,
            )
        )
    return union([*parts, rod((0, -0.02, -0.33), (0, 0.09, -0.33), 0.03)])


def trawler(dice: Dice) -> Solid:
    """A fishing boat: wheelhouse fore or aft, a mast with derricks, a gallows at the stern."""
    f = Form(
        dice.between(0.13, 0.18),
        dice.between(0.13, 0.18),
        0.1,
        dice.between(0.5, 1.0),
        0.5,
        0.75,
        0.4,
    )
    z = dice.pick(0.02, -0.4)
    house = (
        box(1.2 * f.half, (-0.03, 0.12), (z, z + 0.24))
        + stack([(0.1, f.half, (z + 0.08, z + 0.22)), (0.23, 1.05 * f.half, (z + 0.06, z + 0.24))])
        + box(1.2 * f.half, (0.22, 0.25), (z + 0.04, z + 0.27))
    )
    m = z - 0.1 if z > 0 else z + 0.4
    tall = dice.between(0.4, 0.6)
    rig = (
        mast(m, 0, tall, 0.016)
        + pair(rod((0, 0.12, m), (dice.between(0.1, 0.35), tall * 0.85, m - 0.05), 0.013))
        if dice.chance(0.6)
        else mast(m, 0, tall, 0.016) + rod((0, 0.1, m), (0, tall * 0.8, m - 0.25), 0.014)
    )
    gate = pair(box((0.6 * f.half, 0.6 * f.half + 0.03), (-0.04, 0.2), (-0.46, -0.43))) + box(
        1.2 * f.half + 0.06, (0.18, 0.21), (-0.46, -0.43)
    )
    return (
        f.solid()
        + house
        + rig
        + (gate if z > 0 else Solid())
        + box(0.8 * f.half, (-0.02, 0.04), (m - 0.06, m + 0.06))
    )


def speedboat(dice: Dice) -> Solid:
    """A planing hull with an open cockpit, windscreen and outboard, or an offshore racer."""
    f = Form(
        dice.between(0.14, 0.2),
        dice.between(0.11, 0.16),
        dice.between(0.12, 0.2),
        dice.between(-0.2, 0.3),
        dice.between(0.35, 0.5),
        0.92,
        0.7,
    )
    pit = prism(
        rect(1.4 * f.half, (-0.46, dice.between(-0.05, 0.1)), 0.05), "y", (-0.4 * f.depth, 1)
    )
    front = 0.1
    body = f.solid() - pit
    glass = hull(
        box(1.5 * f.half, (-0.02, 0.0), (front - 0.04, front + 0.02)),
        box(1.2 * f.half, (0.07, 0.085), (front - 0.1, front - 0.07)),
    )
    seats = pair(
        box((0.15 * f.half, 0.6 * f.half), (-0.5 * f.depth, 0.05), (-0.1, -0.06))
        + box((0.15 * f.half, 0.6 * f.half), (-0.5 * f.depth, -0.02), (-0.1, 0.0))
    )
    bench = box(1.2 * f.half, (-0.5 * f.depth, 0.02), (-0.42, -0.34))
    motor = (
        box(0.09, (-0.02, 0.11), (-0.58, -0.48), 0.03)
        + box(0.035, (-0.2, 0.0), (-0.55, -0.49))
        + box(0.05, (-0.03, 0.03), (-0.52, -0.4))
    )
    parts = [body, glass, seats, bench]
    if dice.chance(0.6):
        parts.append(motor if dice.chance(0.6) else pair(motor.translate((0.07, 0, 0))))
    if dice.chance(0.25):
        arch = fillet(
            [
                (-0.85 * f.half, -0.04, -0.2),
                (-0.7 * f.half, 0.2, -0.26),
                (0.7 * f.half, 0.2, -0.26),
                (0.85 * f.half, -0.04, -0.2),
            ],
            0.06,
        )
        parts.append(tube(arch, 0.02, 6))
    if dice.chance(0.25):
        tubes = smooth(
            [
                (0.95 * f.half, -0.03, -0.5),
                (f.half, -0.02, 0.0),
                (0.7 * f.half, 0.0, 0.3),
                (0.02, 0.03, 0.49),
            ],
            4,
        )
        parts.append(pair(tube(tubes, 0.05, 8)))
    return union(parts)


def yacht(dice: Dice) -> Solid:
    """A motor yacht: raked decks, flying bridge, radar arch."""
    f = Form(
        dice.between(0.11, 0.15),
        dice.between(0.1, 0.14),
        dice.between(0.1, 0.16),
        dice.between(0.2, 0.6),
        dice.between(0.45, 0.6),
        0.9,
        0.5,
    )
    h, b = dice.between(0.07, 0.1), f.half
    one = stack(
        [(-0.03, 1.5 * b, (-0.32, 0.26)), (h, 1.35 * b, (-0.32, dice.between(0.06, 0.16)))], 0.03
    )
    roof = box(1.45 * b, (h - 0.005, h + 0.025), (-0.4, 0.12))
    parts = [f.solid() - box(1.5 * b, (-0.05, 1), (-0.48, -0.36)), one, roof]
    if dice.chance(0.65):
        parts.append(
            stack([(h, 1.2 * b, (-0.26, 0.04)), (1.8 * h, 1.0 * b, (-0.26, -0.06))], 0.02)
            + box(1.15 * b, (1.8 * h - 0.005, 1.8 * h + 0.02), (-0.32, -0.04))
        )
    top = h * 1.8 if len(parts) > 3 else h
    arch = fillet(
        [
            (-0.5 * b, top - 0.02, -0.2),
            (-0.4 * b, top + 0.1, -0.27),
            (0.4 * b, top + 0.1, -0.27),
            (0.5 * b, top - 0.02, -0.2),
        ],
        0.03,
    )
    return union([*parts, tube(arch, 0.017, 6), mast(-0.27, top + 0.09, 0.06)])


def rowing(dice: Dice) -> Solid:
    """An open boat with thwarts, oars out or in."""
    f = Form(
        dice.between(0.16, 0.21),
        dice.between(0.12, 0.16),
        0.1,
        dice.between(0.4, 0.9),
        dice.between(0.35, 0.5),
        dice.between(0.45, 0.8),
        0.5,
    )
    body = (
        f.solid()
        - f.solid(0.032, 0.05).translate((0, 0.002, 0)).scale((1, 1, 0.93))
        - box(0.0, 0.0, 0.0)
        if False
        else open_hull(f)
    )
    seats = row(
        lambda z: box(1.9 * f.beam(z + 0.5), (-0.06, -0.025), (z - 0.045, z + 0.045)),
        -0.34,
        0.2,
        dice.count(2, 4),
    )
    whole = body + (seats ^ f.solid())
    if dice.chance(0.65):
        reach, tip = dice.between(0.3, 0.5), dice.between(-0.15, 0.15)
        oar = rod((0.06, 0.08, -0.05), (f.half + reach, -0.04, tip), 0.014, sides=6)
        blade = bar(
            (f.half + reach - 0.12, -0.02, tip * 0.75),
            (f.half + reach + 0.02, -0.045, tip * 1.05),
            0.05,
            0.026,
        )
        pin = box((f.half - 0.03, f.half + 0.01), (-0.03, 0.07), (-0.02, 0.02))
        whole += pair(oar + blade + pin)
    return whole


def open_hull(f: Form, wall: float = 0.034) -> Solid:
    """A hull hollowed from above, its sides `wall` thick."""
    inner = f.solid(wall, wall + 0.3 * f.vee * f.depth).scale((1, 1, 0.92))
    return f.solid() - inner - inner.translate((0, 0.06, 0))


def canoe(dice: Dice) -> Solid:
    """Pointed at both ends: canoe, kayak, gondola or outrigger."""
    b, depth = dice.between(0.07, 0.1), dice.between(0.07, 0.1)
    rise, covered = dice.between(0.02, 0.1), dice.chance(0.4)
    t = np.linspace(-1, 1, 15)

    def shell(half: float, low: float, scale: float) -> Solid:
        rings = []
        for s in t:
            w, top = half * (1 - abs(s) ** 2.4) + 0.004, rise * s * s
            base = low + (top - low) * 0.9 * max(0.0, abs(s) - 0.6) / 0.4 * 0.6
            mid = 0.45 * (top + base)
            half_ring = [
                (w, top),
                (w * 0.95, mid),
                (w * 0.5, base + 0.1 * (mid - base)),
                (0.002, base),
            ]
            rings.append(
                (0.5 * s * scale, np.array(half_ring + [(-x, y) for x, y in half_ring[::-1]]))
            )
        return loft(rings, "z")

    outer, inner = shell(b, -depth, 1.0), shell(b - 0.03, -depth + 0.035, 0.9)
    if covered:
        pit = prism(ellipse(1.1 * b, (-0.14, 0.08), 16), "y", (-0.6 * depth, 1))
        deck = ball((0, 0, 0), (0.8 * b, 0.03, 0.4), 16)
        paddle = rod((-0.22, 0.08, 0.0), (0.22, 0.05, 0.02), 0.013, sides=6) + pair(
            box((0.18, 0.28), (0.03, 0.09), (0.0, 0.026))
        )
        seat = ball((0, 0.0, -0.05), (0.035, 0.1, 0.03), 10)
        return (
            ((outer + deck) - pit)
            + seat
            + paddle.translate((0, 0.0, 0.0))
            + box(0.03, (-0.6 * depth, 0.07), (-0.04, 0.02))
        )
    whole = outer - inner - inner.translate((0, 0.05, 0))
    whole += row(lambda z: box(1.7 * b, (-0.03, 0.0), (z - 0.02, z + 0.02)), -0.22, 0.22, 2)
    kind = dice.pick("plain", "outrigger", "gondola")
    if kind == "outrigger":
        float_ = loft(
            [
                (z, ellipse((0.3 - r, 0.3 + r), (-0.05 - r, -0.05 + r), 8))
                for z, r in ((-0.32, 0.008), (-0.2, 0.022), (0.2, 0.022), (0.34, 0.008))
            ],
            "z",
        )
        whole += float_ + row(
            lambda z: bar((-b * 0.7, -0.01, z), (0.3, -0.04, z), 0.026), -0.15, 0.15, 2
        )
    elif kind == "gondola":
        post = smooth(
            [
                (0, rise * 0.7, 0.42),
                (0, rise + 0.04, 0.5),
                (0, rise + 0.16, 0.53),
                (0, rise + 0.2, 0.5),
            ],
            3,
        )
        whole += tube(post, 0.018, 6) + (
            box(1.5 * b, (-0.05, 0.1), (-0.1, 0.08), 0.02) if dice.chance(0.6) else Solid()
        )
    return whole


def catamaran(dice: Dice) -> Solid:
    """Two hulls and a bridge: under sail, or a fast ferry."""
    x, slim = (
        dice.between(0.18, 0.26),
        Form(dice.between(0.045, 0.06), dice.between(0.1, 0.13), 0.08, 0.25, 0.5, 0.8, 0.6),
    )
    hulls = pair(slim.solid().translate((x, 0, 0)))
    deck = box(2 * x, (-0.04, 0.005), (-0.42, 0.12))
    if dice.chance(0.55):
        tall = dice.between(0.9, 1.2)
        sails = (
            mast(0.06, 0, tall, 0.015)
            + sail(
                [
                    (0.05, 0.09),
                    (0.05, tall * 0.95),
                    (-0.02, tall * 0.92),
                    (-0.25, tall * 0.45),
                    (-0.4, 0.09),
                ]
            )
            + sail(
                [(0.42, 0.03), (0.38, 0.02), (0.09, 0.06), (0.058, tall * 0.8), (0.08, tall * 0.8)]
            )
        )
        house = hull(
            box(1.4 * x, (-0.01, 0.0), (-0.28, 0.1)), box(1.1 * x, (0.06, 0.08), (-0.25, 0.02))
        )
        net = bar((-x, -0.005, 0.4), (x, -0.005, 0.4), 0.03) + rod(
            (0, 0.0, 0.1), (0, 0.02, 0.41), 0.014
        )
        return hulls + deck + sails + (house if dice.chance(0.7) else Solid()) + net
    cabin = stack(
        [(-0.03, 2.2 * x, (-0.44, 0.3)), (0.1, 2 * x, (-0.44, 0.2)), (0.13, 1.9 * x, (-0.4, 0.12))],
        0.03,
    )
    return (
        hulls + deck + cabin + stack([(0.12, 1.1 * x, (-0.05, 0.1)), (0.2, x, (-0.04, 0.05))], 0.02)
    )


def submarine(dice: Dice) -> Solid:
    """A cigar with a fin, hydroplanes and rudders."""
    r = dice.between(0.05, 0.075)
    body = loft(
        [
            (z, ellipse(2 * r * s, 2 * r * s, 16))
            for z, s in [
                (-0.5, 0.1),
                (-0.38, 0.5),
                (-0.22, 0.9),
                (-0.1, 1),
                (0.36, 1),
                (0.45, 0.8),
                (0.49, 0.4),
                (0.5, 0.1),
            ]
        ],
        "z",
    )
    z, tall = dice.between(0.02, 0.2), dice.between(0.07, 0.12)
    tower = loft(
        [
            (0.0, ellipse(0.045, (z - 0.08, z + 0.06), 14)),
            (r + tall, ellipse(0.035, (z - 0.07, z + 0.05), 14)),
        ],
        "y",
    )
    cross = box(3 * r, 0.028, (-0.46, -0.39)) + box(0.028, 3 * r, (-0.46, -0.39))
    parts = [
        body,
        tower,
        cross,
        rod((0, r, z), (0, r + tall + dice.between(0.03, 0.1), z), 0.012, sides=8),
    ]
    parts.append(
        box(2.4 * r, 0.026, (z - 0.03, z + 0.02)).translate((0, r + tall * 0.6, 0))
        if dice.chance(0.5)
        else box(3 * r, 0.026, (0.3, 0.36))
    )
    if dice.chance(0.35):
        parts += [
            box(0.7 * r, (0, r * 1.2), (-0.36, 0.42)),
            rod((0, r, 0.28), (0, r * 1.2 + 0.03, 0.28), 0.012)
            + rod((0, r * 1.2 + 0.03, 0.26), (0, r * 1.2 + 0.04, 0.36), 0.012),
        ]
    return union(parts)


def barge(dice: Dice) -> Solid:
    """A flat box of a boat: cargo barge, narrow canal boat, or a hovercraft."""
    kind = dice.pick("cargo", "canal", "hover")
    if kind == "hover":
        skirt = stack(
            [(0.0, 0.44, (-0.45, 0.45)), (0.06, 0.5, (-0.5, 0.5)), (0.12, 0.42, (-0.44, 0.44))],
            0.14,
            3,
        )
        cabin = stack([(0.1, 0.28, (-0.15, 0.32)), (0.24, 0.22, (-0.15, 0.22))], 0.04)
        fan = pair(
            (
                rod((0.11, 0.25, -0.38), (0.11, 0.25, -0.28), 0.1, sides=18)
                - rod((0.11, 0.25, -1), (0.11, 0.25, 1), 0.072, sides=18)
            )
            + box((0.095, 0.125), (0.1, 0.34), (-0.35, -0.31))
        )
        return skirt + cabin + fan
    w, d = (dice.between(0.16, 0.26), 0.1) if kind == "cargo" else (dice.between(0.1, 0.13), 0.07)
    side = [(-0.5, 0.0), (-0.46, -d), (0.42, -d), (0.5, 0.0)]
    body = prism(side, "x", w)
    if kind == "canal":
        return (
            body
            + box(0.8 * w, (-0.01, 0.07), (-0.3, 0.34))
            + box(0.9 * w, (0.06, 0.085), (-0.32, 0.36))
            + rod((0, 0.06, 0.2), (0, 0.13, 0.2), 0.016)
        )
    hold = box(w - 0.07, (-d + 0.035, 1), (-0.24, 0.4))
    heap = dice.pick(
        Solid(),
        loft([(-d + 0.03, rect(w - 0.06, (-0.22, 0.38))), (0.05, rect(0.04, (-0.1, 0.26)))], "y"),
    )
    house = box(0.8 * w, (-0.03, 0.13), (-0.44, -0.3)) + box(0.9 * w, (0.12, 0.145), (-0.46, -0.27))
    return (body - hold) + heap + house + mast(-0.36, 0.14, 0.1)
