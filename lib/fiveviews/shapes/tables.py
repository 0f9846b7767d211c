"""Tables: a top of any outline on any stand, and desks; in metres."""

from __future__ import annotations

import numpy as np

from .parts import (
    Array,
    Dice,
    Solid,
    around,
    bar,
    box,
    ellipse,
    fillet,
    four,
    lathe,
    loft,
    pair,
    prism,
    rect,
    rod,
    row,
    smooth,
    sweep,
    tube,
    union,
)


def table(dice: Dice) -> Solid:
    """A dining, coffee, side, console or bar table, a desk, a workbench or a drawing board."""
    style = dice.pick(
        four_legged,
        four_legged,
        pillar,
        pillar,
        trestle,
        crossed,
        desk,
        desk,
        plates,
        slanted,
        sculpted,
    )
    return style(dice)


def proportions(dice: Dice) -> tuple[float, float, float]:
    """Width, depth and height: low and broad, tall and narrow, long, or ordinary."""
    kind = dice.pick("coffee", "dining", "bar", "console", "conference", "side")
    w, d, h = {
        "coffee": (dice.between(0.7, 1.3), dice.between(0.5, 0.9), dice.between(0.3, 0.48)),
        "dining": (dice.between(0.8, 1.8), dice.between(0.7, 1.0), dice.between(0.68, 0.8)),
        "bar": (dice.between(0.5, 0.8), dice.between(0.5, 0.7), dice.between(0.95, 1.15)),
        "console": (dice.between(0.8, 1.5), dice.between(0.28, 0.42), dice.between(0.7, 0.95)),
        "conference": (dice.between(2.0, 3.0), dice.between(0.9, 1.3), dice.between(0.7, 0.8)),
        "side": (dice.between(0.4, 0.6), dice.between(0.4, 0.6), dice.between(0.45, 0.75)),
    }[kind]
    return w, max(d, 0.3 * w), h


def top(dice: Dice, w: float, d: float, h: float, thick: float) -> Solid:
    """A table top in any outline, its upper face at height h."""
    outline = dice.pick(
        rect(w, d),
        rect(w, d),
        rect(w, d, dice.between(0.1, 0.45) * d, 5),
        ellipse(w, d, 32),
        ellipse(w, d, 32, power=3.5),
        boat(w, d),
        ellipse(w, d, dice.pick(6, 8)),
    )
    return prism(outline, "y", (h - thick, h))


def boat(w: float, d: float) -> Array:
    """A plan with bowed sides and straight ends."""
    side = smooth([(-w / 2, d * 0.36), (0, d / 2), (w / 2, d * 0.36)], 6)
    return np.concatenate([side, -side])


def four_legged(dice: Dice) -> Solid:
    """Four legs under the corners; apron, shelf and stretchers come and go."""
    w, d, h = proportions(dice)
    size = max(w, d, h)
    t, r = dice.between(0.03, 0.07) * size, dice.between(0.03, 0.06) * size
    inset = r / 2 + dice.between(0.0, 0.08) * w
    x, z, y = w / 2 - inset, d / 2 - min(inset, d / 4), h - t / 2
    style = dice.pick("square", "tapered", "round", "splayed", "turned", "cabriole")
    out = dice.between(0.02, 0.12) * h if style == "splayed" else 0.0
    leg = {
        "square": lambda: bar((x, 0, z), (x, y, z), r),
        "tapered": lambda: bar((x, y, z), (x, 0, z), r, end=0.55),
        "round": lambda: rod((x, 0, z), (x, y, z), r / 2),
        "splayed": lambda: rod((x + out, 0, z + out), (x - out, y, z - out), r / 3, r / 1.8),
        "turned": lambda: lathe(
            [
                (r * a, y * b)
                for a, b in [(0.4, 0), (0.3, 0.06), (0.6, 0.3), (0.35, 0.6), (0.55, 0.7), (0.6, 1)]
            ],
            12,
        ).translate((x, 0, z)),
        "cabriole": lambda: sweep(
            smooth(
                [
                    (x, y, z),
                    (x + r / 3, y * 0.7, z + r / 3),
                    (x - r / 3, y * 0.3, z - r / 3),
                    (x + r / 4, 0, z + r / 4),
                ],
                4,
            ),
            ellipse(r, r, 8),
            np.linspace(1.1, 0.6, 13),
        ),
    }[style]()
    parts = [
        prism(rect(w, d), "y", (h - t, h))
        if dice.chance(0.5)
        else top(dice, 2 * x * 1.3, 2 * z * 1.3, h, t),
        four(leg),
    ]
    if style != "splayed" and dice.chance(0.5):
        apron = dice.between(0.08, 0.2) * min(h, w)
        parts.append(
            box(2 * x, (y - apron, y), 2 * z)
            - box(2 * x - 0.04 * size, (0, y - t / 2), 2 * z - 0.04 * size)
        )
    if style in ("square", "tapered", "round", "turned") and dice.chance(0.45):
        low = h * dice.between(0.12, 0.4)
        shelf = box(2 * x, (low, low + 0.035 * size), 2 * z)
        rails = pair(bar((x, low, -z), (x, low, z), 0.035 * size)) + bar(
            (-x, low, 0), (x, low, 0), 0.035 * size
        )
        parts.append(dice.pick(shelf, rails))
    return union(parts)


