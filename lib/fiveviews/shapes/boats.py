"""Boats: under sail, under oars, and small craft with engines; bow to +z."""

from __future__ import annotations

import numpy as np

from .dice import Dice
from .hulls import Form, arch, mast, sail
from .parts import (
    Solid,
    ball,
    bar,
    box,
    ellipse,
    hull,
    loft,
    mirrored,
    pair,
    prism,
    rect,
    rod,
    row,
    smooth,
    spread,
    stack,
    tube,
    union,
)


def main_and_jib(dice: Dice, f: Form, z: float, tall: float) -> Solid:
    """A mast at z with a boom, a mainsail and perhaps a jib to the bow."""
    boom, belly = 0.07, z - 0.3 * dice.between(0.8, 1.2)
    luff = [(z - 0.01, boom), (z - 0.01, 0.96 * tall), (z - 0.06, 0.9 * tall)]
    main = sail([*luff, (belly, 0.4 * tall), (-0.44, boom)])
    foot = f.deck(1)
    stay = [(0.49, foot + 0.01), (0.46, foot - 0.02), (z + 0.04, 0.08)]
    jib = sail([*stay, (z - 0.002, 0.8 * tall), (z + 0.02, 0.84 * tall)])
    spars = mast(z, 0, tall) + rod((0, boom, z), (0, boom, -0.46), 0.014, sides=8)
    return spars + main + dice.maybe(0.75, jib)


def sloop(dice: Dice) -> Solid:
    """One mast, mainsail and jib, a fin keel."""
    u = dice.between
    ends = (u(0.06, 0.14), 0.4, u(0.45, 0.6), u(0.5, 0.8), 0.5)
    f = Form(u(0.11, 0.16), u(0.08, 0.13), *ends)
    tall, z, low = u(0.9, 1.4), u(0.02, 0.12), -f.depth
    coach = box(0.8 * f.half, (0.03, 0.05), (-0.16, z + 0.08))
    coach = hull(box(1.1 * f.half, (-0.02, 0.0), (-0.2, z + 0.14)), coach)
    deep = low - u(0.1, 0.2)
    keel = [(z + 0.05, 0.6 * low), (z - 0.14, 0.6 * low), (z - 0.11, deep), (z, deep)]
    rudder = [(-0.36, 0.5 * low), (-0.44, 0.5 * low), (-0.45, low - 0.06), (-0.39, low - 0.06)]
    fins = prism(keel, "x", 0.035) + prism(rudder, "x", 0.03)
    whole = f.solid() + main_and_jib(dice, f, z, tall)
    return whole + dice.maybe(0.6, coach) + dice.maybe(0.7, fins)


def schooner(dice: Dice) -> Solid:
    """Two or three masts, each with a gaff or junk sail; a bowsprit."""
    f = Form(dice.between(0.1, 0.14), dice.between(0.09, 0.13), 0.12, 0.5, 0.55, 0.5, 0.5)
    n, tall, bow = dice.count(2, 3), dice.between(0.55, 0.85), f.deck(1)
    places = spread(-0.3, 0.22, n)
    gap, junk = 0.92 * (places[1] - places[0]), dice.chance(0.35)
    sprit = rod((0, f.deck(0.95) - 0.01, 0.4), (0, bow + 0.05, 0.66), 0.015)
    parts = [f.solid(), sprit]
    for k, z in enumerate(places):
        h = tall * (1 - 0.15 * abs(k - (n - 1) / 2 + 0.2))
        fore = z + (0.25 * gap if junk else 0.01)
        leech = [(z - 0.85 * gap, h * (0.5 if junk else 0.25)), (z - 0.9 * gap, 0.07)]
        peak = (z - 0.5 * gap, 0.98 * h)
        parts += [mast(z, 0, h), sail([(fore, 0.06), (fore, 0.7 * h), peak, *leech])]
    z = places[-1]
    jib = [(0.64, bow + 0.04), (0.6, bow + 0.03), (z + 0.03, 0.1), (z, 0.72 * tall)]
    return union(parts) + dice.maybe(0.7, sail([*jib, (z + 0.02, 0.75 * tall)]))


def galleon(dice: Dice) -> Solid:
    """Castles fore and aft, square sails on two or three masts."""
    ends = (0.08, 0.35, 0.6, 0.75, 0.3)
    f = Form(dice.between(0.11, 0.15), dice.between(0.14, 0.2), *ends)
    aft, high, bow = dice.between(0.2, 0.32) - 0.5, dice.between(0.08, 0.16), f.deck(1)
    mid = (aft - 0.5) / 2
    steps = [(-0.54, high), (mid, high), (mid, 0.55 * high), (aft, 0.5 * high), (aft, -0.05)]
    parts = [f.solid(), prism([(-0.5, -0.05), *steps], "x", 1.6 * f.half)]
    parts.append(box(f.half, (-0.05, f.deck(0.85) + 0.05), (0.24, 0.4)))
    parts.append(rod((0, bow - 0.03, 0.42), (0, bow + 0.12, 0.68), 0.015))
    n, tall = dice.count(2, 3), dice.between(0.6, 0.85)
    for k, z in enumerate(spread(-0.28, 0.3, n)):
        h = 0.8 * tall if k == 0 and n == 3 else tall
        parts += [mast(z, 0.0, h, 0.015), square_sails(z, 0.14, 0.95 * h, dice.between(0.38, 0.5))]
    return union(parts)


