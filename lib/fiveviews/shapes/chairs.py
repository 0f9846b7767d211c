"""Chairs: four legs and a back in every combination, and some that are built otherwise; in metres."""

from __future__ import annotations

import numpy as np

from .parts import (
    Dice,
    Solid,
    around,
    ball,
    bar,
    box,
    ellipse,
    fillet,
    four,
    hull,
    lathe,
    loft,
    pair,
    prism,
    rect,
    rod,
    smooth,
    sweep,
    tube,
    union,
)
from .seating import arms, back, legs, seat


def chair(dice: Dice) -> Solid:
    """A chair, armchair, stool with a back or easy chair, facing +z."""
    special = dice.pick(
        office, pedestal, cantilever, rocking, wing, shell, ribbon, folding, deck, club, director
    )
    return (special if dice.chance(0.6) else dining)(dice)


def dining(dice: Dice) -> Solid:
    """Four legs or their like, any back, perhaps arms; sometimes tall as a bar stool."""
    w, d = dice.between(0.38, 0.6), dice.between(0.38, 0.56)
    h = dice.between(0.62, 0.8) if dice.chance(0.2) else dice.between(0.36, 0.5)
    parts = [seat(dice, w, d, h), legs(dice, w, d, h), back(dice, w, d, h, dice.between(0.25, 0.7))]
    if dice.chance(0.35):
        parts.append(arms(dice, w, d, h))
    return union(parts)


def star(dice: Dice, reach: float, height: float, castors: bool) -> Solid:
    """A central column on four or five spokes."""
    n, low = dice.count(4, 5), 0.05 if castors else 0.02
    spoke = bar((0, low + 0.05, 0), (0, low + 0.01, reach), 0.05, 0.04, end=0.7)
    if castors:
        spoke += ball((0, 0.03, reach - 0.02), 0.032, 8)
    return around(spoke, n) + rod((0, low, 0), (0, height, 0), dice.between(0.022, 0.04))


def office(dice: Dice) -> Solid:
    """A swivel chair on a star with castors."""
    w, d, h = dice.between(0.42, 0.56), dice.between(0.42, 0.52), dice.between(0.4, 0.56)
    low, rise = dice.between(0.05, 0.2), dice.between(0.35, 0.75)
    curve = [(0, 0.75), (0.4, 1), (0.85, 0.9), (1, dice.between(0.5, 0.8))]
    pad = loft([(low + rise * y, ellipse(w * x, 0.07, 16, 4)) for y, x in curve], "y")
    strut = box(0.08, (-0.04, low + 0.15), (-0.055, -0.01))
    reclined = (
        (pad + strut).rotate((-dice.between(2, 15), 0, 0)).translate((0, h - 0.03, -d / 2 + 0.02))
    )
    parts = [star(dice, dice.between(0.26, 0.34), h - 0.03, dice.chance(0.85)), reclined]
    parts.append(box(w, (h - dice.between(0.06, 0.1), h), d, round=0.035))
    if dice.chance(0.6):
        parts.append(arms(dice, w, d, h))
    return union(parts)


def pedestal(dice: Dice) -> Solid:
    """One stem: a star or a disc below, a seat with any back or a bucket above."""
    w, h = (
        dice.between(0.4, 0.56),
        dice.between(0.38, 0.52) if dice.chance(0.6) else dice.between(0.6, 0.8),
    )
    reach = dice.between(0.2, 0.28)
    flare = [
        (reach, 0),
        (reach, 0.02),
        (0.12, 0.04),
        (0.035, 0.12),
        (0.03, h * 0.7),
        (0.08, h - 0.02),
    ]
    disc = [(reach, 0), (reach, 0.035), (0.025, 0.04), (0.025, h - 0.02)]
    base = dice.pick(lathe(flare), lathe(disc), star(dice, reach + 0.04, h - 0.02, False))
    if dice.chance(0.45):
        return base + bucket(dice, w * 1.1).translate((0, h - 0.05, 0))
    top = (
        prism(ellipse(w, w, 20), "y", (h - 0.05, h))
        if dice.chance(0.5)
        else box(w, (h - 0.06, h), w, 0.03)
    )
    return base + top + back(dice, w * 0.85, w * 0.8, h, dice.between(0.2, 0.5))


