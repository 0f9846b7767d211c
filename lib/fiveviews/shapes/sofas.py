"""Sofas: straight, cornered, curved, framed, and beds to sit on; in metres."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .dice import Dice
from .parts import (
    Solid,
    arc,
    bar,
    box,
    ends,
    fillet,
    four,
    pair,
    prism,
    rect,
    rod,
    smooth,
    spread,
    sweep,
    tube,
    union,
)

Interval = tuple[float, float]


def sofa(dice: Dice) -> Solid:
    """A sofa of any kind, facing +z."""
    plain = dice.pick(straight, straight, sectional)
    other = dice.pick(curved, framed, daybed, recamier, tufted)
    return dice.pick(plain, other)(dice)


def feet(dice: Dice, x: float, z: float, foot: float) -> Solid:
    """Four feet near (±x, ±z), from the floor into the body above height `foot`; or none at 0."""
    if not foot:
        return Solid()
    y = foot + 0.03
    straight_ = rod((x - 0.1, 0, z - 0.1), (x - 0.1, y, z - 0.1), 0.025, 0.04)
    splayed = rod((x - 0.03, 0, z - 0.03), (x - 0.14, y, z - 0.14), 0.025, 0.04)
    block = box((x - 0.16, x - 0.04), (0, y), (z - 0.16, z - 0.04))
    return four(dice.pick(straight_, splayed, block))


def cushions(x: Interval, y: Interval, z: Interval, n: int) -> Solid:
    """n soft cushions side by side along x."""
    edges = spread(*x, n + 1)
    return union(box((a, b), y, z, 0.05) for a, b in pairwise(edges))


def armrest(dice: Dice, x: float, t: float, y: Interval, z: float) -> Solid:
    """The right armrest, t thick, its outer side at x; or nothing."""
    low, high = y
    style = dice.pick("box", "box", "rolled", "sloped", "flared", "none")
    if style == "rolled":
        r, at = t * dice.between(0.55, 0.75), x - t / 2
        roll = rod((at, high - r, -z), (at, high - r, z), r, sides=16)
        return box((x - t, x - t * 0.2), (low, high - r), 2 * z - 0.02) + roll
    if style == "sloped":
        side = [(z, low), (z, low + (high - low) * 0.55), (-z, high + 0.12), (-z, low)]
        return prism(side, "x", (x - t, x))
    if style == "flared":
        top = [(x + t * 0.5, high), (x - t * 0.1, high)]
        return prism([(x - t, low), (x - t * 0.6, low), *top, (x - t, low + 0.1)], "z", 2 * z)
    return Solid() if style == "none" else box((x - t, x), y, (-z, z), dice.between(0.01, 0.08))


def straight(dice: Dice) -> Solid:
    """One to four seats between two arms, or one arm, or none."""
    n, d, t = dice.count(1, 4), dice.between(0.7, 1.05), dice.between(0.1, 0.28)
    seat, foot = dice.between(0.36, 0.46), dice.pick(0.0, dice.between(0.06, 0.2))
    x = max(1.1, n * dice.between(0.55, 0.8)) / 2 + t
    z, deep = d / 2, dice.between(0.14, 0.25)
    top, arm = seat + dice.between(0.25, 0.55), seat + dice.between(0.08, 0.28)
    base = box(2 * x - 0.02, (foot, seat - 0.1), (-z, z - 0.02)) + feet(dice, x, z, foot)
    crown = dice.pick(0.0, 0.0, dice.between(0.08, 0.2))
    ridge = smooth([(x - 0.01, top), (0, top + crown), (0.01 - x, top)], 6)
    rear = prism([(0.01 - x, foot), (x - 0.01, foot), *ridge], "z", (-z, deep - 0.02 - z))
    inner = (t - x, x - t)
    whole = base + rear + cushions(inner, (seat - 0.14, seat), (-z, z), n)
    if not crown:
        high = top + dice.between(-0.08, 0.08)
        whole += cushions(inner, (seat - 0.03, high), (deep - 0.06 - z, deep + 0.12 - z), n)
    side = armrest(dice, x, t, (foot, arm), z)
    return whole + (side if dice.chance(0.15) else pair(side))


def sectional(dice: Dice) -> Solid:
    """An L, a U or a chaise: one or both ends run forward."""
    d, seat, t = dice.between(0.75, 0.95), dice.between(0.34, 0.44), dice.between(0.12, 0.22)
    x, long, wall = dice.between(0.95, 1.5), dice.between(1.3, 2.3), dice.chance(0.6)
    foot, top, z = dice.pick(0.0, 0.06, 0.12), seat + dice.between(0.2, 0.42), -d / 2
    body = box(2 * x, (foot, seat - 0.1), d) + box(2 * x, (foot, top), (z, z + t))
    body += cushions((-x, x), (seat - 0.13, seat), (z + 0.05, z + d), dice.count(2, 4))

    def run(length: float) -> Solid:
        lower = box((x - d, x), (foot, seat - 0.1), (z, z + length))
        soft = box((x - d, x), (seat - 0.13, seat), (z + 0.05, z + length), 0.05)
        side = box((x - t, x), (foot, top), (z, z + length - 0.02))
        stub = box((x - 0.2, x - 0.1), (0, seat - 0.15), (z + length - 0.25, z + length - 0.15))
        return lower + soft + stub + (side if wall else Solid())

    end = box((x - t, x), (foot, seat + dice.between(0.1, 0.2)), d)
    other = run(long * dice.between(0.7, 1)) if dice.chance(0.25) else end
    return dice.hand(body + run(long) + other.mirror((1, 0, 0)) + feet(dice, x, d / 2, foot))


def curved(dice: Dice) -> Solid:
    """A crescent, open to the front."""
    radius, half, d = dice.between(0.9, 1.8), dice.between(35, 80), dice.between(0.6, 0.8)
    seat, top, t = dice.between(0.38, 0.45), dice.between(0.65, 0.95), dice.between(0.12, 0.2)
    foot = dice.pick(0.0, dice.between(0.06, 0.15))

    def band(inner: float, low: float, high: float) -> Solid:
        plan = arc((inner + radius) / 2, -90 - half, -90 + half, 14)
        path = [(x, (low + high) / 2, z) for x, z in plan]
        return sweep(path, rect(radius - inner, high - low, 0.03, 1))

    whole = band(radius - d, foot, seat) + band(radius - t, foot + 0.02, top)
    for angle in np.radians(spread(-90 - 0.8 * half, -90 + 0.8 * half, 3)):
        for r in (radius - 0.12, radius - d + 0.12):
            x, z = r * np.cos(angle), r * np.sin(angle)
            whole += rod((x, 0, z), (x, foot + 0.05, z), 0.03, 0.04)
    return whole


def framed(dice: Dice) -> Solid:
    """Cushions in an open frame of bars."""
    n, d, seat = dice.count(2, 3), dice.between(0.65, 0.85), dice.between(0.36, 0.44)
    w, r = n * dice.between(0.55, 0.7), dice.between(0.022, 0.035)
    x, z, t = w / 2 + r, d / 2, 2 * r
    arm, top = seat + dice.between(0.1, 0.22), seat + dice.between(0.3, 0.45)
    side = bar((x, 0, z), (x, arm, z), t) + bar((x, 0, -z), (x, top, -z), t)
    side += bar((x, arm - r, -z), (x, arm - r, z + r), t)
    rails = ends(bar((-x, seat - 0.14, z), (x, seat - 0.14, z), 1.1 * t))
    rails += bar((-x, top - r, -z), (x, top - r, -z), t)
    seats = cushions((-w / 2, w / 2), (seat - 0.16, seat), (-z - r / 2, z), n)
    backs = cushions((-w / 2, w / 2), (seat - 0.05, top + 0.04), (-0.08, 0.1), n)
    lean = dice.between(4, 14)
    return pair(side) + rails + seats + backs.rotate((-lean, 0, 0)).translate((0, 0.01, 0.1 - z))


def daybed(dice: Dice) -> Solid:
    """A mattress on legs, with a bolster, rolled ends or a low back."""
    w, d, seat = dice.between(1.6, 2.1), dice.between(0.65, 0.95), dice.between(0.34, 0.46)
    x, z, foot, t = w / 2, d / 2, dice.between(0.12, 0.25), dice.between(0.08, 0.16)
    mattress = box(w - 0.04, (seat - 0.13, seat), d - 0.02, 0.05)
    base = box(w, (foot, seat - 0.1), d) + mattress + feet(dice, x, z, foot)
    rise = seat + dice.between(0.15, 0.4)
    bolster = rod((x - 0.14, seat + 0.07, 0.04 - z), (x - 0.14, seat + 0.07, z - 0.04), 0.1)
    rear = box(w * dice.between(0.5, 1), (foot, seat + 0.35), (-z, t - z))
    front = [(x - 0.05, foot), (x - 0.02, seat), (x + 0.06, rise), (x + 0.14, rise + 0.03)]
    scroll = sweep([(u, v, 0) for u, v in smooth(front)], rect(d * 0.98, 0.07))
    return base + dice.pick(bolster, rear, scroll, pair(scroll))


def recamier(dice: Dice) -> Solid:
    """A chaise longue: one raised end, a back that falls away along the side."""
    w, d, seat = dice.between(1.4, 1.9), dice.between(0.6, 0.75), dice.between(0.36, 0.44)
    x, z, foot, rise = w / 2, d / 2, dice.between(0.08, 0.22), dice.between(0.3, 0.5)
    fall = [(x * 0.85, 0.02), (x * 0.3, 0.12), (-x * 0.3, rise * 0.8), (-x, rise)]
    crest = np.add(smooth(fall), (0, seat))
    side = prism([(-x, foot), (x * 0.85, foot), *crest], "z", (-z, 0.12 - z))
    top = [(-x + 0.12, seat + rise), (-x - 0.06, seat + rise)]
    head = prism([(-x, foot), (-x + 0.16, foot), *top], "z", d)
    soft = box(w - 0.02, (seat - 0.12, seat), d, 0.05)
    return dice.hand(side + head + box(w, (foot, seat - 0.08), d) + soft + feet(dice, x, z, foot))


def tufted(dice: Dice) -> Solid:
    """Arms as high as the back and rolled all round."""
    w, d, seat = dice.between(1.5, 2.3), dice.between(0.8, 0.95), dice.between(0.38, 0.45)
    x, z, r, foot = w / 2, d / 2, dice.between(0.08, 0.13), 0.08
    y, a, b = seat + dice.between(0.18, 0.36) - r, x - r, z - r
    roll = tube(fillet([(a, y, z), (a, y, -b), (-a, y, -b), (-a, y, z)], 0.05), r, 12)
    walls = pair(box((x - 1.7 * r, x - 0.4 * r), (foot, y), (-b, z - 0.02)))
    walls += box(w - 2 * r, (foot, y), (-z + 0.4 * r, -z + 1.7 * r))
    inner = (1.6 * r - x, x - 1.6 * r)
    soft = cushions(inner, (seat - 0.15, seat), (-b, z), dice.count(1, 3))
    base = box(w - 2 * r, (foot, seat - 0.1), (-b, z - 0.02))
    return roll + walls + soft + base + feet(dice, x, z, foot)
