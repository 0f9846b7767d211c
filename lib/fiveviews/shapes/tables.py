"""Tables: a top of any outline on any stand; in metres. Desks have a file of their own."""

from __future__ import annotations

import numpy as np

from .desks import desk, drawing_table
from .dice import Dice
from .parts import (
    Solid,
    around,
    bar,
    box,
    disc,
    ellipse,
    ends,
    fillet,
    four,
    lathe,
    loft,
    pair,
    points,
    prism,
    rect,
    rod,
    sideways,
    smooth,
    sweep,
    tube,
)


def table(dice: Dice) -> Solid:
    """A dining, coffee, side, console or bar table, a desk, a drawing board."""
    common = dice.pick(four_legged, four_legged, pillar, pillar, desk)
    rare = dice.pick(trestle, crossed, plates, drawing_table, sculpted)
    return dice.pick(common, rare)(dice)


def proportions(dice: Dice) -> tuple[float, float, float]:
    """Width, depth and height: low and broad, tall and narrow, long, or ordinary."""
    low, high = dice.pick(
        points(".7 1.3, .5 .9, .3 .48"),  # coffee table
        points(".8 1.8, .7 1, .68 .8"),  # dining table
        points(".5 .8, .5 .7, .95 1.15"),  # bar table
        points(".8 1.5, .28 .42, .7 .95"),  # console
        points("2 3, .9 1.3, .7 .8"),  # conference table
        points(".4 .6, .4 .6, .45 .75"),  # side table
    ).T
    w, d, h = (dice.between(a, b) for a, b in zip(low, high, strict=True))
    return w, max(d, 0.3 * w), h


def top(dice: Dice, w: float, d: float, h: float, t: float, corners: bool = False) -> Solid:
    """A table top t thick, its upper face at height h; `corners` keeps outlines that have them."""
    bow = smooth([(-w / 2, d * 0.36), (0, d / 2), (w / 2, d * 0.36)])
    boat = np.concatenate([bow, -bow])
    square = dice.pick(rect(w, d), rect(w, d, 0.12 * d, 5), ellipse(w, d, 32, power=6))
    soft = dice.pick(ellipse(w, d, 32), rect(w, d, 0.45 * d, 6), ellipse(w, d, 32, power=3.5))
    other = dice.pick(boat, ellipse(w, d, 6), ellipse(w, d, 8))
    outline = square if corners else dice.pick(square, square, soft, soft, other)
    return prism(outline, "y", (h - t, h))


def four_legged(dice: Dice) -> Solid:
    """Four legs under the corners; apron, shelf and stretchers come and go."""
    w, d, h = proportions(dice)
    size = max(w, d, h)
    t, r = dice.between(0.03, 0.07) * size, dice.between(0.03, 0.06) * size
    inset = r / 2 + dice.between(0.0, 0.08) * w
    x, z, y = w / 2 - inset, d / 2 - min(inset, d / 4), h - t / 2
    style = dice.pick("square", "tapered", "round", "splayed", "turned", "cabriole")
    board = top(dice, w, d, h, t, corners=True)
    if dice.chance(0.35):
        board = disc(3 * x, 3 * z, (h - t, h), 36)
    whole = board + four(leg(dice, style, x, y, z, r))
    if style not in ("splayed", "cabriole") and dice.chance(0.5):
        drop = dice.between(0.08, 0.2) * min(h, w)
        wall = 0.04 * size
        hollow = box(2 * x - wall, (0, y - t / 2), 2 * z - wall)
        whole += box(2 * x, (y - drop, y), 2 * z) - hollow
    if style not in ("splayed", "cabriole") and dice.chance(0.45):
        low, thin = h * dice.between(0.12, 0.4), 0.035 * size
        rails = pair(bar((x, low, -z), (x, low, z), thin)) + bar((-x, low, 0), (x, low, 0), thin)
        whole += dice.pick(box(2 * x, (low, low + thin), 2 * z), rails)
    return whole


def leg(dice: Dice, style: str, x: float, y: float, z: float, r: float) -> Solid:
    """One leg, r thick, from the floor to (x, y, z)."""
    if style == "square":
        return bar((x, 0, z), (x, y, z), r)
    if style == "tapered":
        return bar((x, y, z), (x, 0, z), r, end=0.55)
    if style == "round":
        return rod((x, 0, z), (x, y, z), r / 2)
    if style == "splayed":
        out = dice.between(0.02, 0.12) * y
        return rod((x + out, 0, z + out), (x - out, y, z - out), r / 3, r / 1.8)
    if style == "turned":
        side = points(".4 0, .3 .06, .6 .3, .35 .6, .55 .7, .6 1") * (r, y)
        return lathe(side, 12).translate((x, 0, z))
    bend = points("0 1, .33 .7, -.33 .3, .25 0") * (r, y)
    curve = smooth([(x + u, v, z + u) for u, v in bend])
    return sweep(curve, ellipse(r, r, 8), np.linspace(1.1, 0.6, len(curve)))