def bucket(dice: Dice, w: float) -> Solid:
    """A bowl cut open at the front: the seat shell of a tulip or egg chair, from height 0."""
    tall, t = w * dice.between(0.6, 1.4), 0.035
    outer, inner = (
        loft([(y * tall, ellipse(w * r - s, w * r - s, 20, 2.5)) for y, r in curve], "y")
        for s, curve in (
            (0.0, [(0, 0.5), (0.1, 0.8), (0.35, 0.98), (0.7, 1.0), (1, 0.92)]),
            (
                2 * t,
                [(t / tall, 0.5), (0.1 + t / tall, 0.8), (0.4, 0.98), (0.7, 1.0), (1.01, 0.92)],
            ),
        )
    )
    front = dice.between(0.15, 0.35) * tall
    arm = dice.between(0.4, 0.7) * tall
    cut = [
        (w, front),
        (w * 0.3, front),
        (-w * 0.05, arm),
        (-w * dice.between(0.1, 0.3), tall * 2),
        (w, tall * 2),
    ]
    return (outer - inner - prism(cut, "x", 2)) + box(w * 0.6, (0, front), w * 0.6, 0.03)


def cantilever(dice: Dice) -> Solid:
    """A bent tube on runners: nothing under the rear of the seat."""
    w, d, h = dice.between(0.42, 0.56), dice.between(0.42, 0.52), dice.between(0.4, 0.48)
    rise, r, lean = dice.between(0.3, 0.5), dice.between(0.016, 0.022), dice.between(0.03, 0.14)
    x, z = w / 2, d / 2
    path = [(-z - lean, h + rise), (-z, h), (z, h), (z + dice.between(0, 0.06), r), (-z, r)]
    frame = pair(tube(fillet([(x, y, t) for t, y in path], 0.08, 4), r))
    tall = rise * dice.between(0.4, 0.95)
    slope = lean / rise
    pad = hull(
        *(
            bar((-x, y, -z - slope * (y - h)), (x, y, -z - slope * (y - h)), 0.035)
            for y in (h + rise - tall, h + rise - 0.01)
        )
    )
    parts = [frame, pad, box(w, (h - 0.02, h + dice.between(0.02, 0.06)), d * 0.96)]
    parts.append(rod((-x, r, -z + r), (x, r, -z + r), r))
    if dice.chance(0.4):
        parts.append(arms(dice, w, d, h))
    return union(parts)


def rocking(dice: Dice) -> Solid:
    """Four legs on two curved runners, a high back and arms."""
    w, d, h = dice.between(0.45, 0.58), dice.between(0.42, 0.52), dice.between(0.4, 0.46)
    reach, bow = dice.between(0.38, 0.5), dice.between(0.05, 0.12)
    x, z = w / 2 - 0.03, d / 2 - 0.04
    curve = [(x, 0.02 + bow * (t * t), t * reach - 0.06) for t in np.linspace(-1, 1, 11)]
    legs_ = four(rod((x, h, z), (x, 0.03, z), 0.022))
    base = (
        pair(sweep(curve, rect(0.035, 0.045))) + legs_ + rod((-x, h / 2, z), (x, h / 2, z), 0.016)
    )
    parts = [base, seat(dice, w, d, h), back(dice, w, d, h, dice.between(0.5, 0.75))]
    return union([*parts, arms(dice, w, d, h)] if dice.chance(0.75) else parts)


def wing(dice: Dice) -> Solid:
    """An upholstered high-backed chair with wings beside the head."""
    w, d, h = dice.between(0.6, 0.75), dice.between(0.5, 0.62), dice.between(0.34, 0.42)
    rise, t, foot = dice.between(0.5, 0.75), dice.between(0.08, 0.12), dice.between(0.06, 0.2)
    x, z, y = w / 2, d / 2, h + dice.between(0.14, 0.2)
    reach = dice.between(0.2, 0.6) * d
    side = [
        (z, foot),
        (z, y),
        (reach - z, y + 0.04),
        (reach - z - 0.02, h + rise * 0.9),
        (-z - 0.08, h + rise),
        (-z, foot),
    ]
    sides = pair(prism(side, "x", (x - t, x)))
    rest = (
        box(w - t, (foot, h + rise), (-0.1, 0.02), 0.03)
        .rotate((-6, 0, 0))
        .translate((0, 0, -z + 0.04))
    )
    parts = [
        sides,
        rest,
        box(w - t, (foot, h), (-z, z - 0.01), 0.03),
        four(rod((x - 0.06, 0, z - 0.06), (x - 0.06, foot + 0.02, z - 0.06), 0.02, 0.03)),
    ]
    return union(parts)


