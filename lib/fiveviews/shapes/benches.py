"""Benches: of boards, slats, stone or iron, with a back or without; in metres."""

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
    four,
    hull,
    lathe,
    loft,
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
    union,
)
from .seating import back, legs


def bench(dice: Dice) -> Solid:
    """A bench of any kind, facing +z."""
    common = dice.pick(plain, plain, park, park, slab)
    rare = dice.pick(picnic, pew, iron, chest, crescent)
    return dice.pick(common, rare)(dice)


def plain(dice: Dice) -> Solid:
    """A long seat on any legs, perhaps with a back."""
    w, d, h = dice.between(0.8, 2.0), dice.between(0.28, 0.5), dice.between(0.38, 0.5)
    t = dice.between(0.04, 0.12)
    y, lid = h - t / 2, (h - t, h)
    top = dice.pick(box(w, lid, d), box(w, lid, d, 0.03))
    stand = dice.pick("legs", "legs", "trestle", "turned")
    if stand == "legs":
        base = legs(dice, w, d, h - t + 0.05)
    elif stand == "trestle":
        side = points("-.45 0, -.25 0, 0 .28, .25 0, .45 0, .3 1, -.3 1") * (d, y)
        x = w * dice.between(0.3, 0.45)
        beam = box(2 * x, (h * 0.45, h * 0.45 + 0.07), 0.04)
        base = pair(prism(side, "x", (x - 0.03, x + 0.03))) + beam
        oval = prism(ellipse(w, d, 28, 3.5), "y", lid)
        return dice.pick(top, oval) + base
    else:
        post = lathe(points(".035 0, .02 .1, .045 .35, .025 .6, .04 1") * (1, y), 12)
        base = four(post.translate((w * 0.42, 0, d * 0.34)))
    return top + base + dice.maybe(0.4, back(dice, w, d, h, dice.between(0.25, 0.45)))


def park(dice: Dice) -> Solid:
    """Slats along the seat and the back, on frames with arms or without."""
    w, d, h = dice.between(1.1, 2.0), dice.between(0.4, 0.52), dice.between(0.4, 0.47)
    n, m, rise = dice.count(3, 6), dice.count(2, 6), dice.between(0.3, 0.5)
    x, z, t = w / 2 - dice.between(0.03, 0.2), d / 2, dice.between(0.035, 0.05)
    board, plank = box(w, (h - t, h), 0.72 * d / n), box(w, 0.68 * rise / m, (0, t))
    seat = row(lambda a: board.translate((0, 0, a)), 0.05 - z, z - 0.04, n)
    gap = rise / m / 2
    planks = row(lambda y: plank.translate((0, y + 0.08, 0)), gap, rise - gap, m)
    edge = (x - 0.03, x + 0.03)
    upper = planks + pair(box(edge, (-0.05, rise + 0.06), (-0.045, 0.01)))
    upper = upper.rotate((-dice.between(8, 25), 0, 0)).translate((0, h - 0.01, -z))
    side = box(edge, (h - t - 0.05, h - t + 0.01), d)
    side += bar((x, 0, z - 0.03), (x, h - 0.02, z - 0.06), 0.06)
    side += bar((x, 0, -z - 0.04), (x, h, -z), 0.06)
    y = h + dice.between(0.17, 0.24)
    arm = box(edge, (h - 0.06, y), (z - 0.09, z - 0.03))
    arm += box((x - 0.04, x + 0.04), (y - 0.04, y), (-z - 0.1, z))
    return seat + upper + pair(side + dice.maybe(0.65, arm))


def picnic(dice: Dice) -> Solid:
    """A table between two benches, on A-shaped frames."""
    w, reach, top = dice.between(1.2, 2.0), dice.between(0.6, 0.8), dice.between(0.68, 0.78)
    h, wide, half = dice.between(0.4, 0.46), dice.between(0.22, 0.3), dice.between(0.3, 0.4)
    x = w * dice.between(0.28, 0.4)
    edge = (x - 0.03, x + 0.03)
    frame = ends(bar((x, 0, reach - 0.1), (x, top - 0.03, half * 0.5), 0.06, 0.08))
    frame += box(edge, (h - 0.12, h - 0.03), 2 * reach - 0.05)
    frame += box(edge, (top - 0.12, top - 0.03), 1.6 * half)
    seats = ends(box(w, (h - 0.05, h), (reach - wide, reach)))
    return seats + pair(frame) + box(w, (top - 0.05, top), 2 * half)


def pew(dice: Dice) -> Solid:
    """Board ends cut to a profile, a seat and a high back between them."""
    w, h, d = dice.between(0.9, 2.0), dice.between(0.4, 0.48), dice.between(0.4, 0.5)
    x, z, top, arm = w / 2, d / 2, dice.between(0.8, 1.1), h + dice.between(0.1, 0.25)
    crest = [(z, arm), (z * 0.2, arm + 0.02), (-z * 0.6, top), (-z - 0.08, top + 0.04)]
    side = prism([(-z, 0), (z, 0), (z * 0.9, h * 0.6), *smooth(crest, 3)], "x", (x - 0.05, x))
    low = box(w - 0.04, (h - 0.03, h - 0.02), (-z - 0.01, 0.03 - z))
    board = hull(low, box(w - 0.04, (top - 0.06, top - 0.02), (-z - 0.07, -z - 0.03)))
    kick = dice.maybe(0.5, box(w - 0.04, (h * 0.3, h - 0.02), 0.04))
    return pair(side) + board + box(w - 0.04, (h - 0.05, h), d * 0.96) + kick


