"""Telephones, facing +z: mobiles upright, desk sets lying before the caller; in metres."""

from __future__ import annotations

import numpy as np

from .dice import Dice
from .handsets import case, dial, handset, keys
from .parts import (
    Solid,
    ball,
    bar,
    box,
    ellipse,
    hull,
    lathe,
    pair,
    points,
    prism,
    rect,
    rod,
    smooth,
    stack,
    tube,
)


def phone(dice: Dice) -> Solid:
    """A telephone of any kind."""
    mobile = dice.pick(slab, keypad, flip, flip, slider, brick, qwerty)
    fixed = dice.pick(desk_set, desk_set, cradle, candlestick, wall_set, office, cordless)
    return dice.pick(mobile, fixed)(dice)


def slab(dice: Dice) -> Solid:
    """A smartphone: glass in a frame, a button, a camera bump; upright, sideways or on a prop."""
    w, h, t = dice.between(0.055, 0.085), dice.between(0.1, 0.16), dice.between(0.008, 0.018)
    side, low = dice.between(0.03, 0.08) * w, dice.pick(0.03, 0.13) * h
    whole = prism(rect(w, (0, h), dice.between(0.05, 0.2) * w, 4), "z", t)
    whole -= box(w - 2 * side, (low, h * dice.pick(0.97, 0.88)), (0.2 * t, 1))
    if low > 0.1 * h:
        whole += rod((0, low / 2, 0), (0, low / 2, 0.62 * t), 0.07 * w, sides=14)
    square = box((-0.4 * w, -0.05 * w), (0.75 * h, 0.95 * h), (-0.8 * t, 0))
    lens = rod((0, 0.85 * h, 0), (0, 0.85 * h, -0.8 * t), 0.14 * w)
    button = box((0, w / 2 + 0.002), (0.6 * h, 0.75 * h), 0.4 * t)
    whole += button + dice.pick(Solid(), square, lens)
    pose = dice.pick("up", "up", "side", "prop")
    if pose == "side":
        return whole.rotate((0, 0, 90))
    if pose == "prop":
        brace = box(0.6 * w, (0.3 * h, 0.4 * h), (-0.16 * h - t, -0.12 * h))
        rest = hull(box(0.6 * w, (-0.05 * h, 0.05 * h), (-0.3 * h, -0.25 * h)), brace)
        tray = box(w, (-0.05 * h, 0.05 * h), (-0.3 * h, 0.1 * h))
        return whole.rotate((-20, 0, 0)) + tray + rest
    return whole


def keypad(dice: Dice) -> Solid:
    """A candy bar: small screen above, twelve keys below, perhaps a stub of aerial."""
    w, h, t = dice.between(0.042, 0.06), dice.between(0.1, 0.15), dice.between(0.014, 0.028)
    split = dice.between(0.45, 0.6) * h
    whole = case(dice, w, h, t) - box(0.7 * w, (split + 0.05 * h, 0.88 * h), (0.32 * t, 1))
    whole += keys((-0.36 * w, 0.36 * w), (0.06 * h, split - 0.06 * h), 0.44 * t, (3, 4), 0.12 * t)
    whole += prism(ellipse(0.3 * w, (split - 0.05 * h, split + 0.02 * h), 14), "z", (0, 0.6 * t))
    r, top = dice.between(0.0035, 0.006), dice.between(1.1, 1.4) * h
    aerial = rod((0.3 * w, 0.85 * h, 0), (0.3 * w, top, 0), r, 0.8 * r)
    return whole + dice.maybe(0.45, dice.hand(aerial))


def flip(dice: Dice) -> Solid:
    """A clamshell, open at any angle; in the hand, or lying with its lid up."""
    w, h, t = dice.between(0.045, 0.06), dice.between(0.075, 0.095), dice.between(0.009, 0.014)
    soft, tall = dice.between(0.05, 0.4) * w, h * dice.between(0.85, 1)
    lower = prism(rect(w, (-h, 0), soft, 4), "z", (-t, 0))
    lower += keys((-0.38 * w, 0.38 * w), (-0.88 * h, -0.35 * h), 0, (3, 4), 0.15 * t)
    lower += prism(ellipse(0.35 * w, (-0.32 * h, -0.1 * h)), "z", (-t / 2, 0.2 * t))
    upper = prism(rect(w, (0, tall), soft, 4), "z", (-t, 0))
    upper -= box(0.76 * w, (0.22 * h, 0.85 * tall), (-0.25 * t, 1))
    upper += dice.maybe(0.25, rod((0.4 * w, 0, -t / 2), (0.4 * w, 1.35 * h, -t / 2), 0.0045))
    closed = 180 - dice.between(95, 172)
    hinge = rod((-0.475 * w, 0, 0), (0.475 * w, 0, 0), 0.6 * t, sides=14)
    whole = lower + upper.rotate((closed, 0, 0)) + hinge
    return whole.rotate((dice.pick(-90, -closed / 2), 0, 0))