def shell(dice: Dice) -> Solid:
    """A bucket on four legs, on the floor or on a frame: egg, tub and barrel chairs."""
    w, h = dice.between(0.55, 0.75), dice.between(0.2, 0.4)
    cup = bucket(dice, w).translate((0, h - 0.03, 0))
    if dice.chance(0.3):
        return cup + prism(ellipse(w * 0.5, w * 0.5, 20), "y", (h - 0.2, h))
    spread, top = dice.between(0.2, 0.32), dice.between(0.1, 0.15)
    return cup + four(rod((spread, 0, spread), (top, h, top), 0.017, 0.022))


def ribbon(dice: Dice) -> Solid:
    """One band bent into seat, back and foot: S, Z and reclining chairs."""
    w, h, t = dice.between(0.4, 0.6), dice.between(0.36, 0.46), dice.between(0.035, 0.06)
    top, z = h + dice.between(0.35, 0.5), dice.between(0.2, 0.27)
    style = dice.pick("s", "zigzag", "c", "lounge")
    if style == "zigzag":
        path = [(z, t / 2), (-z, t / 2), (z, h), (-z, h), (-z - 0.08, top)]
        path = [(0, y, x) for x, y in path]
    else:
        foot = {
            "s": [
                (z + 0.05, t / 2),
                (-z * 0.7, 0.05),
                (-z * 0.2, h * 0.5),
                (z * 0.9, h * 0.75),
                (z * 0.7, h),
            ],
            "c": [(-z, t / 2), (z * 0.8, t / 2), (z * 1.1, h * 0.5), (z * 0.8, h)],
            "lounge": [(-z, t / 2), (z, t / 2), (z * 1.6, h * 0.5), (z * 1.3, h * 0.95)],
        }[style]
        lean = dice.between(0.5, 0.9) if style == "lounge" else dice.between(0.05, 0.2)
        path = [*foot, (-z * 0.6, h * 0.93), (-z - lean * 0.15, h + 0.12), (-z - lean * 0.6, top)]
        path = [(0, y, x) for x, y in smooth(path, 4)]
    return sweep(path, rect(w, t))


def folding(dice: Dice) -> Solid:
    """Legs that cross in the side view, one pair running up into the back."""
    w, h = dice.between(0.4, 0.5), dice.between(0.4, 0.47)
    x, z, rise, r = (
        w / 2,
        dice.between(0.19, 0.26),
        dice.between(0.32, 0.45),
        dice.between(0.016, 0.022),
    )
    slope = 1.4 * z / h
    top = (x, h + rise, -z - slope * rise * 0.45)
    front = fillet([(x, 0, z), (x, h + 0.02, -z * 0.8), top], 0.08)
    rear = bar((x - 0.035, 0, -z), (x - 0.035, h - 0.02, z * 0.8), 2 * r)
    tall = dice.between(0.12, 0.3)
    lean = (front[-1] - front[-2])[[1, 2]]
    mid = (h + rise - tall / 2, front[-1, 2] + lean[1] / lean[0] * (-tall / 2))
    pad = box(w, tall, 0.03, 0.01).rotate((np.degrees(np.arctan2(lean[1], lean[0])), 0, 0))
    parts = [pair(sweep(front, rect(2 * r, 2 * r)) + rear), box(w, (h - 0.035, h), (-z, z))]
    parts += [pad.translate((0, *mid)), rod((-x, 0.08, -z * 0.8), (x, 0.08, -z * 0.8), r)]
    parts += [rod((-x, 0.1, z * 0.65), (x, 0.1, z * 0.65), r)]
    return union(parts)