def pillar(dice: Dice) -> Solid:
    """One central stem, or two: disc, trumpet, star, drum or claw."""
    w, d, h = proportions(dice)
    long = w > 1.7 * d
    d = d if long or dice.chance(0.3) else w
    t, r = dice.between(0.03, 0.06) * max(w, h), min(w, d) * dice.between(0.25, 0.42)
    y = h - t / 2
    n = dice.count(3, 5)
    flare = smooth(
        [(r, 0.02), (r * 0.5, 0.06), (r * 0.14, h * 0.4), (r * 0.12, h * 0.7), (r * 0.5, y)], 4
    )
    stem = max(0.03 * max(w, h), r * 0.12) / 1.2
    claw = tube(
        smooth([(0, h * 0.4, 0), (0, h * 0.25, r * 0.5), (0, 0.03, r)], 4), 0.03 * max(w, h), 8
    )
    base = dice.pick(
        lathe([(r, 0), *flare]),
        lathe([(r, 0), (r, 0.04 * h), (stem, 0.05 * h), (stem, y)]),
        lathe([(r * 0.9, 0), (r * 0.4, h * 0.5), (r * 0.9, y)]),
        lathe([(r, 0), (r, y)]),
        lathe(
            [
                (r * 0.8, 0),
                (stem * 2, h * 0.1),
                (stem, h * 0.2),
                (stem * 2.4, h * 0.45),
                (stem, h * 0.7),
                (stem * 2, y),
            ]
        ),
        around(claw, n) + rod((0, h * 0.2, 0), (0, y, 0), stem * 1.4),
        around(bar((0, stem, 0), (0, stem, r * 1.2), 2 * stem, end=0.8), 4)
        + rod((0, 0, 0), (0, y, 0), stem * 1.2),
    )
    if long:
        base = pair(base.translate((w * dice.between(0.22, 0.3), 0, 0)))
    return top(dice, w, d, h, t) + base


def trestle(dice: Dice) -> Solid:
    """Two A-, I- or V-shaped ends joined by a beam."""
    w, d, h = proportions(dice)
    t, r = dice.between(0.035, 0.06) * w, dice.between(0.035, 0.06) * max(w, h)
    x, z, y = w * dice.between(0.3, 0.44), d / 2, h - t / 2
    a, b = dice.between(0.3, 0.9) * z, dice.between(0.1, 0.5) * z
    splay = bar((x, 0, a), (x, y, b), r)
    end = dice.pick(
        splay
        + splay.mirror((0, 0, 1))
        + box((x - r / 2, x + r / 2), (h * 0.3, h * 0.3 + r), a + b),
        box((x - r / 2, x + r / 2), (0, y), a) + box((x - r / 2, x + r / 2), (0, r), 1.8 * z),
        bar((x, 0, b), (x, y, a), r)
        + bar((x, 0, -b), (x, y, -a), r)
        + box((x - r / 2, x + r / 2), (0, r), 3 * b),
    )
    beam = (
        box(2 * x, (h * 0.3, h * 0.3 + 1.2 * r), r)
        if dice.chance(0.7)
        else box(2 * x, (y - r, y), r)
    )
    return top(dice, w, d, h, t) + pair(end) + beam


def crossed(dice: Dice) -> Solid:
    """Legs that cross, in the end view or in the front view."""
    w, d, h = proportions(dice)
    t, r = dice.between(0.035, 0.06) * max(w, h), dice.between(0.035, 0.05) * max(w, h)
    x, z, y = w * 0.42, d * 0.42, h - t / 2
    if dice.chance(0.6):
        one = bar((x, 0, z), (x, y, -z), r) + bar((x, 0, -z), (x, y, z), r)
        beam = bar((-x, h / 2, 0), (x, h / 2, 0), r)
    else:
        one = bar((x, 0, z), (-x, y, z), r)
        one += one.mirror((0, 0, 1))
        beam = bar((0, h / 2, -z), (0, h / 2, z), r)
    return top(dice, w, d, h, t) + pair(one) + beam