def pillar(dice: Dice) -> Solid:
    """One central stem, or two: disc, trumpet, cone, drum, baluster, claw or star."""
    w, d, h = proportions(dice)
    long = w > 1.7 * d
    d = d if long or dice.chance(0.3) else w
    size = max(w, h)
    t, r, y = dice.between(0.03, 0.06) * size, min(w, d) * dice.between(0.25, 0.42), 0.98 * h
    stem = max(0.025 * size, r * 0.1)
    trumpet = [(r, 0.02), (r * 0.5, 0.06), (r * 0.14, h * 0.4), (r * 0.12, h * 0.7), (r * 0.5, y)]
    baluster = [(stem * 2, h * 0.1), (stem, h * 0.2), (stem * 2.4, h * 0.45), (stem, h * 0.7)]
    claw = tube(smooth([(0, h * 0.4, 0), (0, h * 0.25, r * 0.5), (0, 0.03, r)]), 0.03 * size)
    spoke = bar((0, stem, 0), (0, stem, r * 1.2), 2 * stem, end=0.8)
    column = rod((0, 0.4 * stem, 0), (0, y, 0), 1.3 * stem)
    base = dice.pick(
        lathe([(r, 0), *smooth(trumpet)]),
        lathe([(r, 0), (r, 0.04 * h), (stem, 0.05 * h), (stem, y)]),
        lathe([(r * 0.9, 0), (r * 0.4, h * 0.5), (r * 0.9, y)]),
        lathe([(r, 0), (r, y)]),
        lathe([(r * 0.8, 0), *baluster, (stem * 2, y)]),
        around(claw, dice.count(3, 5)) + column.trim_by_plane((0, 1, 0), 0.2 * h),
        around(spoke, 4) + column,
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
    edge = (x - r / 2, x + r / 2)
    rung = (h * 0.3, h * 0.3 + 1.2 * r)
    splayed = ends(bar((x, 0, a), (x, y, b), r)) + box(edge, rung, 1.4 * a + 0.6 * b)
    plank = box(edge, (0, y), a) + box(edge, (0, r), 1.8 * z)
    vee = ends(bar((x, 0, b), (x, y, a), r)) + box(edge, rung, 1.4 * b + 0.6 * a)
    vee += box(edge, (0, r), 3 * b)
    beam = dice.pick(box(2 * x, rung, r), box(2 * x, (y - r, y), r))
    board = top(dice, w, d, h, t, corners=True)
    return board + pair(dice.pick(splayed, plank, vee)) + beam


def crossed(dice: Dice) -> Solid:
    """Legs that cross, in the end view or in the front view."""
    w, d, h = proportions(dice)
    t, r = dice.between(0.035, 0.06) * max(w, h), dice.between(0.035, 0.05) * max(w, h)
    x, z, y = w * 0.42, d * 0.42, h - t / 2
    side = ends(bar((x, 0, z), (x, y, -z), r)) + bar((-x, h / 2, 0), (x, h / 2, 0), r)
    front = ends(bar((x, 0, z), (-x, y, z), r)) + bar((0, h / 2, -z), (0, h / 2, z), r)
    return top(dice, w, d, h, t, corners=True) + pair(dice.pick(side, side, front))


def plates(dice: Dice) -> Solid:
    """Boards only: a bridge, a cube, a frame, a C or a slab on two piers."""
    w, d, h = proportions(dice)
    t = dice.between(0.035, 0.09) * max(w, h)
    x, z = w / 2, d / 2
    lid, sides = box(w, (h - t, h), d), pair(box((x - t, x), (0, h), d))
    style = dice.pick("bridge", "cube", "frame", "c", "piers")
    if style == "c":
        a, low = t / 2 - x, t / 2
        path = [(x, h - low, 0), (a, h - low, 0), (a, low, 0), (x * dice.between(0.3, 0.9), low, 0)]
        return dice.hand(sweep(fillet(path, dice.pick(0.02, 0.15) * h), rect(d, t)))
    if style == "frame":
        r = 0.04 * max(w, h)
        posts = four(box((x - r, x), (0, h), (z - r, z)) + box((x - r, x), (0, r), (0, z)))
        return box(w, (h - r, h), d) + posts + ends(box(w, (0, r), (z - r, z)))
    if style == "cube":
        shelf, rear = box(w, (h * 0.45, h * 0.45 + t), d), box(w, (0, h), (-z, t - z))
        return sides + lid + box(w, (0, t), d) + dice.pick(shelf, shelf, rear)
    if style == "piers":
        a = x * dice.between(0.3, 0.7)
        return lid + pair(box((a, a + t), (0, h - t / 2), d * dice.between(0.6, 1)))
    return sides + lid + dice.pick(box(w, (h * 0.3, h), t), box(w, (h * 0.2, h * 0.2 + t), d))


def sculpted(dice: Dice) -> Solid:
    """Hairpins, sleds, hourglasses and cages."""
    w, d, h = proportions(dice)
    size = max(w, d, h)
    t, r = dice.between(0.03, 0.05) * size, 0.017 * size
    x, z, y = w * 0.4, d * 0.38, h - t / 2
    style = dice.pick("hairpin", "sled", "hourglass", "cage")
    if style == "hairpin":
        s = 0.06 * size
        pin = [(x - s, y, z), (x + s * 0.6, 0.01, z + s * 0.6), (x, y, z - s)]
        return top(dice, w, d, h, t, corners=True) + four(tube(fillet(pin, 0.03), r, 6))
    if style == "sled":
        path = fillet(sideways(x, [(-z, y), (-z, r), (z, r), (z, y)]), dice.between(0.02, 0.3) * h)
        rail = bar((-x, y - r, 0), (x, y - r, 0), 2 * r)
        return top(dice, w, d, h, t, corners=True) + pair(tube(path, 1.2 * r)) + rail
    if style == "hourglass":
        a, b, waist = dice.between(0.35, 0.8), dice.between(0.15, 0.45), dice.between(0.4, 0.6)
        rings = [(0.0, a), (y * waist, b), (y, a)]
        return top(dice, w, d, h, t) + loft([(v, rect(w * s, d * s)) for v, s in rings], "y")
    post = bar((0, 0, w * 0.4), (0, y, w * 0.4), 0.05 * size, 0.035 * size)
    rim = disc(w * 0.9, w * 0.9, (0, 0.04 * size))
    return disc(w, w, (h - t, h)) + around(post, dice.count(6, 12)) + rim
