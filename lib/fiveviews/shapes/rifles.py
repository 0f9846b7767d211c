"""Rifles and other long guns, muzzle to +z; lengths in units of a metre."""

from __future__ import annotations

import numpy as np

from .parts import (
    Array,
    Dice,
    Solid,
    bar,
    box,
    ellipse,
    fillet,
    loft,
    pair,
    prism,
    rect,
    rod,
    row,
    sweep,
    tube,
    union,
)


def rifle(dice: Dice) -> Solid:
    """A long gun of any kind."""
    style = dice.pick(
        hunting,
        hunting,
        sniper,
        assault,
        assault,
        assault,
        carbine,
        bullpup,
        shotgun,
        double,
        lever,
        musket,
        submachine,
        machine_gun,
        blaster,
    )
    return style(dice)


def side(points: Array | list[tuple[float, float]], thick: float) -> Solid:
    """A side view (z, y) cut from a board with softened edges."""
    outline = np.asarray(points, dtype=float)
    return prism(outline, "x", thick)


def trigger(z: float, y: float, size: float = 1.0) -> Solid:
    """A guard below height y, its middle at z, with the trigger in it."""
    a, b = 0.045 * size, 0.055 * size
    ring = side([(z - a, y + 0.01), (z - a, y - b), (z + a, y - b), (z + a, y + 0.01)], 0.026)
    hole = box(1, (y - b + 0.014, y + 0.002), (z - a + 0.014, z + a - 0.014))
    return (ring - hole) + side(
        [(z - 0.012, y + 0.005), (z + 0.004, y + 0.005), (z + 0.01, y - 0.035), (z, y - 0.035)],
        0.018,
    )


def grip(z: float, y: float, rake: float, long: float) -> Solid:
    """A pistol grip under (z, y), its foot swept back by `rake`."""
    outline = [
        (z - 0.028, y + 0.01),
        (z + 0.022, y + 0.01),
        (z + 0.026 - rake, y - long),
        (z - 0.034 - rake, y - long),
    ]
    return side(outline, 0.038)


def magazine(dice: Dice, z: float, y: float) -> Solid:
    """Straight, curved, short or a drum, below (z, y)."""
    kind, long = dice.pick("straight", "curved", "short", "drum", "curved"), dice.between(0.1, 0.2)
    if kind == "drum":
        r = dice.between(0.05, 0.07)
        return rod((-0.03, y - r - 0.01, z), (0.03, y - r - 0.01, z), r, sides=18) + box(
            0.03, (y - 0.04, y + 0.01), (z - 0.025, z + 0.025)
        )
    if kind == "short":
        return side(
            [
                (z - 0.035, y + 0.01),
                (z + 0.035, y + 0.01),
                (z + 0.03, y - 0.05),
                (z - 0.03, y - 0.05),
            ],
            0.034,
        )
    bend = dice.between(0.03, 0.08) if kind == "curved" else 0.0
    path = [(0, y + 0.01 - long * t, z + bend * t * t) for t in np.linspace(0, 1, 5)]
    return sweep(path, rect(0.034, dice.between(0.05, 0.07)))


def scope(dice: Dice, z: float, y: float) -> Solid:
    """A telescope on two rings above (z, y)."""
    long, r = dice.between(0.2, 0.34), dice.between(0.016, 0.02)
    up = y + r + 0.03
    a, b = z - long / 2, z + long / 2
    glass = tube(
        [(0, up, t) for t in (a, a + 0.05, a + 0.08, b - 0.1, b - 0.06, b)],
        [1.4 * r, 1.4 * r, r, r, 1.7 * r, 1.7 * r],
        10,
    )
    mounts = row(
        lambda t: box(0.026, (y - 0.01, up), (t - 0.013, t + 0.013)),
        z - long * 0.22,
        z + long * 0.18,
        2,
    )
    return glass + mounts + box(0.02, (up, up + 2 * r), (z - 0.014, z + 0.014))