def slider(dice: Dice) -> Solid:
    """Two plates, the upper one slid up to bare the keys."""
    w, h, t = dice.between(0.048, 0.06), dice.between(0.09, 0.115), dice.between(0.008, 0.012)
    shift, soft = dice.between(0.3, 0.5) * h, dice.between(0.1, 0.4) * w
    front = prism(rect(w, (shift, shift + h), soft, 4), "z", (-0.001, t))
    front -= box(0.78 * w, (shift + 0.3 * h, shift + 0.9 * h), (0.7 * t, 1))
    button = ellipse(0.4 * w, (shift + 0.06 * h, shift + 0.24 * h))
    front += prism(button, "z", (0, 1.25 * t))
    pad = keys((-0.38 * w, 0.38 * w), (0.06 * h, shift - 0.02 * h), 0, (3, 4), 0.2 * t)
    whole = prism(rect(w, (0, h), soft, 4), "z", (-t, 0)) + front + pad
    return whole.rotate((0, 0, dice.pick(0, 0, 0, 90)))


def brick(dice: Dice) -> Solid:
    """An early mobile or a walkie-talkie: thick, with a long aerial."""
    w, h, t = dice.between(0.05, 0.075), dice.between(0.15, 0.22), dice.between(0.035, 0.06)
    whole = box(w, (0, h), t, 0.006) + box(w * 0.95, (0.84 * h, 0.96 * h), (0, 0.62 * t), 0.004)
    whole += keys((-0.4 * w, 0.4 * w), (0.25 * h, 0.62 * h), 0.5 * t, (3, 4), 0.06 * t)
    whole -= box(0.7 * w, (0.68 * h, 0.78 * h), (0.44 * t, 1))
    x, z, r = 0.3 * w, -0.2 * t, dice.between(0.006, 0.01)
    aerial = rod((x, 0.9 * h, z), (x, h * dice.between(1.3, 1.8), z), r, 0.8 * r)
    knob = rod((-x, 0.95 * h, z), (-x, 1.07 * h, z), 0.009)
    return whole + dice.hand(aerial + dice.maybe(0.5, knob))


def qwerty(dice: Dice) -> Solid:
    """A broad case with a full keyboard, below the screen or hinged before it."""
    w, h, t = dice.between(0.06, 0.075), dice.between(0.1, 0.12), dice.between(0.012, 0.018)
    if dice.chance(0.5):
        whole = case(dice, w, h, t) - box(0.8 * w, (0.55 * h, 0.92 * h), (0.3 * t, 1))
        whole += keys((-0.42 * w, 0.42 * w), (0.08 * h, 0.42 * h), 0.42 * t, (8, 4), 0.15 * t)
        return whole + ball((0, 0.48 * h, 0.45 * t), 0.1 * w, 10)
    pad = keys((-0.42 * h, 0.42 * h), (-0.4 * w, 0.3 * w), 0, (9, 4), 0.15 * t)
    base = box(h, (0, 0.8 * t), w, 0.003) + pad.rotate((-90, 0, 0)).translate((0, 0.8 * t, 0))
    panel = box(h, (0, w * 0.95), (-0.6 * t, 0), 0.002)
    panel -= box(0.8 * h, (0.1 * w, 0.85 * w), (-0.2 * t, 1))
    lean = -dice.between(5, 50)
    return base + panel.rotate((lean, 0, 0)).translate((0, 0.3 * t, -0.42 * w))


def cordless(dice: Dice) -> Solid:
    """A handset upright in its cradle, perhaps with an answering machine."""
    w, h, t = dice.between(0.045, 0.06), dice.between(0.14, 0.18), dice.between(0.022, 0.032)
    whole = case(dice, w, h, t) - box(0.66 * w, (0.62 * h, 0.8 * h), (0.36 * t, 1))
    whole += keys((-0.34 * w, 0.34 * w), (0.15 * h, 0.52 * h), 0.44 * t, (3, 4), 0.1 * t)
    aerial = rod((0.3 * w, 0.85 * h, -0.2 * t), (0.3 * w, 1.25 * h, -0.2 * t), 0.0065)
    whole += dice.maybe(0.5, aerial)
    upright = whole.rotate((-dice.between(5, 25), 0, 0)).translate((0, 0.02, 0))
    wide, deep = dice.between(1.3, 2.2) * w, dice.between(1.4, 2.2) * w
    z = (-0.7 * deep, 0.5 * deep)
    top = (0.045, 0.85 * wide, (-0.6 * deep, 0.2 * deep))
    base = stack([(0.0, wide, z), (0.012, wide, z), top], 0.012)
    return upright + base + dice.maybe(0.35, box((0, wide / 2 + 0.09), (0, 0.03), z, 0.008))


