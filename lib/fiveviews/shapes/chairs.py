"""Chairs: four legs and a back in every combination, and some built otherwise; in metres."""

from __future__ import annotations

import numpy as np

from .dice import Dice
from .parts import (
    Solid,
    around,
    ball,
    bar,
    box,
    disc,
    ellipse,
    ends,
    fillet,
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
    stack,
    sweep,
    tube,
    union,
)
from .seating import arms, back, legs, seat


def chair(dice: Dice) -> Solid:
    """A chair, armchair, stool with a back or easy chair, facing +z."""
    if dice.chance(0.4):
        return dining(dice)
    easy = dice.pick(office, wing, shell, ribbon, deck, club)
    light = dice.pick(pedestal, cantilever, rocking, folding, director)
    return dice.pick(easy, light)(dice)


def dining(dice: Dice) -> Solid:
    """Four legs or their like, any back, perhaps arms; sometimes tall as a bar stool."""
    w, d = dice.between(0.38, 0.6), dice.between(0.38, 0.56)
    h = dice.between(0.62, 0.8) if dice.chance(0.2) else dice.between(0.36, 0.5)
    upper = back(dice, w, d, h, dice.between(0.25, 0.7)) + dice.maybe(0.35, arms(dice, w, d, h))
    return seat(dice, w, d, h) + legs(dice, w, d, h) + upper


def star(dice: Dice, reach: float, height: float, castors: bool) -> Solid:
    """A central column on four or five spokes."""
    low = 0.05 if castors else 0.02
    spoke = bar((0, low + 0.05, 0), (0, low + 0.01, reach), 0.05, 0.04, end=0.7)
    if castors:
        spoke += ball((0, 0.03, reach - 0.02), 0.032, 8)
    column = rod((0, low, 0), (0, height, 0), dice.between(0.022, 0.04))
    return around(spoke, dice.count(4, 5)) + column


def office(dice: Dice) -> Solid:
    """A swivel chair on a star with castors."""
    w, d, h = dice.between(0.42, 0.56), dice.between(0.42, 0.52), dice.between(0.4, 0.56)
    low, rise = dice.between(0.05, 0.2), dice.between(0.35, 0.75)
    curve = [(0, 0.75), (0.4, 1), (0.85, 0.9), (1, dice.between(0.5, 0.8))]
    pad = loft([(low + rise * y, ellipse(w * x, 0.07, 16, 4)) for y, x in curve], "y")
    pad += box(0.08, (-0.04, low + 0.15), (-0.055, -0.01))
    reclined = pad.rotate((-dice.between(2, 15), 0, 0)).translate((0, h - 0.03, -d / 2 + 0.02))
    base = star(dice, dice.between(0.26, 0.34), h - 0.03, dice.chance(0.85))
    cushion = box(w, (h - dice.between(0.06, 0.1), h), d, round=0.035)
    return base + cushion + reclined + dice.maybe(0.6, arms(dice, w, d, h))


def pedestal(dice: Dice) -> Solid:
    """One stem: a star, a disc or a trumpet below, a seat with any back or a bucket above."""
    tall = dice.chance(0.4)
    w, h = dice.between(0.4, 0.56), dice.between(0.6, 0.8) if tall else dice.between(0.38, 0.52)
    reach, y = dice.between(0.2, 0.28), h - 0.02
    trumpet = [(reach, 0), (reach, 0.02), (0.12, 0.04), (0.035, 0.12), (0.03, h * 0.7), (0.08, y)]
    plate = [(reach, 0), (reach, 0.035), (0.025, 0.04), (0.025, y)]
    base = dice.pick(lathe(trumpet), lathe(plate), star(dice, reach + 0.04, y, castors=False))
    if dice.chance(0.45):
        return base + bucket(dice, w * 1.1).translate((0, h - 0.05, 0))
    top = dice.pick(disc(w, w, (h - 0.05, h)), box(w, (h - 0.06, h), w, 0.03))
    return base + top + back(dice, w * 0.85, w * 0.8, h, dice.between(0.2, 0.5))