def sight(dice: Dice, z: float, y: float, front: float) -> Solid:
    """Irons, a rail with a red-dot sight, a carrying handle or a scope; `front` is the muzzle's end."""
    post = side(
        [
            (front - 0.02, y - 0.02),
            (front + 0.014, y - 0.02),
            (front + 0.006, y + 0.045),
            (front - 0.008, y + 0.045),
        ],
        0.02,
    )
    rear = box(0.024, (y - 0.01, y + 0.035), (z - 0.02, z + 0.01))
    dot = box(0.04, (y - 0.01, y + 0.055), (z - 0.035, z + 0.035)) - box(
        0.024, (y + 0.015, y + 0.04), 9
    )
    arch = [
        (z - 0.09, y - 0.01),
        (z + 0.08, y - 0.01),
        (z + 0.08, y + 0.04),
        (z + 0.06, y + 0.06),
        (z - 0.09, y + 0.06),
    ]
    handle = side(arch, 0.024) - side(
        [
            (z - 0.06, y + 0.006),
            (z + 0.05, y + 0.006),
            (z + 0.05, y + 0.038),
            (z - 0.06, y + 0.038),
        ],
        1,
    )
    return dice.pick(post + rear, dot, handle + post, scope(dice, z, y), scope(dice, z, y))


def bipod(z: float, y: float, low: float) -> Solid:
    return pair(rod((0.012, y, z), (0.1, low, z + 0.03), 0.012, sides=8)) + box(
        0.04, (y - 0.02, y + 0.015), (z - 0.02, z + 0.02)
    )


def muzzle(dice: Dice, y: float, z: float, r: float) -> Solid:
    """A bare end, a brake or a silencer on a barrel that ends at z."""
    brake = rod((0, y, z - 0.01), (0, y, z + 0.05), 1.6 * r, sides=10)
    can = rod((0, y, z - 0.01), (0, y, z + dice.between(0.12, 0.2)), max(0.02, 1.7 * r), sides=12)
    return dice.pick(Solid(), brake, brake, can)


def classic_stock(dice: Dice, fore: float, y: float) -> Solid:
    """One piece of wood from butt to fore-end, z = -0.42 to `fore`, its top at height y."""
    drop, toe, comb = dice.between(0.02, 0.07), dice.between(0.11, 0.16), dice.between(0.0, 0.02)
    wrist = dice.between(0.035, 0.05)
    below = [
        (-0.43, y - drop - toe),
        (-0.2, y - 0.085),
        (-0.13, y - 0.075 - dice.pick(0.0, 0.04)),
        (-0.08, y - 0.06),
        (0.0, y - 0.055),
        (fore, y - 0.035),
    ]
    above = [
        (fore, y),
        (-0.05, y),
        (-0.1, y - 0.055 + wrist),
        (-0.18, y - drop / 2 + comb),
        (-0.43, y - drop),
    ]
    return side([*below, *above], dice.between(0.036, 0.046))


def hunting(dice: Dice) -> Solid:
    """A bolt-action rifle in wood, with a scope or without."""
    y, fore, end = 0.0, dice.between(0.15, 0.32), dice.between(0.45, 0.62)
    parts = [
        classic_stock(dice, fore, y),
        rod((0, y + 0.012, -0.12), (0, y + 0.012, 0.02), 0.022),
        rod((0, y + 0.012, 0), (0, y + 0.012, end), 0.017, 0.0145),
    ]
    parts += [
        trigger(-0.06, y - 0.06),
        rod((0.0, y + 0.01, -0.08), (0.065, y - 0.015, -0.09), 0.012, sides=8),
    ]
    if dice.chance(0.65):
        parts.append(scope(dice, -0.04, y + 0.025))
    if dice.chance(0.35):
        parts.append(magazine(dice, 0.03, y - 0.055))
    return union(parts)


def sniper(dice: Dice) -> Solid:
    """A heavy barrel, a scope and a bipod; thumb-hole or skeleton stock."""
    end = dice.between(0.55, 0.8)
    parts = [
        box(0.044, (-0.05, 0.012), (-0.12, 0.22)),
        rod((0, 0, 0), (0, 0, end), 0.018),
        scope(dice, 0.0, 0.01),
        trigger(-0.05, -0.045),
    ]
    parts += [
        muzzle(dice, 0.0, end, 0.018),
        magazine(dice, 0.06, -0.045),
        grip(-0.11, -0.04, 0.03, 0.11),
    ]
    butt = side(
        [(-0.1, -0.05), (-0.42, -0.14), (-0.45, -0.14), (-0.45, 0.0), (-0.16, 0.0), (-0.1, 0.01)],
        0.042,
    )
    hole = side([(-0.17, -0.045), (-0.4, -0.1), (-0.4, -0.035), (-0.17, -0.03)], 1)
    bars = (
        box(0.032, (-0.03, 0.005), (-0.45, -0.1))
        + box(0.04, (-0.13, 0.02), (-0.47, -0.435))
        + box(0.036, (0, 0.03), (-0.38, -0.22))
    )
    parts.append(dice.pick(butt, butt - hole, bars))
    if dice.chance(0.7):
        parts.append(bipod(dice.between(0.18, 0.3), -0.02, -0.22))
    return union(parts)