def square_sails(z: float, low: float, high: float, w: float) -> Solid:
    """Two sails, w wide, one above the other, blown forward from a mast at z."""
    split, whole = low + 0.56 * (high - low), Solid()
    for a, b, wide in ((low, split - 0.01, w), (split + 0.01, high, 0.75 * w)):
        blown = smooth([(z + 0.01, a), (z + 0.06, (a + b) / 2), (z + 0.01, b)])
        cloth = np.concatenate([blown, blown[::-1] - (0.03, 0)])
        whole += prism(cloth, "x", wide)
        whole += rod((-0.55 * wide, b, z), (0.55 * wide, b, z), 0.013, sides=6)
    return whole


def catamaran(dice: Dice) -> Solid:
    """Two hulls and a bridge: under sail, or a fast ferry."""
    ends = (0.08, 0.25, 0.5, 0.8, 0.6)
    f = Form(dice.between(0.045, 0.06), dice.between(0.1, 0.13), *ends)
    x = dice.between(0.18, 0.26)
    whole = pair(f.solid().translate((x, 0, 0))) + box(2 * x, (-0.04, 0.005), (-0.42, 0.12))
    if dice.chance(0.55):
        house = box(1.1 * x, (0.06, 0.08), (-0.25, 0.02))
        house = hull(box(1.4 * x, (-0.01, 0.0), (-0.28, 0.1)), house)
        beam = bar((-x, -0.005, 0.4), (x, -0.005, 0.4), 0.03)
        beam += rod((0, 0.0, 0.1), (0, f.deck(1) + 0.02, 0.47), 0.015)
        rig = main_and_jib(dice, f, 0.06, dice.between(0.9, 1.2))
        return whole + rig + beam + dice.maybe(0.7, house)
    levels = [(-0.03, 2.2 * x, (-0.44, 0.3)), (0.1, 2 * x, (-0.44, 0.2))]
    cabin = stack([*levels, (0.13, 1.9 * x, (-0.4, 0.12))], 0.03)
    bridge = stack([(0.12, 1.1 * x, (-0.05, 0.1)), (0.2, x, (-0.04, 0.05))], 0.02)
    return whole + cabin + bridge


def speedboat(dice: Dice) -> Solid:
    """A planing hull with an open cockpit: windscreen, seats, outboards, perhaps inflatable."""
    u = dice.between
    ends = (u(0.12, 0.2), u(-0.2, 0.3), u(0.35, 0.5), 0.92, 0.7)
    f = Form(u(0.14, 0.2), u(0.11, 0.16), *ends)
    b, floor, front = f.half, -0.4 * f.depth, 0.1
    pit = prism(rect(1.4 * b, (-0.46, u(-0.05, 0.08)), 0.05), "y", (floor, 1))
    top = box(1.2 * b, (0.07, 0.085), (front - 0.1, front - 0.07))
    glass = hull(box(1.5 * b, (-0.02, 0.0), (front - 0.04, front + 0.02)), top)
    seat, y = (0.15 * b, 0.6 * b), floor - 0.02
    seats = pair(box(seat, (y, 0.05), (-0.1, -0.06)) + box(seat, (y, -0.02), (-0.1, 0.0)))
    bench = box(1.2 * b, (y, 0.02), (-0.42, -0.34))
    motor = box(0.09, (-0.02, 0.11), (-0.58, -0.48), 0.03)
    motor += box(0.035, (-0.2, 0.0), (-0.55, -0.49)) + box(0.05, (-0.03, 0.03), (-0.52, -0.4))
    motors = dice.pick(Solid(), motor, pair(motor.translate((0.07, 0, 0))))
    edge = [(0.95 * b, -0.03, -0.5), (b, -0.02, 0), (0.7 * b, 0, 0.3), (0.02, 0.03, 0.49)]
    whole = f.solid() - pit + glass + seats + bench + motors
    whole += dice.maybe(0.25, pair(tube(smooth(edge), 0.05)))
    return whole + dice.maybe(0.25, arch(0.85 * b, -0.02, -0.2, 0.22, 0.02))


