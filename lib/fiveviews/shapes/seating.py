"""What seats are put together from, in metres: seats, legs, backs and arms in many styles."""

from __future__ import annotations

import numpy as np

from .parts import (
    Dice,
    Solid,
    arc,
    bar,
    box,
    ellipse,
    fillet,
    four,
    lathe,
    pair,
    prism,
    rect,
    rod,
    row,
    smooth,
    sweep,
    tube,
)


def seat(dice: Dice, w: float, d: float, h: float) -> Solid:
    """A seat whose upper face is at height h: board, cushion, trapezium or rounded."""
    t = dice.between(0.035, 0.08)
    style = dice.pick("board", "cushion", "trapezium", "rounded")
    if style == "cushion":
        return box(w, (h - t - 0.03, h), d, round=t / 2)
    if style == "trapezium":
        outline = [(-w / 2, d / 2), (-w * 0.4, -d / 2), (w * 0.4, -d / 2), (w / 2, d / 2)]
        return prism(outline, "y", (h - t, h))
    if style == "rounded":
        return prism(ellipse(w * 1.04, d * 1.04, 24, power=dice.between(2.5, 5)), "y", (h - t, h))
    return box(w, (h - t, h), d)


def legs(dice: Dice, w: float, d: float, h: float) -> Solid:
    """What a seat or table of height h stands on, with or without stretchers."""
    x, z, r = w / 2 - 0.03, d / 2 - 0.03, dice.between(0.017, 0.028)
    style = dice.pick("square", "splayed", "turned", "sabre", "panels", "runners", "crossed")
    if style == "panels":
        return pair(box((x - 0.01, x + 0.03), (0, h - 0.02), d)) + box(
            w - 0.06, (h / 3, h / 2), 0.04
        )
    if style == "runners":
        path = [(x, h - 0.03, -z), (x, r, -z), (x, r, z), (x, h - 0.03, z)]
        cross = rod((-x, h - 0.05, z), (x, h - 0.05, z), r) + rod(
            (-x, h - 0.05, -z), (x, h - 0.05, -z), r
        )
        return pair(tube(fillet(path, 0.06), r)) + cross
    if style == "crossed":
        one = bar((x, 0, z), (x, h - 0.02, -z), 2 * r) + bar((x, 0, -z), (x, h - 0.02, z), 2 * r)
        return pair(one) + rod((-x, h / 2, 0), (x, h / 2, 0), r)
    spread = dice.between(0.03, 0.12) if style == "splayed" else 0.0
    foot, top = (x + spread, 0, z + spread), (x - spread / 2, h - 0.02, z - spread / 2)
    if style == "square":
        leg = bar(top, foot, 2.2 * r, end=dice.between(0.6, 1))
    elif style == "splayed":
        leg = rod(foot, top, 0.7 * r, 1.1 * r)
    elif style == "turned":
        bulges = [
            (0.8, 0),
            (0.6, 0.08),
            (1.1, 0.15),
            (0.7, 0.25),
            (1.2, 0.55),
            (0.7, 0.8),
            (1.3, 0.85),
        ]
        leg = lathe([(r * a, h * b) for a, b in bulges] + [(1.3 * r, h - 0.02)], 10).translate(
            (x, 0, z)
        )
    else:
        curve = smooth([(x, h - 0.02, z - 0.03), (x, h / 2, z + 0.015), (x, 0, z + 0.08)], 4)
        leg = sweep(curve, rect(2 * r, 2 * r))
    return four(leg) + stretchers(dice, x, z, h, r, spread)


def stretchers(dice: Dice, x: float, z: float, h: float, r: float, spread: float) -> Solid:
    """Nothing, a box, an H or side bars between four legs near (±x, ±z) that spread downward."""
    y = h * dice.between(0.2, 0.5)
    out = spread * (1 - 1.5 * y / h)
    x, z, r = x + out, z + out, 0.8 * r
    sides = pair(bar((x, y, -z), (x, y, z), 2 * r))
    ends = bar((-x, y, z), (x, y, z), 2 * r) + bar((-x, y, -z), (x, y, -z), 2 * r)
    return dice.pick(
        Solid(), Solid(), sides, sides + ends, sides + bar((-x, y, 0), (x, y, 0), 2 * r)
    )


def back(dice: Dice, w: float, d: float, h: float, rise: float) -> Solid:
    """A back of any style, `rise` tall, on the rear edge of a seat of height h, leaning back."""
    kinds = (slats, ladder, panel, splat, oval, spindles, cross, barrel, crest)
    upright = dice.pick(*kinds)(dice, w, rise)
    return upright.rotate((-dice.between(2, 20), 0, 0)).translate((0, h - 0.02, -d / 2 + 0.025))


def rail(w: float, y: float, height: float, t: float, sag: float) -> Solid:
    """A horizontal board, w wide, that bows backward by `sag`."""
    path = [(x * w / 2, y, sag * (x * x - 1)) for x in np.linspace(-1, 1, 7)]
    return sweep(path, rect(t, height))


def posts(w: float, rise: float, t: float) -> Solid:
    return pair(box((w / 2 - t, w / 2), (-0.03, rise), t))


def slats(dice: Dice, w: float, rise: float) -> Solid:
    t, n = dice.between(0.03, 0.04), dice.count(2, max(4, int(w / 0.1)))
    gap = w / (n + 1)
    wide = max(0.03, dice.between(0.35, 0.6) * gap)
    upright = box(wide, (-0.03, rise - 0.03), 0.03)
    bars = row(lambda x: upright.translate((x, 0, 0)), gap - w / 2, w / 2 - gap, n)
    return posts(w, rise, t) + bars + box(w, (rise - dice.between(0.05, 0.12), rise), t)