def butt(dice: Dice, z: float, y: float) -> Solid:
    """A shoulder stock behind (z, y): solid, skeleton, collapsing tube or folded wire."""
    end = z - dice.between(0.17, 0.28)
    solid = side(
        [(z + 0.01, y - 0.045), (end, y - 0.13), (end, y + 0.005), (z + 0.01, y + 0.012)], 0.038
    )
    hollow = solid - side(
        [
            (z - 0.05, y - 0.035),
            (end + 0.04, y - 0.085),
            (end + 0.04, y - 0.03),
            (z - 0.05, y - 0.02),
        ],
        1,
    )
    sliding = rod((0, y - 0.01, z + 0.02), (0, y - 0.01, end + 0.06), 0.018) + side(
        [(end + 0.13, y - 0.035), (end, y - 0.12), (end, y + 0.015), (end + 0.13, y + 0.015)], 0.038
    )
    wire = tube(
        fillet(
            [(0, y, z + 0.02), (0, y - 0.01, end), (0, y - 0.11, end), (0, y - 0.045, z + 0.01)],
            0.02,
        ),
        0.013,
        6,
    )
    return dice.pick(solid, solid, hollow, sliding, wire)


def assault(dice: Dice) -> Solid:
    """Receiver, grip, magazine, handguard, barrel, stock and sights, each in several kinds."""
    end, guard, tall = dice.between(0.38, 0.58), dice.between(0.26, 0.36), dice.between(0.06, 0.085)
    y = 0.02
    receiver = side(
        [(-0.16, y - tall), (0.1, y - tall), (0.12, y - 0.03), (0.12, y), (-0.16, y)], 0.044
    )
    tubular = loft(
        [
            (0.1, ellipse(0.05, (y - 0.055, y), 10)),
            (guard, ellipse(0.044, (y - 0.05, y - 0.004), 10)),
        ],
        "z",
    )
    square = box(0.05, (y - 0.058, y - 0.002), (0.1, guard)) - row(
        lambda z: pair(box((0.018, 1), (y - 0.045, y - 0.015), (z - 0.012, z + 0.012))),
        0.15,
        guard - 0.04,
        4,
    )
    wood = side(
        [
            (0.1, y - 0.03),
            (0.12, y - 0.065),
            (guard, y - 0.055),
            (guard, y - 0.02),
            (0.1, y - 0.01),
        ],
        0.05,
    ) + rod((0, y - 0.004, 0.1), (0, y - 0.004, guard + 0.04), 0.014)
    parts = [
        receiver,
        dice.pick(tubular, square, wood),
        rod((0, y - 0.026, 0.1), (0, y - 0.026, end), 0.014),
        muzzle(dice, y - 0.026, end, 0.014),
    ]
    parts += [
        grip(-0.12, y - tall, dice.between(0.02, 0.05), dice.between(0.09, 0.12)),
        trigger(-0.06, y - tall),
        magazine(dice, 0.03, y - tall),
    ]
    parts += [butt(dice, -0.15, y - 0.01), sight(dice, -0.06, y, end - 0.05)]
    if dice.chance(0.6):
        parts.append(box(0.02, (y - 0.05, y), (end - 0.07, end - 0.03)))
    if dice.chance(0.3):
        parts.append(rod((0, y - 0.075, 0.13), (0, y - 0.075, guard + 0.05), 0.022))
    elif dice.chance(0.25):
        parts.append(box(0.03, (y - 0.15, y - 0.045), (guard - 0.08, guard - 0.045)))
    return union(parts)


