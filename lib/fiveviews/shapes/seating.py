"""What seats are put together from, in metres: seats, legs, backs and arms in many styles."""

from __future__ import annotations

import numpy as np

from .dice import Dice
from .parts import (
    Solid,
    arc,
    bar,
    box,
    ellipse,
    ends,
    fillet,
    four,
    lathe,
    mirrored,
    pair,
    points,
    prism,
    rect,
    rod,
    row,
    sideways,
    smooth,
    spread,
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
        return prism(mirrored([(w * 0.44, -d / 2), (w / 2, d / 2)]), "y", (h - t, h))
    if style == "rounded":
        front = ellipse(w, d, 24, dice.between(4, 7))[:12]
        return prism([*front, (-w / 2, -d / 2), (w / 2, -d / 2)], "y", (h - t, h))
    return box(w, (h - t, h), d)


def legs(dice: Dice, w: float, d: float, h: float) -> Solid:
    """What a seat of height h stands on, with or without stretchers."""
    x, z, r, y = w / 2 - 0.03, d / 2 - 0.03, dice.between(0.017, 0.028), h - 0.02
    style = dice.pick("square", "splayed", "turned", "sabre", "panels", "runners", "crossed")
    if style == "panels":
        shelf = box(w - 0.06, (h / 3, h / 2), 0.04)
        return pair(box((x - 0.01, x + 0.03), (0, y), d)) + shelf
    if style == "runners":
        path = [(-z, h - 0.03), (-z, r), (z, r), (z, h - 0.03)]
        return pair(tube(fillet(sideways(x, path), 0.06), r)) + ends(
            rod((-x, h - 0.05, z), (x, h - 0.05, z), r)
        )
    if style == "crossed":
        return four(bar((x, 0, z), (x, y, -z), 2 * r)) + rod((-x, h / 2, 0), (x, h / 2, 0), r)
    out = dice.between(0.03, 0.12) if style == "splayed" else 0.0
    if style == "square":
        leg = bar((x, y, z), (x, 0, z), 2.2 * r, end=dice.between(0.6, 1))
    elif style == "splayed":
        foot, top = (x + out, 0, z + out), (x - out / 2, y, z - out / 2)
        leg = rod(foot, top, 0.7 * r, 1.1 * r)
    elif style == "turned":
        side = points(".8 0, .6 .08, 1.1 .15, .7 .25, 1.2 .55, .7 .8, 1.3 .85, 1.3 1")
        leg = lathe(side * (r, y), 10).translate((x, 0, z))
    else:
        curve = smooth([(z - 0.03, y), (z + 0.015, h / 2), (z + 0.08, 0)])
        return four(sweep(sideways(x, curve), rect(2 * r, 2 * r)))
    return four(leg) + stretchers(dice, x, z, h, r, out)


def stretchers(dice: Dice, x: float, z: float, h: float, r: float, out: float) -> Solid:
    """Nothing, a box, an H or side bars between four legs near (±x, ±z) that spread downward."""
    y, r = h * dice.between(0.2, 0.5), 1.6 * r
    x, z = (side + out * (1 - 1.5 * y / h) for side in (x, z))
    sides = pair(bar((x, y, -z), (x, y, z), r))
    box_ = sides + ends(bar((-x, y, z), (x, y, z), r))
    return dice.pick(Solid(), Solid(), sides, box_, sides + bar((-x, y, 0), (x, y, 0), r))


def back(dice: Dice, w: float, d: float, h: float, rise: float) -> Solid:
    """A back of any style, `rise` tall, on the rear edge of a seat of height h, leaning back."""
    style = dice.pick(slats, ladder, panel, splat, oval, spindles, cross, barrel, crest)
    lean = (-dice.between(2, 20), 0, 0)
    return style(dice, w, rise).rotate(lean).translate((0, h - 0.02, -d / 2 + 0.025))


def rail(w: float, y: float, height: float, t: float, sag: float) -> Solid:
    """A horizontal board, w wide, that bows backward by `sag`."""
    path = [(x * w / 2, y, sag * (x * x - 1)) for x in spread(-1, 1, 7)]
    return sweep(path, rect(t, height))


def posts(w: float, rise: float, t: float) -> Solid:
    """An upright at either edge of a back."""
    return pair(box((w / 2 - t, w / 2), (-0.03, rise), t))


def slats(dice: Dice, w: float, rise: float) -> Solid:
    """Upright slats between two posts, under a top rail."""
    t, n = dice.between(0.03, 0.04), dice.count(2, max(4, int(w / 0.1)))
    gap = w / (n + 1)
    one = box(max(0.03, dice.between(0.35, 0.6) * gap), (-0.03, rise - 0.03), 0.03)
    bars = row(lambda x: one.translate((x, 0, 0)), gap - w / 2, w / 2 - gap, n)
    return posts(w, rise, t) + bars + box(w, (rise - dice.between(0.05, 0.12), rise), t)


def ladder(dice: Dice, w: float, rise: float) -> Solid:
    """Level rungs between two posts."""
    t, n, sag = dice.between(0.03, 0.04), dice.count(2, 5), dice.between(0, 0.05)
    tall = rise / n * dice.between(0.35, 0.6)
    low, high = rise / n - tall / 3, rise - tall / 2
    return posts(w, rise, t) + row(lambda y: rail(w - t, y, tall, 0.03, sag), low, high, n)


def panel(dice: Dice, w: float, rise: float) -> Solid:
    """One solid board, straight or crowned, wider or narrower at the top."""
    top, crown = dice.between(0.7, 1.15) * w / 2, dice.pick(0.0, dice.between(0.03, 0.12))
    side = [(w / 2, -0.02), (top, rise * 0.85), (top * 0.8, rise), (0.01, rise + crown)]
    return prism(mirrored(side), "z", dice.between(0.035, 0.09))


def splat(dice: Dice, w: float, rise: float) -> Solid:
    """A vase-shaped board between two posts."""
    a, b = dice.between(0.12, 0.3), dice.between(0.06, 0.2)
    a, b = a * min(w, 0.6), b * min(w, 0.6)
    side = [(b, -0.03), (a, rise * 0.3), (b, rise * 0.55), (a * 1.1, rise * 0.9)]
    top = rail(w * dice.between(1, 1.15), rise - 0.04, dice.between(0.05, 0.1), 0.04, 0)
    return posts(w, rise - 0.03, 0.035) + prism(mirrored(smooth(side)), "z", 0.03) + top


def oval(dice: Dice, w: float, rise: float) -> Solid:
    """An oval pad or ring on two short posts."""
    low = rise * dice.between(0.15, 0.35)
    ring = prism(ellipse(w, (low, rise), 24), "z", 0.045)
    if dice.chance(0.5):
        ring -= prism(ellipse(w - 0.09, (low + 0.045, rise - 0.045), 24), "z", 1)
        ring += box(dice.between(0.06, 0.14), (low + 0.02, rise - 0.02), 0.03)
    return ring + pair(box((w * 0.2, w * 0.2 + 0.035), (-0.03, low + 0.1), 0.035))


def spindles(dice: Dice, w: float, rise: float) -> Solid:
    """A bent hoop filled with thin rods, as on a Windsor chair."""
    x = w / 2 - 0.02
    right = [(x, -0.03), (x * 1.05, rise * 0.6), (0, rise)]
    hoop = smooth([*right, (-x * 1.05, rise * 0.6), (-x, -0.03)], 5)
    one, reach = box(0.028, (-0.03, 2), 0.028), x * 0.75
    rods = row(lambda t: one.translate((t, 0, 0)), -reach, reach, dice.count(3, 6))
    frame = tube(np.column_stack([hoop, np.zeros(len(hoop))]), 0.02)
    return frame + (rods ^ prism(hoop, "z", 0.03))


def cross(dice: Dice, w: float, rise: float) -> Solid:
    """Two diagonals between posts and rails."""
    x, y = w / 2 - 0.02, rise * dice.between(0.05, 0.3)
    rails = box(w, (rise - 0.05, rise), 0.04) + box(w - 0.03, (y, y + 0.04), 0.035)
    return posts(w, rise, 0.04) + pair(bar((-x, y, 0), (x, rise - 0.03, 0), 0.035)) + rails


def barrel(dice: Dice, w: float, rise: float) -> Solid:
    """A wall that wraps round the sitter."""
    half, rise = dice.between(50, 85), min(rise, w)
    plan = arc(w / 2, -90 - half, -90 + half, 12)
    path = [(x, rise * 0.42, z * 0.9 + w * 0.45) for x, z in plan]
    return sweep(path, rect(dice.between(0.035, 0.07), rise * 1.1, 0.02))


def crest(dice: Dice, w: float, rise: float) -> Solid:
    """Two posts and one broad rail or pad at the top."""
    tall = rise * dice.between(0.25, 0.6)
    soft = box(w, (rise - tall, rise), 0.07, round=0.03)
    pad = dice.pick(rail(w, rise - tall / 2, tall, 0.035, 0.04), soft)
    return pair(box((w * 0.3, w * 0.3 + 0.035), (-0.03, rise - tall / 2), 0.035)) + pad


def arms(dice: Dice, w: float, d: float, h: float) -> Solid:
    """A pair of armrests, from the back to a support at the front of the seat."""
    y, x, z = h + dice.between(0.16, 0.26), w / 2, d / 2
    style = dice.pick("post", "loop", "pad", "slab", "swept")
    if style == "post":
        post = bar((x, h - 0.05, z - 0.06), (x, y, z - 0.06), 0.035)
        return pair(bar((x, y, -z), (x, y, z - 0.03), 0.045, 0.035) + post)
    if style == "loop":
        a, low = z - 0.05, h - 0.02
        path = sideways(x, [(-a, low), (-a, y), (a, y), (a, low)])
        return pair(tube(fillet(path, 0.09, 4), 0.017))
    if style == "pad":
        post = bar((x, h - 0.03, 0), (x, y, 0), 0.035) + box(
            (x - 0.06, x), (h - 0.045, h - 0.015), 0.03
        )
        return pair(box((x - 0.03, x + 0.05), (y - 0.02, y + 0.03), (-z, z * 0.7), 0.02) + post)
    if style == "slab":
        return pair(box((x - 0.02, x + 0.04), (h * 0.6, y), (-z, z)))
    middle = [(x, y + 0.06, -z), (x + 0.03, y, 0), (x + 0.02, y - 0.03, z * 0.7)]
    return pair(tube(smooth([*middle, (x, h - 0.03, z * 0.8)]), 0.02))