def slab(dice: Dice) -> Solid:
    """Stone or concrete: a thick seat on two blocks, or one folded plate."""
    w, d, h = dice.between(1.0, 1.8), dice.between(0.35, 0.6), dice.between(0.36, 0.5)
    t, x = dice.between(0.06, 0.14), w / 2
    if dice.chance(0.3):
        a, y = x - t / 2, h - t / 2
        return sweep([(-a, 0, 0), (-a, y, 0), (a, y, 0), (a, 0, 0)], rect(t, d))
    waist = points("1 0, .8 .15, .6 .5, .8 .85, .9 1")
    pier = loft([(0.98 * h * v, rect(0.2 * u, d * 0.9 * u)) for u, v in waist], "y")
    foot = dice.pick(pier, box(dice.between(0.12, 0.35), (0, h - 0.02), d * 0.85))
    rise = (h - 0.02, h + dice.between(0.25, 0.4))
    rear = box(w * dice.between(0.6, 1), rise, (-d / 2, t - d / 2))
    top = box(w, (h - t, h), d, dice.pick(0, 0.03)) + dice.maybe(0.25, rear)
    return pair(foot.translate((x * dice.between(0.4, 0.8), 0, 0))) + top


def iron(dice: Dice) -> Solid:
    """A curved sheet of rails on bent tubes: the seat flows into the back."""
    w, n, r = dice.between(1.0, 1.9), dice.count(9, 13), dice.between(0.017, 0.024)
    h, rise, z = dice.between(0.4, 0.46), dice.between(0.3, 0.45), dice.between(0.2, 0.25)
    rear = [(-z * 0.6, h - 0.04), (-z - 0.02, h + 0.08), (-z - 0.14, h + rise)]
    side = smooth([(z + 0.02, h - 0.04), (z - 0.05, h), *rear], 6)
    chosen = side[np.linspace(0, len(side) - 1, n).astype(int)]
    rails = union(rod((-w / 2, y, a), (w / 2, y, a), r, sides=8) for a, y in chosen)
    x = w / 2 - dice.between(0.02, 0.25)
    frame = tube(sideways(x, side - (0, r)), 1.3 * r)
    frame += rod((x, 0, z + 0.05), (x, h - 0.02, z * 0.4), 1.3 * r)
    frame += rod((x, 0, -z - 0.08), (x, h - 0.02, -z * 0.5), 1.3 * r)
    return rails + pair(frame)


def chest(dice: Dice) -> Solid:
    """A box to sit on, cushioned; doors, arms or a back."""
    w, d, h = dice.between(0.8, 1.5), dice.between(0.36, 0.5), dice.between(0.4, 0.5)
    x, z, foot, n = w / 2, d / 2, dice.between(0.03, 0.12), dice.count(1, 3)
    half = w / n / 2
    door = box(2 * half - 0.08, (foot + 0.05, h - 0.12), (z - 0.025, z + 1))
    doors = row(lambda a: door.translate((a, 0, 0)), half - x, x - half, n)
    body = box(w, (foot, h - 0.07), d) - doors
    body += four(box((x - 0.08, x), (0, foot + 0.02), (z - 0.08, z)))
    body += box(w, (h - 0.08, h), d + 0.02, 0.03)
    rear = box(w, (h - 0.1, h + dice.between(0.2, 0.6)), (-z, 0.06 - z))
    arm = box((x - 0.05, x), (foot, h + dice.between(0.12, 0.25)), (-z, z))
    return body + dice.maybe(0.5, rear) + dice.maybe(0.4, pair(arm))


def crescent(dice: Dice) -> Solid:
    """An arc of seat, perhaps with a back round the outside."""
    radius, half = dice.between(0.7, 1.2), dice.between(40, 100)
    d, h, tall = dice.between(0.32, 0.42), dice.between(0.4, 0.46), dice.chance(0.4)

    def band(r: float, y: float, section: tuple[float, float]) -> Solid:
        plan = arc(r, -90 - half, -90 + half, 16)
        return sweep([(x, y, z) for x, z in plan], rect(*section))

    whole = band(radius, h - 0.03, (d, 0.06))
    if tall:
        whole += band(radius + d / 2, h + 0.33, (0.05, 0.16))
    up, low = np.array([0, h + 0.35 if tall else h - 0.02, 0]), np.array([0, h - 0.02, 0])
    for angle in np.radians(spread(-90 - half * 0.92, -90 + half * 0.92, dice.count(3, 5))):
        out = np.array([np.cos(angle), 0, np.sin(angle)])
        inner, outer = out * (radius - d * 0.3), out * (radius + d * 0.45)
        whole += bar(inner, inner + low, 0.06) + bar(outer, out * (radius + d / 2) + up, 0.06)
    return whole