def carbine(dice: Dice) -> Solid:
    """A short semi-automatic in a wooden or plastic stock, its barrel half sheathed."""
    end, fore = dice.between(0.32, 0.48), dice.between(0.16, 0.28)
    parts = [
        classic_stock(dice, fore, 0.0),
        box(0.036, (-0.03, 0.03), (-0.11, 0.06)),
        rod((0, 0.006, 0.0), (0, 0.006, end), 0.0145),
        trigger(-0.06, -0.06),
    ]
    parts += [
        magazine(dice, 0.03, -0.05),
        sight(dice, -0.04, 0.028, end - 0.03),
        muzzle(dice, 0.006, end, 0.0145),
    ]
    parts.append(box(0.02, (-0.01, 0.03), (end - 0.06, end - 0.02)))
    if dice.chance(0.6):
        parts.append(box(0.042, (0.005, 0.025), (0.05, fore)))
    return union(parts)


def bullpup(dice: Dice) -> Solid:
    """The magazine behind the trigger; one moulded body."""
    end, y = dice.between(0.22, 0.4), 0.03
    body = [
        (-0.42, y - dice.between(0.12, 0.16)),
        (-0.2, y - 0.1),
        (-0.05, y - 0.08),
        (0.1, y - 0.085),
        (0.16, y - 0.06),
        (0.18, y),
        (-0.05, y + 0.01),
        (-0.42, y),
    ]
    parts = [
        side(body, dice.between(0.046, 0.056)),
        rod((0, y - 0.03, 0.15), (0, y - 0.03, end), 0.0155),
        muzzle(dice, y - 0.03, end, 0.0155),
        magazine(dice, -0.24, y - 0.1),
    ]
    parts += [grip(-0.03, y - 0.07, dice.between(0.0, 0.04), 0.1), trigger(0.03, y - 0.08)]
    rail = box(0.022, (y + 0.0, y + 0.06), (-0.2, 0.12)) - box(
        1, (y + 0.012, y + 0.042), (-0.17, 0.09)
    )
    parts.append(
        dice.pick(scope(dice, -0.03, y + 0.003), rail, sight(dice, -0.05, y + 0.004, 0.15))
    )
    if dice.chance(0.4):
        parts.append(grip(0.12, y - 0.06, -0.02, 0.09))
    return union(parts)


def shotgun(dice: Dice) -> Solid:
    """A pump gun: a tube under the barrel, a sliding fore-end."""
    end, pump = dice.between(0.42, 0.7), dice.between(0.14, 0.24)
    parts = [
        side([(-0.14, -0.055), (0.05, -0.055), (0.06, 0.02), (-0.1, 0.025), (-0.14, 0.0)], 0.042)
    ]
    parts += [
        rod((0, 0.004, 0.04), (0, 0.004, end), 0.018),
        rod((0, -0.032, 0.04), (0, -0.032, end - dice.between(0.03, 0.2)), 0.018),
    ]
    grooved = union(
        rod((0, -0.034, z), (0, -0.034, z + 0.02), 0.032, sides=12)
        for z in np.arange(pump, pump + 0.13, 0.028)
    )
    parts.append(rod((0, -0.034, pump - 0.01), (0, -0.034, pump + 0.15), 0.028, sides=12) + grooved)
    parts.append(trigger(-0.08, -0.05))
    parts.append(box(0.02, (-0.04, 0.01), (end - 0.05, end - 0.02)) if end < 0.5 else Solid())
    if dice.chance(0.35):
        parts += [grip(-0.13, -0.045, 0.035, 0.11), butt(dice, -0.13, 0.0)]
    else:
        parts.append(
            side(
                [
                    (-0.1, -0.05),
                    (-0.17, -0.065),
                    (-0.44, -0.15),
                    (-0.44, -0.03),
                    (-0.2, -0.01),
                    (-0.1, 0.015),
                ],
                0.04,
            )
        )
    return union(parts)


def double(dice: Dice) -> Solid:
    """Two barrels, side by side or one above the other, whole or sawn short."""
    end = dice.between(0.3, 0.75)
    d = 0.017
    twins = (
        pair(rod((d, 0, 0.0), (d, 0, end), 0.019))
        if dice.chance(0.55)
        else rod((0, d, 0.0), (0, d, end), 0.019) + rod((0, -d, 0.0), (0, -d, end), 0.019)
    )
    action = side(
        [(-0.13, -0.05), (0.04, -0.055), (0.04, 0.03), (-0.06, 0.035), (-0.13, 0.01)], 0.05
    )
    fore = side([(0.03, -0.05), (0.2, -0.035), (0.2, 0.0), (0.03, 0.0)], 0.052)
    stock = [
        (-0.12, -0.045),
        (-0.2, -0.075),
        (-0.44, -0.17),
        (-0.44, -0.05),
        (-0.2, -0.01),
        (-0.12, 0.01),
    ]
    straight = [(-0.12, -0.045), (-0.44, -0.15), (-0.44, -0.03), (-0.12, 0.008)]
    short = [(-0.12, -0.045), (-0.18, -0.12), (-0.24, -0.14), (-0.22, -0.06), (-0.12, 0.01)]
    return (
        twins
        + action
        + fore
        + trigger(-0.08, -0.045)
        + side(dice.pick(stock, straight, short), 0.042)
    )