def bucket(dice: Dice, w: float) -> Solid:
    """A bowl cut open at the front: the seat shell of a tulip or egg chair, from height 0."""
    tall, t = w * dice.between(0.6, 1.4), 0.035
    curve = points("0 .5, .1 .8, .35 .98, .7 1, 1 .92")
    outer = loft([(y * tall, ellipse(w * r, w * r, 20, 2.5)) for y, r in curve], "y")
    inner = outer.scale((1 - 2 * t / w, 1.05, 1 - 2 * t / w)).translate((0, t, 0))
    front, arm = dice.between(0.15, 0.35) * tall, dice.between(0.4, 0.7) * tall
    rear = -w * dice.between(0.1, 0.3)
    side = [(w, front), (w * 0.3, front), (-w * 0.05, arm), (rear, tall * 2), (w, tall * 2)]
    return outer - inner - prism(side, "x", 2) + box(w * 0.6, (0, front), w * 0.6, 0.03)


def cantilever(dice: Dice) -> Solid:
    """A bent tube on runners: nothing under the rear of the seat."""
    w, d, h = dice.between(0.42, 0.56), dice.between(0.42, 0.52), dice.between(0.4, 0.48)
    rise, r, lean = dice.between(0.3, 0.5), dice.between(0.016, 0.022), dice.between(0.03, 0.14)
    x, z, tall = w / 2, d / 2, rise * dice.between(0.4, 0.95)
    foot = (z + dice.between(0, 0.06), r)
    path = sideways(x, [(-z - lean, h + rise), (-z, h), (z, h), foot, (-z, r)])
    frame = pair(tube(fillet(path, 0.08, 4), r)) + rod((-x, r, r - z), (x, r, r - z), r)
    low, high = (
        bar((-x, h + y, -z - lean * y / rise), (x, h + y, -z - lean * y / rise), 0.035)
        for y in (rise - tall, rise - 0.01)
    )
    cushion = box(w, (h - 0.02, h + dice.between(0.02, 0.06)), d * 0.96)
    return frame + hull(low, high) + cushion + dice.maybe(0.4, arms(dice, w, d, h))


def rocking(dice: Dice) -> Solid:
    """Four legs on two curved runners, a high back and arms."""
    w, d, h = dice.between(0.45, 0.58), dice.between(0.42, 0.52), dice.between(0.4, 0.46)
    reach, bow = dice.between(0.38, 0.5), dice.between(0.05, 0.12)
    x, z = w / 2 - 0.03, d / 2 - 0.04
    runner = sideways(x, [(t * reach - 0.06, 0.02 + bow * t * t) for t in spread(-1, 1, 11)])
    base = pair(sweep(runner, rect(0.035, 0.045))) + four(rod((x, h, z), (x, 0.03, z), 0.022))
    upper = back(dice, w, d, h, dice.between(0.5, 0.75)) + dice.maybe(0.75, arms(dice, w, d, h))
    return base + rod((-x, h / 2, z), (x, h / 2, z), 0.016) + seat(dice, w, d, h) + upper


def wing(dice: Dice) -> Solid:
    """An upholstered high-backed chair with wings beside the head."""
    w, d, h = dice.between(0.6, 0.75), dice.between(0.5, 0.62), dice.between(0.34, 0.42)
    rise, t, foot = dice.between(0.5, 0.75), dice.between(0.08, 0.12), dice.between(0.06, 0.2)
    x, z, y, top = w / 2, d / 2, h + dice.between(0.14, 0.2), h + rise
    ear = dice.between(0.2, 0.6) * d - z
    front = [(z, foot), (z, y), (ear, y + 0.04), (ear - 0.02, h + rise * 0.9)]
    sides = pair(prism([*front, (-z - 0.08, top), (-z, foot)], "x", (x - t, x)))
    rest = (
        box(w - t, (foot, top), (-0.1, 0.02), 0.03).rotate((-6, 0, 0)).translate((0, 0, 0.04 - z))
    )
    leg = rod((x - 0.06, 0, z - 0.06), (x - 0.06, foot + 0.02, z - 0.06), 0.02, 0.03)
    return sides + rest + box(w - t, (foot, h), (-z, z - 0.01), 0.03) + four(leg)