def drawers(x: tuple[float, float], y: tuple[float, float], z: float, n: int) -> Solid:
    """The grooves and the hollows of n drawer fronts, to cut from a face at z; handles stay."""
    step = (y[1] - y[0]) / n
    gap = 0.015
    return union(
        box(
            (x[0] + gap, x[1] - gap),
            (y[0] + k * step + gap, y[0] + (k + 1) * step - gap),
            (z - 0.02, z + 1),
        )
        - box(
            (x[0] + 2.6 * gap, x[1] - 2.6 * gap),
            (y[0] + k * step + 2.6 * gap, y[0] + (k + 1) * step - 2.6 * gap),
            (z - 1, z + 2),
        )
        for k in range(n)
    )


def desk(dice: Dice) -> Solid:
    """A writing desk: pedestals with drawers on one side or both, perhaps a return or a hutch."""
    w, d, h = dice.between(1.1, 1.8), dice.between(0.55, 0.8), dice.between(0.7, 0.78)
    t, wide = dice.between(0.04, 0.07), dice.between(0.32, 0.45)
    x, z, foot = w / 2 - 0.02, d / 2 - 0.03, dice.pick(0.0, 0.08)
    block = box((x - wide, x), (foot, h - t / 2), 2 * z)
    block -= (
        drawers((x - wide, x), (foot + 0.02, h - t), -z, 0)
        if False
        else drawers((x - wide, x), (foot + 0.02, h - t), z, dice.count(2, 4))
    )
    if foot:
        block += four(box((wide / 2 - 0.05, wide / 2), (0, foot + 0.01), (z - 0.05, z))).translate(
            (x - wide / 2, 0, 0)
        )
    other = dice.pick(
        block,
        block,
        box((x - 0.05, x), (0, h - t / 2), 2 * z),
        pair(box((x - 0.05, x), (0, h), (z - 0.05, z)))
        + pair(box((x - 0.05, x), (0, h - t / 2), (-z, 0.05 - z))),
    )
    parts = [box(w, (h - t, h), d), block, other.mirror((1, 0, 0))]
    if dice.chance(0.5):
        parts.append(box(2 * x, (h * dice.between(0.15, 0.5), h - t / 2), (-z, 0.04 - z)))
    extra = dice.pick("none", "none", "return", "hutch", "drawer")
    if extra == "return":
        run = dice.between(0.5, 1.0)
        parts += [
            box((x - 0.5, x + 0.02), (h - t, h), (-d / 2, d / 2 + run)),
            box((x - 0.5, x), (0, h - t / 2), (d / 2 + run - 0.07, d / 2 + run - 0.02)),
        ]
    elif extra == "hutch":
        rise = dice.between(0.25, 0.6)
        shell = box(w, (h - 0.01, h + rise), (-d / 2, -d / 2 + 0.28)) - row(
            lambda u: box(
                (u - 0.14 * w, u + 0.14 * w), (h + 0.03, h + rise - 0.04), (-d / 2 + 0.04, 2)
            ),
            -w / 3.1,
            w / 3.1,
            3,
        )
        parts.append(shell)
    elif extra == "drawer":
        parts.append(box(2 * x - wide, (h - 0.16, h - t / 2), 2 * z - 0.02))
    whole = union(parts).rotate((0, 180, 0) if False else (0, 0, 0))
    return whole.mirror((1, 0, 0)) if dice.chance(0.5) else whole