def yacht(dice: Dice) -> Solid:
    """A motor yacht: raked decks, flying bridge, radar arch."""
    u = dice.between
    ends = (u(0.1, 0.16), u(0.2, 0.6), u(0.45, 0.6), 0.9, 0.5)
    f = Form(u(0.11, 0.15), u(0.1, 0.14), *ends)
    h, b, high = u(0.07, 0.1), f.half, dice.chance(0.65)
    front = u(0.06, 0.16)
    whole = f.solid() - box(1.5 * b, (-0.05, 1), (-0.48, -0.36))
    whole += stack([(-0.03, 1.5 * b, (-0.32, 0.26)), (h, 1.35 * b, (-0.32, front))], 0.03)
    whole += box(1.45 * b, (h - 0.005, h + 0.025), (-0.4, 0.12))
    top = h
    if high:
        top = 1.8 * h
        whole += stack([(h, 1.2 * b, (-0.26, 0.04)), (top, b, (-0.26, -0.06))], 0.02)
        whole += box(1.15 * b, (top - 0.005, top + 0.02), (-0.32, -0.04))
    return whole + arch(0.5 * b, top, -0.2, 0.1, 0.017) + mast(-0.27, top + 0.09, 0.06)


def rowing_boat(dice: Dice) -> Solid:
    """An open boat with thwarts, oars out or in."""
    u = dice.between
    f = Form(u(0.16, 0.21), u(0.12, 0.16), 0.1, u(0.4, 0.9), u(0.35, 0.5), u(0.45, 0.8), 0.5)
    thwart = box(1, (-0.06, -0.025), 0.09)
    seats = row(lambda z: thwart.translate((0, 0, z)), -0.34, 0.2, dice.count(2, 4))
    out, ahead = f.half + u(0.3, 0.5), u(-0.15, 0.15)
    oar = rod((0.06, 0.08, -0.05), (out, -0.04, ahead), 0.015, sides=6)
    oar += bar((out - 0.12, -0.02, 0.75 * ahead), (out + 0.02, -0.045, 1.05 * ahead), 0.05, 0.026)
    side = f.beam(0.5)
    t = (side - 0.06) / (out - 0.06)
    y, z = 0.08 - 0.12 * t, t * (ahead + 0.05) - 0.05
    oar += box((side - 0.04, side + 0.01), (-0.04, y + 0.02), (z - 0.03, z + 0.03))
    return f.hollow() + (seats ^ f.solid()) + dice.maybe(0.65, pair(oar))


def pointed(half: float, depth: float, rise: float, long: float) -> Solid:
    """A hull pointed at both ends, its deck at height 0 amidships and `rise` at the ends."""
    rings = []
    for s in spread(-1, 1, 15):
        w, top = half * (1 - abs(s) ** 2.4) + 0.004, rise * s * s
        base = -depth + (top + depth) * 1.35 * max(0.0, abs(s) - 0.6)
        mid = 0.45 * (top + base)
        side = [(0.002, base), (0.5 * w, base + 0.1 * (mid - base)), (0.95 * w, mid), (w, top)]
        rings.append((0.5 * s * long, mirrored(side)))
    return loft(rings, "z")


def canoe(dice: Dice) -> Solid:
    """Pointed at both ends: canoe, kayak, gondola or outrigger."""
    b, depth, rise = dice.between(0.07, 0.1), dice.between(0.07, 0.1), dice.between(0.02, 0.1)
    outer, inner = pointed(b, depth, rise, 1.0), pointed(b - 0.03, depth - 0.035, rise, 0.9)
    kind = dice.pick("kayak", "canoe", "outrigger", "gondola")
    if kind == "kayak":
        pit = prism(ellipse(1.1 * b, (-0.14, 0.08)), "y", (-0.6 * depth, 1))
        paddler = ball((0, 0.0, -0.05), (0.035, 0.11, 0.035), 10) + ball((0, 0.13, -0.05), 0.03, 10)
        paddle = rod((-0.24, 0.08, -0.02), (0.24, 0.05, 0.0), 0.014, sides=6)
        paddle += (
            box((0.18, 0.28), (0.03, 0.09), (-0.02, 0.01)).mirror((1, 0, 0)).translate((0, 0.02, 0))
        )
        paddle += box((0.18, 0.28), (0.02, 0.08), (-0.02, 0.01))
        return outer + ball((0, 0, 0), (0.8 * b, 0.03, 0.4)) - pit + paddler + paddle
    thwart = box(1.7 * b, (-0.03, 0.0), 0.04)
    whole = outer - inner - inner.translate((0, 0.05, 0))
    whole += row(lambda z: thwart.translate((0, 0, z)), -0.22, 0.22, 2)
    if kind == "outrigger":
        shape = [(-0.32, 0.008), (-0.2, 0.022), (0.2, 0.022), (0.34, 0.008)]
        rings = [(z, ellipse((0.3 - r, 0.3 + r), (-0.05 - r, -0.05 + r), 8)) for z, r in shape]
        pole = bar((-b * 0.7, -0.01, 0), (0.3, -0.045, 0), 0.026)
        return whole + loft(rings, "z") + row(lambda z: pole.translate((0, 0, z)), -0.15, 0.15, 2)
    if kind == "gondola":
        prow = [(0, rise * 0.7, 0.42), (0, rise + 0.04, 0.5), (0, rise + 0.16, 0.53)]
        whole += tube(smooth([*prow, (0, rise + 0.2, 0.5)], 3), 0.018, 6)
        whole += dice.maybe(0.6, box(1.5 * b, (-0.05, 0.1), (-0.1, 0.08), 0.02))
    return whole