def shell(dice: Dice) -> Solid:
    """A bucket on four legs or on the floor: egg, tub and barrel chairs."""
    w, h = dice.between(0.55, 0.75), dice.between(0.2, 0.4)
    cup = bucket(dice, w).translate((0, h - 0.03, 0))
    spread_, top = dice.between(0.2, 0.32), dice.between(0.1, 0.15)
    feet = four(rod((spread_, 0, spread_), (top, h, top), 0.017, 0.022))
    return cup + dice.pick(feet, feet, disc(w * 0.5, w * 0.5, (h - 0.2, h)))


def ribbon(dice: Dice) -> Solid:
    """One band bent into seat, back and foot: S, Z, C and reclining chairs."""
    w, h, t = dice.between(0.4, 0.6), dice.between(0.36, 0.46), dice.between(0.035, 0.06)
    top, z = h + dice.between(0.35, 0.5), dice.between(0.2, 0.27)
    style = dice.pick("s", "zigzag", "c", "lounge")
    if style == "zigzag":
        path = [(z, t / 2), (-z, t / 2), (z, h), (-z, h), (-z - 0.08, top)]
        return sweep(sideways(0, path), rect(w, t))
    foot = {
        "s": points("1.2 .06, -.7 .12, -.2 .5, .9 .75, .7 1"),
        "c": points("-1 .06, .8 .06, 1.1 .5, .8 1"),
        "lounge": points("-1 .06, 1 .06, 1.6 .5, 1.3 .95"),
    }[style] * (z, h)
    lean = dice.between(0.5, 0.9) if style == "lounge" else dice.between(0.05, 0.2)
    rest = [(-z * 0.6, h * 0.93), (-z - lean * 0.15, h + 0.12), (-z - lean * 0.6, top)]
    return sweep(sideways(0, smooth([*foot, *rest])), rect(w, t))


def folding(dice: Dice) -> Solid:
    """Legs that cross in the side view, one pair running up into the back."""
    w, h, r = dice.between(0.4, 0.5), dice.between(0.4, 0.47), dice.between(0.016, 0.022)
    x, z, rise = w / 2, dice.between(0.19, 0.26), dice.between(0.32, 0.45)
    lean = 0.63 * z / h
    side = [(z, 0), (-z * 0.8, h + 0.02), (-z * 0.8 - lean * rise, h + rise)]
    front = sweep(fillet(sideways(x, side), 0.08), rect(2 * r, 2 * r))
    rear = bar((x - 0.035, 0, -z), (x - 0.035, h - 0.02, z * 0.8), 2 * r)
    tall = dice.between(0.12, 0.3)
    pad = box(w, (-tall, 0), 0.03, 0.01).rotate((-np.degrees(np.arctan(lean)), 0, 0))
    rods = [rod((-x, y, a), (x, y, a), r) for y, a in ((0.08, -z * 0.8), (0.1, z * 0.65))]
    top = (0, h + rise, -z * 0.8 - lean * rise)
    return union([pair(front + rear), box(w, (h - 0.035, h), (-z, z)), pad.translate(top), *rods])