def lever(dice: Dice) -> Solid:
    """A lever action: loop under the wrist, tube under the barrel, hammer."""
    end = dice.between(0.42, 0.62)
    parts = [
        side([(-0.12, -0.05), (0.06, -0.05), (0.06, 0.028), (-0.08, 0.03), (-0.12, 0.0)], 0.042),
        rod((0, 0.014, 0.05), (0, 0.014, end), 0.016, sides=8),
    ]
    parts += [
        rod((0, -0.017, 0.05), (0, -0.017, end - 0.03), 0.015),
        side([(0.05, -0.045), (0.22, -0.035), (0.22, 0.008), (0.05, 0.008)], 0.044),
    ]
    loop = fillet(
        [
            (0, -0.045, 0.0),
            (0, -0.1, -0.02),
            (0, -0.1, -0.07),
            (0, -0.065, -0.08),
            (0, -0.11, -0.12),
            (0, -0.1, -0.22),
            (0, -0.06, -0.2),
        ],
        0.02,
    )
    parts += [
        tube(loop, 0.0125, 6),
        side(
            [
                (-0.1, -0.048),
                (-0.18, -0.06),
                (-0.44, -0.15),
                (-0.42, -0.09),
                (-0.44, -0.02),
                (-0.18, -0.012),
                (-0.1, 0.012),
            ],
            0.038,
        ),
    ]
    parts += [
        box(0.018, (0.0, 0.06), (-0.11, -0.085)),
        box(0.016, (0.02, 0.05), (end - 0.04, end - 0.01)),
        box(0.024, (-0.03, 0.02), (end - 0.1, end - 0.07)),
    ]
    return union(parts) + (scope(dice, 0.0, 0.025) if dice.chance(0.2) else Solid())


def musket(dice: Dice) -> Solid:
    """A flintlock: wood almost to the muzzle, bands, a cock, perhaps a bayonet; or a blunderbuss."""
    short = dice.chance(0.3)
    end = dice.between(0.2, 0.3) if short else dice.between(0.7, 1.0)
    parts = [classic_stock(dice, end * 0.85, 0.0), trigger(-0.06, -0.06)]
    if short:
        parts.append(
            tube(
                [(0, 0.014, -0.06), (0, 0.014, end - 0.1), (0, 0.014, end), (0, 0.014, end + 0.04)],
                [0.024, 0.022, 0.036, 0.06],
                14,
            )
        )
    else:
        parts.append(rod((0, 0.012, -0.06), (0, 0.012, end), 0.019, 0.015))
        parts += [
            box(0.046, (-0.04, 0.03), (z - 0.012, z + 0.012))
            for z in np.linspace(0.2, end * 0.8, dice.count(2, 3))
        ]
        if dice.chance(0.4):
            parts.append(
                bar((0, 0.0, end - 0.03), (0, -0.012, end + 0.24), 0.02, 0.032, end=0.6)
                + box(0.03, (-0.02, 0.03), (end - 0.05, end - 0.01))
            )
    cock = side(
        [
            (-0.1, -0.01),
            (-0.06, -0.01),
            (-0.05, 0.04),
            (-0.015, 0.06),
            (-0.03, 0.08),
            (-0.08, 0.055),
            (-0.1, 0.03),
        ],
        0.02,
    )
    return union(
        [*parts, cock.translate((0.02, 0, 0)), box((0.0, 0.034), (-0.02, 0.035), (-0.03, 0.01))]
    )