def deck(dice: Dice) -> Solid:
    """A garden chair of boards: low sloping seat, fanned slatted back, broad arms."""
    w, front, rear = dice.between(0.5, 0.6), dice.between(0.34, 0.4), dice.between(0.18, 0.26)
    d, rise, n, lean = 0.5, dice.between(0.6, 0.8), dice.count(4, 6), dice.between(18, 32)
    x, y = w / 2, dice.between(0.52, 0.6)
    sides = pair(bar((x - 0.02, front - 0.04, d / 2), (x - 0.02, 0.03, -d), 0.04, 0.09))
    seat_ = hull(
        box(w, (front - 0.035, front), (d / 2 - 0.02, d / 2)),
        box(w, (rear - 0.035, rear), (-d / 2, -d / 2 + 0.02)),
    )
    fan = [
        bar((t * w * 0.4, 0, 0), (t * w * 0.55, rise * (1 - 0.15 * t * t), 0), w * 0.75 / n, 0.03)
        for t in np.linspace(-1, 1, n)
    ]
    fan += [box(w, (rise * 0.45, rise * 0.55), (-0.045, 0))]
    back_ = union(fan).rotate((-lean, 0, 0)).translate((0, rear - 0.06, -d / 2 + 0.02))
    reach = -d / 2 - (y - rear) * np.tan(np.radians(lean)) - 0.02
    arm = box((x - 0.05, x + 0.09), (y - 0.03, y), (reach, d / 2 + 0.06)) + box(
        (x - 0.01, x + 0.04), (0, y - 0.01), (d / 2 - 0.1, d / 2)
    )
    beam = box(2 * x + 0.1, (y - 0.06, y - 0.01), (reach, reach + 0.05))
    return sides + seat_ + back_ + pair(arm) + beam


def club(dice: Dice) -> Solid:
    """A deep armchair: thick arms and back round one cushion."""
    w, d, h = dice.between(0.65, 0.95), dice.between(0.6, 0.85), dice.between(0.34, 0.44)
    t, y, rise = dice.between(0.1, 0.2), h + dice.between(0.1, 0.25), h + dice.between(0.25, 0.5)
    foot = dice.pick(0.0, dice.between(0.06, 0.18))
    x, z, soft = w / 2, d / 2, dice.between(0.02, 0.08)
    parts = [
        pair(box((x - t, x), (foot, y), d, soft)),
        box(w - t, (foot, h - 0.08), (-z, z - 0.02)),
    ]
    parts.append(box(w - 2 * t + 0.01, (h - 0.12, h), (-z + t, z), 0.04))
    parts.append(box(w - dice.pick(0, 2 * t - 0.02), (foot, rise), (-z, -z + t + 0.02), soft))
    if foot:
        parts.append(
            four(rod((x - 0.07, 0, z - 0.07), (x - 0.07, foot + 0.04, z - 0.07), 0.02, 0.03))
        )
    if dice.chance(0.3):
        parts.append(
            pair(
                rod((x - t / 2, y - t / 4, -z + 0.02), (x - t / 2, y - t / 4, z), t * 0.6, sides=14)
            )
        )
    return union(parts)


def director(dice: Dice) -> Solid:
    """Legs that cross in the front view, sling seat and sling back."""
    w, d, h = dice.between(0.5, 0.6), dice.between(0.36, 0.48), dice.between(0.42, 0.55)
    x, z, r, y = w / 2, d / 2, dice.between(0.017, 0.022), dice.between(0.18, 0.24)
    crossed = bar((x, 0.02, z), (-x, h, z), 2 * r) + bar((-x, 0.02, z), (x, h, z), 2 * r)
    crossed += crossed.translate((0, 0, -d))
    rails = pair(
        box((x - r, x + r), (0, 0.04), d + 0.08) + box((x - r, x + r), (h - 0.04, h), d + 0.04)
    )
    top = h + dice.between(0.38, 0.5)
    uprights = pair(
        box((x - r, x + r), (h - 0.02, top), (-z - r, -z + r))
        + box((x - r, x + r), (h - 0.02, h + y), (z - 0.06 - r, z - 0.06 + r))
    )
    rests = pair(box((x - 0.03, x + 0.04), (h + y, h + y + 0.035), (-z - r, z)))
    sling = prism(arc_down(w, h - 0.01, dice.between(0.01, 0.07)), "z", d)
    return (
        crossed
        + rails
        + uprights
        + rests
        + sling
        + box(w, (top - dice.between(0.14, 0.24), top - 0.01), (-z - 0.015, -z + 0.015))
    )


def arc_down(w: float, y: float, sag: float) -> np.ndarray:
    """Front view of a cloth 0.035 thick, hanging between (±w/2, y)."""
    t = np.linspace(-1, 1, 9)
    upper = np.stack([t * w / 2, y - sag * (1 - t * t)], 1)
    return np.concatenate([upper, upper[::-1] - (0, 0.035)])