def plates(dice: Dice) -> Solid:
    """Boards only: a bridge, a cube, a box frame or a shelf unit on its side."""
    w, d, h = proportions(dice)
    t = dice.between(0.035, 0.09) * max(w, h)
    x, z = w / 2, d / 2
    style = dice.pick("bridge", "cube", "frame", "c", "two")
    if style == "c":
        path = [
            (x, h - t / 2, 0),
            (-x + t / 2, h - t / 2, 0),
            (-x + t / 2, t / 2, 0),
            (x * dice.between(0.3, 0.9), t / 2, 0),
        ]
        return sweep(fillet(path, dice.pick(0.02, 0.15) * h), rect(d, t))
    if style == "frame":
        r = max(t, 0.035 * max(w, h)) / 1.5
        edge = four(box((x - r, x), (0, h), (z - r, z))) + pair(
            box((x - r, x), (0, r), d) + box((x - r, x), (h - r, h), d)
        )
        return (
            edge + box(w, (h - r, h), d) + box(w, (0, r), (z - r, z)) + box(w, (0, r), (-z, r - z))
        )
    sides = pair(box((x - t, x), (0, h), d))
    lid = box(w, (h - t, h), d)
    if style == "cube":
        return (
            sides
            + lid
            + box(w, (0, t), d)
            + (
                box(w, (0, h), (-z, t - z))
                if dice.chance(0.3)
                else box(w, (h * 0.45, h * 0.45 + t), d)
            )
        )
    if style == "two":
        a = x * dice.between(0.3, 0.7)
        return lid + pair(box((a, a + t), (0, h - t / 2), d * dice.between(0.6, 1)))
    return (
        sides
        + lid
        + (
            box(w, (h * 0.3, h - t / 2), t)
            if dice.chance(0.5)
            else box(w, (h * 0.2, h * 0.2 + t), d)
        )
    )


def slanted(dice: Dice) -> Solid:
    """A drawing table, or a table-tennis table with its net."""
    if dice.chance(0.35):
        w, d, h = 2.74 * dice.between(0.6, 1), 1.5 * dice.between(0.7, 1), 0.76
        net = box(0.08, (h - 0.02, h + 0.16), d + 0.12)
        leg = bar((w * 0.36, 0, d * 0.36), (w * 0.36, h, d * 0.36), 0.08)
        rail = pair(bar((w * 0.36, 0.05, -d * 0.36), (w * 0.36, 0.05, d * 0.36), 0.08))
        return box(w, (h - 0.08, h), d) + net + four(leg) + rail
    w, d, h, lean = (
        dice.between(0.8, 1.3),
        dice.between(0.55, 0.8),
        dice.between(0.75, 1.0),
        dice.between(12, 40),
    )
    board = (
        (box(w, 0.04, d) + box(w * 0.9, (0, 0.05), (d / 2 - 0.05, d / 2)))
        .rotate((lean, 0, 0))
        .translate((0, h, 0))
    )
    x, z = w * dice.between(0.28, 0.42), d * 0.42
    side = bar((x, 0.02, -z), (x, 0.02, z), 0.05) + bar((x, 0, 0), (x, h, 0), 0.05)
    side = dice.pick(
        side, bar((x, 0, z), (x, h, -0.05), 0.05) + bar((x, 0, -z), (x, h, 0.05), 0.05)
    )
    return board + pair(side) + bar((-x, h * 0.35, 0), (x, h * 0.35, 0), 0.05)


def sculpted(dice: Dice) -> Solid:
    """Legs of wire, hoops or blocks: hairpins, sleds, hourglasses, nested drums."""
    w, d, h = proportions(dice)
    size = max(w, d, h)
    t, r = dice.between(0.03, 0.05) * size, 0.016 * size
    x, z, y = w * 0.38, d * 0.36, h - t / 2
    style = dice.pick("hairpin", "sled", "hourglass", "drum")
    if style == "hairpin":
        s = 0.12 * size / 2
        pin = fillet([(x - s, y, z), (x + s * 0.6, 0.01, z + s * 0.6), (x, y, z - s)], 0.03)
        return top(dice, w, d, h, t) + four(tube(pin, r, 6))
    if style == "sled":
        hoop = tube(
            fillet([(x, y, -z), (x, r, -z), (x, r, z), (x, y, z)], dice.between(0.02, 0.3) * h),
            1.2 * r,
        )
        return top(dice, w, d, h, t) + pair(hoop) + bar((-x, y - r, 0), (x, y - r, 0), 2 * r)
    if style == "hourglass":
        a, b = dice.between(0.35, 0.8), dice.between(0.15, 0.45)
        rings = [(0.0, a), (y * dice.between(0.4, 0.6), b), (y, a)]
        return top(dice, w, d, h, t) + loft([(v, rect(w * s, d * s)) for v, s in rings], "y")
    n = dice.count(6, 12)
    drum = around(bar((0, 0, w * 0.4), (0, y, w * 0.4), 0.05 * size, 0.035 * size), n) + prism(
        ellipse(w * 0.9, w * 0.9, 24), "y", (0, 0.04 * size)
    )
    return prism(ellipse(w, w, 24), "y", (h - t, h)) + drum