def submachine(dice: Dice) -> Solid:
    """A short weapon: tube or box receiver, straight magazine, small stock."""
    end, y = dice.between(0.18, 0.3), 0.0
    boxy = box(0.048, (y - 0.055, y + 0.02), (-0.18, 0.14))
    round_ = rod((0, y - 0.01, -0.2), (0, y - 0.01, 0.15), 0.028, sides=12) + box(
        0.036, (y - 0.06, y - 0.01), (-0.14, 0.06)
    )
    parts = [
        dice.pick(boxy, round_),
        rod((0, y - 0.01, 0.1), (0, y - 0.01, end), 0.014),
        muzzle(dice, y - 0.01, end, 0.016),
    ]
    parts += [
        grip(-0.08, y - 0.05, dice.between(0, 0.03), 0.1),
        trigger(-0.03, y - 0.055, 0.8),
        butt(dice, -0.17, y),
    ]
    parts.append(
        dice.pick(
            magazine(dice, 0.06, y - 0.05),
            box((0.0, 0.2), (y - 0.025, y + 0.01), (0.03, 0.075)),
            box(0.03, (y - 0.22, y - 0.04), (0.04, 0.085)),
        )
    )
    parts.append(
        box(0.016, (y, y + 0.05), (0.08, 0.11))
        if dice.chance(0.5)
        else scope(dice, -0.04, y + 0.015)
    )
    if dice.chance(0.4):
        parts.append(grip(0.13, y - 0.03, -0.02, 0.08))
    return union(parts)


def machine_gun(dice: Dice) -> Solid:
    """A belt- or drum-fed gun on a bipod or tripod."""
    end = dice.between(0.48, 0.68)
    parts = [
        box(0.06, (-0.06, 0.03), (-0.2, 0.14)),
        rod((0, -0.005, 0.12), (0, -0.005, end), 0.016),
        grip(-0.14, -0.05, 0.03, 0.1),
        trigger(-0.08, -0.055),
    ]
    jacket = rod((0, -0.005, 0.12), (0, -0.005, end - 0.15), dice.between(0.026, 0.036), sides=12)
    parts += [jacket, muzzle(dice, -0.005, end, 0.016), butt(dice, -0.19, 0.0)]
    parts.append(
        dice.pick(
            box((-0.09, -0.02), (-0.15, -0.02), (-0.02, 0.1)),
            rod((-0.04, -0.11, 0.03), (0.04, -0.11, 0.03), 0.07, sides=18)
            + box(0.04, (-0.08, -0.04), (0.0, 0.06)),
            rod((0, 0.045, -0.08), (0, 0.075, -0.08), 0.085, sides=18).translate((0, -0.025, 0.1)),
        )
    )
    handle = tube(
        fillet([(0, 0.0, 0.06), (0, 0.09, 0.07), (0, 0.09, 0.16), (0, 0.0, 0.17)], 0.02), 0.013, 6
    )
    parts.append(handle if dice.chance(0.5) else sight(dice, -0.1, 0.028, 0.1))
    if dice.chance(0.25):
        legs = pair(rod((0, -0.04, 0.05), (0.2, -0.32, 0.16), 0.016)) + rod(
            (0, -0.04, 0.0), (0, -0.32, -0.25), 0.016
        )
        parts.append(legs + box(0.05, (-0.1, -0.04), (0.0, 0.08)))
    else:
        parts.append(bipod(end - dice.between(0.14, 0.3), -0.005, -0.24))
    return union(parts)


def blaster(dice: Dice) -> Solid:
    """An anti-tank or modern heavy rifle: long barrel, great brake, skeleton frame."""
    end = dice.between(0.6, 0.9)
    parts = [
        box(0.05, (-0.055, 0.03), (-0.3, 0.16)),
        rod((0, 0.0, 0.1), (0, 0.0, end), 0.021, sides=8),
        trigger(-0.06, -0.05),
        grip(-0.12, -0.05, 0.03, 0.11),
    ]
    brake = side(
        [
            (end - 0.02, -0.03),
            (end + 0.03, -0.045),
            (end + 0.05, -0.03),
            (end + 0.05, 0.03),
            (end + 0.03, 0.045),
            (end - 0.02, 0.03),
        ],
        0.05,
    )
    parts += [
        brake,
        scope(dice, -0.02, 0.028),
        magazine(dice, 0.05, -0.05),
        bipod(0.22, -0.01, -0.24),
    ]
    parts.append(
        box(0.05, (-0.1, 0.045), (-0.33, -0.29))
        if dice.chance(0.5)
        else side([(-0.28, -0.05), (-0.44, -0.13), (-0.44, 0.03), (-0.28, 0.03)], 0.046)
    )
    if dice.chance(0.5):
        parts.append(rod((0, -0.09, -0.25), (0, 0.0, -0.25), 0.016))
    return union(parts)