def desk_set(dice: Dice) -> Solid:
    """The handset lies across the top of a sloping case, with keys or a dial in front."""
    w, d, h = dice.between(0.17, 0.24), dice.between(0.16, 0.24), dice.between(0.07, 0.13)
    lip, z, ridge = 0.025, d / 2, -0.1 * d
    side = [(-z, 0), (z, 0), (z, lip), (ridge, h), (-z, h * dice.between(0.85, 1))]
    straight = prism(side, "x", w * dice.between(0.7, 1))
    top = box(w * 0.7, (h - 0.02, h), (-0.9 * z, ridge))
    slope = np.degrees(np.arctan2(h - lip, z - ridge))
    face = dial(dice.between(0.045, 0.06), dice.chance(0.5)).rotate((slope, 0, 0))
    whole = dice.pick(straight, straight, hull(box(w, (0, lip), d), top))
    whole += face.translate((0, (h + lip) / 2, (z + ridge) / 2))
    forks = pair(box((0.2 * w, 0.26 * w), (h - 0.02, h + 0.02), (-0.45 * d, -0.15 * d)))
    grip = handset(dice, dice.between(0.2, 0.24)).translate((0, h - 0.003, -0.3 * d))
    return whole + forks + grip


def cradle(dice: Dice) -> Solid:
    """An old set: a waisted pedestal with a dial, the handset high on its horns."""
    h, r = dice.between(0.1, 0.16), dice.between(0.08, 0.11)
    sizes = [(0.0, 2, 1.9), (0.02, 2, 1.9), (h * 0.7, 1.1, 1), (h, 1.3, 0.8)]
    whole = stack([(y, a * r, b * r) for y, a, b in sizes], 0.02, 3)
    slope = np.degrees(np.arctan2(h * 0.7, 0.45 * r)) * 0.9
    wheel = dial(0.55 * r, rotary=True).rotate((slope, 0, 0))
    horns = pair(bar((0.35 * r, h - 0.01, 0), (0.6 * r, h + 0.035, 0), 0.018))
    grip = handset(dice, dice.between(0.2, 0.25)).translate((0, h + 0.01, 0))
    return whole + wheel.translate((0, h * 0.38, 0.74 * r)) + horns + grip


def candlestick(dice: Dice) -> Solid:
    """A stem with a mouthpiece on top and the receiver hung at its side."""
    h = dice.between(0.24, 0.32)
    side = points(".075 0, .07 .07, .022 .15, .016 .5, .016 .85, .026 1") * (1, h)
    mouth = lathe([(0.015, 0), (0.02, 0.03), (dice.between(0.04, 0.06), 0.07)], 16)
    ear = lathe([(0.042, 0), (0.025, 0.035), (0.018, 0.12), (0.026, 0.14)], 14)
    ear = ear.translate((0.085, h * 0.38, 0)) + bar((0, h * 0.72, 0), (0.1, h * 0.72, 0), 0.014)
    aimed = mouth.rotate((dice.between(60, 85), 0, 0)).translate((0, h - 0.005, -0.01))
    return lathe(smooth(side, 3)) + aimed + dice.hand(ear)


def wall_set(dice: Dice) -> Solid:
    """A set for the wall: upright handset beside the keys, perhaps bells or a cord."""
    w, h, d = dice.between(0.15, 0.22), dice.between(0.2, 0.3), dice.between(0.035, 0.07)
    x, z = -0.25 * w, d / 2
    grip = handset(dice, dice.between(0.2, 0.24)).rotate((90, 0, 0)).rotate((0, 0, 90))
    whole = box(w, (0, h), d, 0.01) + grip.translate((x, h / 2, z - 0.003))
    whole += keys((0.05 * w, 0.45 * w), (0.25 * h, 0.65 * h), z, (3, 4), 0.006)
    bells = pair(ball((0.03, h + 0.01, 0), 0.028, 12))
    loop = [(x, 0.01, z), (x, -0.08, z + 0.02), (x + 0.05, -0.12, z), (x + 0.08, -0.04, z - 0.02)]
    cord = tube(smooth([*loop, (x + 0.07, 0.03, 0)]), 0.007, 6)
    return whole + dice.maybe(0.35, bells) + dice.maybe(0.4, cord)


def office(dice: Dice) -> Solid:
    """A business set: handset to the left, screen and many keys, propped up on a foot."""
    w, d, t = dice.between(0.18, 0.27), dice.between(0.17, 0.23), dice.between(0.025, 0.04)
    pad = keys((-0.17 * w, 0.27 * w), (-0.4 * d, 0.1 * d), 0, (3, 4), 0.005)
    pad += keys((0.34 * w, 0.46 * w), (-0.4 * d, 0.1 * d), 0, (1, 5), 0.005)
    whole = box(w, (0, t), d, 0.006) + pad.rotate((-90, 0, 0)).translate((0, t, 0))
    flap = box(0.55 * w, (0.0, 0.012), (-0.3 * d, 0)).rotate((dice.between(15, 60), 0, 0))
    whole += flap.translate((0.15 * w, t - 0.004, -0.2 * d))
    grip = handset(dice, d * dice.between(0.95, 1.1)).rotate((0, 90, 0))
    whole += grip.translate((-0.37 * w, t - 0.004, 0))
    tilt = dice.between(8, 40)
    y, z = d / 2 * np.sin(np.radians(tilt)), d / 2 * np.cos(np.radians(tilt))
    strut = box(0.7 * w, (0.7 * y, 0.8 * y), (-0.9 * z, -0.6 * z))
    return whole.rotate((tilt, 0, 0)) + hull(box(0.7 * w, (-y, 0.01 - y), (-z, -0.2 * z)), strut)