def ladder(dice: Dice, w: float, rise: float) -> Solid:
    t, n, sag = dice.between(0.03, 0.04), dice.count(2, 5), dice.between(0, 0.05)
    tall = rise / n * dice.between(0.35, 0.6)
    rungs = row(lambda y: rail(w - t, y, tall, 0.03, sag), rise / n - tall / 3, rise - tall / 2, n)
    return posts(w, rise, t) + rungs


def panel(dice: Dice, w: float, rise: float) -> Solid:
    t, top = dice.between(0.035, 0.09), dice.between(0.7, 1.15) * w / 2
    crown = dice.pick(0.0, dice.between(0.03, 0.12))
    corner = [(top, rise * 0.85), (top * 0.8, rise), (0, rise + crown)]
    mirrored = [(-x, y) for x, y in corner[-2::-1]]
    outline = [(-w / 2, -0.02), (w / 2, -0.02), *corner, *mirrored]
    return prism(outline, "z", t)


def splat(dice: Dice, w: float, rise: float) -> Solid:
    a, b = dice.between(0.12, 0.3) * w, dice.between(0.06, 0.2) * w
    side = smooth([(b, -0.03), (a, rise * 0.3), (b, rise * 0.55), (a * 1.1, rise * 0.9)], 3)
    vase = prism(np.concatenate([side, side[::-1] * (-1, 1)]), "z", 0.03)
    top = rail(w * dice.between(1, 1.15), rise - 0.04, dice.between(0.05, 0.1), 0.04, 0)
    return posts(w, rise - 0.03, 0.035) + vase + top


def oval(dice: Dice, w: float, rise: float) -> Solid:
    low = rise * dice.between(0.15, 0.35)
    ring = prism(ellipse(w, (low, rise), 24), "z", 0.045)
    if dice.chance(0.5):
        ring -= prism(ellipse(w - 0.09, (low + 0.045, rise - 0.045), 24), "z", 1)
        ring += box(dice.between(0.06, 0.14), (low + 0.02, rise - 0.02), 0.03)
    return ring + pair(box((w * 0.2, w * 0.2 + 0.035), (-0.03, low + 0.1), 0.035))


def spindles(dice: Dice, w: float, rise: float) -> Solid:
    """A bent hoop filled with thin rods, as on a Windsor chair."""
    x = w / 2 - 0.02
    hoop = smooth(
        [(-x, -0.03), (-x * 1.05, rise * 0.6), (0, rise), (x * 1.05, rise * 0.6), (x, -0.03)], 5
    )
    inside = prism(hoop, "z", 0.03)
    n = dice.count(3, 6)
    rods = row(lambda t: box((t - 0.014, t + 0.014), (-0.03, 2), 0.028), -x * 0.75, x * 0.75, n)
    return tube(np.column_stack([hoop, np.zeros(len(hoop))]), 0.02) + (rods ^ inside)


def cross(dice: Dice, w: float, rise: float) -> Solid:
    x, y = w / 2 - 0.02, rise * dice.between(0.05, 0.3)
    arms_ = bar((-x, y, 0), (x, rise - 0.03, 0), 0.035) + bar(
        (x, y, 0), (-x, rise - 0.03, 0), 0.035
    )
    return (
        posts(w, rise, 0.04)
        + arms_
        + box(w, (rise - 0.05, rise), 0.04)
        + box(w - 0.03, (y, y + 0.04), 0.035)
    )


def barrel(dice: Dice, w: float, rise: float) -> Solid:
    """A wall that wraps round the sitter."""
    sweep_ = dice.between(50, 85)
    path = arc(w / 2, -90 - sweep_, -90 + sweep_, 12)
    path = [(x, rise * 0.42, z * 0.9 + w * 0.45) for x, z in path]
    return sweep(path, rect(dice.between(0.035, 0.07), rise * 1.1, 0.02))


def crest(dice: Dice, w: float, rise: float) -> Solid:
    """Two posts and one broad rail or pad at the top."""
    tall = rise * dice.between(0.25, 0.6)
    pad = dice.pick(
        rail(w, rise - tall / 2, tall, 0.035, 0.04), box(w, (rise - tall, rise), 0.07, round=0.03)
    )
    return pair(box((w * 0.3, w * 0.3 + 0.035), (-0.03, rise - tall / 2), 0.035)) + pad


def arms(dice: Dice, w: float, d: float, h: float) -> Solid:
    """A pair of armrests, from the back to a support at the front of the seat."""
    y, x, z = h + dice.between(0.16, 0.26), w / 2, d / 2
    style = dice.pick("post", "loop", "pad", "slab", "swept")
    if style == "post":
        return pair(
            bar((x, y, -z), (x, y, z - 0.03), 0.045, 0.035)
            + bar((x, h - 0.05, z - 0.06), (x, y, z - 0.06), 0.035)
        )
    if style == "loop":
        path = [
            (x, h - 0.02, -z + 0.05),
            (x, y, -z + 0.05),
            (x, y, z - 0.05),
            (x, h - 0.02, z - 0.05),
        ]
        return pair(tube(fillet(path, 0.09, 4), 0.017))
    if style == "pad":
        support = bar((x, h - 0.03, 0), (x, y, 0), 0.035) + bar(
            (x - 0.06, h - 0.03, 0), (x, h - 0.03, 0), 0.03
        )
        return pair(box((x - 0.03, x + 0.05), (y - 0.02, y + 0.03), (-z, z * 0.7), 0.02) + support)
    if style == "slab":
        return pair(box((x - 0.02, x + 0.04), (h * 0.6, y), (-z, z)))
    curve = smooth(
        [(x, y + 0.06, -z), (x + 0.03, y, 0), (x + 0.02, y - 0.03, z * 0.7), (x, h - 0.03, z * 0.8)]
    )
    return pair(tube(curve, 0.02))