def deck(dice: Dice) -> Solid:
    """A garden chair of boards: low sloping seat, fanned slatted back, broad arms."""
    w, front, rear = dice.between(0.5, 0.6), dice.between(0.34, 0.4), dice.between(0.18, 0.26)
    rise, n, lean = dice.between(0.6, 0.8), dice.count(4, 6), dice.between(18, 32)
    x, y, z = w / 2, dice.between(0.52, 0.6), 0.25
    sides = pair(bar((x - 0.02, front - 0.04, z), (x - 0.02, 0.03, -2 * z), 0.04, 0.09))
    slope = [(z, front), (-z, rear), (-z, rear - 0.035), (z, front - 0.035)]
    fan = [box(w, (rise * 0.45, rise * 0.55), (-0.045, 0))]
    for t in spread(-1, 1, n):
        top = (t * w * 0.55, rise * (1 - 0.15 * t * t), 0)
        fan.append(bar((t * w * 0.4, 0, 0), top, w * 0.75 / n, 0.03))
    rest = union(fan).rotate((-lean, 0, 0)).translate((0, rear - 0.06, 0.02 - z))
    reach = -z - (y - rear) * np.tan(np.radians(lean)) - 0.02
    arm = box((x - 0.05, x + 0.09), (y - 0.03, y), (reach, z + 0.06))
    post = box((x - 0.01, x + 0.04), (0, y - 0.01), (z - 0.1, z))
    beam = box(w + 0.1, (y - 0.06, y - 0.01), (reach, reach + 0.05))
    return sides + prism(slope, "x", w) + rest + pair(arm + post) + beam


def club(dice: Dice) -> Solid:
    """A deep armchair: thick arms and back round one cushion."""
    w, d, h = dice.between(0.65, 0.95), dice.between(0.6, 0.85), dice.between(0.34, 0.44)
    t, y, rise = dice.between(0.1, 0.2), h + dice.between(0.1, 0.25), h + dice.between(0.25, 0.5)
    x, z, soft = w / 2, d / 2, dice.between(0.02, 0.08)
    foot = dice.pick(0.0, dice.between(0.06, 0.18))
    back_ = box(w - dice.pick(0, 2 * t - 0.02), (foot, rise), (-z, t + 0.02 - z), soft)
    cushion = box(w - 2 * t + 0.01, (h - 0.12, h), (t - z, z), 0.04)
    parts = [pair(box((x - t, x), (foot, y), d, soft)), back_, cushion]
    parts.append(box(w - t, (foot, h - 0.08), (-z, z - 0.02)))
    if foot:
        corner = (x - 0.07, z - 0.07)
        top = (corner[0], foot + 0.04, corner[1])
        parts.append(four(rod((corner[0], 0, corner[1]), top, 0.02, 0.03)))
    roll = rod((x - t / 2, y - t / 4, 0.02 - z), (x - t / 2, y - t / 4, z), t * 0.6, sides=14)
    return union(parts) + dice.maybe(0.3, pair(roll))


def director(dice: Dice) -> Solid:
    """Legs that cross in the front view, sling seat and sling back."""
    w, d, h = dice.between(0.5, 0.6), dice.between(0.36, 0.48), dice.between(0.42, 0.55)
    x, z, r, y = w / 2, d / 2, dice.between(0.017, 0.022), h + dice.between(0.18, 0.24)
    top, thick = h + dice.between(0.38, 0.5), dice.between(0.14, 0.24)
    edge = (x - r, x + r)
    crossed = ends(pair(bar((x, 0.02, z), (-x, h, z), 2 * r)))
    rails = box(edge, (0, 0.04), d + 0.08) + box(edge, (h - 0.04, h), d + 0.04)
    uprights = row(lambda t: box(edge, (h - 0.02, y), (t - r, t + r)), 0.06 - z, z - 0.06, 2)
    rear = box(edge, (h - 0.02, top), (-z - r, r - z))
    rest = box((x - 0.03, x + 0.04), (y, y + 0.035), (-z - r, z))
    u, sag = np.linspace(-1, 1, 9), dice.between(0.01, 0.07)
    cloth = np.stack([u * x, h - 0.01 - sag * (1 - u * u)], 1)
    sling = prism(np.concatenate([cloth, cloth[::-1] - (0, 0.035)]), "z", d)
    strap = stack([(top - thick, w, 0.03), (top - 0.01, w, 0.03)]).translate((0, 0, -z))
    return crossed + pair(rails + uprights + rear + rest) + sling + strap
